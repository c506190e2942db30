//! An authorization server that is correct unless a test changes it.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use support::SigningKey;
use tokio::net::TcpListener;

/// The errors of the authorization server. By default it has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct IssuerFaults {
    /// Changed members of its metadata; `null` removes one.
    pub(crate) members: Value,
    /// Changed members of the document for OpenID Connect alone.
    pub(crate) second: Value,
    /// A key set in place of the correct one.
    pub(crate) keys: Option<Value>,
    /// The `Date` of its responses, if its clock is wrong.
    pub(crate) date: Option<&'static str>,
    /// Whether it refuses the requests of the server, but not those of this command.
    pub(crate) blocks_server: bool,
}

/// Starts one, and returns its URL.
pub(crate) async fn start(listener: TcpListener, faults: IssuerFaults) -> String {
    let address = listener.local_addr().expect("an address");
    let key = SigningKey::p256("p256");
    let faults = Arc::new(faults);
    let keys = faults
        .keys
        .clone()
        .unwrap_or_else(|| SigningKey::set(&[&key]));
    let router = Router::new().fallback(async move |uri: Uri, headers: HeaderMap| {
        let mut response = answer(address, &faults, &keys, &uri, &headers);
        if let Some(date) = faults.date {
            let date = date.parse().expect("a header");
            response.headers_mut().insert(header::DATE, date);
        }
        response
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

fn answer(
    address: SocketAddr,
    faults: &IssuerFaults,
    keys: &Value,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    let agent = headers.get(header::USER_AGENT);
    let agent = agent
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    if faults.blocks_server && agent.starts_with("toolgate/") {
        return StatusCode::FORBIDDEN.into_response();
    }
    let document = match uri.path() {
        "/.well-known/oauth-authorization-server" => metadata(address, &[&faults.members]),
        "/.well-known/openid-configuration" => {
            metadata(address, &[&faults.members, &faults.second])
        }
        "/keys" => keys.clone(),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    (headers, document.to_string()).into_response()
}

fn metadata(address: SocketAddr, changes: &[&Value]) -> Value {
    let origin = format!("http://{address}");
    let mut metadata = json!({
        "issuer": origin,
        "jwks_uri": format!("{origin}/keys"),
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "registration_endpoint": format!("{origin}/register"),
        "response_types_supported": ["code"],
        "scopes_supported": ["desk:read", "desk:write"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    let members = metadata.as_object_mut().expect("an object");
    for change in changes.iter().filter_map(|change| change.as_object()) {
        members.extend(change.clone());
    }
    members.retain(|_, value| !value.is_null());
    metadata
}
