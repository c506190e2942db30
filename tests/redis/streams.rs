//! Clients that were cut off, and replicas and a store that end meanwhile.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    replica_set::ReplicaSet,
};

/// Opens a session at the first replica.
async fn open(set: &ReplicaSet) -> Client {
    let token = set.token("alice").build();
    let resource = format!("http://{}/mcp", set.address(0));
    let mut client = Client::new(resource, Revision::Session("2025-11-25")).with_token(&token);
    client.open().await;
    client
}

fn at(client: &Client, set: &ReplicaSet, index: usize) -> Client {
    let resource = format!("http://{}/mcp", set.address(index));
    client.clone().at(resource)
}

/// Begins a call, and disconnects after the first event. Returns its id.
async fn cut_off(client: &Client, text: &str, millis: u64) -> String {
    let call = json!({"name": "wait", "arguments": {"text": text, "millis": millis}});
    let message = client.message("tools/call", call);
    let request = client.post(&message).body(message.to_string());
    let mut stream = request.send().await.expect("an answer");
    let chunk = stream.chunk().await.expect("a chunk").expect("an event");
    let chunk = String::from_utf8_lossy(&chunk).into_owned();
    let id = chunk.lines().find_map(|line| line.strip_prefix("id: "));
    id.expect("events have ids").to_owned()
}

async fn resume(client: &Client, event: &str) -> HttpResponse {
    let stream = client.plain(Method::GET);
    let stream = stream.header("accept", "text/event-stream");
    let resumed = HttpResponse::of(stream.header("last-event-id", event));
    let resumed = tokio::time::timeout(Duration::from_secs(60), resumed).await;
    resumed.expect("the stream ends")
}

#[tokio::test]
async fn an_answer_outlives_the_replica_that_has_given_it() {
    let mut set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let client = open(&set).await;
    let early = cut_off(&client, "early", 1_000).await;
    let waiting = at(&client, &set, 1);
    assert_eq!(resume(&waiting, &early).await.tool_text(), "early");
    let running = cut_off(&client, "running", 60_000).await;
    // Its record is there.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let waiting = tokio::spawn({
        let (client, running) = (at(&client, &set, 1), running.clone());
        async move { resume(&client, &running).await }
    });
    set.kill(0).await;
    let killed = Instant::now();
    for index in [1, 2] {
        let client = at(&client, &set, index);
        assert_eq!(resume(&client, &early).await.tool_text(), "early");
    }
    // The client that waited gets an error of its call, and calls again.
    let lost = waiting.await.expect("no panic");
    let waited = killed.elapsed();
    println!("the loss of a call was reported {waited:?} after the death of its replica");
    assert!(waited < Duration::from_secs(20), "{waited:?}");
    assert!(lost.text.contains("answer_lost"), "{lost:?}");
    let client = at(&client, &set, 2);
    let answer = resume(&client, &running).await;
    assert!(answer.text.contains("answer_lost"), "{answer:?}");
    let again = client.call("wait", json!({"text": "again", "millis": 0}));
    assert_eq!(again.await.status, 200);
    assert_eq!(set.marks(), ["early", "again"]);
}

#[tokio::test]
async fn an_answer_is_not_lost_by_a_store_that_restarts_or_is_slow() {
    let mut set = ReplicaSet::start(env!("CARGO_BIN_EXE_replica")).await;
    let client = open(&set).await;
    let there = at(&client, &set, 1);
    assert_eq!(
        there.call("mark", json!({"text": "known"})).await.status,
        200
    );
    for outage in ["slow", "down"] {
        let event = cut_off(&client, outage, 1_000).await;
        let waiting = tokio::spawn({
            let (there, event) = (there.clone(), event.clone());
            async move { resume(&there, &event).await }
        });
        tokio::time::sleep(Duration::from_millis(600)).await;
        if outage == "slow" {
            set.redis.pause(Duration::from_secs(2));
        } else {
            set.redis.kill();
            tokio::time::sleep(Duration::from_secs(2)).await;
            set.redis.begin();
        }
        let answer = waiting.await.expect("no panic");
        // A store that has restarted is empty: its waiting client can find no record first.
        let answer = match answer.text.contains("answer_lost") && outage == "down" {
            true => {
                tokio::time::sleep(Duration::from_secs(3)).await;
                resume(&client, &event).await
            }
            false => answer,
        };
        assert_eq!(answer.tool_text(), outage, "{answer:?}");
    }
}
