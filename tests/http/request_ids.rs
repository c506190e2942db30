//! The id of a request: in its answer, in the audit events, and in the context of a tool.

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{Context, Server, mcp_tool, tools};

use crate::client;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

async fn start(observed: &std::sync::Arc<Observed>) -> RunningServer {
    let server = tool_server::server(&Runs::default()).with_observer(observed.clone());
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

/// Calls a tool with this header.
async fn call(client: &Client, tool: &str, header: Option<(&str, &str)>) -> HttpResponse {
    let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    let mut request = client.post(&message);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    HttpResponse::of(request.body(message.to_string())).await
}

fn requests(observed: &Observed) -> Vec<(String, Option<String>)> {
    let of = |event| match event {
        Event::Decision { request, trace, .. } => Some((request, trace)),
        Event::Outcome { .. } => None,
    };
    observed.take().into_iter().filter_map(of).collect()
}

#[tokio::test]
async fn every_answer_repeats_the_id_of_its_request() {
    let observed = Observed::new();
    let running = start(&observed).await;
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let client = client(&running, revision, "desk:read").await;
        observed.take();
        // Three execution paths, two denials and an unknown tool.
        for tool in ["read", "slow", "ping", "write", "purge", "nothing"] {
            let id = format!("id-of-{tool}");
            let answer = call(&client, tool, Some(("x-request-id", &id))).await;
            assert_eq!(answer.header("x-request-id"), Some(&*id), "{answer:?}");
            assert_eq!(requests(&observed), [(id, None)], "{revision:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_refuses_a_request_early_has_an_id() {
    let observed = Observed::new();
    let running = start(&observed).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    observed.take();
    let message = client.message("tools/list", json!({}));
    let foreign = client.post(&message).header("host", "evil.example");
    let answers = [
        HttpResponse::of(foreign.body(message.to_string())).await,
        HttpResponse::of(client.plain(Method::PUT)).await,
        HttpResponse::of(client.post(&message).body("{")).await,
        HttpResponse::of(client.clone().without_token().post(&message).body("{}")).await,
        HttpResponse::of(client.post(&message).body("x".repeat(8 << 20))).await,
    ];
    let statuses = answers.each_ref().map(|answer| answer.status);
    assert_eq!(statuses, [403, 405, 400, 401, 413]);
    let mut ids: Vec<_> = answers
        .iter()
        .map(|answer| answer.header("x-request-id").expect("an id").to_owned())
        .collect();
    assert!(ids.iter().all(|id| id.len() == 32), "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
}

#[tokio::test]
async fn an_id_that_is_not_visible_ascii_or_too_long_is_replaced() {
    let observed = Observed::new();
    let running = start(&observed).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    for hostile in ["a b", "a\tb", &"x".repeat(129)] {
        let answer = call(&client, "read", Some(("x-request-id", hostile))).await;
        let id = answer.header("x-request-id").expect("an id");
        assert_eq!(id.len(), 32, "{id}");
    }
}

#[tokio::test]
async fn pages_may_read_the_id() {
    let running = start(&Observed::new()).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let answer = call(&client, "read", Some(("origin", "http://localhost:9"))).await;
    let exposed = answer
        .header("access-control-expose-headers")
        .expect("CORS");
    assert!(
        exposed.split(',').any(|name| name.trim() == "x-request-id"),
        "{exposed}"
    );
}

/// Calls a tool with a `traceparent` in the header and in the message.
pub(crate) async fn call_in_trace(
    client: &Client,
    tool: &str,
    header: Option<&str>,
    in_meta: Option<&str>,
) -> HttpResponse {
    let mut message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    if let Some(in_meta) = in_meta {
        message["params"]["_meta"]["traceparent"] = json!(in_meta);
    }
    let mut request = client.post(&message);
    if let Some(header) = header {
        request = request.header("traceparent", header);
    }
    HttpResponse::of(request.body(message.to_string())).await
}

#[tokio::test]
async fn the_trace_comes_from_the_header_or_from_the_message() {
    let observed = Observed::new();
    let running = start(&observed).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let trace_of = async |tool: &str, header: Option<&str>, in_meta: Option<&str>| {
        observed.take();
        let answer = call_in_trace(&client, tool, header, in_meta).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let [(_, trace)] = &requests(&observed)[..] else {
            panic!("one decision");
        };
        trace.clone()
    };
    let other = TRACEPARENT.replace("4bf9", "5bf9");
    // `read` takes the fast path, `slow` rmcp's execution path.
    for tool in ["read", "slow"] {
        let trace = Some(TRACE.to_owned());
        assert_eq!(trace_of(tool, Some(TRACEPARENT), None).await, trace);
        assert_eq!(trace_of(tool, None, Some(TRACEPARENT)).await, trace);
        assert_eq!(trace_of(tool, Some(TRACEPARENT), Some(&other)).await, trace);
        assert_eq!(
            trace_of(tool, Some("00-nonsense"), Some(TRACEPARENT)).await,
            trace
        );
        assert_eq!(trace_of(tool, Some("00-nonsense"), None).await, None);
        assert_eq!(trace_of(tool, None, Some("x\n{}")).await, None);
    }
}

/// Returns the id of its request.
#[mcp_tool(public)]
async fn request_id(context: Context) -> String {
    context.http_request_id().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_tool_with_a_context_reads_the_id() {
    let server = Server::new("ids")
        .tools(tools![request_id])
        .with_verifier(UnsignedVerifier);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), ""));
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    let answer = call(&client, "request_id", Some(("x-request-id", "mine-1"))).await;
    assert!(answer.text.contains("mine-1"), "{answer:?}");
}
