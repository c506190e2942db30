//! Each operation of the store, in a real Redis.

use std::time::Duration;

use futures_util::future::join_all;
use toolgate::store::{RateRule, RedisStore, SharedStore};

use support::redis_server::RedisServer;

const LIFE: Duration = Duration::from_secs(60);

fn start() -> (RedisServer, RedisStore) {
    let server = RedisServer::start();
    let store = RedisStore::new(&server.url()).expect("a URL");
    (server, store)
}

#[tokio::test]
async fn values_are_stored_replaced_removed_and_expire() {
    let (_server, store) = start();
    let value = vec![0, 255, 13, 10];
    assert_eq!(store.get("a").await.expect("an answer"), None);
    store.put("a", value.clone(), LIFE).await.expect("stored");
    assert_eq!(
        store.get("a").await.expect("an answer"),
        Some(value.clone())
    );
    let replace = |expected, new: &[u8]| store.replace("a", expected, new.to_vec(), LIFE);
    assert!(!replace(None, b"new").await.expect("an answer"));
    assert!(
        !replace(Some(b"other".to_vec()), b"new")
            .await
            .expect("an answer")
    );
    assert!(replace(Some(value), b"new").await.expect("an answer"));
    assert_eq!(
        store.get("a").await.expect("an answer"),
        Some(b"new".to_vec())
    );
    store.remove("a").await.expect("removed");
    assert!(replace(None, b"first").await.expect("an answer"));
    let short = Duration::from_millis(50);
    store.put("b", b"b".to_vec(), short).await.expect("stored");
    tokio::time::sleep(2 * short).await;
    assert_eq!(store.get("b").await.expect("an answer"), None);
}

#[tokio::test]
async fn one_of_many_concurrent_uses_is_the_first_and_all_see_the_witness() {
    let (_server, store) = start();
    store
        .put("epoch", b"then".to_vec(), LIFE)
        .await
        .expect("stored");
    let uses = (0..50).map(|_| store.put_new("proof", b"x".to_vec(), LIFE, "epoch"));
    let uses = join_all(uses).await;
    let first = uses.iter().flatten().filter(|one| one.is_new);
    assert_eq!(first.count(), 1);
    for one in uses {
        assert_eq!(one.expect("an answer").witness, Some(b"then".to_vec()));
    }
    // A key can be its own witness.
    let own = store.put_new("new", b"own".to_vec(), LIFE, "new").await;
    assert_eq!(own.expect("an answer").witness, Some(b"own".to_vec()));
}

#[tokio::test]
async fn rates_are_counted_together_or_not_at_all() {
    let (_server, store) = start();
    let rate = |key: &str, burst: u32| RateRule {
        key: key.to_owned(),
        interval: Duration::from_secs(60),
        burst: Duration::from_secs(60) * burst,
    };
    let taken = join_all((0..20).map(|_| store.take(vec![rate("caller", 5)]))).await;
    let counted = taken.iter().filter(|one| matches!(one, Ok(None)));
    assert_eq!(counted.count(), 5);
    let refused = taken.into_iter().find_map(|one| one.expect("an answer"));
    let (index, wait) = refused.expect("a refusal");
    assert_eq!(index, 0);
    assert!(
        wait > Duration::from_secs(55) && wait <= Duration::from_secs(60),
        "{wait:?}"
    );
    // The second is used up, so the first does not count.
    for _ in 0..3 {
        let taken = store.take(vec![rate("item", 1), rate("caller", 5)]).await;
        assert_eq!(taken.expect("an answer").map(|(index, _)| index), Some(1));
    }
    let taken = store.take(vec![rate("item", 1)]).await;
    assert_eq!(taken.expect("an answer"), None);
}

#[tokio::test]
async fn the_store_works_again_after_redis_was_away_or_paused() {
    let (mut server, store) = start();
    store.put("a", b"a".to_vec(), LIFE).await.expect("stored");
    server.kill();
    assert!(store.get("a").await.is_err());
    server.begin();
    let begun = std::time::Instant::now();
    while store.get("a").await.is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "it connects again"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        store.get("a").await.expect("an answer"),
        None,
        "it has lost its data"
    );
    // A value of another type is an error, not a record.
    server.command(&["LPUSH", "list", "x"]);
    assert!(store.get("list").await.is_err());
}
