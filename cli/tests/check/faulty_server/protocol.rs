//! A minimal MCP implementation with both lifecycles, and the errors planted in it.

use std::sync::atomic::Ordering;

use axum::{
    http::{HeaderValue, Method, StatusCode},
    response::{Html, IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{FaultyServer, ReceivedRequest, gate, refusal};

pub(crate) fn serve(server: &FaultyServer, request: &ReceivedRequest) -> Response {
    let session = request.header("mcp-session-id").unwrap_or_default();
    let mut sessions = server.sessions.lock().expect("no panic");
    let is_foreign = is_foreign(sessions.get(session), request);
    if is_foreign && request.method == Method::GET && server.has("isolation.stream") {
        return ([("content-type", "text/event-stream")], ": hello\n\n").into_response();
    }
    let is_tolerated = match request.method {
        Method::DELETE => server.has("isolation.end"),
        Method::POST => server.has("isolation.request"),
        _ => false,
    };
    if is_foreign && !is_tolerated {
        return error(404, -32001, "no such session");
    }
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
    if message.is_array() {
        return batch(server, request.header("mcp-protocol-version"));
    }
    let method = message["method"].as_str().unwrap_or_default();
    let is_stateless = request.header("mcp-protocol-version") == Some("2026-07-28");
    if is_stateless && server.has("lifecycle.stateless") {
        return error(400, -32004, "unsupported protocol version");
    }
    if method == "initialize" {
        if server.has("lifecycle.session") || server.has("lifecycle.any") {
            return error(400, -32601, "no such method");
        }
        let number = server.opened.fetch_add(1, Ordering::Relaxed);
        let id = match server.has("isolation.ids") {
            true => format!("session-{number}"),
            false => format!("session-{number:0>20}"),
        };
        let owner = gate::subject(request).unwrap_or_default();
        sessions.insert(id.clone(), owner);
        let mut response = result(&json!({
            "protocolVersion": message["params"]["protocolVersion"], "capabilities": {"tools": {}},
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
        if !sessions.contains_key(session) && !server.has("lifecycle.unknown_session") {
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
            if !suffices && !is_stateless && server.has("operations.tool") {
                return refusal(403, &json!({"error": "insufficient_scope"}));
            }
            if !suffices && !server.has("stepup.status/open") {
                return gate::insufficient(server, &granted);
            }
            result(&json!({"content": [{"type": "text", "text": "done"}]}))
        }
        "resources/read" | "prompts/get" => other_operation(server, &message, &granted),
        _ if is_stateless => error(404, -32601, "no such method"),
        _ => error(200, -32601, "no such method"),
    }
}

/// Whether a session belongs to another user.
fn is_foreign(owner: Option<&String>, request: &ReceivedRequest) -> bool {
    let subject = gate::subject(request);
    owner.is_some_and(|owner| !owner.is_empty() && subject.is_some_and(|subject| subject != *owner))
}

fn batch(server: &FaultyServer, revision: Option<&str>) -> Response {
    let is_first = revision == Some("2025-03-26");
    if server.has("batches.refused") && !is_first {
        return result(&json!({}));
    }
    if server.has("batches.first_revision") && is_first {
        return error(500, -32603, "internal error");
    }
    match server.has("batches.error") && !is_first {
        true => error(400, -32700, "parse error"),
        false => error(400, -32600, "no batches"),
    }
}

/// A resource, a URI of a template or a prompt. Each needs `notes:write`.
fn other_operation(server: &FaultyServer, message: &Value, granted: &str) -> Response {
    let params = &message["params"];
    let (kind, content) = match (params["uri"].as_str(), params["name"].as_str()) {
        (Some("note://all"), _) => ("resource", json!({"contents": []})),
        (Some("note://1/text"), _) => ("template", json!({"contents": []})),
        (_, Some("write_note")) => ("prompt", json!({"messages": []})),
        _ => return error(200, -32002, "no such item"),
    };
    let has = |variant: &str| server.has(&format!("operations.{kind}/{variant}"));
    let is_short = kind == "prompt" && server.has("operations.complete");
    if granted.split(' ').any(|own| own == "notes:write") && !is_short || has("open") {
        return result(&content);
    }
    if has("result") {
        return error(200, -32001, "insufficient scope");
    }
    if has("no_challenge") {
        return refusal(403, &json!({"error": "insufficient_scope"}));
    }
    gate::insufficient(server, granted)
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
