//! The same server over HTTP/2, without TLS (RFC 9113 §3.3).

use reqwest::RequestBuilder;
use serde_json::json;
use support::client::{HttpResponse, Revision};

use super::{client, start_tool_server};

/// Sends a request over HTTP/2 only.
async fn over_http2(request: RequestBuilder) -> HttpResponse {
    let http = reqwest::Client::builder().http2_prior_knowledge().build();
    let request = request.build().expect("a request");
    let http = http.expect("an HTTP client");
    HttpResponse::of(RequestBuilder::from_parts(http, request)).await
}

#[tokio::test]
async fn http2_responses_match_http1() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read").await;
        for (tool, status) in [("read", 200), ("slow", 200), ("write", 403)] {
            let params = json!({"name": tool, "arguments": if tool == "slow" { json!({"millis": 1}) } else { json!({}) }});
            let message = client.message("tools/call", params);
            let request = || client.post(&message).body(message.to_string());
            let (one, two) = (
                HttpResponse::of(request()).await,
                over_http2(request()).await,
            );
            assert_eq!(two.status, status, "{two:?}");
            assert_eq!(two.challenge(), one.challenge());
            assert_eq!(two.json(), one.json());
        }
        let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
        let anonymous = client.clone().without_token();
        let answer = over_http2(anonymous.post(&message).body(message.to_string())).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.challenge().is_some());
    }
    let http = reqwest::Client::new();
    for path in [
        "/docs",
        "/healthz",
        "/readyz",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        assert_eq!(
            over_http2(http.get(running.url(path))).await.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_host_beside_the_authority_must_be_the_same() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let answer = over_http2(
        client
            .post(&message)
            .header("host", "evil.example")
            .body(message.to_string()),
    )
    .await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
}
