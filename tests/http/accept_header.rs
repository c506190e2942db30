//! The `Accept` header, in every valid form (RFC 9110 §12.5.1).

use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};

use crate::client;

const BOTH: [&[&str]; 6] = [
    &["*/*"],
    &["application/*, text/*"],
    &["application/json, */*;q=0.1"],
    &["text/event-stream, */*"],
    &["text/event-stream;q=0.5", "application/json"],
    &[""],
];
const JSON: [&[&str]; 3] = [
    &["application/json"],
    &["application/*"],
    &["*/*, text/event-stream;q=0"],
];
const NEITHER: [&[&str]; 3] = [
    &["text/html"],
    &["*/*;q=0"],
    &["application/json;q=0, text/event-stream;q=0, */*"],
];

/// Sends a message on the fast path and the slow path with these `Accept` lines. Returns the
/// responses.
async fn both_ways(
    http: &reqwest::Client,
    client: &Client,
    method: &str,
    params: serde_json::Value,
    accepted: &[&str],
) -> [HttpResponse; 2] {
    let message = client.message(method, params);
    let send = async |kind: &str| {
        let mut lines = HeaderMap::new();
        for line in accepted {
            lines.append("accept", line.parse().expect("a value"));
        }
        let request = client.post(&message).headers(lines);
        let request = request.body(message.to_string()).build();
        let mut request = request.expect("a request");
        let kind = kind.parse().expect("a value");
        request.headers_mut().insert("content-type", kind);
        let answer = http.execute(request).await;
        HttpResponse::of_response(answer.expect("an answer")).await
    };
    [
        send("application/json").await,
        send("application/json; charset=utf-8").await,
    ]
}

/// Starts a tool server with sessions, and one without.
async fn start_with_and_without_sessions() -> [(RunningServer, Runs, bool); 2] {
    let (running, runs) = crate::start_tool_server().await;
    let other = Runs::default();
    let server = tool_server::server(&other).without_sessions();
    let without = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    [(running, runs, true), (without, other, false)]
}

#[tokio::test]
async fn ranges_and_weights_are_accepted_if_they_cover_the_response() {
    let http = reqwest::Client::new();
    for (running, runs, has_sessions) in start_with_and_without_sessions().await {
        for revision in Revision::ALL {
            let alice = client(&running, revision, "desk:read").await;
            let is_in_session = has_sessions && revision != Revision::Stateless;
            for (accepted, is_enough) in BOTH
                .map(|accepted| (accepted, true))
                .into_iter()
                .chain(JSON.map(|accepted| (accepted, !is_in_session)))
                .chain(NEITHER.map(|accepted| (accepted, false)))
                .chain([(&["text/event-stream"][..], false)])
            {
                runs.forget();
                let params = json!({"name": "read", "arguments": {}});
                for answer in both_ways(&http, &alice, "tools/call", params, accepted).await {
                    let expected = if is_enough { 200 } else { 406 };
                    assert_eq!(
                        answer.status, expected,
                        "{revision:?} {accepted:?} {answer:?}"
                    );
                    if !is_enough {
                        let output = answer.text.contains("Accept");
                        assert!(output && answer.text.starts_with('{'), "{answer:?}");
                    }
                }
                assert_eq!(runs.all().len(), if is_enough { 2 } else { 0 });
            }
        }
    }
}

#[tokio::test]
async fn a_missing_accept_header_accepts_everything() {
    let (running, _) = crate::start_tool_server().await;
    let alice = client(&running, Revision::Stateless, "desk:read").await;
    let params = json!({"name": "read", "arguments": {}});
    // No `Accept` at all: reqwest adds one unless it is set.
    let message = alice.message("tools/call", params);
    let mut request = alice.post(&message).body(message.to_string());
    request = request.header("connection", "close");
    let request = request.build().expect("a request");
    let mut head = format!("POST /mcp HTTP/1.1\r\nhost: {}\r\n", running.address());
    for (name, value) in request.headers() {
        if name != "accept" {
            head += &format!("{name}: {}\r\n", value.to_str().expect("text"));
        }
    }
    let body = message.to_string();
    let sent = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
    let answer = tokio::task::spawn_blocking({
        let address = running.address();
        move || {
            use std::io::{Read, Write};
            let mut stream = std::net::TcpStream::connect(address).expect("it listens");
            stream.write_all(sent.as_bytes()).expect("it reads");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("it answers");
            answer
        }
    });
    let answer = answer.await.expect("no panic");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(answer.contains("read ran"), "{answer}");
}

#[tokio::test]
async fn a_handshake_and_a_stream_are_events() {
    let (running, _) = crate::start_tool_server().await;
    let revision = Revision::Session("2025-11-25");
    let alice = client(&running, revision, "desk:read").await;
    let http = reqwest::Client::new();
    let opening =
        Client::new(running.resource(), revision).with_token(support::unsigned_tokens::token(
            &support::unsigned_tokens::claims(&running.resource(), "desk:read"),
        ));
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}});
    for (accepted, is_enough) in [
        ("*/*", true),
        ("application/json", false),
        ("text/*", false),
    ] {
        for answer in both_ways(&http, &opening, "initialize", params.clone(), &[accepted]).await {
            let expected = if is_enough { 200 } else { 406 };
            assert_eq!(answer.status, expected, "{accepted} {answer:?}");
            assert_eq!(answer.header("mcp-session-id").is_some(), is_enough);
        }
    }
    for (accepted, expected) in [
        ("*/*", 200),
        ("text/*", 200),
        ("text/event-stream;q=0.1", 200),
        ("application/json", 406),
        ("*/*, text/event-stream;q=0", 406),
    ] {
        let request = alice.plain(Method::GET).header("accept", accepted);
        let status = request.send().await.expect("an answer").status();
        assert_eq!(status.as_u16(), expected, "{accepted}");
    }
}

#[tokio::test]
async fn a_call_with_notifications_needs_both_media_types() {
    let (running, runs) = crate::start_tool_server().await;
    let alice = client(&running, Revision::Stateless, "desk:read").await;
    let params = json!({"name": "slow", "arguments": {"millis": 1}});
    let message = alice.message("tools/call", params);
    let http = reqwest::Client::new();
    for member in ["progressToken", "io.modelcontextprotocol/logLevel"] {
        let mut asked = message.clone();
        asked["params"]["_meta"][member] = "debug".into();
        for (accepted, expected) in [("application/json", 406), ("*/*", 200)] {
            let request = alice.post(&asked).body(asked.to_string());
            let mut request = request.build().expect("a request");
            let accepted = accepted.parse().expect("a value");
            request.headers_mut().insert("accept", accepted);
            let answer = http.execute(request).await;
            assert_eq!(answer.expect("an answer").status().as_u16(), expected);
        }
    }
    assert_eq!(runs.all(), ["slow", "slow"]);
}
