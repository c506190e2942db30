//! Traces, as a collector receives them.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use toolgate::{Config, Environment, Server, mcp_tool, tools};

use crate::client;

mod collector;
mod delivery;
mod handler_gate;
mod parents;
mod upstream;

use collector::{Collector, named};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Returns settings that send to this endpoint soon.
fn config(address: SocketAddr, endpoint: &str, more: &[(&str, &str)]) -> Config {
    let bind = address.to_string();
    let variables = [
        ("TOOLGATE_BIND", &*bind),
        ("TOOLGATE_AUTHORIZATION_SERVERS", ISSUER),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "10"),
    ];
    let variables = variables.iter().chain(more).copied();
    let environment: Environment = variables.collect();
    Config::from_environment(&environment, 9).expect("valid")
}

async fn start_at(endpoint: &str, more: &[(&str, &str)]) -> RunningServer {
    let server = tool_server::server(&Runs::default());
    serve(server, endpoint, more).await
}

async fn serve<S: Clone + Send + Sync + 'static>(
    server: Server<S>,
    endpoint: &str,
    more: &[(&str, &str)],
) -> RunningServer {
    RunningServer::start_as(server, |address| config(address, endpoint, more)).await
}

async fn start() -> (RunningServer, Collector) {
    let collector = Collector::start().await;
    (start_at(&collector.endpoint, &[]).await, collector)
}

/// Calls a tool with a header.
async fn call(client: &Client, tool: &str, header: (&str, &str)) -> HttpResponse {
    let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    let request = client.post(&message).header(header.0, header.1);
    HttpResponse::of(request.body(message.to_string())).await
}

#[tokio::test]
async fn a_call_is_a_span_of_the_server_with_the_verification_and_the_item_below_it() {
    let (running, collector) = start().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let answer = call(&client, "read", ("x-request-id", "mine-1")).await;
    assert_eq!(answer.status, 200);
    let spans = collector.trace_of("tools/call read").await;
    let server = named(&spans, "tools/call read");
    assert_eq!((server.kind, &*server.parent), (2, ""));
    assert!(!server.is_error);
    let port = running.address().port().to_string();
    for (key, value) in [
        ("mcp.method.name", "tools/call"),
        ("mcp.protocol.version", Revision::Stateless.name()),
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "read"),
        ("jsonrpc.request.id", "1"),
        ("http.request.method", "POST"),
        ("http.response.status_code", "200"),
        ("url.path", "/mcp"),
        ("network.protocol.name", "http"),
        ("network.protocol.version", "1.1"),
        ("network.transport", "tcp"),
        ("server.address", "127.0.0.1"),
        ("server.port", &port),
        ("toolgate.request.id", "mine-1"),
    ] {
        assert_eq!(server.get(key), value, "{key}: {server:#?}");
    }
    let verify = named(&spans, "verify");
    assert_eq!((verify.kind, &verify.parent), (1, &server.id));
    assert_eq!(verify.get("toolgate.token.cached"), "false");
    assert_eq!(verify.get("toolgate.token.verification"), "custom");
    let item = named(&spans, "item read");
    assert_eq!((item.kind, &item.parent), (1, &server.id));
    assert_eq!(item.get("toolgate.run.outcome"), "ran");
    for child in [verify, item] {
        assert!(child.times[0] <= child.times[1], "{child:?}");
        assert!(server.times[0] <= child.times[0], "{child:?}");
        assert!(child.times[1] <= server.times[1], "{child:?}");
    }
    let resource = collector.resource();
    assert_eq!(resource["service.name"], "desk");
    assert_eq!(resource["telemetry.sdk.language"], "rust");
}

#[tokio::test]
async fn a_call_in_a_session_has_the_same_spans_and_a_pseudonym_of_its_session() {
    let (running, collector) = start().await;
    let revision = Revision::Session("2025-11-25");
    let client = client(&running, revision, "desk:read").await;
    for (tool, arguments) in [("read", json!({})), ("slow", json!({"millis": 30}))] {
        let answer = client.call(tool, arguments).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let spans = collector.trace_of(&format!("tools/call {tool}")).await;
        let server = named(&spans, &format!("tools/call {tool}"));
        let item = named(&spans, &format!("item {tool}"));
        assert_eq!(item.parent, server.id);
        assert_eq!(server.get("mcp.protocol.version"), "2025-11-25");
        assert_eq!(server.get("mcp.session.id").len(), 32);
        assert_ne!(Some(server.get("mcp.session.id")), client.session());
        // The span of the server covers an answer that is still being written.
        assert!(item.times[1] <= server.times[1], "{spans:#?}");
    }
    let spans = collector.trace_of("initialize").await;
    assert!(!named(&spans, "initialize").is_error);
}

#[tokio::test]
async fn a_refused_request_is_a_span_with_its_reason() {
    let (running, collector) = start().await;
    let reader = client(&running, Revision::Stateless, "desk:read").await;
    assert_eq!(reader.call("write", json!({})).await.status, 403);
    let anonymous = reader.clone().without_token();
    assert_eq!(anonymous.call("purge", json!({})).await.status, 401);
    let forged = reader.clone().with_token("!!!");
    assert_eq!(forged.call("rewrite", json!({})).await.status, 401);
    for (tool, status, reason) in [
        ("write", "403", "missing_scope"),
        ("purge", "401", "no_token"),
        ("rewrite", "401", "invalid_token"),
    ] {
        let spans = collector.trace_of(&format!("tools/call {tool}")).await;
        let server = named(&spans, &format!("tools/call {tool}"));
        assert_eq!(server.get("http.response.status_code"), status);
        assert_eq!(server.get("error.type"), reason, "{server:#?}");
        assert!(server.is_error);
        let has_item = spans.iter().any(|span| span.name.starts_with("item"));
        assert!(!has_item, "{spans:#?}");
    }
    let message = reader.message("tools/list", json!({}));
    let oversized = reader.post(&message).body("x".repeat(8 << 20));
    assert_eq!(HttpResponse::of(oversized).await.status, 413);
    let spans = collector.trace_of("POST").await;
    assert_eq!(named(&spans, "POST").get("error.type"), "body_too_large");
}

#[tokio::test]
async fn the_end_of_the_item_is_its_outcome_and_the_error_of_the_request() {
    let (running, collector) = start().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    client.call("explode", json!({})).await;
    client.call("echo", json!({"text": "x".repeat(200)})).await;
    for (tool, outcome) in [("explode", "panic"), ("echo", "schema_refusal")] {
        let spans = collector.trace_of(&format!("tools/call {tool}")).await;
        let item = named(&spans, &format!("item {tool}"));
        assert_eq!(item.get("toolgate.run.outcome"), outcome);
        let server = named(&spans, &format!("tools/call {tool}"));
        assert_eq!(server.get("error.type"), outcome);
        assert!(server.is_error && item.is_error);
    }
}

/// Takes a minute.
#[mcp_tool(public)]
async fn wait() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_client_that_disconnects_leaves_a_cancelled_span() {
    let collector = Collector::start().await;
    let server = Server::new("desk")
        .tools(tools![wait])
        .with_verifier(UnsignedVerifier);
    let running = serve(server, &collector.endpoint, &[]).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let call = client.call("wait", json!({}));
    let waited = tokio::time::timeout(Duration::from_millis(300), call).await;
    assert!(waited.is_err());
    let spans = collector.trace_of("tools/call wait").await;
    let server = named(&spans, "tools/call wait");
    assert_eq!(server.get("error.type"), "cancelled");
    let item = named(&spans, "item wait");
    assert_eq!(item.get("toolgate.run.outcome"), "cancelled");
}

#[tokio::test]
async fn hostile_names_are_in_no_span() {
    let (running, collector) = start().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    for number in 0..20 {
        let name = format!("hostile{number}");
        client.call(&name, json!({})).await;
        client.request(&name, json!({})).await;
        client.request("resources/read", json!({"uri": name})).await;
        client.clone().without_token().call(&name, json!({})).await;
    }
    client.call("read", json!({})).await;
    collector.trace_of("tools/call read").await;
    let text = format!("{:?}", collector.spans());
    assert!(!text.contains("hostile"), "{text}");
}

#[tokio::test]
async fn no_token_no_argument_and_no_user_is_exported() {
    let (running, collector) = start().await;
    for revision in [Revision::Stateless, Revision::Session("2025-06-18")] {
        let client = client(&running, revision, "desk:read").await;
        let answer = client.call("echo", json!({"text": "an-argument"})).await;
        assert_eq!(answer.status, 200);
        client.call("write", json!({"text": "an-argument"})).await;
        let answer = client.call("whoami", json!({})).await;
        assert!(answer.text.contains("alice"), "{answer:?}");
    }
    collector.trace_of("tools/call whoami").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(collector.spans().len() > 12);
    let claims = support::unsigned_tokens::claims(&running.resource(), "desk:read");
    let token = support::unsigned_tokens::token(&claims);
    for (headers, body) in collector.requests() {
        assert!(!headers.contains_key("authorization"));
        let body = String::from_utf8_lossy(&body).into_owned();
        for secret in [
            "alice",
            "an-argument",
            "test-client",
            "desk:read",
            &token[..20],
        ] {
            assert!(!body.contains(secret), "{secret}");
        }
    }
}
