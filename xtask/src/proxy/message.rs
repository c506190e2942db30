//! Messages of MCP, as requests of curl.

use serde_json::{Value, json};

use super::curl::{Curl, Request};
use crate::Error;

const STATELESS: &str = "2026-07-28";
const SESSIONS: &str = "2025-11-25";

/// Returns a call of a tool outside of a session.
pub(super) fn stateless_call(url: &str, tool: &str, arguments: &Value) -> Request {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    Request::post(url, message("tools/call", &params))
        .with_header("mcp-protocol-version", STATELESS)
        .with_header("mcp-method", "tools/call")
        .with_header("mcp-name", tool)
}

/// Opens a session, and returns a call of a tool in it.
pub(super) fn session_call(
    curl: &Curl,
    url: &str,
    token: Option<&str>,
    (tool, arguments): (&str, &Value),
) -> Result<Request, Error> {
    let authorized = |request: Request| match token {
        Some(token) => with_token(request, token),
        None => request,
    };
    let params = json!({
        "protocolVersion": SESSIONS,
        "capabilities": {},
        "clientInfo": {"name": "curl", "version": "1"},
    });
    let opening = Request::post(url, message("initialize", &params));
    let opened = curl.send(&authorized(opening))?.expect_status(200)?;
    let id = opened.header("mcp-session-id");
    let id = id.ok_or_else(|| format!("no session: {opened}"))?;
    let in_session = |body: Value| {
        authorized(Request::post(url, body))
            .with_header("mcp-session-id", id)
            .with_header("mcp-protocol-version", SESSIONS)
    };
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    curl.send(&in_session(initialized))?.expect_status(202)?;
    let params = json!({"name": tool, "arguments": arguments});
    Ok(in_session(message("tools/call", &params)))
}

/// Adds a token.
pub(super) fn with_token(request: Request, token: &str) -> Request {
    request.with_header("authorization", &format!("Bearer {token}"))
}

fn message(method: &str, params: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}
