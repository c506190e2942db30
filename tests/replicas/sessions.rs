//! A session that one replica has opened, at another replica.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    memory_store::Conduct,
};

use toolgate::gate::{Rate, SessionLimits};

use crate::replica::{Replicas, reason};

const SESSIONS: [Revision; 3] = [
    Revision::Session("2025-11-25"),
    Revision::Session("2025-06-18"),
    Revision::Session("2025-03-26"),
];

/// Opens a session at a replica.
pub(crate) async fn open(
    replicas: &Replicas,
    replica: usize,
    subject: &str,
    revision: Revision,
) -> Client {
    let token = replicas.token("desk:read").claim("sub", subject.into());
    let resource = replicas.all[replica].running.resource();
    let mut client = Client::new(resource, revision).with_token(token.build());
    client.open().await;
    assert!(client.session().is_some(), "{revision:?}");
    client
}

/// Returns a client of the same session at another replica.
pub(crate) fn at(client: &Client, replicas: &Replicas, replica: usize) -> Client {
    client.clone().at(replicas.all[replica].running.resource())
}

#[tokio::test]
async fn every_replica_answers_every_request_of_a_session() {
    let replicas = Replicas::start().await;
    for revision in SESSIONS {
        let first = open(&replicas, 0, "alice", revision).await;
        let second = at(&first, &replicas, 1);
        // `read` needs no service, `slow` and the list are run by a restored one.
        for _ in 0..2 {
            for client in [&first, &second] {
                let answer = client.call("read", json!({})).await;
                assert_eq!(answer.status, 200, "{revision:?} {answer:?}");
                let answer = client.call("slow", json!({"millis": 0})).await;
                assert_eq!(answer.status, 200, "{revision:?} {answer:?}");
                let list = client.message("tools/list", json!({}));
                let answer = client.send(&list).await;
                assert!(answer.text.contains("\"read\""), "{revision:?} {answer:?}");
            }
        }
        let answer = second.call("write", json!({})).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
}

#[tokio::test]
async fn a_session_survives_its_replica() {
    let mut replicas = Replicas::start().await;
    let first = open(&replicas, 0, "alice", SESSIONS[0]).await;
    let second = at(&first, &replicas, 1);
    drop(replicas.all.remove(0));
    assert_eq!(second.call("read", json!({})).await.status, 200);
    let stream = second.plain(Method::GET);
    let stream = stream.header("accept", "text/event-stream").send().await;
    assert_eq!(stream.expect("a stream").status(), 200);
    let answer = HttpResponse::of(second.plain(Method::DELETE)).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    assert_eq!(second.call("read", json!({})).await.status, 404);
}

#[tokio::test]
async fn another_caller_who_knows_the_id_gets_404_at_every_replica() {
    let replicas = Replicas::start().await;
    let alice = open(&replicas, 0, "alice", SESSIONS[0]).await;
    let token = replicas.token("desk:read").claim("sub", "mallory".into());
    let mallory = alice.clone().with_token(token.build());
    for replica in [1, 0] {
        let mallory = at(&mallory, &replicas, replica);
        assert_eq!(mallory.call("read", json!({})).await.status, 404);
        for last_event in [None, Some("0"), Some("1.0/1")] {
            let stream = mallory
                .plain(Method::GET)
                .header("accept", "text/event-stream");
            let stream = match last_event {
                Some(id) => stream.header("last-event-id", id),
                None => stream,
            };
            assert_eq!(HttpResponse::of(stream).await.status, 404, "{last_event:?}");
        }
        let answer = HttpResponse::of(mallory.plain(Method::DELETE)).await;
        assert_eq!(answer.status, 404, "{answer:?}");
    }
    // Mallory has not taken it either.
    let alice = at(&alice, &replicas, 1);
    assert_eq!(alice.call("read", json!({})).await.status, 200);
}

#[tokio::test]
async fn an_ended_session_is_not_found_at_another_replica() {
    let replicas = Replicas::start().await;
    let first = open(&replicas, 0, "alice", SESSIONS[0]).await;
    let old = replicas.store.values("session");
    let answer = HttpResponse::of(first.plain(Method::DELETE)).await;
    assert_eq!(answer.status, 204, "{answer:?}");
    let second = at(&first, &replicas, 1);
    assert_eq!(second.call("read", json!({})).await.status, 404);
    // A store that puts the old record back revives it for its owner and nobody else.
    replicas.store.put_back(old);
    let token = replicas.token("desk:read").claim("sub", "mallory".into());
    let mallory = second.clone().with_token(token.build());
    assert_eq!(mallory.call("read", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_record_that_is_swapped_forged_or_too_old_opens_no_session() {
    let replicas = Replicas::start().await;
    let alice = open(&replicas, 0, "alice", SESSIONS[0]).await;
    let record = replicas.store.values("session");
    let alices = record.keys().next().expect("a record").clone();
    let mallory = open(&replicas, 0, "mallory", SESSIONS[0]).await;
    let mut records = replicas.store.values("session");
    let genuine = records.remove(&alices).expect("alice's record");
    let (_, mallorys) = records.pop_first().expect("mallory's record");
    let token = replicas.token("desk:read").claim("sub", "mallory".into());
    let thief = at(&alice, &replicas, 1).with_token(token.build());
    let changed = {
        let mut changed = genuine.clone();
        changed.0[30] ^= 1;
        changed
    };
    // The hostile store gives mallory's own record in place of alice's.
    for record in [mallorys, changed, (vec![0; 90], genuine.1)] {
        replicas.store.put_back([(alices.clone(), record)].into());
        let answer = thief.call("read", json!({})).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
    }
    replicas.store.put_back([(alices, genuine)].into());
    assert_eq!(thief.call("read", json!({})).await.status, 404);
    // The seal covers the expiry: if the store keeps the record longer, it opens no session.
    replicas.clock.advance(Duration::from_secs(5500));
    let alice = at(&alice, &replicas, 1);
    assert_eq!(alice.call("read", json!({})).await.status, 503);
    drop(mallory);
    assert!(replicas.all[1].runs.all().is_empty());
}

#[tokio::test]
async fn session_calls_that_need_the_store_get_503_while_it_does_not_work() {
    let replicas = Replicas::start().await;
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        let first = open(&replicas, 0, "alice", SESSIONS[0]).await;
        let second = at(&first, &replicas, 1);
        replicas.store.set(conduct);
        let answer = second.call("read", json!({})).await;
        assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
        // The replica that has the session does not need the store.
        assert_eq!(
            first.call("read", json!({})).await.status,
            200,
            "{conduct:?}"
        );
        if conduct != Conduct::Garbage {
            // A session that cannot be stored is not opened, and one that cannot be removed does
            // not end.
            let token = replicas.token("desk:read").build();
            let client = Client::new(replicas.all[0].running.resource(), SESSIONS[0]);
            let client = client.with_token(token);
            let initialize = client.message(
                "initialize",
                json!({"protocolVersion": "2025-11-25", "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"}}),
            );
            let answer = client.send(&initialize).await;
            assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
            assert_eq!(answer.header("mcp-session-id"), None);
            let answer = HttpResponse::of(first.plain(Method::DELETE)).await;
            assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
            assert_eq!(first.call("read", json!({})).await.status, 200);
        }
        replicas.store.set(Conduct::Honest);
        // A store that has failed is asked again after a second.
        let start = Instant::now();
        while second.call("read", json!({})).await.status != 200 {
            assert!(start.elapsed() < Duration::from_secs(3), "{conduct:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn unknown_sessions_cost_the_store_no_more_than_the_rate_of_their_caller() {
    let rate = Rate::per_minute(1).with_burst(5);
    let replicas = Replicas::start_with(|config| config.with_caller_rate(rate)).await;
    let first = open(&replicas, 0, "alice", SESSIONS[0]).await;
    let before = replicas.store.reads("session");
    // An id of another form is not looked up at all.
    let mallory = at(&first, &replicas, 1).with_session("guess".repeat(7));
    let token = replicas.token("desk:read");
    let token = token.claim("sub", "mallory".into()).build();
    let mallory = mallory.with_token(&token);
    assert_eq!(mallory.call("read", json!({})).await.status, 404);
    assert_eq!(replicas.store.reads("session"), before);
    let mut mallory = mallory;
    for number in 0..50 {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        mallory = mallory.with_session(id);
        let answer = mallory.call("read", json!({})).await;
        assert!([404, 429].contains(&answer.status), "{answer:?}");
    }
    let reads = replicas.store.reads("session") - before;
    assert!((1..=5).contains(&reads), "{reads}");
    // A caller whose session moves is counted once for each request.
    let moved = at(&first, &replicas, 1);
    for _ in 0..2 {
        assert_eq!(moved.call("read", json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn concurrent_requests_adopt_a_session_once() {
    let replicas = Replicas::start().await;
    let first = open(&replicas, 0, "alice", SESSIONS[0]).await;
    let second = at(&first, &replicas, 1);
    let calls = (0..16).map(|number| {
        let second = &second;
        async move {
            let tool = if number % 2 == 0 { "read" } else { "slow" };
            let arguments = if number % 2 == 0 {
                json!({})
            } else {
                json!({"millis": 0})
            };
            let call = json!({"name": tool, "arguments": arguments});
            let mut message = second.message("tools/call", call);
            message["id"] = (100 + number).into();
            second.send(&message).await
        }
    });
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

#[tokio::test]
async fn sessions_that_replace_each_other_leave_no_records_in_the_store() {
    let limits = SessionLimits::default().with_weight_per_caller(2);
    let replicas = Replicas::start_with(|config| config.with_session_limits(limits)).await;
    for _ in 0..10 {
        open(&replicas, 0, "alice", SESSIONS[0]).await;
    }
    let records = || replicas.store.values("session").len();
    let begun = Instant::now();
    while records() > 2 {
        assert!(begun.elapsed() < Duration::from_secs(5), "{}", records());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(records(), 2);
}
