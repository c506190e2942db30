//! The protected resource metadata document, and the errors planted in it.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{FaultyServer, ReceivedRequest, gate};

const PLACE: &str = "/.well-known/oauth-protected-resource";

pub(crate) fn serve(server: &FaultyServer, request: &ReceivedRequest) -> Option<Response> {
    let error = |name: &str| server.has(&format!("metadata.{name}"));
    let rest = request.uri.path().strip_prefix(PLACE)?;
    if (rest == "/mcp" && error("path")) || (rest.is_empty() && error("root")) {
        return Some(StatusCode::NOT_FOUND.into_response());
    }
    let version = request.header("mcp-protocol-version");
    if error("protocol_version") && version.is_some_and(|version| version != "2026-07-28") {
        return Some(StatusCode::BAD_REQUEST.into_response());
    }
    if error("any_token") && request.header("authorization").is_some() {
        return Some(gate::challenge(server, request, Some("the token is bad")));
    }
    let mut document = document(server);
    if rest.is_empty() && error("same") {
        document["resource_name"] = "another".into();
    }
    if server.has("host.reflected/metadata")
        && let Some(host) = request.header("x-forwarded-host")
    {
        document["resource"] = format!("https://{host}/mcp").into();
    }
    let mut response = axum::Json(document).into_response();
    if error("content_type") {
        let kind = HeaderValue::from_static("text/plain");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Some(response)
}

fn document(server: &FaultyServer) -> Value {
    let mut document = json!({
        "resource": server.resource(),
        "authorization_servers": [server.origin],
        "scopes_supported": ["notes:read", "notes:write"],
        "bearer_methods_supported": ["header"],
        "resource_documentation": format!("{}/docs", server.origin),
        "resource_name": "notes",
        "dpop_signing_alg_values_supported": ["ES256"],
    });
    let changes = [
        (
            "resource",
            "resource",
            json!(format!("{}/", server.resource())),
        ),
        (
            "authorization_servers/none",
            "authorization_servers",
            json!([]),
        ),
        (
            "authorization_servers/relative",
            "authorization_servers",
            json!(["/as"]),
        ),
        (
            "authorization_servers/http",
            "authorization_servers",
            json!(["http://as.example"]),
        ),
        ("scopes_supported", "scopes_supported", Value::Null),
        (
            "scope_tokens/space",
            "scopes_supported",
            json!(["notes:read notes:write"]),
        ),
        ("scope_tokens/empty", "scopes_supported", json!([])),
        (
            "scope_tokens/twice",
            "scopes_supported",
            json!(["notes:read", "notes:read"]),
        ),
        (
            "offline_access",
            "scopes_supported",
            json!(["notes:read", "offline_access"]),
        ),
        (
            "bearer_methods",
            "bearer_methods_supported",
            json!(["header", "query"]),
        ),
        ("members", "resource_documentation", json!("/docs")),
    ];
    for (error, member, value) in changes {
        if server.has(&format!("metadata.{error}")) {
            document[member] = value;
        }
    }
    if server.has("dpop.metadata") {
        document["dpop_signing_alg_values_supported"] = json!(["ES256", "HS256"]);
    }
    if let Some(members) = document.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    // Matches the `issuer` in its own document; see `issuer.rs`.
    document
}
