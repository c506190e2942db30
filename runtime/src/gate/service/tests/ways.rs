//! Which requests go the short way, and that what is refused goes neither.

use futures_util::future::BoxFuture;
use rmcp::model::{CallToolResponse, CallToolResult, JsonObject};

use super::*;
use crate::{gate::Direct, tool::Refused};

/// A short way to the tool `read` and to the list, which notes what comes along.
#[derive(Default)]
struct Short(Mutex<Vec<String>>);

impl Short {
    fn note(&self, what: String) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(what);
    }
}

impl Direct for Short {
    fn takes(&self, target: Target) -> bool {
        target == Target::Tool(1)
    }

    fn authorize(&self, _: &Admission, _: Option<&JsonObject>) -> Result<(), Refused> {
        Ok(())
    }

    fn call(
        &self,
        admission: &Admission,
        arguments: JsonObject,
    ) -> Option<BoxFuture<'static, CallToolResponse>> {
        self.note(format!("{:?} {}", admission.target(), json!(arguments)));
        let done = CallToolResult::success(Vec::new()).into();
        Some(Box::pin(std::future::ready(done)))
    }

    fn list(&self, admission: &Admission) -> Option<Bytes> {
        self.note(format!("{:?}", admission.target()));
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
    gate.direct = Some(Arc::clone(&short) as Arc<dyn Direct>);
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
        with("accept", "application/json"),
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
