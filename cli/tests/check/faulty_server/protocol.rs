//! A minimal MCP implementation with both lifecycles, and the errors planted in it.

use axum::{
    http::{HeaderValue, Method, StatusCode},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{FaultyServer, ReceivedRequest, gate, refusal};

pub(crate) fn serve(server: &FaultyServer, request: &ReceivedRequest) -> Response {
    let session = request.header("mcp-session-id").unwrap_or_default();
    let mut sessions = server.sessions.lock().expect("no panic");
    if request.method == Method::DELETE {
        sessions.remove(session);
        return StatusCode::NO_CONTENT.into_response();
    }
    if request.method == Method::GET {
        return match server.has("lifecycle.stream") || server.has("challenge.get") {
            true if server.has("challenge.get") && request.header("authorization").is_some() => {
                StatusCode::METHOD_NOT_ALLOWED.into_response()
            }
            true => Html("<h1>Welcome</h1>").into_response(),
            false => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        };
    }
    let message = request.json();
    let method = message["method"].as_str().unwrap_or_default();
    let is_stateless = request.header("mcp-protocol-version") == Some("2026-07-28");
    if is_stateless && server.has("lifecycle.stateless") {
        return error(400, -32004, "unsupported protocol version");
    }
    if method == "initialize" {
        if server.has("lifecycle.session") || server.has("lifecycle.any") {
            return error(400, -32601, "no such method");
        }
        let id = format!("session-{}", sessions.len());
        sessions.insert(id.clone());
        let mut response = result(&json!({
            "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "notes", "version": "1"},
        }));
        let value = HeaderValue::from_str(&id).expect("an id");
        response.headers_mut().insert("mcp-session-id", value);
        return response;
    }
    if !is_stateless {
        if session.is_empty() {
            return error(400, -32000, "no session");
        }
        if !sessions.contains(session) && !server.has("lifecycle.unknown_session") {
            return error(404, -32001, "no such session");
        }
    }
    let granted = gate::granted(server, request).unwrap_or_default();
    match method {
        "notifications/initialized" => StatusCode::ACCEPTED.into_response(),
        "server/discover" if server.has("lifecycle.any") => error(400, -32601, "no such method"),
        "server/discover" => result(&json!({
            "supportedVersions": ["2026-07-28", "2025-11-25"], "capabilities": {"tools": {}},
        })),
        "tools/list" => result(&json!({"tools": tools(server, is_stateless)})),
        "resources/list" if server.has("leaks.doors") => result(&json!({"resources": []})),
        "tools/call" => {
            let needed = match message["params"]["name"].as_str() {
                Some("read_note") => "notes:read",
                Some("write_note") => "notes:write",
                _ => return error(200, -32602, "no such tool"),
            };
            let suffices = granted.split(' ').any(|own| own == needed);
            let is_bound = server.has("stepup.recover") && granted.contains(' ');
            if is_bound {
                return error(404, -32001, "no such session");
            }
            if !suffices && server.has("stepup.session") && !session.is_empty() {
                sessions.remove(session);
            }
            if !suffices && server.has("stepup.status/200") {
                return error(200, -32001, "insufficient scope");
            }
            if !suffices && !server.has("stepup.status/open") {
                return gate::insufficient(server, &granted);
            }
            result(&json!({"content": [{"type": "text", "text": "done"}]}))
        }
        _ if is_stateless => error(404, -32601, "no such method"),
        _ => error(200, -32601, "no such method"),
    }
}

fn tools(server: &FaultyServer, is_stateless: bool) -> Value {
    let schema = json!({"type": "object"});
    let tool = |name: &str, reads: bool| json!({"name": name, "inputSchema": schema, "annotations": {"readOnlyHint": reads}});
    let mut tools = vec![tool("read_note", true), tool("write_note", true)];
    if server.has("lifecycle.list/twice") {
        tools.push(tool("read_note", true));
    }
    if server.has("lifecycle.list/eras") && is_stateless {
        tools.pop();
    }
    if server.has("lifecycle.list/schema") {
        tools[0]["inputSchema"] = Value::Null;
    }
    tools.into()
}

fn result(result: &Value) -> Response {
    refusal(200, &json!({"jsonrpc": "2.0", "id": 1, "result": result}))
}

fn error(status: u16, code: i64, message: &str) -> Response {
    let error = json!({"code": code, "message": message});
    refusal(status, &json!({"jsonrpc": "2.0", "id": 1, "error": error}))
}
