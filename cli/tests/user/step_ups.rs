//! A server whose operations need different scopes, and whose users sign in again for each.

use axum::{
    Form, Json, Router,
    extract::Query,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use support::server_process::{Ended, Folder};
use tokio::net::TcpListener;

use crate::desk::toolgate;

/// What the authorization server grants.
#[derive(Clone, Copy)]
enum Grants {
    /// Everything that is requested.
    All,
    /// Nothing, whatever is requested.
    Nothing,
}

#[derive(Deserialize)]
struct AuthorizationRequest {
    redirect_uri: String,
    state: String,
    #[serde(default)]
    scope: String,
}

/// Starts a server: its list of tools needs the scope `list`, and a call the scope `call`.
async fn start(grants: Grants) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let (resource, issuer) = documents(&origin);
    let own = origin.clone();
    let authorize = async move |Query(request): Query<AuthorizationRequest>| {
        let AuthorizationRequest {
            redirect_uri,
            state,
            scope,
        } = request;
        // The code is the scope.
        Redirect::to(&format!(
            "{redirect_uri}?code=for+{scope}&state={state}&iss={own}",
            scope = scope.replace(' ', "+")
        ))
    };
    let token = async move |Form(form): Form<Value>| {
        let code = form["code"].as_str().unwrap_or_default();
        let scope = match grants {
            Grants::All => code.trim_start_matches("for").trim(),
            Grants::Nothing => "",
        };
        let token = format!("scopes_{}", scope.replace(' ', "_"));
        Json(json!({"access_token": token, "token_type": "Bearer", "scope": scope}))
    };
    let router = Router::new()
        .route("/mcp", post(mcp))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/register", post(async || Json(json!({"client_id": "c"}))))
        .route(
            "/.well-known/oauth-protected-resource/mcp",
            get(async || Json(resource)),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(async || Json(issuer)),
        );
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin + "/mcp"
}

fn documents(origin: &str) -> (Value, Value) {
    let resource = json!({
        "resource": format!("{origin}/mcp"),
        "authorization_servers": [origin],
    });
    let issuer = json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "token_endpoint": format!("{origin}/token"),
        "registration_endpoint": format!("{origin}/register"),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    (resource, issuer)
}

async fn mcp(headers: HeaderMap, Json(request): Json<Value>) -> Response {
    let token = headers.get(header::AUTHORIZATION);
    let Some(token) = token.and_then(|token| token.to_str().ok()) else {
        return denied(StatusCode::UNAUTHORIZED, "Bearer");
    };
    let needed = match request["method"].as_str() {
        Some("tools/list") => Some("list"),
        Some("tools/call") => Some("call"),
        _ => None,
    };
    if let Some(scope) = needed
        && !token.split('_').any(|held| held == scope)
    {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        return denied(StatusCode::FORBIDDEN, &challenge);
    }
    let result = match needed {
        Some("list") => json!({"tools": [{"name": "put", "inputSchema": {}}]}),
        Some(_) => json!({"content": [{"type": "text", "text": "put ran"}]}),
        None => json!({}),
    };
    Json(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).into_response()
}

fn denied(status: StatusCode, challenge: &str) -> Response {
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}

/// Calls the tool, and opens each URL that the program prints, which must request these scopes.
async fn call(grants: Grants, scopes: &[&str]) -> Ended {
    let resource = start(grants).await;
    let folder = Folder::new();
    let arguments = ["call", &resource, "put", "--arg", "a=1", "--yes"];
    let process = toolgate(&folder, &arguments).start();
    for (at, scope) in scopes.iter().enumerate() {
        let url = process.says_line("&resource=", at).await;
        let requested = match scope.is_empty() {
            true => "%2Fmcp".to_owned(),
            false => format!("&scope={}", scope.replace(' ', "+")),
        };
        assert!(url.ends_with(&requested), "{url}");
        let page = reqwest::get(&url).await.expect("the program waits");
        assert_eq!(page.status(), 200, "{page:?}");
    }
    process.ends().await
}

#[tokio::test]
async fn each_operation_requests_the_scope_that_it_needs() {
    let ended = call(Grants::All, &["", "list", "list call"]).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "put ran\n");
    let needs = "the list of tools needs the scope list";
    assert!(ended.stderr.contains(needs), "{ended:?}");
    assert!(
        ended.stderr.contains("put needs the scope call"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_scope_that_was_not_granted_is_requested_once() {
    let ended = call(Grants::Nothing, &["", "list"]).await;
    assert_eq!(ended.status.code(), Some(4), "{ended:?}");
    let reason = "the list of tools still needs the scope list, which was not granted";
    assert!(ended.stderr.contains(reason), "{ended:?}");
}
