//! Tests of session lifetimes with a paused clock.
//!
//! rmcp sends keep-alives by the machine's clock, which cannot be paused. Tests behind a gate
//! switch them off.

use std::{io, time::Duration};

use axum::{Router, body::Body};
use http::{Request, Response, StatusCode, header::HeaderMap};
use http_body_util::BodyExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock},
    service::RequestContext,
    transport::streamable_http_server::StreamableHttpService,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tower::ServiceExt;

use crate::{
    Config, Context, Reply, Round, Server, ToolError, access,
    gate::{HandlerGate, SessionLimits},
    interaction::Elicited,
    mcp_tool, tools,
};

const REVISIONS: [&str; 3] = ["2025-03-26", "2025-06-18", "2025-11-25"];

/// Waits.
#[mcp_tool(public)]
async fn wait(seconds: u64) -> String {
    sleep(Duration::from_secs(seconds)).await;
    "waited".to_owned()
}

/// Waits, and takes a context.
#[mcp_tool(public)]
async fn wait_long(seconds: u64, _context: Context) -> String {
    wait(seconds).await
}

#[derive(Deserialize, JsonSchema)]
struct Answer {
    sure: bool,
}

/// Asks the person for confirmation.
#[mcp_tool(public)]
fn ask(#[extract] round: Round<()>) -> Result<Reply<String>, ToolError> {
    Ok(match round.elicited::<Answer>("sure")? {
        Some(Elicited::Accepted(Answer { sure })) => Reply::Done(format!("sure: {sure}")),
        Some(_) => Reply::Done("no answer".to_owned()),
        None => round.ask(&()).form::<Answer>("sure", "Sure?").into(),
    })
}

/// A handler written with rmcp that waits.
struct Waits;

impl ServerHandler for Waits {
    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = call.arguments.unwrap_or_default();
        let seconds = arguments.get("seconds").and_then(Value::as_u64);
        sleep(Duration::from_secs(seconds.unwrap_or_default())).await;
        Ok(CallToolResult::success(vec![ContentBlock::text("waited")]).into())
    }
}

fn config(idle: Duration) -> Config {
    let limits = SessionLimits::default().with_idle_time(idle);
    Config::new("http://127.0.0.1:8000/mcp").with_session_limits(limits)
}

fn server(idle: Duration) -> Router {
    let server = Server::new("test")
        .tools(tools![wait, wait_long, ask])
        .without_banner();
    server.into_router(config(idle)).unwrap()
}

fn gated(idle: Duration) -> Router {
    let gate = HandlerGate::builder("test")
        .tool("wait", access!(public))
        .without_banner();
    let gate = gate.build_unseen(config(idle)).unwrap();
    let make = gate.guard_each(|| Ok::<_, io::Error>(Waits));
    let transport = gate.transport().with_sse_keep_alive(None);
    let service = StreamableHttpService::new(make, gate.sessions(), transport);
    gate.router(service)
}

/// A client in a session.
struct Client {
    router: Router,
    headers: HeaderMap,
}

impl Client {
    async fn open(router: &Router, revision: &'static str) -> (Self, String) {
        let mut client = Self {
            router: router.clone(),
            headers: HeaderMap::new(),
        };
        client.set("content-type", "application/json");
        client.set("accept", "application/json, text/event-stream");
        let answer = client
            .send(
                &json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
                "protocolVersion": revision, "capabilities": {"elicitation": {}},
                "clientInfo": {"name": "test", "version": "1"}}}),
            )
            .await;
        assert_eq!(answer.status(), 200);
        let session = answer.headers()["mcp-session-id"].clone();
        let opened = whole(answer).await;
        client.headers.insert("mcp-session-id", session);
        client.set("mcp-protocol-version", revision);
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        assert_eq!(client.send(&initialized).await.status(), 202);
        (client, opened)
    }

    fn set(&mut self, name: &'static str, value: &'static str) {
        self.headers.insert(name, value.parse().unwrap());
    }

    async fn request(&self, method: &str, body: Body) -> Response<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = method.parse().unwrap();
        *request.uri_mut() = "/mcp".parse().unwrap();
        request.headers_mut().extend(self.headers.clone());
        let host = "127.0.0.1:8000".parse().unwrap();
        request.headers_mut().insert("host", host);
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn send(&self, message: &Value) -> Response<Body> {
        self.request("POST", message.to_string().into()).await
    }

    async fn call(&self, tool: &str, seconds: u64) -> Response<Body> {
        let arguments = match tool {
            "ask" => json!({}),
            _ => json!({"seconds": seconds}),
        };
        let params = json!({"name": tool, "arguments": arguments});
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        self.send(&call).await
    }

    async fn stream(&self) -> Response<Body> {
        self.request("GET", Body::empty()).await
    }

    async fn ping(&self) -> StatusCode {
        let ping = json!({"jsonrpc": "2.0", "id": 2, "method": "ping"});
        self.send(&ping).await.status()
    }
}

async fn whole(answer: Response<Body>) -> String {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Returns the part of an answer that arrives within a time.
async fn told(answer: &mut Response<Body>, time: Duration) -> String {
    let mut text = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = answer.body_mut().frame().await {
            text.extend_from_slice(frame.data_ref().unwrap());
        }
    };
    let _ = tokio::time::timeout(time, reading).await;
    String::from_utf8(text).unwrap()
}

/// Longer than rmcp's default session timeout of five minutes.
const HOUR: Duration = Duration::from_secs(60 * 60);
const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_longer_than_five_minutes_gets_its_result() {
    for router in [server(MINUTE), gated(MINUTE)] {
        let (client, _) = Client::open(&router, "2025-11-25").await;
        let begin = Instant::now();
        let text = whole(client.call("wait", 330).await).await;
        assert!(text.contains("waited"), "{text}");
        assert_eq!(begin.elapsed().as_secs(), 330);
    }
    let (client, _) = Client::open(&server(MINUTE), "2025-03-26").await;
    let text = whole(client.call("wait_long", 7200).await).await;
    assert!(text.contains("waited"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_when_its_client_has_hung_up() {
    for router in [server(MINUTE), gated(MINUTE)] {
        let (client, _) = Client::open(&router, "2025-11-25").await;
        drop(client.call("wait", 330).await);
        sleep(Duration::from_secs(350)).await;
        assert_eq!(client.ping().await, 200);
        sleep(Duration::from_secs(62)).await;
        assert_eq!(client.ping().await, 404);
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_who_answers_after_five_minutes_is_heard() {
    let (client, _) = Client::open(&server(MINUTE), "2025-06-18").await;
    let mut answer = client.call("ask", 0).await;
    let asked = told(&mut answer, Duration::from_secs(1)).await;
    let asked = asked.lines().find_map(|line| line.strip_prefix("data: {"));
    let asked: Value = serde_json::from_str(&format!("{{{}", asked.unwrap())).unwrap();
    assert_eq!(asked["method"], "elicitation/create");
    sleep(Duration::from_secs(305)).await;
    let reply = json!({"jsonrpc": "2.0", "id": asked["id"],
        "result": {"action": "accept", "content": {"sure": true}}});
    assert_eq!(client.send(&reply).await.status(), 202);
    let text = whole(answer).await;
    assert!(text.contains("sure: true"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_its_session_and_an_idle_session_ends() {
    let router = gated(MINUTE);
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let (client, _) = Client::open(&router, "2025-11-25").await;
    let stream = client.stream().await;
    assert_eq!(stream.status(), 200);
    sleep(24 * HOUR).await;
    drop(stream);
    sleep(Duration::from_secs(58)).await;
    assert_eq!(client.ping().await, 200);
    // The session ends without any event, and frees everything that it stored.
    assert!(metrics.num_alive_tasks() > before);
    sleep(Duration::from_secs(62)).await;
    assert_eq!(metrics.num_alive_tasks(), before);
    assert_eq!(client.ping().await, 404);
}

#[tokio::test(start_paused = true)]
async fn only_sessions_that_know_it_are_sent_an_event_without_a_message() {
    for (router, is_gate_alone) in [(server(HOUR), false), (gated(HOUR), true)] {
        for revision in REVISIONS {
            let is_known = revision == "2025-11-25";
            let (client, opened) = Client::open(&router, revision).await;
            let is_primed = |text: &str| {
                let has_retry = text.lines().any(|line| line.starts_with("retry:"));
                let is_empty = |line: &str| line.trim_end() == "data:";
                assert_eq!(text.lines().any(is_empty), has_retry, "{text:?}");
                has_retry
            };
            assert!(!is_primed(&opened), "{revision}: {opened}");
            // The second answer is written event by event.
            for seconds in [0, 1] {
                let text = whole(client.call("wait", seconds).await).await;
                // A quick call does not reach the service, so the client cannot resume its stream.
                let is_resumable = is_gate_alone || seconds > 0;
                assert_eq!(
                    is_primed(&text),
                    is_known && is_resumable,
                    "{revision}: {text}"
                );
                assert!(text.contains("waited"), "{text}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_comes_back_to_a_stream_by_the_event_that_it_began_with() {
    for revision in ["2025-06-18", "2025-11-25"] {
        let (mut client, _) = Client::open(&gated(HOUR), revision).await;
        // The client disconnects before any other event.
        drop(client.call("wait", 60).await);
        client.set("last-event-id", "0/0");
        let text = whole(client.stream().await).await;
        assert!(text.contains("waited"), "{text}");
        assert_eq!(text.contains("retry:"), revision == "2025-11-25", "{text}");
    }
}
