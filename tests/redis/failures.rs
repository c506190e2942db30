//! Replicas and the store end in the middle of calls.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    replica_set::{ReplicaSet, mark},
};
use toolgate::store::Revoked;

use crate::load::{Load, broken, wait_for_status};

/// The number of clients: each can lose one call when a replica is killed.
const CLIENTS: usize = 6;

#[tokio::test]
async fn no_call_is_lost_when_a_replica_is_killed_and_the_store_restarts() {
    let mut set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let load = Load::start(&set).await;
    for kind in ["bearer", "bound", "session"] {
        load.wait_for(kind, 200, 20).await;
    }
    set.kill(0).await;
    for kind in ["bearer", "bound", "session"] {
        load.wait_for(kind, 200, 20).await;
    }
    set.start_again(0).await;
    set.redis.kill();
    // A proof cannot be checked, a bearer token can.
    load.wait_for("bound", 503, 5).await;
    load.wait_for("bearer", 200, 20).await;
    set.redis.begin();
    for kind in ["bearer", "bound", "session"] {
        load.wait_for(kind, 200, 20).await;
    }
    let summary = load.stop(&set).await;
    println!("{summary:?}");
    assert!(broken(&summary) <= CLIENTS, "{summary:?}");
}

#[tokio::test]
async fn a_rolling_restart_under_load_loses_no_call() {
    let mut set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let load = Load::start(&set).await;
    for index in 0..3 {
        set.restart(index).await;
        for kind in ["bearer", "bound", "session"] {
            load.wait_for(kind, 200, 10).await;
        }
    }
    let summary = load.stop(&set).await;
    println!("{summary:?}");
    assert!(
        summary.keys().all(|(_, end)| *end == Some(200)),
        "{summary:?}"
    );
}

#[tokio::test]
async fn a_proof_is_accepted_by_one_replica_also_while_the_store_is_slow() {
    let set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let token = set.token("alice").bound_to(&set.key).build();
    let used = set.proof(&token);
    assert_eq!(set.call_bound(0, &token, &used).await.status, 200);
    assert_eq!(set.call_bound(1, &token, &used).await.status, 401);
    set.redis.pause(Duration::from_secs(2));
    let begun = Instant::now();
    let (replayed, new) = (used, set.proof(&token));
    for proof in [&replayed, &new] {
        let answer = set.call_bound(2, &token, proof).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    assert!(
        begun.elapsed() < Duration::from_millis(1900),
        "{:?}",
        begun.elapsed()
    );
    tokio::time::sleep(Duration::from_secs(2)).await;
    // The pause has not lost the use: the store had got it.
    assert_eq!(set.call_bound(0, &token, &replayed).await.status, 401);
    assert_eq!(set.call_bound(0, &token, &new).await.status, 401);
    assert_eq!(set.marks(), ["bound"]);
}

#[tokio::test]
async fn a_revoked_token_stops_at_all_replicas_also_after_the_store_lost_its_data() {
    let mut set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let (_running, revocations) = set.revocations().await;
    let token = set.token("mallory").build();
    let clients: Vec<_> = (0..3)
        .map(|index| {
            let resource = format!("http://{}/mcp", set.address(index));
            Client::new(resource, Revision::Stateless).with_token(&token)
        })
        .collect();
    for client in &clients {
        wait_for_status(client, 200).await;
    }
    let revoked = Revoked::subject(set.issuer.url(), "mallory");
    let begun = Instant::now();
    while let Err(error) = revocations.revoke(revoked.clone(), None).await {
        // The replica of this process may not have started to serve.
        assert!(begun.elapsed() < Duration::from_secs(5), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let begun = Instant::now();
    for client in &clients {
        wait_for_status(client, 401).await;
    }
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    set.redis.kill();
    let failed = revocations
        .revoke(Revoked::issuer("https://other.example"), None)
        .await;
    assert!(failed.is_err());
    for client in &clients {
        wait_for_status(client, 401).await;
    }
    set.redis.begin();
    tokio::time::sleep(Duration::from_millis(800)).await;
    // A replica that starts now learns it from the others.
    set.restart(0).await;
    let resource = format!("http://{}/mcp", set.address(0));
    let client = Client::new(resource, Revision::Stateless).with_token(&token);
    let answer = client
        .send(&client.message("tools/call", mark("new")))
        .await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[tokio::test]
async fn a_session_continues_at_the_other_replicas_after_its_own_was_killed() {
    let mut set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let token = set.token("alice").build();
    let resource = format!("http://{}/mcp", set.address(0));
    let mut client = Client::new(resource, Revision::Session("2025-11-25")).with_token(&token);
    client.open().await;
    set.kill(0).await;
    for index in [1, 2] {
        let client = client
            .clone()
            .at(format!("http://{}/mcp", set.address(index)));
        assert_eq!(client.call("mark", json!({"text": "a"})).await.status, 200);
        let list = client.message("tools/list", json!({}));
        assert_eq!(client.send(&list).await.status, 200);
        let mallory = set.token("mallory").build();
        let thief = client.with_token(mallory);
        let stream = thief.plain(reqwest::Method::GET);
        let stream = stream.header("accept", "text/event-stream");
        let answer = HttpResponse::of(stream.header("last-event-id", "0")).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
}
