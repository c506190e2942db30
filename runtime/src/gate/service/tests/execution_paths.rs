//! Which execution path a request takes, and that a refused request takes none.

use futures_util::future::BoxFuture;
use rmcp::model::{
    CallToolResult, ClientJsonRpcMessage, GetExtensions, JsonObject, JsonRpcMessage,
};

use super::*;
use crate::{
    authorization::Decision,
    gate::{
        Admission, LatestCaller, RunningCall, SessionFastPath, SessionServices, StatelessFastPath,
    },
    observer::RunReport,
    operation::Operation,
};

/// A fast path for the tool `read` and the list, which records its requests.
#[derive(Default)]
struct RecordingPath(Mutex<Vec<String>>);

impl RecordingPath {
    fn record(&self, what: String) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(what);
    }
}

impl StatelessFastPath for RecordingPath {
    fn takes(&self, target: Target) -> bool {
        target == Target::Tool(1)
    }

    fn authorize_scopes(&self, _: Target) -> &'static [Scope] {
        &[]
    }

    fn call(
        &self,
        permit: &Permit,
        arguments: JsonObject,
        _: Option<&Arc<RunReport>>,
    ) -> Option<RunningCall> {
        self.record(format!("{:?} {}", permit.target(), json!(arguments)));
        let done = CallToolResult::success(Vec::new()).into();
        Some(Box::pin(std::future::ready(Ok(done))))
    }

    fn list(&self, permit: &Permit) -> Option<Bytes> {
        self.record(format!("{:?}", permit.target()));
        Some(Bytes::from_static(b"[]"))
    }
}

/// A request of 2026-07-28 in its most common form.
fn stateless(method: &str, tool: Option<&str>) -> http::request::Builder {
    let request = request("POST")
        .header(header::AUTHORIZATION, "Bearer read")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", method);
    match tool {
        Some(tool) => request.header("mcp-name", tool),
        None => request,
    }
}

fn body(method: &str, mut params: serde_json::Value) -> Body {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    message.to_string().into()
}

fn call_of(tool: &str) -> Body {
    body("tools/call", json!({"name": tool, "arguments": {"a": 1}}))
}

/// Sends a request. Returns the status, what the fast path got, and whether rmcp got it.
async fn path_of(request: Request<Body>) -> (u16, Vec<String>, bool) {
    let short = Arc::new(RecordingPath::default());
    let mut gate = gate();
    gate.stateless_fast_path = Some(Arc::clone(&short) as Arc<dyn StatelessFastPath>);
    let (status, seen) = pass(gate, request).await;
    let taken = std::mem::take(&mut *short.0.lock().unwrap_or_else(PoisonError::into_inner));
    (status.as_u16(), taken, seen.is_some())
}

#[tokio::test]
async fn only_common_requests_take_the_stateless_fast_path() {
    let call = stateless("tools/call", Some("read")).body(call_of("read"));
    let expected = (200, vec![r#"Some(Tool(1)) {"a":1}"#.to_owned()], false);
    assert_eq!(path_of(call.unwrap()).await, expected);
    let list = stateless("tools/list", None).body(body("tools/list", json!({})));
    assert_eq!(
        path_of(list.unwrap()).await,
        (200, vec!["None".to_owned()], false)
    );

    let rmcp = (200, Vec::new(), true);
    let with = |name: &str, value: &str| {
        let request = stateless("tools/call", Some("read")).header(name, value);
        request.body(call_of("read")).unwrap()
    };
    for odd in [
        // The tool is one that needs rmcp.
        stateless("tools/call", Some("ping"))
            .body(call_of("ping"))
            .unwrap(),
        // The headers and the body differ: rmcp answers with the error.
        stateless("tools/call", Some("ping"))
            .body(call_of("read"))
            .unwrap(),
        stateless("tools/call", None).body(call_of("read")).unwrap(),
        stateless("tools/list", Some("read"))
            .body(call_of("read"))
            .unwrap(),
        stateless("tools/list", Some("x"))
            .body(body("tools/list", json!({})))
            .unwrap(),
        stateless("tools/list", None)
            .body(body("tools/list", json!({"cursor": "2"})))
            .unwrap(),
        stateless("tools/call", Some("read"))
            .body(body(
                "tools/call",
                json!({"name": "read", "requestState": "s"}),
            ))
            .unwrap(),
        with("mcp-protocol-version", "2026-07-28"),
        with("mcp-method", "tools/call"),
        with("mcp-name", "read"),
        with("content-type", "application/json"),
    ] {
        let what = format!("{odd:?}");
        assert_eq!(path_of(odd).await, rmcp, "{what}");
    }
}

#[tokio::test]
async fn a_refused_request_takes_no_execution_path() {
    for (token, tool, status) in [
        (None, "read", 401),
        (Some("Bearer none"), "read", 403),
        (None, "no such tool", 401),
    ] {
        let mut call = stateless("tools/call", Some(tool))
            .body(call_of(tool))
            .unwrap();
        let headers = call.headers_mut();
        headers.remove(header::AUTHORIZATION);
        headers.extend(token.map(|token| (header::AUTHORIZATION, token.parse().unwrap())));
        assert_eq!(path_of(call).await, (status, Vec::new(), false), "{tool}");
    }
}

/// A single session, which records its requests.
#[derive(Default)]
struct RecordingSession(Mutex<Vec<String>>);

impl SessionServices for RecordingSession {
    fn release<'s>(&'s self, _: &'s str) -> BoxFuture<'s, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl SessionFastPath for RecordingSession {
    fn has<'s>(&'s self, session: &'s str) -> BoxFuture<'s, bool> {
        Box::pin(std::future::ready(session == "one"))
    }

    fn send<'s>(
        &'s self,
        session: &'s str,
        request: ClientJsonRpcMessage,
    ) -> BoxFuture<'s, Option<Response<Body>>> {
        let JsonRpcMessage::Request(request) = request else {
            panic!("no request");
        };
        let head = request.request.extensions().get::<Parts>().unwrap();
        let permit = head.extensions.get::<Permit>().unwrap();
        assert!(!head.headers.contains_key(header::AUTHORIZATION));
        // A round uses it to ask the client.
        assert!(head.extensions.get::<LatestCaller>().is_some());
        let seen = format!("{session} {} {:?}", request.id, permit.target());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(seen);
        Box::pin(std::future::ready(Some(Response::new(Body::empty()))))
    }
}

/// A call in a session in its most common form.
fn in_session(session: &str, tool: &str) -> http::request::Builder {
    let request = request("POST")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-session-id", session)
        .header("mcp-protocol-version", "2025-11-25");
    match tool {
        "ping" => request,
        _ => request.header(header::AUTHORIZATION, "Bearer read"),
    }
}

/// Sends a request in a session. Returns the status, what the session got, and whether rmcp got
/// it.
async fn session_path_of(request: Request<Body>) -> (u16, Vec<String>, bool) {
    let one = Arc::new(RecordingSession::default());
    let mut gate = gate();
    gate.session_fast_path = Some(Arc::clone(&one) as Arc<dyn SessionFastPath>);
    for id in ["one", "other"] {
        let place = gate.sessions.reserve(None, b"").unwrap();
        place.open(id.to_owned(), None, Arc::new(|_| ()));
    }
    let (status, seen) = pass(gate, request).await;
    let taken = std::mem::take(&mut *one.0.lock().unwrap_or_else(PoisonError::into_inner));
    (status.as_u16(), taken, seen.is_some())
}

#[tokio::test]
async fn only_common_calls_take_the_session_fast_path() {
    for (tool, target) in [("read", 1), ("ping", 0)] {
        let request = in_session("one", tool).body(call(tool)).unwrap();
        let expected = vec![format!("one 1 Some(Tool({target}))")];
        assert_eq!(session_path_of(request).await, (200, expected, false));
    }
    let mut unnamed = in_session("one", "read").body(call("read")).unwrap();
    unnamed.headers_mut().remove("mcp-protocol-version");
    assert!(!session_path_of(unnamed).await.2);

    let with = |name: &str, value: &str| {
        let request = in_session("one", "read").header(name, value);
        request.body(call("read")).unwrap()
    };
    let version = |version: &str| {
        let mut request = in_session("one", "read").body(call("read")).unwrap();
        let version = version.parse().unwrap();
        request
            .headers_mut()
            .insert("mcp-protocol-version", version);
        request
    };
    let rmcp = (200, Vec::new(), true);
    for odd in [
        // rmcp does not have the session.
        in_session("other", "read").body(call("read")).unwrap(),
        in_session("one", "read")
            .body(body("tools/call", json!({"name": "read"})))
            .unwrap(),
        in_session("one", "read")
            .body(body("tools/list", json!({})))
            .unwrap(),
        version("2026-07-28"),
        version("2024-11-05"),
        version("2099-01-01"),
        with("mcp-protocol-version", "2025-11-25"),
        with("content-type", "application/json"),
    ] {
        let what = format!("{odd:?}");
        assert_eq!(session_path_of(odd).await, rmcp, "{what}");
    }
}

#[tokio::test]
async fn a_refused_request_reaches_no_session() {
    let mut none = in_session("one", "read").body(call("read")).unwrap();
    none.headers_mut().remove(header::AUTHORIZATION);
    let mut less = in_session("one", "read").body(call("read")).unwrap();
    let token = "Bearer none".parse().unwrap();
    less.headers_mut().insert(header::AUTHORIZATION, token);
    let foreign = in_session("nobody's", "read").body(call("read")).unwrap();
    for (request, status) in [(none, 401), (less, 403), (foreign, 404)] {
        let expected = (status, Vec::new(), false);
        assert_eq!(session_path_of(request).await, expected);
    }
}

#[tokio::test]
async fn a_message_that_the_two_readers_understand_differently_does_not_run() {
    // The fast reader found `ping` in the bytes, which anyone may call; rmcp's finds `read`.
    let gate = gate();
    let admission = match gate.rules.decide(Operation::CallTool("ping"), None) {
        Decision::Admit(permit) => Admission::Permitted(permit),
        refused => panic!("{refused:?}"),
    };
    let read = async |tool: &str| {
        let mut bytes = call(tool).collect().await.unwrap().to_bytes();
        let read = gate.read_for_rmcp(&HeaderMap::new(), &admission, &mut bytes);
        read.map(|message| format!("{:?}", message.operation()))
            .map_err(|refused| format!("{:?}", refused.refusal))
    };
    assert_eq!(
        read("ping").await,
        Ok(r#"Some(CallTool("ping"))"#.to_owned())
    );
    let refused = read("read").await.unwrap_err();
    assert!(refused.contains("Unreadable"), "{refused}");
}
