//! Requests that are refused before their message is read: each one is reported.

use axum::http::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};

/// Returns whether the only event is a refusal of a message that was not read.
#[track_caller]
fn is_reported(observed: &Observed, sent: &str) {
    let events = observed.take();
    let [
        Event::Decision {
            method,
            item: None,
            is_allowed: false,
            runs: false,
            ..
        },
    ] = &events[..]
    else {
        panic!("{sent}: {events:?}");
    };
    assert_eq!(method, "unreadable", "{sent}");
}

#[tokio::test]
async fn each_request_that_is_refused_before_its_message_is_read_is_reported_once() {
    let observed = Observed::new();
    let server = tool_server::protected_server(&Runs::default()).with_observer(observed.clone());
    let running = RunningServer::start(server, |config| {
        config.with_issuer(ISSUER).with_body_limit(100_000)
    })
    .await;
    let claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    let client = Client::new(running.resource(), Revision::Stateless);
    let caller = client.clone().with_token(unsigned_tokens::token(&claims));
    let message = client.message("ping", json!({}));
    let session = |client: &Client| {
        let request = client.plain(Method::GET).header("mcp-session-id", "a");
        request.header("mcp-session-id", "b")
    };
    for (sent, request, status) in [
        ("a method", caller.plain(Method::PUT), 405),
        ("two sessions", session(&caller), 400),
        ("no JSON", caller.post(&message).body("{"), 400),
        (
            "a large body",
            caller.post(&message).body("x".repeat(200_000)),
            413,
        ),
        (
            "a large body without a token",
            client.post(&message).body("x".repeat(200_000)),
            413,
        ),
        (
            "a foreign host",
            caller.post(&message).header("host", "evil.example"),
            403,
        ),
        (
            "a foreign origin",
            caller
                .post(&message)
                .header("origin", "https://evil.example"),
            403,
        ),
    ] {
        let answer = HttpResponse::of(request).await;
        assert_eq!(answer.status, status, "{sent}: {answer:?}");
        is_reported(&observed, sent);
    }
}
