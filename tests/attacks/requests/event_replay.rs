//! Replay of a session's events, and how long it is possible.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    TestClock,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{Runs, protected_server, server},
    unsigned_tokens::{self, ISSUER},
};
use toolgate::auth::{Clock, SystemClock};

use super::{client, start_tool_server, start_with_open_handshake};

const SESSION: Revision = Revision::Session("2025-11-25");

/// Events that are available arrive within this time.
const GLANCE: Duration = Duration::from_millis(50);
const TIMEOUT: Duration = Duration::from_secs(10);

fn token_with(resource: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = unsigned_tokens::claims(resource, "desk:read");
    change(&mut claims);
    unsigned_tokens::token(&claims)
}

fn of(subject: &str) -> impl FnOnce(&mut Value) {
    move |claims| claims["sub"] = subject.into()
}

fn now() -> u64 {
    SystemClock.now().seconds()
}

/// Returns the events of a session's stream from one event on, until it is silent for `moment`.
async fn replayed(client: &Client, after: &str, moment: Duration) -> (u16, String) {
    let request = client
        .plain(Method::GET)
        .header("accept", "text/event-stream")
        .header("last-event-id", after);
    let mut response = request.send().await.expect("an answer");
    let mut output = String::new();
    while let Ok(Ok(Some(chunk))) = tokio::time::timeout(moment, response.chunk()).await {
        output.push_str(&String::from_utf8_lossy(&chunk));
    }
    (response.status().as_u16(), output)
}

/// Calls a tool and disconnects after the first event. Returns that event's id.
async fn interrupted(client: &Client) -> String {
    let params = json!({"name": "slow", "arguments": {"millis": 1_500}});
    let message = client.message("tools/call", params);
    let request = client.post(&message).body(message.to_string());
    let mut response = request.send().await.expect("an answer");
    let chunk = response.chunk().await.expect("a chunk").expect("an event");
    let text = String::from_utf8_lossy(&chunk).into_owned();
    let mut lines = text.lines();
    let id = lines.find_map(|line| line.strip_prefix("id:"));
    id.expect("events have ids").trim().to_owned()
}

#[tokio::test]
async fn an_event_is_replayed_only_to_its_caller() {
    let (running, _) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let first = interrupted(&alice).await;

    let resource = running.resource();
    let mallory = token_with(&resource, of("mallory"));
    let thief = alice.clone().with_token(mallory.clone());
    let mut own = Client::new(&resource, SESSION).with_token(mallory);
    own.open().await;
    let expired = alice
        .clone()
        .with_token(token_with(&resource, |claims| claims["exp"] = 1.into()));
    let attempts = [
        (thief.clone(), Some(404)),
        (alice.clone().without_token(), Some(401)),
        (expired, Some(401)),
        // In a session without that event, or without a session.
        (own.clone(), None),
        (own.without_session(), None),
        (Client::new(&resource, Revision::Stateless), None),
    ];
    for (attempt, expected) in attempts {
        for after in [&*first, "0", "0/0", "0/1", "1/1", "", "../0", "-1"] {
            let (status, output) = replayed(&attempt, after, GLANCE).await;
            if let Some(expected) = expected {
                assert_eq!(status, expected, "{after}: {output}");
            }
            assert!(!output.contains("slow ran"), "{after}: {status} {output}");
            assert!(status < 500, "{after}: {status} {output}");
        }
    }
    // The owner can still replay it; otherwise this test would show nothing.
    let (status, output) = replayed(&alice, &first, TIMEOUT).await;
    assert_eq!(status, 200);
    assert!(output.contains("slow ran"), "{first}: {output}");
}

#[tokio::test]
async fn a_session_is_unusable_after_its_token_expires() {
    let (runs, clock) = (Runs::default(), TestClock::default());
    let server = server(&runs).with_clock(clock.clone());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let resource = running.resource();
    let until = |end: u64| token_with(&resource, |claims| claims["exp"] = end.into());
    let mut alice = Client::new(&resource, SESSION).with_token(until(now() + 600));
    alice.open().await;
    assert_eq!(alice.call("read", json!({})).await.tool_text(), "read ran");
    // Past the leeway too.
    clock.advance(std::time::Duration::from_secs(700));
    let stream = alice
        .plain(Method::GET)
        .header("accept", "text/event-stream");
    for answer in [
        alice.call("read", json!({})).await,
        alice.call("ping", json!({})).await,
        alice.clone().initialize().await,
        HttpResponse::of(stream).await,
        HttpResponse::of(alice.plain(Method::DELETE)).await,
    ] {
        assert_eq!(answer.status, 401, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("error"), Some("invalid_token"));
    }
    assert_eq!(runs.all(), ["read"]);
    // The session was not ended either: with a refreshed token it continues.
    let alice = alice.with_token(until(now() + 6_000));
    assert_eq!(alice.call("read", json!({})).await.tool_text(), "read ran");
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    let (running, _) = start_tool_server().await;
    let resource = running.resource();
    let mut alice = Client::new(&resource, SESSION).with_token(token_with(&resource, |_| ()));
    alice.open().await;
    let short = token_with(&resource, |claims| claims["exp"] = (now() + 2).into());
    let request = alice
        .clone()
        .with_token(short)
        .plain(Method::GET)
        .header("accept", "text/event-stream");
    let mut stream = request.send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    let end = async { while let Ok(Some(_)) = stream.chunk().await {} };
    let ended = tokio::time::timeout(Duration::from_secs(10), end).await;
    assert!(ended.is_ok(), "the stream goes on without a token");
    // The session outlives its streams.
    assert_eq!(alice.call("read", json!({})).await.tool_text(), "read ran");
}

#[tokio::test]
async fn a_flood_of_handshakes_evicts_only_sessions_of_its_sender() {
    let (running, _) = start_with_open_handshake().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let mut first = Client::new(running.resource(), SESSION);
    first.open().await;
    // As many as callers without a token may have; they share one count.
    let flood = Client::new(running.resource(), SESSION);
    let handshake = flood.message(
        "initialize",
        json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "flood", "version": "1"},
        }),
    );
    for _ in 0..1_024 {
        assert_eq!(flood.send(&handshake).await.status, 200);
    }
    assert_eq!(first.call("ping", json!({})).await.status, 404);
    assert_eq!(alice.call("read", json!({})).await.tool_text(), "read ran");
}

#[tokio::test]
async fn a_protected_server_opens_no_session_without_a_token() {
    let runs = Runs::default();
    let server = protected_server(&runs);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let alice = client(&running, SESSION, "desk:read").await;
    let resource = running.resource();
    let bad = token_with(&resource, |claims| claims["aud"] = "another".into());
    for number in 0..100 {
        let mut anonymous = Client::new(&resource, SESSION);
        if number % 2 == 1 {
            anonymous = anonymous.with_token(&bad);
        }
        let answer = anonymous.initialize().await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(answer.header("mcp-session-id"), None);
    }
    assert_eq!(alice.call("read", json!({})).await.tool_text(), "read ran");
}
