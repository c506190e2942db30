//! `Host`, `Origin` and CORS.

use serde_json::json;
use support::client::{Client, HttpResponse, Revision};

use crate::{client, start_tool_server};

#[tokio::test]
async fn a_foreign_host_is_a_403_without_a_challenge() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    for host in ["evil.example", "evil.example:80", "127.0.0.1.evil.example"] {
        let request = client.post(&message).header("host", host);
        let answer = HttpResponse::of(request.body(message.to_string())).await;
        assert_eq!(answer.status, 403, "{host} {answer:?}");
        assert_eq!(answer.challenge(), None, "{host}");
        assert_eq!(answer.json()["error"], "foreign_host");
        let output = answer.json()["error_description"].to_string();
        assert!(output.contains("TOOLGATE_RESOURCE"), "{output}");
        assert!(output.contains("TOOLGATE_ALLOWED_HOSTS"), "{output}");
        let named = format!("another host: \\\"{host}\\\"");
        assert!(output.contains(&named), "{output}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_foreign_origin_is_a_403_without_a_challenge_and_without_cors() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost.evil.example",
    ] {
        let request = client.post(&message).header("origin", origin);
        let answer = HttpResponse::of(request.body(message.to_string())).await;
        assert_eq!(answer.status, 403, "{origin} {answer:?}");
        assert_eq!(answer.challenge(), None, "{origin}");
        let output = answer.json()["error_description"].to_string();
        assert!(output.contains(&format!("\\\"{origin}\\\"")), "{output}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_page_of_this_machine_may_ask_and_can_read_refusals() {
    let (running, _) = start_tool_server().await;
    let origin = "http://localhost:6274";
    let client = Client::new(running.resource(), Revision::Stateless);
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let request = client.post(&message).header("origin", origin);
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    let exposed = answer
        .header("access-control-expose-headers")
        .expect("some")
        .to_lowercase();
    for name in ["www-authenticate", "mcp-session-id", "mcp-protocol-version"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn a_preflight_needs_no_token() {
    let (running, _) = start_tool_server().await;
    let asked = "authorization,content-type,accept,last-event-id,mcp-protocol-version,mcp-session-id,mcp-method,mcp-name";
    let request = reqwest::Client::new()
        .request(reqwest::Method::OPTIONS, running.resource())
        .header("origin", "http://127.0.0.1:5173")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", asked);
    let answer = HttpResponse::of(request).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let allowed = answer
        .header("access-control-allow-headers")
        .expect("some")
        .to_lowercase();
    for name in asked.split(',') {
        assert!(allowed.contains(name), "{name} is not among {allowed}");
    }
    let methods = answer.header("access-control-allow-methods").expect("some");
    for method in ["GET", "POST", "DELETE"] {
        assert!(methods.contains(method), "{methods}");
    }
}
