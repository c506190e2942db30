//! Large bodies, and the bodies of refusals.

use std::time::Duration;

use futures_util::stream;
use reqwest::Method;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    unsigned_tokens,
};

use crate::{client, start_protected_server, start_tool_server};

/// Builds a call with an argument of this many bytes; the tool's name comes first.
fn large_call(client: &Client, tool: &str, size: usize) -> String {
    let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    let meta = &message["params"]["_meta"];
    format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{{"name":"{tool}","_meta":{meta},"arguments":{{"text":"{}"}}}}}}"#,
        "a".repeat(size)
    )
}

/// Sends a body with the headers of its call.
async fn send(client: &Client, tool: &str, body: impl Into<reqwest::Body>) -> HttpResponse {
    let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    HttpResponse::of(client.post(&message).body(body.into())).await
}

#[tokio::test]
async fn an_expired_token_with_a_large_argument_sees_its_401_and_repeats_with_a_new_one() {
    let (running, _) = start_tool_server().await;
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    claims["exp"] = json!(1_000);
    let expired = Client::new(running.resource(), Revision::Stateless)
        .with_token(unsigned_tokens::token(&claims));
    let body = large_call(&expired, "echo", 1024 * 1024);
    let answer = send(&expired, "echo", body.clone()).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), Some("invalid_token"));
    assert_eq!(answer.json()["id"], 7, "{answer:?}");
    let renewed = client(&running, Revision::Stateless, "desk:read").await;
    let answer = send(&renewed, "echo", body).await;
    assert_eq!(answer.status, 200, "{}", &answer.text[..200]);
    // The whole argument was read: it is longer than its schema allows.
    assert!(answer.is_tool_error());
    assert!(
        answer.tool_text().contains("text"),
        "{}",
        &answer.text[..200]
    );
}

#[tokio::test]
async fn an_anonymous_4_mib_request_gets_the_tools_401_and_the_connection_stays_open() {
    let (running, runs) = start_protected_server().await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let just_below = 4 * 1024 * 1024 - 1024;
    for body in [
        large_call(&anonymous, "write", just_below),
        // There is no such tool, so the challenge names the login scopes.
        large_call(&anonymous, "write", just_below).replace(
            r#""name":"write","#,
            &format!(r#""name":"{}","#, "w".repeat(100)),
        ),
    ] {
        let is_named = body.contains(r#""name":"write""#);
        let answer = send(&anonymous, "write", body).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        let scope = if is_named { "desk:write" } else { "desk:read" };
        assert_eq!(challenge.get("scope"), Some(scope));
        assert_eq!(answer.json()["id"], 7);
    }
    let late = format!(
        r#"{{"params":{{"arguments":{{"text":"{}"}},"name":"write"}},"method":"tools/call","id":7}}"#,
        "a".repeat(100 * 1024)
    );
    let answer = send(&anonymous, "write", late).await;
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("desk:read"));
    // The body is not read just to find the id.
    assert_eq!(answer.json()["error"], "no_token", "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn an_anonymous_chunked_body_is_read_to_its_end() {
    let (running, _) = start_protected_server().await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let body = large_call(&anonymous, "write", 300 * 1024);
    let chunks: Vec<Result<Vec<u8>, std::io::Error>> = body
        .as_bytes()
        .chunks(10_000)
        .map(|chunk| Ok(chunk.to_vec()))
        .collect();
    let slow = stream::unfold(chunks.into_iter(), |mut chunks| async {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Some((chunks.next()?, chunks))
    });
    let answer = send(&anonymous, "write", reqwest::Body::wrap_stream(slow)).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(
        answer.challenge().expect("one").get("scope"),
        Some("desk:write")
    );
}

#[tokio::test]
async fn a_public_tool_runs_without_a_token_only_for_bodies_within_the_anonymous_limit() {
    let (running, runs) = start_tool_server().await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let padded = |size: usize| {
        let body = large_call(&anonymous, "ping", 0);
        let body = body.replace(r#"{"text":""}"#, "{}");
        format!("{body}{}", " ".repeat(size - body.len()))
    };
    let answer = send(&anonymous, "ping", padded(64 * 1024)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    runs.forget();
    let answer = send(&anonymous, "ping", padded(64 * 1024 + 1)).await;
    assert_eq!(answer.status, 413, "{answer:?}");
    assert!(answer.text.contains("send a token"), "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn the_body_of_a_refusal_is_an_error_that_answers_its_request() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read").await;
        for (id, repeated) in [
            (json!(41), true),
            (json!("a-\"b\""), true),
            (json!("é".repeat(128)), true),
            (json!("é".repeat(129)), false),
        ] {
            let mut message =
                client.message("tools/call", json!({"name": "rewrite", "arguments": {}}));
            message["id"] = id.clone();
            let answer = HttpResponse::of(client.post(&message).body(message.to_string())).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            let data = json!({
                "error": "insufficient_scope",
                "error_description": "the token lacks a scope that this operation needs",
                "scope": "desk:read desk:write",
                "reason": "missing_scope",
                "remedy": {"action": "authorize", "scopes": ["desk:read", "desk:write"]},
            });
            let expected = match repeated {
                true => json!({
                    "jsonrpc": "2.0",
                    "id": id,
                    "error": {
                        "code": -31403,
                        "message": "rewrite needs the scopes desk:read, desk:write. \
                                    Authorize this client again to continue.",
                        "data": data,
                    },
                }),
                false => data,
            };
            assert_eq!(answer.json(), expected, "{revision:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_without_a_request_to_answer_keeps_the_form_of_oauth() {
    let (running, _) = start_protected_server().await;
    let anonymous = Client::new(running.resource(), Revision::Session("2025-11-25"));
    let is_oauth = |answer: &HttpResponse| {
        let body: Value = answer.json();
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(body["error"], "no_token", "{answer:?}");
        assert_eq!(body["scope"], "desk:read", "{answer:?}");
    };
    for method in [Method::GET, Method::DELETE] {
        is_oauth(&HttpResponse::of(anonymous.plain(method)).await);
    }
    let notification = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    is_oauth(&anonymous.send(&notification).await);
}

#[tokio::test]
async fn messages_never_contain_request_text() {
    let (running, _) = start_tool_server().await;
    for token in [None, Some("desk:other")] {
        let client = match token {
            Some(scopes) => client(&running, Revision::Stateless, scopes).await,
            None => Client::new(running.resource(), Revision::Stateless),
        };
        let answer = client.call("evil <b> name", json!({})).await;
        assert!(!answer.text.contains("evil"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_session_id_on_a_request_of_2026_07_28_is_ignored() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let request = client
        .post(&message)
        .header("mcp-session-id", "of-an-older-time");
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(runs.all().len(), 1);
}

#[tokio::test]
async fn http2_gives_anonymous_requests_a_401_and_callers_a_response() {
    let (running, _) = start_tool_server().await;
    let http = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .expect("an HTTP client");
    let size = 1024 * 1024;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let caller = client(&running, Revision::Stateless, "desk:read").await;
    for (client, tool, status) in [(&anonymous, "write", 401), (&caller, "echo", 200)] {
        let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
        let request = client.post(&message).body(large_call(client, tool, size));
        let request = request.build().expect("a request");
        // Twice on one connection: the first response leaves it usable.
        for _ in 0..2 {
            let again = request.try_clone().expect("a body in memory");
            let answer = http.execute(again).await.expect("an answer");
            assert_eq!(answer.version(), reqwest::Version::HTTP_2);
            assert_eq!(answer.status(), status);
        }
    }
}
