//! An authorization server that grants every request, and the errors planted there.

use axum::{
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{FaultyServer, ReceivedRequest, refusal};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The request that an authorization code was issued for.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    challenge: String,
    redirect: String,
    scope: String,
}

pub(crate) fn serve(server: &FaultyServer, request: &ReceivedRequest) -> Option<Response> {
    let is_gone = server.has("issuer.metadata");
    match request.uri.path() {
        "/.well-known/oauth-authorization-server" if !is_gone => {
            Some(axum::Json(document(server)).into_response())
        }
        "/.well-known/openid-configuration" if !is_gone => {
            let mut document = document(server);
            if server.has("issuer.consistent") {
                document["token_endpoint"] = format!("{}/other", server.origin).into();
            }
            Some(axum::Json(document).into_response())
        }
        "/jwks" if !server.has("issuer.jwks/gone") => {
            Some(axum::Json(keys(server)).into_response())
        }
        "/register" if request.method == Method::POST => Some(register(server, request)),
        "/authorize" => Some(authorize(server, request)),
        "/token" => Some(token(server, request)),
        _ => None,
    }
}

fn document(server: &FaultyServer) -> Value {
    let place = |path: &str| format!("{}{path}", server.origin);
    let mut document = json!({
        "issuer": server.origin,
        "authorization_endpoint": place("/authorize"),
        "token_endpoint": place("/token"),
        "registration_endpoint": place("/register"),
        "jwks_uri": place("/jwks"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials", JWT_BEARER],
        "authorization_grant_profiles_supported": ["urn:ietf:params:oauth:grant-profile:id-jag"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
        "authorization_response_iss_parameter_supported": true,
    });
    let changes = [
        ("same", "issuer", json!(place("/"))),
        ("pkce/none", "code_challenge_methods_supported", Value::Null),
        (
            "pkce/other",
            "code_challenge_methods_supported",
            json!(["S512"]),
        ),
        (
            "pkce_plain",
            "code_challenge_methods_supported",
            json!(["S256", "plain"]),
        ),
        (
            "endpoints/relative",
            "authorization_endpoint",
            json!("/authorize"),
        ),
        ("endpoints/none", "token_endpoint", Value::Null),
        ("code", "response_types_supported", json!(["token"])),
        ("registration", "registration_endpoint", Value::Null),
        (
            "iss_parameter",
            "authorization_response_iss_parameter_supported",
            Value::Null,
        ),
    ];
    for (error, member, value) in changes {
        if server.has(&format!("issuer.{error}")) {
            document[member] = value;
        }
    }
    let changes = [
        ("announced", "grant_types_supported", Value::Null),
        (
            "methods",
            "token_endpoint_auth_methods_supported",
            json!(["none"]),
        ),
        (
            "enterprise",
            "grant_types_supported",
            json!(["authorization_code", "client_credentials"]),
        ),
    ];
    for (error, member, value) in changes {
        if server.has(&format!("grants.{error}")) {
            document[member] = value;
        }
    }
    if let Some(members) = document.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    document
}

fn keys(server: &FaultyServer) -> Value {
    let point = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    let mut key = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1", "x": point, "y": point,
    });
    if server.has("issuer.jwks_public") {
        key["d"] = point.into();
    }
    if server.has("issuer.jwks/encryption") {
        key["use"] = "enc".into();
    }
    json!({"keys": [key]})
}

fn register(server: &FaultyServer, request: &ReceivedRequest) -> Response {
    let body = request.json();
    if body["grant_types"] == json!(["client_credentials"]) {
        return refusal(
            201,
            &json!({"client_id": "program", "client_secret": "s e:cret"}),
        );
    }
    let is_public = body["token_endpoint_auth_method"] == "none";
    if server.has("login.registration") || !is_public || !body["scope"].is_null() {
        return refusal(400, &json!({"error": "invalid_client_metadata"}));
    }
    refusal(201, &json!({"client_id": "client-1"}))
}

fn authorize(server: &FaultyServer, request: &ReceivedRequest) -> Response {
    let query = request.query();
    let get = |name: &str| query.get(name).cloned().unwrap_or_default();
    let is_right = get("response_type") == "code"
        && get("client_id") == "client-1"
        && get("code_challenge_method") == "S256"
        && get("resource") == server.resource();
    if !is_right {
        return refusal(400, &json!({"error": "invalid_request"}));
    }
    let mut codes = server.codes.lock().expect("no panic");
    let code = format!("code-{}", codes.len());
    let redirect = get("redirect_uri");
    codes.insert(
        code.clone(),
        Pending {
            challenge: get("code_challenge"),
            redirect: redirect.clone(),
            scope: get("scope"),
        },
    );
    let state = match server.has("login.response") {
        true => "another".to_owned(),
        false => get("state"),
    };
    let mut back = url::Url::parse(&redirect).expect("a redirect URI");
    back.query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &state);
    if server.has("login.iss/other") {
        back.query_pairs_mut()
            .append_pair("iss", &format!("{}/", server.origin));
    } else if !server.has("login.iss/none") {
        back.query_pairs_mut().append_pair("iss", &server.origin);
    }
    (StatusCode::FOUND, [(header::LOCATION, String::from(back))]).into_response()
}

fn token(server: &FaultyServer, request: &ReceivedRequest) -> Response {
    let fields = ReceivedRequest::fields(&String::from_utf8_lossy(&request.body));
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    if !get("grant_type").starts_with("authorization_code") {
        return program(server, request, &get("grant_type"));
    }
    let pending = server.codes.lock().expect("no panic").remove(&get("code"));
    let digest =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, get("code_verifier").as_bytes());
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref());
    let pending = match pending {
        Some(pending)
            if pending.challenge == challenge
                && pending.redirect == get("redirect_uri")
                && get("resource") == server.resource()
                && !server.has("login.token") =>
        {
            pending
        }
        _ => return refusal(400, &json!({"error": "invalid_grant"})),
    };
    let scope = match server.has("login.scope") {
        true => String::new(),
        false => pending.scope,
    };
    let token = match server.has("login.audience") {
        false => server.issue(&scope),
        true => {
            let token =
                super::tokens::token(&server.origin, "https://other.example", "alice", &scope, 9);
            let mut issued = server.tokens.lock().expect("no panic");
            issued.insert(token.clone(), scope.clone());
            token
        }
    };
    refusal(
        200,
        &json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600, "scope": scope}),
    )
}

/// Answers a program that authenticates with its secret.
fn program(server: &FaultyServer, request: &ReceivedRequest, grant: &str) -> Response {
    // `program:s+e%3Acret` in base64: both parts are form-encoded first (RFC 6749 §2.3.1).
    let is_known = request.header("authorization") == Some("Basic cHJvZ3JhbTpzK2UlM0FjcmV0");
    let error = |status, error: &str| refusal(status, &json!({"error": error}));
    match grant {
        _ if !is_known && !server.has("grants.secret") => error(401, "invalid_client"),
        "client_credentials" if !server.has("grants.client_credentials") => {
            let token = match server.has("grants.accepted") {
                false => server.issue_to("program", "notes:read"),
                true => super::tokens::token(&server.origin, "nobody", "program", "", 97),
            };
            refusal(200, &json!({"access_token": token, "token_type": "bearer"}))
        }
        "client_credentials" => error(400, "invalid_scope"),
        _ if server.has("grants.unknown") => error(500, "server_error"),
        _ => error(400, "unsupported_grant_type"),
    }
}
