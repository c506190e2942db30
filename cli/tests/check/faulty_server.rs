//! A small MCP server behind OAuth that is correct except for one planted error.
//!
//! An error has the id of the check that must find it. The part after `/` names a variant of
//! the violation.

pub(crate) mod dpop;
pub(crate) mod gate;
pub(crate) mod issuer;
pub(crate) mod metadata;
pub(crate) mod protocol;
mod tokens;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::AtomicUsize},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The allowed page origin.
const PAGE: &str = "http://localhost:6274";

/// The state of the server.
#[derive(Debug)]
pub(crate) struct FaultyServer {
    pub(crate) origin: String,
    error: String,
    /// Tokens and their scopes.
    pub(crate) tokens: Mutex<BTreeMap<String, String>>,
    /// Session ids and the subject that opened each.
    pub(crate) sessions: Mutex<BTreeMap<String, String>>,
    /// How many sessions were opened.
    pub(crate) opened: AtomicUsize,
    pub(crate) bound: dpop::Bound,
    /// A token for another server.
    pub(crate) foreign: String,
    /// Authorization codes, with the request each was issued for.
    pub(crate) codes: Mutex<BTreeMap<String, issuer::Pending>>,
}

/// One complete request.
#[derive(Debug)]
pub(crate) struct ReceivedRequest {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn fields(text: &str) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .collect()
    }

    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        Self::fields(self.uri.query().unwrap_or_default())
    }
}

impl FaultyServer {
    /// Starts a server with one planted error, or with none (`""`).
    pub(crate) async fn open(error: &str) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let origin = format!("http://{address}");
        let server = Arc::new(Self {
            bound: dpop::Bound::new(&origin, &format!("{origin}/mcp")),
            foreign: tokens::token(
                &origin,
                "https://other.example/mcp",
                "alice",
                "notes:read",
                99,
            ),
            origin,
            error: error.to_owned(),
            tokens: Mutex::default(),
            sessions: Mutex::default(),
            opened: AtomicUsize::new(0),
            codes: Mutex::default(),
        });
        for scopes in ["notes:read", "notes:read notes:write"] {
            server.issue(scopes);
        }
        let router = Router::new().fallback(serve).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    /// Whether this error is planted.
    pub(crate) fn has(&self, error: &str) -> bool {
        self.error == error
    }

    /// Returns the URL of the MCP endpoint.
    pub(crate) fn resource(&self) -> String {
        format!("{}/mcp", self.origin)
    }

    /// Issues a new token of alice with these scopes.
    pub(crate) fn issue(&self, scopes: &str) -> String {
        self.issue_to("alice", scopes)
    }

    /// Issues a new token with these scopes to a user.
    pub(crate) fn issue_to(&self, subject: &str, scopes: &str) -> String {
        let mut issued = self.tokens.lock().expect("no panic");
        let token = tokens::token(
            &self.origin,
            &self.resource(),
            subject,
            scopes,
            issued.len(),
        );
        issued.insert(token.clone(), scopes.to_owned());
        token
    }

    /// Returns the first token that was issued for these scopes.
    pub(crate) fn token_for(&self, scopes: &str) -> String {
        let issued = self.tokens.lock().expect("no panic");
        let mut found = issued.iter().filter(|(_, own)| *own == scopes);
        found.next().expect("it was issued").0.clone()
    }
}

async fn serve(
    State(server): State<Arc<FaultyServer>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = ReceivedRequest {
        method,
        uri,
        headers,
        body,
    };
    let mut response = match preflight(&server, &request) {
        Some(response) => response,
        None => answer(&server, &request),
    };
    allow(&server, &request, &mut response);
    response
}

fn answer(server: &FaultyServer, request: &ReceivedRequest) -> Response {
    let path = request.uri.path();
    if let Some(response) =
        metadata::serve(server, request).or_else(|| issuer::serve(server, request))
    {
        return response;
    }
    match path {
        "/healthz" if !server.has("health.live") => "ok".into_response(),
        "/readyz" if !server.has("health.ready") => "ok".into_response(),
        "/mcp/" if server.has("challenge.slash") => {
            (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/mcp")]).into_response()
        }
        "/mcp" | "/mcp/" => foreign(server, request)
            .or_else(|| gate::refuse(server, request))
            .unwrap_or_else(|| protocol::serve(server, request)),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Refuses requests with a foreign `Host` or `Origin`.
fn foreign(server: &FaultyServer, request: &ReceivedRequest) -> Option<Response> {
    let host = request.header("host").unwrap_or_default();
    let is_our_host = server.origin.ends_with(&format!("//{host}"));
    let is_our_page = request.header("origin").is_none_or(|origin| origin == PAGE);
    let passes = (is_our_host || server.has("host.host") || server.has("host.reflected/challenge"))
        && (is_our_page || server.has("host.origin"));
    if passes {
        return None;
    }
    let mut response = refusal(403, &json!({"error": "foreign"}));
    if server.has("host.no_challenge") {
        let challenge = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    Some(response)
}

fn preflight(server: &FaultyServer, request: &ReceivedRequest) -> Option<Response> {
    if request.method != Method::OPTIONS {
        return None;
    }
    if server.has("cors.preflight") {
        return Some(gate::challenge(server, request, None));
    }
    let mut allowed = "authorization, content-type, accept, last-event-id, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name";
    if server.has("cors.headers") {
        allowed = "*";
    }
    let methods = match server.has("cors.methods") {
        true => "GET, POST",
        false => "GET, POST, DELETE",
    };
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_HEADERS, allowed),
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
    ];
    Some((StatusCode::NO_CONTENT, headers).into_response())
}

/// Adds the headers that let a page read the response.
fn allow(server: &FaultyServer, request: &ReceivedRequest, response: &mut Response) {
    let origin = request.header("origin").unwrap_or_default();
    let path = request.uri.path();
    let is_bare = (server.has("cors.refusals") && response.status() == 401)
        || (server.has("cors.metadata") && path.contains("protected-resource"))
        || (server.has("issuer.cors") && path.contains("authorization-server"))
        || (server.has("cors.preflight") && !path.contains("authorization-server"));
    let mut set = |name: HeaderName, value: &str| {
        let value = HeaderValue::from_str(value).expect("a header's text");
        response.headers_mut().insert(name, value);
    };
    if server.has("cors.credentials") && origin != PAGE && !origin.is_empty() {
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
    }
    if origin == PAGE && !is_bare {
        set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if !server.has("cors.exposed") {
            let exposed = "WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version";
            set(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

/// Builds a refusal with a JSON body.
pub(crate) fn refusal(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, axum::Json(body)).into_response()
}
