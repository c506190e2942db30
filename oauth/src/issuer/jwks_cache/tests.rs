use std::future::{Future, poll_fn};

use tokio::time::advance;

use super::*;
use crate::issuer::{Algorithm, tests::scripted_fetcher::ScriptedFetcher};

/// Builds a set with a key for each letter.
fn jwks(letters: &str) -> String {
    let keys: Vec<_> = letters
        .chars()
        .map(|x| {
            let key = format!("{}A", x.to_string().repeat(42));
            format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{x}","x":"{key}"}}"#)
        })
        .collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

fn has(snapshot: &Snapshot, kid: &str) -> bool {
    snapshot.set.candidates(Algorithm::EdDsa, Some(kid)).count() == 1
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Validates a token that names this key, as a request does.
async fn accepts(keys: &Arc<JwksCache>, kid: &str) -> Result<bool, JwksError> {
    let known = keys.snapshot().await?;
    if has(&known, kid) {
        return Ok(true);
    }
    let newer = keys.newer_than(&known).await?;
    Ok(newer.is_some_and(|newer| has(&newer, kid)))
}

#[tokio::test(start_paused = true)]
async fn two_hundred_first_requests_cause_one_load() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    script.delay(seconds(2));
    let keys = script.keys();
    let requests = (0..200).map(|_| {
        let keys = Arc::clone(&keys);
        tokio::spawn(async move { accepts(&keys, "a").await })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), Ok(true));
    }
    assert_eq!(script.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_key_counts_at_its_first_use() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    let keys = script.keys();
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    advance(seconds(60)).await;
    script.publish(&jwks("ab"));
    assert_eq!(accepts(&keys, "b").await, Ok(true));
    assert_eq!(script.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_unknown_keys_neither_hammers_the_issuer_nor_hides_a_new_key() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    script.delay(Duration::from_millis(200));
    let keys = script.keys();
    // 10,000 unknown keys in 100 seconds, in bursts of 100.
    for burst in 0..100 {
        let requests = (0..100).map(|number| {
            let (keys, kid) = (Arc::clone(&keys), format!("unknown-{burst}-{number}"));
            tokio::spawn(async move { accepts(&keys, &kid).await })
        });
        let requests: Vec<_> = requests.collect();
        if burst == 50 {
            script.publish(&jwks("ab"));
        }
        if burst == 65 {
            assert_eq!(accepts(&keys, "b").await, Ok(true));
        }
        advance(seconds(1)).await;
        for request in requests {
            assert_eq!(request.await.unwrap(), Ok(false));
        }
    }
    assert!((5..=20).contains(&script.loads()), "{}", script.loads());
    assert_eq!(script.most_running(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_key_goes_with_the_next_load_and_so_does_what_it_verified() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("ab"));
    let keys = script.keys();
    let upkeep = tokio::spawn(JwksCache::maintain(Arc::downgrade(&keys)));
    let first = keys.snapshot().await.unwrap();
    script.publish(&jwks("ba"));
    advance(seconds(599)).await;
    assert!(keys.is_current(first.generation));
    sleep(seconds(2)).await;
    assert!(
        script.loads() == 2 && keys.is_current(first.generation),
        "only the order changed"
    );
    script.publish(&jwks("b"));
    sleep(seconds(601)).await;
    assert!(!keys.is_current(first.generation));
    assert_eq!(accepts(&keys, "a").await, Ok(false));
    assert_eq!(accepts(&keys, "b").await, Ok(true));
    script.publish(&jwks(""));
    sleep(seconds(601)).await;
    assert_eq!(accepts(&keys, "b").await, Ok(false));
    upkeep.abort();
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_down_at_start_is_noticed_when_it_returns() {
    let script = ScriptedFetcher::default();
    let keys = script.keys();
    let upkeep = tokio::spawn(JwksCache::maintain(Arc::downgrade(&keys)));
    assert!(keys.readiness_error().unwrap().contains("yet"));
    let none = accepts(&keys, "a").await.unwrap_err();
    assert!((seconds(1)..=seconds(30)).contains(&none.retry_after));
    assert!(keys.readiness_error().unwrap().contains("down"));
    sleep(seconds(3600)).await;
    assert!(accepts(&keys, "a").await.is_err());
    assert!((120..200).contains(&script.loads()), "{}", script.loads());
    script.publish(&jwks("a"));
    // Without a request, by the maintenance task.
    sleep(seconds(31)).await;
    assert_eq!(keys.readiness_error(), None);
    let loads = script.loads();
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    assert_eq!(script.loads(), loads);
    upkeep.abort();
}

#[tokio::test(start_paused = true)]
async fn during_an_outage_the_last_good_keys_are_used_up_to_the_limit() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    let keys = script.keys();
    let upkeep = tokio::spawn(JwksCache::maintain(Arc::downgrade(&keys)));
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    let generation = keys.snapshot().await.unwrap().generation;
    script.fail();
    sleep(seconds(3500)).await;
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    assert!(keys.is_current(generation));
    sleep(seconds(101)).await;
    assert!(accepts(&keys, "a").await.is_err());
    assert!(!keys.is_current(generation));
    assert!(keys.readiness_error().is_some());
    script.publish(&jwks("a"));
    sleep(seconds(31)).await;
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    upkeep.abort();
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_an_unknown_key_is_not_called_a_forgery() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    let keys = script.keys();
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    script.fail();
    advance(seconds(5)).await;
    assert!(accepts(&keys, "b").await.is_err());
    // The same during the pause, without another load.
    let loads = script.loads();
    assert!(accepts(&keys, "b").await.is_err());
    assert_eq!(script.loads(), loads);
    assert_eq!(accepts(&keys, "a").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hangs_up_does_not_end_the_load_for_others() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    script.delay(seconds(2));
    let keys = script.keys();
    {
        let mut first = Box::pin(keys.snapshot());
        poll_fn(|context| {
            assert!(first.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
    }
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    assert_eq!(script.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_load_without_end_is_ended() {
    let script = ScriptedFetcher::default();
    script.delay(seconds(1_000_000));
    let keys = script.keys();
    let begin = Instant::now();
    assert!(accepts(&keys, "a").await.is_err());
    assert!(begin.elapsed() <= seconds(11), "{:?}", begin.elapsed());
    assert!(keys.readiness_error().unwrap().contains("in time"));
}

#[tokio::test(start_paused = true)]
async fn old_keys_are_used_while_new_ones_are_on_their_way() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    let keys = script.keys();
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    advance(seconds(700)).await;
    script.delay(seconds(2));
    let begin = Instant::now();
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    assert_eq!(begin.elapsed(), Duration::ZERO);
    sleep(seconds(3)).await;
    assert_eq!(script.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_upkeep_ends_with_the_keys() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    let keys = script.keys();
    let upkeep = tokio::spawn(JwksCache::maintain(Arc::downgrade(&keys)));
    sleep(seconds(1)).await;
    assert_eq!(script.loads(), 1, "loaded before the first request");
    drop(keys);
    timeout(seconds(700), upkeep).await.unwrap().unwrap();
    assert_eq!(script.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn fixed_keys_never_change_and_nothing_is_asked() {
    let set = Jwks::parse(jwks("a").as_bytes()).unwrap();
    let keys = JwksCache::fixed("https://i".to_owned(), set);
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    assert_eq!(accepts(&keys, "b").await, Ok(false));
    advance(seconds(100 * 365 * 24 * 3600)).await;
    assert_eq!(accepts(&keys, "a").await, Ok(true));
    assert_eq!(keys.readiness_error(), None);
    JwksCache::maintain(Arc::downgrade(&keys)).await;
}

#[test]
fn a_load_that_died_with_its_runtime_is_begun_again_in_the_next() {
    let script = ScriptedFetcher::default();
    script.publish(&jwks("a"));
    script.delay(seconds(3600));
    let keys = script.keys();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    };
    let first = timeout_in(&runtime(), keys.snapshot());
    assert!(first.is_none());
    script.delay(Duration::ZERO);
    let second = timeout_in(&runtime(), keys.snapshot());
    assert!(second.is_some_and(|snapshot| has(&snapshot.unwrap(), "a")));
}

fn timeout_in<F: Future>(runtime: &tokio::runtime::Runtime, future: F) -> Option<F::Output> {
    runtime.block_on(async { timeout(Duration::from_millis(200), future).await.ok() })
}
