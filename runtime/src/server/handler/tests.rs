//! The second check without the first: rmcp's service around the handler, without a gate. The
//! tests attach to a request what the gate would attach, or something else.

use std::sync::Mutex;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;
use crate::{
    State,
    authorization::{Decision, Rules},
    caller::Caller,
    claims::Claims,
    clock::{SystemClock, UnixTime},
    error::SetupErrors,
    gate::StatelessFastPath,
    item::RoundSeal,
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources,
    server::{catalogue::Sets, scope_hierarchy::ScopeHierarchy, tool_list_cache::ToolListCache},
    tools,
};

type Runs = Arc<Mutex<Vec<&'static str>>>;

/// Anybody may.
#[mcp_tool(public)]
fn ping(State(runs): State<Runs>) -> &'static str {
    runs.lock().unwrap().push("ping");
    "ping ran"
}

/// With a scope.
#[mcp_tool(scope = "read")]
fn read(State(runs): State<Runs>) -> &'static str {
    runs.lock().unwrap().push("read");
    "read ran"
}

/// With another.
#[mcp_tool(scope = "write")]
fn write(State(runs): State<Runs>) -> &'static str {
    runs.lock().unwrap().push("write");
    "write ran"
}

/// One of many.
#[mcp_resource(uri = "notes://{id}", scope = "read")]
fn one(id: String, State(runs): State<Runs>) -> String {
    runs.lock().unwrap().push("one");
    id
}

/// Not for everybody.
#[mcp_resource(uri = "notes://secret", scope = "write")]
fn secret(State(runs): State<Runs>) -> &'static str {
    runs.lock().unwrap().push("secret");
    "secret"
}

/// Greets.
#[mcp_prompt(scope = "read")]
fn greet(#[arg(complete = names)] name: String, State(runs): State<Runs>) -> String {
    runs.lock().unwrap().push("greet");
    name
}

/// Greets in secret.
#[mcp_prompt(scope = "write")]
fn whisper(#[arg(complete = names)] name: String, State(runs): State<Runs>) -> String {
    runs.lock().unwrap().push("whisper");
    name
}

fn names(begun: &str, State(runs): State<Runs>) -> Vec<String> {
    runs.lock().unwrap().push("names");
    vec![begun.to_owned()]
}

struct World {
    runs: Runs,
    shared: Arc<Shared>,
    service: StreamableHttpService<Handler, LocalSessionManager>,
}

impl World {
    fn new() -> Self {
        let runs = Runs::default();
        let mut sets = Sets::new();
        tools![ping, read, write](&mut sets.tools);
        resources![one, secret](&mut sets.resources);
        prompts![greet, whisper](&mut sets.prompts);
        let mut faults = SetupErrors::default();
        let catalogue = sets.with_state_applied(&runs).finish(&mut faults);
        let offered = catalogue.offered(true);
        let table = offered.table(&ScopeHierarchy::default(), &mut faults);
        faults.finish(()).unwrap();
        let protected_items =
            offered.offers(&table, catalogue.enabled_items(), Arc::new(SystemClock));
        let baseline = table.required();
        let rounds = RoundSeal::new([None; 2], String::new(), Arc::new(SystemClock)).unwrap();
        let shared = Arc::new(Shared {
            info: ServerConfig::new(catalogue.capabilities(true)),
            catalogue: Arc::new(catalogue),
            watch: Default::default(),
            authorizer: None,
            decision_point: None,
            visibility: Default::default(),
            page_items: 1_000,
            records: Arc::default(),
            has_sessions: true,
            notifier: None,
            rounds: Arc::new(rounds),
            tool_lists: ToolListCache::new(Vec::new()),
            rules: Arc::new(Rules::new(table, protected_items, baseline, true)),
        });
        let handler = Arc::clone(&shared);
        Self {
            runs,
            shared,
            service: StreamableHttpService::new(
                move || Ok(Handler::new(Arc::clone(&handler))),
                Arc::default(),
                StreamableHttpServerConfig::default().with_json_response(true),
            ),
        }
    }

    fn caller(&self, scopes: &str) -> Caller {
        let claims = Claims::new("i", UnixTime::from_seconds(9))
            .with_subject("alice")
            .with_audience("a")
            .with_scopes(scopes);
        crate::tests::caller(claims, self.shared.rules.table())
    }

    /// Returns a permit for a caller with these scopes, as the gate creates it.
    fn permit(&self, operation: Operation<'_>, scopes: &str) -> Permit {
        let caller = self.caller(scopes);
        match self.shared.rules.decide(operation, Some(caller)) {
            Decision::Admit(permit) => permit,
            refused => panic!("{refused:?}"),
        }
    }

    /// Sends a message as rmcp gets it from the gate. The session, and the answer.
    async fn send(
        &self,
        session: Option<&str>,
        permit: Option<Permit>,
        message: &Value,
    ) -> (Option<String>, Value) {
        let method = message["method"].as_str().unwrap();
        let mut request = Request::post("http://localhost/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        } else if method != "initialize" {
            request = request
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", method);
            for name in ["name", "uri"] {
                if let Some(name) = message["params"][name].as_str() {
                    request = request.header("mcp-name", name);
                }
            }
        }
        let mut request = request.body(Body::from(message.to_string())).unwrap();
        if let Some(permit) = permit {
            request.extensions_mut().insert(permit);
        }
        let response = self.service.clone().oneshot(request).await.unwrap();
        let session = response.headers().get("mcp-session-id").cloned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = std::str::from_utf8(&body).unwrap();
        // In a session rmcp answers by a stream.
        let mut message = body.lines().filter_map(|line| line.strip_prefix("data:"));
        let message = message.rfind(|data| !data.trim().is_empty());
        let answer = serde_json::from_str(message.unwrap_or(body)).unwrap_or(Value::Null);
        (session.map(|id| id.to_str().unwrap().to_owned()), answer)
    }

    /// Opens a session, with a permit to open one.
    async fn session(&self) -> String {
        let permit = self.permit(Operation::Initialize, "read write");
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }});
        let (session, _) = self.send(None, Some(permit), &message).await;
        let session = session.unwrap();
        let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        self.send(Some(&session), None, &initialized).await;
        session
    }

    fn ran(&self) -> Vec<&'static str> {
        self.runs.lock().unwrap().clone()
    }
}

fn request(session: Option<&str>, method: &str, mut params: Value) -> Value {
    if session.is_none() {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        });
    }
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

fn call(session: Option<&str>, tool: &str) -> Value {
    request(
        session,
        "tools/call",
        json!({"name": tool, "arguments": {}}),
    )
}

#[track_caller]
fn assert_not_admitted(answer: &Value) {
    assert_eq!(
        answer["error"]["message"], "the operation was not admitted",
        "{answer}"
    );
}

#[tokio::test]
async fn a_permitted_operation_runs() {
    let world = World::new();
    let session = world.session().await;
    for session in [None, Some(&*session)] {
        let permit = world.permit(Operation::CallTool("read"), "read");
        let (_, answer) = world
            .send(session, Some(permit), &call(session, "read"))
            .await;
        assert_eq!(answer["result"]["content"][0]["text"], "read ran");
    }
    assert_eq!(world.ran(), ["read", "read"]);
}

#[tokio::test]
async fn without_a_permit_nothing_runs_not_even_a_public_item() {
    let world = World::new();
    let session = world.session().await;
    for session in [None, Some(&*session)] {
        for tool in ["ping", "read", "no such tool"] {
            let (_, answer) = world.send(session, None, &call(session, tool)).await;
            assert_not_admitted(&answer);
        }
        let list = request(session, "tools/list", json!({}));
        let (_, answer) = world.send(session, None, &list).await;
        assert_not_admitted(&answer);
    }
    assert_eq!(world.ran(), [""; 0]);
}

#[tokio::test]
async fn a_permit_for_one_operation_is_not_valid_for_another() {
    let world = World::new();
    let session = world.session().await;
    for session in [None, Some(&*session)] {
        for (permitted, sent) in [
            (Operation::CallTool("ping"), "read"),
            (Operation::CallTool("read"), "ping"),
            // Even if the caller may do both: it is not the authorized operation.
            (Operation::CallTool("read"), "write"),
            (Operation::CallTool("no such tool"), "read"),
            (Operation::CallTool("read"), "no such tool"),
            (Operation::ListTools, "read"),
            (Operation::Initialize, "ping"),
        ] {
            let permit = world.permit(permitted, "read write");
            let message = call(session, sent);
            let (_, answer) = world.send(session, Some(permit), &message).await;
            assert_not_admitted(&answer);
        }
        for permitted in [
            Operation::CallTool("ping"),
            Operation::CallTool("no such tool"),
            Operation::Initialize,
        ] {
            let permit = world.permit(permitted, "");
            let list = request(session, "tools/list", json!({}));
            let (_, answer) = world.send(session, Some(permit), &list).await;
            assert_not_admitted(&answer);
        }
    }
    assert_eq!(world.ran(), [""; 0]);
}

/// The same for resources and prompts: each request has the permit of another one.
#[tokio::test]
async fn a_permit_for_one_resource_or_prompt_is_not_valid_for_another() {
    let world = World::new();
    let session = world.session().await;
    let read = |uri: &str| ("resources/read", json!({"uri": uri}));
    let get = |name: &str| {
        let params = json!({"name": name, "arguments": {"name": "a"}});
        ("prompts/get", params)
    };
    let complete = |name: &str| {
        let reference = json!({"type": "ref/prompt", "name": name});
        let argument = json!({"name": "name", "value": "a"});
        let params = json!({"ref": reference, "argument": argument});
        ("completion/complete", params)
    };
    let subscribe = |uri: &str| ("resources/subscribe", json!({"uri": uri}));
    for session in [None, Some(&*session)] {
        for (permitted, (method, params)) in [
            (Operation::ReadResource("notes://7"), read("notes://secret")),
            (Operation::ReadResource("notes://secret"), read("notes://7")),
            (
                Operation::CompleteResource("notes://{id}"),
                read("notes://7"),
            ),
            (Operation::Subscribe("notes://7"), read("notes://7")),
            (Operation::ListResources, read("notes://7")),
            (Operation::CallTool("read"), read("notes://7")),
            (Operation::GetPrompt("greet"), get("whisper")),
            (Operation::CompletePrompt("greet"), get("greet")),
            (Operation::CallTool("read"), get("greet")),
            (Operation::GetPrompt("greet"), complete("greet")),
            (Operation::CompletePrompt("greet"), complete("whisper")),
            (Operation::ListPrompts, ("resources/list", json!({}))),
            (
                Operation::ListResources,
                ("resources/templates/list", json!({})),
            ),
            (Operation::ListTools, ("prompts/list", json!({}))),
        ] {
            let permit = world.permit(permitted, "read write");
            let message = request(session, method, params);
            for permit in [Some(permit), None] {
                let (_, answer) = world.send(session, permit, &message).await;
                assert_not_admitted(&answer);
            }
        }
    }
    for (permitted, uri) in [
        (Operation::ReadResource("notes://7"), "notes://7"),
        (Operation::Subscribe("notes://7"), "notes://secret"),
    ] {
        let permit = world.permit(permitted, "read write");
        let (method, params) = subscribe(uri);
        let message = request(Some(&session), method, params);
        let (_, answer) = world.send(Some(&session), Some(permit), &message).await;
        assert_not_admitted(&answer);
    }
    assert_eq!(world.ran(), [""; 0]);
    for (permitted, (method, params)) in [
        (Operation::ReadResource("notes://7"), read("notes://7")),
        (Operation::GetPrompt("greet"), get("greet")),
        (Operation::CompletePrompt("whisper"), complete("whisper")),
    ] {
        let permit = world.permit(permitted, "read write");
        let message = request(None, method, params);
        let (_, answer) = world.send(None, Some(permit), &message).await;
        assert!(answer["result"].is_object(), "{answer}");
    }
    assert_eq!(world.ran(), ["one", "greet", "names"]);
}

#[tokio::test]
async fn a_permit_is_not_valid_for_the_next_request_of_its_session() {
    let world = World::new();
    let session = world.session().await;
    let permit = world.permit(Operation::CallTool("read"), "read");
    let message = call(Some(&session), "read");
    world.send(Some(&session), Some(permit), &message).await;
    let (_, answer) = world.send(Some(&session), None, &message).await;
    assert_not_admitted(&answer);
    assert_eq!(world.ran(), ["read"]);
}

#[tokio::test]
async fn the_fast_path_runs_only_the_permitted_tool() {
    let world = World::new();
    let permit = world.permit(Operation::CallTool("read"), "read");
    let call = |permit: &Permit| world.shared.call(permit, Default::default(), None);
    let running = call(&permit);
    assert!(running.unwrap().await.is_ok());
    assert_eq!(world.ran(), ["read"]);
    for operation in [Operation::ListTools, Operation::CallTool("no such tool")] {
        let permit = world.permit(operation, "read");
        assert!(call(&permit).is_none());
    }
    assert_eq!(world.ran(), ["read"]);
}
