//! A client that was cut off continues the stream of its call at another replica.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::{Method, Response};
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    memory_store::Conduct,
};

use crate::{
    replica::{Replicas, reason},
    sessions::{at, open},
};

const SESSION: Revision = Revision::Session("2025-11-25");

/// Begins a call, and reads its stream up to the first event. Returns the id of that event.
async fn begin(client: &Client, millis: u64) -> (Response, String) {
    let call = json!({"name": "slow", "arguments": {"millis": millis}});
    let message = client.message("tools/call", call);
    let request = client.post(&message).body(message.to_string());
    let mut stream = request.send().await.expect("an answer");
    let chunk = stream.chunk().await.expect("a chunk").expect("an event");
    let text = String::from_utf8_lossy(&chunk).into_owned();
    let id = text.lines().find_map(|line| line.strip_prefix("id: "));
    (stream, id.expect("events have ids").to_owned())
}

/// Continues a stream after this event, until it ends.
async fn resume(client: &Client, event: &str) -> HttpResponse {
    let stream = client.plain(Method::GET);
    let stream = stream.header("accept", "text/event-stream");
    let resumed = HttpResponse::of(stream.header("last-event-id", event));
    let resumed = tokio::time::timeout(Duration::from_secs(20), resumed).await;
    resumed.expect("the stream ends")
}

/// Waits until the store has this many records of streams.
async fn recorded(replicas: &Replicas, count: usize) {
    let begun = Instant::now();
    while replicas.store.values("event").len() != count {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "no {count} records"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_lost(answer: &HttpResponse) -> bool {
    answer.status == 200
        && answer.text.contains(r#""reason":"answer_lost""#)
        && answer.text.contains(r#""id":1"#)
        && !answer.text.contains("slow ran")
}

#[tokio::test]
async fn a_client_that_was_cut_off_gets_its_answer_at_every_replica() {
    let replicas = Replicas::start().await;
    let first = open(&replicas, 0, "alice", SESSION).await;
    let second = at(&first, &replicas, 1);
    let (stream, id) = begin(&first, 700).await;
    drop(stream);
    // At two replicas at once, while the call runs.
    let (here, there) = tokio::join!(resume(&first, &id), resume(&second, &id));
    for answer in [&here, &there] {
        assert_eq!(answer.tool_text(), "slow ran", "{answer:?}");
        assert!(!answer.text.contains("retry"), "{answer:?}");
    }
    assert_eq!(replicas.all[0].runs.all(), ["slow"]);
    // Later, too: also if the first answer was lost on its way.
    recorded(&replicas, 1).await;
    for client in [&first, &second] {
        let late = resume(client, &id).await;
        assert_eq!(late.tool_text(), "slow ran", "{late:?}");
        // With another token of the same caller.
        let token = replicas.token("desk:read").claim("sub", "alice".into());
        let refreshed = client.clone().with_token(token.build());
        assert_eq!(resume(&refreshed, &id).await.tool_text(), "slow ran");
    }
    // After the answer nothing follows.
    let answer = late_id(&there);
    assert_eq!(resume(&second, &answer).await.text, "");
    assert!(replicas.all[1].runs.all().is_empty());
}

/// Each continued stream reads the store again and again (CWE-400).
#[tokio::test]
async fn an_owner_cannot_continue_any_number_of_streams_at_once() {
    let replicas = Replicas::start().await;
    let first = open(&replicas, 0, "alice", SESSION).await;
    let second = at(&first, &replicas, 1);
    let (stream, id) = begin(&first, 1_500).await;
    drop(stream);
    recorded(&replicas, 1).await;
    let resumed = join_all((0..20).map(|_| resume(&second, &id))).await;
    let count = |status: u16| {
        resumed
            .iter()
            .filter(|answer| answer.status == status)
            .count()
    };
    assert_eq!((count(200), count(429)), (16, 4), "{resumed:?}");
    for answer in &resumed {
        match answer.status {
            200 => assert_eq!(answer.tool_text(), "slow ran", "{answer:?}"),
            _ => assert_eq!(reason(answer), "too_many_pending", "{answer:?}"),
        }
    }
    // What has ended does not count.
    assert_eq!(resume(&second, &id).await.tool_text(), "slow ran");
}

/// Returns the id of the last event of a stream.
fn late_id(answer: &HttpResponse) -> String {
    let mut lines = answer.text.lines().rev();
    let id = lines.find_map(|line| line.strip_prefix("id: "));
    id.expect("an id").to_owned()
}

#[tokio::test]
async fn a_quick_call_costs_the_store_nothing_and_a_slow_one_a_record() {
    let replicas = Replicas::start().await;
    let client = open(&replicas, 0, "alice", SESSION).await;
    for _ in 0..20 {
        assert_eq!(client.call("read", json!({})).await.status, 200);
    }
    assert!(replicas.store.values("event").is_empty());
    // The client is connected all the time. Its connection can have failed unnoticed.
    let (stream, id) = begin(&client, 150).await;
    let answer = HttpResponse::of_response(stream).await;
    assert!(answer.text.contains("slow ran"), "{answer:?}");
    recorded(&replicas, 1).await;
    let second = at(&client, &replicas, 1);
    assert_eq!(resume(&second, &id).await.tool_text(), "slow ran");
}

#[tokio::test]
async fn another_caller_gets_no_event_whatever_it_knows() {
    let replicas = Replicas::start().await;
    let alice = open(&replicas, 0, "alice", SESSION).await;
    let (stream, id) = begin(&alice, 400).await;
    let token = replicas.token("desk:read").claim("sub", "mallory".into());
    let thief = alice.clone().with_token(token.build());
    let own = open(&replicas, 0, "mallory", SESSION).await;
    let another_of_alice = open(&replicas, 1, "alice", SESSION).await;
    let attempts = async || {
        let at_each = [0, 1].map(|replica| {
            let at = |client: &Client| at(client, &replicas, replica);
            let (thief, nobody) = (at(&thief), at(&alice).without_token());
            let others = [at(&own), at(&another_of_alice)];
            let id = &id;
            async move {
                // Her session id, and her event id.
                let answer = resume(&thief, id).await;
                assert_eq!(answer.status, 404, "{answer:?}");
                // Without a token a replica that has not used the session does not know it.
                let answer = resume(&nobody, id).await;
                assert!(matches!(answer.status, 401 | 404), "{answer:?}");
                // Her event id in a session of one's own, and in another session of hers.
                for answer in join_all(others.iter().map(|session| resume(session, id))).await {
                    assert!(is_lost(&answer), "{answer:?}");
                }
            }
        });
        join_all(at_each).await;
    };
    attempts().await;
    let answer = HttpResponse::of_response(stream).await;
    assert!(answer.text.contains("slow ran"), "{answer:?}");
    recorded(&replicas, 1).await;
    attempts().await;
    let answer = resume(&at(&alice, &replicas, 1), &id).await;
    assert_eq!(answer.tool_text(), "slow ran");
    // An ended session has no events.
    let ended = HttpResponse::of(alice.plain(Method::DELETE)).await;
    assert_eq!(ended.status, 204);
    assert_eq!(resume(&alice, &id).await.status, 404);
}

#[tokio::test]
async fn an_event_id_that_nobody_has_issued_ends_with_a_stated_error_or_an_empty_stream() {
    let replicas = Replicas::start().await;
    let alice = open(&replicas, 0, "alice", SESSION).await;
    let (stream, id) = begin(&alice, 150).await;
    drop(stream);
    recorded(&replicas, 1).await;
    let [event, process, request] = *id.split('~').collect::<Vec<_>>() else {
        panic!("{id}");
    };
    // Ids of processes that do not exist, and of requests that no service has run.
    let lost = [
        format!("{event}~0123456789abcdef~{request}"),
        format!("{event}~~{request}"),
        format!("7.0/3~{process}~{request}"),
        format!("0/9~{process}~{request}"),
    ];
    let clients = [0, 1].map(|replica| at(&alice, &replicas, replica));
    let attempts = clients
        .iter()
        .flat_map(|client| lost.iter().map(move |id| resume(client, id)));
    for answer in join_all(attempts).await {
        assert!(is_lost(&answer), "{answer:?}");
    }
    let huge = format!("{event}~{process}~{}", "A".repeat(2_000));
    for nonsense in [
        "0/0~",
        "0/0~~",
        "0/0~x~!",
        "0/0~x~e30",
        "0/99",
        "x/y~x~MQ",
        &huge,
        &format!("{id}~"),
        &format!("{event}~{process}~{request}~{request}"),
    ] {
        for client in &clients {
            let answer = resume(client, nonsense).await;
            assert_eq!(
                (answer.status, &*answer.text),
                (200, ""),
                "{nonsense} {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_store_that_forges_swaps_or_puts_back_events_gives_a_client_no_wrong_answer() {
    let replicas = Replicas::start().await;
    let alice = open(&replicas, 0, "alice", SESSION).await;
    let (stream, id) = begin(&alice, 700).await;
    drop(stream);
    recorded(&replicas, 1).await;
    let early = replicas.store.values("event");
    let begun = Instant::now();
    while replicas.store.values("event") == early || replicas.all[0].runs.all().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(10), "no answer");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut events = replicas.store.values("event");
    let (key, genuine) = events.pop_first().expect("alice's record");
    let mallory = open(&replicas, 0, "mallory", SESSION).await;
    let (stream, _) = begin(&mallory, 150).await;
    drop(HttpResponse::of_response(stream).await);
    recorded(&replicas, 2).await;
    let mut events = replicas.store.values("event");
    events.remove(&key);
    let (_, swapped) = events.pop_first().expect("mallory's record");
    let mut changed = genuine.clone();
    changed.0[30] ^= 1;
    let there = at(&alice, &replicas, 1);
    for forged in [swapped, changed, (vec![0; 300], genuine.1)] {
        replicas.store.put_back([(key.clone(), forged)].into());
        let answer = resume(&there, &id).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
    }
    // The seal covers the expiry: a record is not genuine after it has expired.
    replicas.store.put_back([(key, genuine)].into());
    assert_eq!(resume(&there, &id).await.tool_text(), "slow ran");
    replicas.clock.advance(Duration::from_secs(400));
    assert_eq!(resume(&there, &id).await.status, 503);
}

#[tokio::test]
async fn a_store_that_is_away_or_slow_delays_no_call_and_loses_no_answer() {
    let replicas = Replicas::start().await;
    for conduct in [Conduct::Away, Conduct::Slow] {
        let alice = open(&replicas, 0, "alice", SESSION).await;
        let there = at(&alice, &replicas, 1);
        assert_eq!(there.call("read", json!({})).await.status, 200);
        replicas.store.set(conduct);
        let begun = Instant::now();
        let (stream, id) = begin(&alice, 150).await;
        let answer = HttpResponse::of_response(stream).await;
        assert!(answer.text.contains("slow ran"), "{answer:?}");
        let answer = resume(&there, &id).await;
        assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
        assert!(answer.header("retry-after").is_some(), "{answer:?}");
        // Half a second for the store, not its two seconds, and the call itself.
        assert!(
            begun.elapsed() < Duration::from_millis(1_800),
            "{conduct:?}"
        );
        // The replica that ran the call does not need the store.
        assert_eq!(resume(&alice, &id).await.tool_text(), "slow ran");
        replicas.store.set(Conduct::Honest);
        let answer = resume(&there, &id).await;
        let begun = Instant::now();
        let mut answer = answer;
        while answer.status == 503 || is_lost(&answer) {
            assert!(begun.elapsed() < Duration::from_secs(10), "{answer:?}");
            answer = resume(&there, &id).await;
        }
        assert_eq!(answer.tool_text(), "slow ran", "{conduct:?} {answer:?}");
    }
}
