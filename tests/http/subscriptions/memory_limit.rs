//! The memory limit for the resources that one caller listens to.

use std::time::Duration;

use serde_json::json;
use support::client::{Client, Revision};
use toolgate::Changes;

use super::{SESSION, Stream, server_with_all, subscribe};
use crate::client;

/// Returns `count` URIs of 4,000 bytes, starting with this number.
fn uris(first: usize, count: usize) -> Vec<String> {
    (first..first + count)
        .map(|number| format!("desk://both/{number:03988}"))
        .collect()
}

fn listen(client: &Client, uris: &[String]) -> reqwest::RequestBuilder {
    let params = json!({"notifications": {"resourceSubscriptions": uris}});
    let message = client.message("subscriptions/listen", params);
    client.post(&message).body(message.to_string())
}

#[tokio::test]
async fn one_listener_of_too_many_bytes_is_refused_before_it_is_acknowledged() {
    let running = server_with_all(&Changes::new()).await;
    let reader = client(&running, Revision::Stateless, "desk:read desk:write").await;
    let params = json!({"notifications": {"resourceSubscriptions": uris(0, 66)}});
    let answer = reader.request("subscriptions/listen", params).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    assert!(answer.text.contains("262144 bytes"), "{answer:?}");
}

#[tokio::test]
async fn the_listeners_of_one_caller_share_one_limit_over_all_connections() {
    let running = server_with_all(&Changes::new()).await;
    let reader = client(&running, Revision::Stateless, "desk:read desk:write").await;
    let mut first = Stream::of(listen(&reader, &uris(0, 60))).await;
    first
        .until("notifications/subscriptions/acknowledged")
        .await;
    let mut second = Stream::of(listen(&reader, &uris(60, 6))).await;
    second.until("\"error\"").await;
    assert!(second.text.contains("-32602"), "{}", second.text);
    assert!(second.text.contains("264000 bytes"), "{}", second.text);
    let mut third = Stream::of(listen(&reader, &uris(60, 5))).await;
    third
        .until("notifications/subscriptions/acknowledged")
        .await;
    assert!(!third.text.contains("\"error\""), "{}", third.text);
    // In a session too, because it is the same caller.
    let session = client(&running, SESSION, "desk:read desk:write").await;
    let answer = subscribe(&session, &uris(99, 1)[0]).await;
    assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    // A closed listener releases its share as soon as the server notices.
    drop(first);
    let mut tries = 0;
    while subscribe(&session, &uris(99, 1)[0]).await.json()["error"].is_object() {
        tries += 1;
        assert!(tries < 100, "it is never given back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_subscribed_bytes_of_a_session_are_limited() {
    let running = server_with_all(&Changes::new()).await;
    let writer = client(&running, SESSION, "desk:read desk:write").await;
    let uris = uris(0, 66);
    for uri in &uris[..65] {
        let answer = subscribe(&writer, uri).await;
        assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
    }
    let answer = subscribe(&writer, &uris[65]).await;
    assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    let one = json!({"uri": uris[0]});
    writer.request("resources/unsubscribe", one).await;
    let answer = subscribe(&writer, &uris[65]).await;
    assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
}
