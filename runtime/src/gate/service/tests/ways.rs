//! Which requests go the short way, and that what is refused goes neither.

use futures_util::future::BoxFuture;
use rmcp::model::{
    CallToolResponse, CallToolResult, ClientJsonRpcMessage, GetExtensions, JsonObject,
    JsonRpcMessage,
};

use super::*;
use crate::{
    gate::{LatestCaller, SessionFastPath, StatelessFastPath},
    tool::AuthorizeDenial,
};

/// A short way to the tool `read` and to the list, which notes what comes along.
#[derive(Default)]
struct Short(Mutex<Vec<String>>);

impl Short {
    fn note(&self, what: String) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(what);
    }
}

impl StatelessFastPath for Short {
    fn takes(&self, target: Target) -> bool {
        target == Target::Tool(1)
    }

    fn authorize(&self, _: &Permit, _: Option<&JsonObject>) -> Result<(), AuthorizeDenial> {
        Ok(())
    }

    fn call(
        &self,
        permit: &Permit,
        arguments: JsonObject,
    ) -> Option<BoxFuture<'static, CallToolResponse>> {
        self.note(format!("{:?} {}", permit.target(), json!(arguments)));
        let done = CallToolResult::success(Vec::new()).into();
        Some(Box::pin(std::future::ready(done)))
    }

    fn list(&self, permit: &Permit) -> Option<Bytes> {
        self.note(format!("{:?}", permit.target()));
        Some(Bytes::from_static(b"[]"))
    }
}

/// A request of 2026-07-28, as it is most often.
fn plain(method: &str, tool: Option<&str>) -> http::request::Builder {
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

/// Which way a request went: what the short one saw, and whether the long one saw any.
async fn way(request: Request<Body>) -> (u16, Vec<String>, bool) {
    let short = Arc::new(Short::default());
    let mut gate = gate();
    gate.stateless_fast_path = Some(Arc::clone(&short) as Arc<dyn StatelessFastPath>);
    let (status, seen) = pass(gate, request).await;
    let taken = std::mem::take(&mut *short.0.lock().unwrap_or_else(PoisonError::into_inner));
    (status.as_u16(), taken, seen.is_some())
}

#[tokio::test]
async fn what_is_plain_goes_the_short_way_and_nothing_else_does() {
    let call = plain("tools/call", Some("read")).body(call_of("read"));
    let expected = (200, vec![r#"Some(Tool(1)) {"a":1}"#.to_owned()], false);
    assert_eq!(way(call.unwrap()).await, expected);
    let list = plain("tools/list", None).body(body("tools/list", json!({})));
    assert_eq!(
        way(list.unwrap()).await,
        (200, vec!["None".to_owned()], false)
    );

    let long = (200, Vec::new(), true);
    let with = |name: &str, value: &str| {
        let request = plain("tools/call", Some("read")).header(name, value);
        request.body(call_of("read")).unwrap()
    };
    for odd in [
        // The tool is one that needs rmcp.
        plain("tools/call", Some("ping"))
            .body(call_of("ping"))
            .unwrap(),
        // The headers and the body say different things: rmcp tells what is wrong.
        plain("tools/call", Some("ping"))
            .body(call_of("read"))
            .unwrap(),
        plain("tools/call", None).body(call_of("read")).unwrap(),
        plain("tools/list", Some("read"))
            .body(call_of("read"))
            .unwrap(),
        plain("tools/list", Some("x"))
            .body(body("tools/list", json!({})))
            .unwrap(),
        plain("tools/list", None)
            .body(body("tools/list", json!({"cursor": "2"})))
            .unwrap(),
        plain("tools/call", Some("read"))
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
        assert_eq!(way(odd).await, long, "{what}");
    }
}

#[tokio::test]
async fn what_is_refused_goes_neither_way() {
    for (token, tool, status) in [
        (None, "read", 401),
        (Some("Bearer none"), "read", 403),
        (None, "no such tool", 401),
    ] {
        let mut call = plain("tools/call", Some(tool)).body(call_of(tool)).unwrap();
        let headers = call.headers_mut();
        headers.remove(header::AUTHORIZATION);
        headers.extend(token.map(|token| (header::AUTHORIZATION, token.parse().unwrap())));
        assert_eq!(way(call).await, (status, Vec::new(), false), "{tool}");
    }
}

/// Sessions, of which there is one, which notes what it is asked.
#[derive(Default)]
struct One(Mutex<Vec<String>>);

impl SessionFastPath for One {
    fn has<'s>(&'s self, session: &'s str) -> BoxFuture<'s, bool> {
        Box::pin(std::future::ready(session == "one"))
    }

    fn ask<'s>(
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
        // By it a round knows that there is somebody to ask.
        assert!(head.extensions.get::<LatestCaller>().is_some());
        let seen = format!("{session} {} {:?}", request.id, permit.target());
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(seen);
        Box::pin(std::future::ready(Some(Response::new(Body::empty()))))
    }
}

/// A call in a session, as it is most often.
fn session_fast_path(session: &str, tool: &str) -> http::request::Builder {
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

/// Which way a request in a session went: what the session saw, and whether rmcp saw any.
async fn way_in_session(request: Request<Body>) -> (u16, Vec<String>, bool) {
    let one = Arc::new(One::default());
    let mut gate = gate();
    gate.session_fast_path = Some(Arc::clone(&one) as Arc<dyn SessionFastPath>);
    for id in ["one", "other"] {
        let room = gate.sessions.reserve(None, b"").unwrap();
        room.open(id.to_owned(), None, Arc::new(|_| ()));
    }
    let (status, seen) = pass(gate, request).await;
    let taken = std::mem::take(&mut *one.0.lock().unwrap_or_else(PoisonError::into_inner));
    (status.as_u16(), taken, seen.is_some())
}

#[tokio::test]
async fn a_session_is_handed_what_is_plain_and_nothing_else() {
    for (tool, target) in [("read", 1), ("ping", 0)] {
        let plain = session_fast_path("one", tool).body(call(tool)).unwrap();
        let expected = vec![format!("one 1 Some(Tool({target}))")];
        assert_eq!(way_in_session(plain).await, (200, expected, false));
    }
    let mut unnamed = session_fast_path("one", "read").body(call("read")).unwrap();
    unnamed.headers_mut().remove("mcp-protocol-version");
    assert!(!way_in_session(unnamed).await.2);

    let with = |name: &str, value: &str| {
        let request = session_fast_path("one", "read").header(name, value);
        request.body(call("read")).unwrap()
    };
    let version = |version: &str| {
        let mut request = session_fast_path("one", "read").body(call("read")).unwrap();
        let version = version.parse().unwrap();
        request
            .headers_mut()
            .insert("mcp-protocol-version", version);
        request
    };
    let long = (200, Vec::new(), true);
    for odd in [
        // rmcp does not know the session, or no more.
        session_fast_path("other", "read")
            .body(call("read"))
            .unwrap(),
        session_fast_path("one", "read")
            .body(body("tools/call", json!({"name": "read"})))
            .unwrap(),
        session_fast_path("one", "read")
            .body(body("tools/list", json!({})))
            .unwrap(),
        version("2026-07-28"),
        version("2024-11-05"),
        version("2099-01-01"),
        with("mcp-protocol-version", "2025-11-25"),
        with("content-type", "application/json"),
    ] {
        let what = format!("{odd:?}");
        assert_eq!(way_in_session(odd).await, long, "{what}");
    }
}

#[tokio::test]
async fn what_is_refused_reaches_no_session() {
    let mut none = session_fast_path("one", "read").body(call("read")).unwrap();
    none.headers_mut().remove(header::AUTHORIZATION);
    let mut less = session_fast_path("one", "read").body(call("read")).unwrap();
    let token = "Bearer none".parse().unwrap();
    less.headers_mut().insert(header::AUTHORIZATION, token);
    let stranger = session_fast_path("nobody's", "read")
        .body(call("read"))
        .unwrap();
    for (request, status) in [(none, 401), (less, 403), (stranger, 404)] {
        let expected = (status, Vec::new(), false);
        assert_eq!(way_in_session(request).await, expected);
    }
}
