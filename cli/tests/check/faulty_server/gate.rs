//! The gate of the test server: 401, 400 and 403, and the errors planted there.

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;

use super::{FaultyServer, ReceivedRequest, refusal, tokens};

/// Every scope that a token may have.
const ALL: &str = "notes:read notes:write";

/// Returns a refusal, or `None` if the request may continue.
pub(crate) fn refuse(server: &FaultyServer, request: &ReceivedRequest) -> Option<Response> {
    if request.query().contains_key("access_token") && !server.has("tokens.query") {
        return Some(invalid_request());
    }
    let credentials: Vec<_> = request
        .headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .collect();
    if credentials.len() > 1 && !server.has("tokens.two_headers") {
        return Some(invalid_request());
    }
    let good = granted(server, request);
    match (credentials.last(), good) {
        (_, Some(_)) => None,
        (None, None) => anonymous(server, request),
        (Some(value), None) => Some(bad(server, request, value.to_str().unwrap_or_default())),
    }
}

/// Returns the scopes of the request's token.
pub(crate) fn granted(server: &FaultyServer, request: &ReceivedRequest) -> Option<String> {
    let mut values = request.headers.get_all(header::AUTHORIZATION).iter();
    values.find_map(|value| {
        let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
        let is_in_session = request.header("mcp-session-id").is_some();
        let takes_foreign = match is_in_session {
            true => server.has("audience.session"),
            false => server.has("audience.other_resource"),
        };
        let is_taken = (token == server.foreign && takes_foreign)
            || (token == server.bound.token
                && (server.has("dpop.bearer") && scheme == "Bearer"
                    || scheme == "DPoP" && server.bound.is_proved(server, request)));
        match scheme {
            _ if is_taken => Some("notes:read".to_owned()),
            "Bearer" => scopes(server, token),
            _ => None,
        }
    })
}

/// Returns the subject of the request's token.
pub(crate) fn subject(request: &ReceivedRequest) -> Option<String> {
    let (_, token) = request.header("authorization")?.split_once(' ')?;
    let (_, claims, _) = tokens::read(token)?;
    claims["sub"].as_str().map(str::to_owned)
}

/// Returns the scopes of a valid token, or of one that a planted error accepts.
fn scopes(server: &FaultyServer, token: &str) -> Option<String> {
    let issued = server.tokens.lock().expect("no panic");
    if let Some(scopes) = issued.get(token) {
        return Some(scopes.clone());
    }
    let (head, claims, signature) = tokens::read(token)?;
    let alg = head["alg"].as_str()?;
    let is_forged = alg == "ES256" && head.get("jwk").is_none() && claims["jti"].is_string();
    let is_live = claims["exp"].as_u64()? > 2_000_000_000;
    let is_ours = claims["aud"] == server.resource();
    let taken = [
        (
            "tokens.alg_none",
            alg.eq_ignore_ascii_case("none") && alg != "none",
        ),
        ("tokens.forged", is_forged && is_live && is_ours),
        ("tokens.audience", is_forged && is_live && !is_ours),
        ("tokens.own_key", head.get("jwk").is_some()),
        ("tokens.known_secret", alg == "HS256"),
        (
            "tokens.tampered/claims",
            issued.keys().any(|own| own.ends_with(&signature)) && !signature.is_empty(),
        ),
        (
            "tokens.tampered/stripped",
            signature.is_empty() && alg == "ES256",
        ),
    ];
    let is_taken = taken
        .iter()
        .any(|&(error, holds)| holds && server.has(error));
    (is_taken && token != server.foreign && token != server.bound.token).then(|| ALL.to_owned())
}

fn invalid_request() -> Response {
    let mut response = refusal(400, &json!({"error": "invalid_request"}));
    let challenge = HeaderValue::from_static("Bearer error=\"invalid_request\"");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn anonymous(server: &FaultyServer, request: &ReceivedRequest) -> Option<Response> {
    let message = request.json();
    let method = message["method"].as_str().unwrap_or_default();
    let opened = request.header("mcp-session-id").is_some();
    let is_open = (server.has("lifecycle.session_token") && opened)
        || (server.has("leaks.list")
            && matches!(method, "tools/list" | "notifications/initialized"))
        || (server.has("leaks.list") && matches!(method, "initialize" | "server/discover"))
        || (server.has("leaks.doors") && method == "resources/list")
        || (server.has("tokens.query")
            && request
                .query()
                .get("access_token")
                .is_some_and(|token| scopes(server, token).is_some()))
        || (server.has("challenge.get") && request.method == Method::GET);
    if is_open {
        return None;
    }
    if server.has("challenge.status") && request.method == Method::POST {
        let error = json!({"code": -32001, "message": "unauthorized"});
        return Some(refusal(
            200,
            &json!({"jsonrpc": "2.0", "id": 1, "error": error}),
        ));
    }
    Some(challenge(server, request, None))
}

fn bad(server: &FaultyServer, request: &ReceivedRequest, value: &str) -> Response {
    if value.starts_with("DPoP ") && !server.has("dpop.challenge") {
        let mut response = challenge(server, request, Some("the proof is bad"));
        let dpop = "DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"";
        let headers = response.headers_mut();
        headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(dpop));
        return response;
    }
    let token = value.strip_prefix("Bearer ").unwrap_or_default();
    let expired = tokens::read(token).is_some_and(|(_, claims, _)| claims["exp"] == 1_000_000_000);
    if server.has("tokens.expired") && expired {
        return refusal(403, &json!({"error": "insufficient_scope"}));
    }
    if server.has("tokens.garbage") && token.len() == 32 {
        return refusal(500, &json!({"error": "decode"}));
    }
    if server.has("tokens.malformed") && token.is_empty() {
        return refusal(403, &json!({"error": "forbidden"}));
    }
    if server.has("tokens.long") && token.len() > 10_000 {
        return refusal(500, &json!({"error": "too long"}));
    }
    if server.has("leaks.token") {
        return challenge(server, request, Some(token));
    }
    challenge(server, request, Some("the token is bad"))
}

/// Builds the 401. A description means that a token was sent.
pub(crate) fn challenge(
    server: &FaultyServer,
    request: &ReceivedRequest,
    description: Option<&str>,
) -> Response {
    let host = match server.has("host.reflected/challenge") {
        true => format!("http://{}", request.header("host").unwrap_or_default()),
        false => server.origin.clone(),
    };
    let place = match server.has("metadata.path") {
        true => format!("{host}/.well-known/oauth-protected-resource"),
        false => format!("{host}/.well-known/oauth-protected-resource/mcp"),
    };
    let usual = format!("resource_metadata=\"{place}\", scope=\"notes:read\"");
    let text = match description {
        None => without_token(server, &place, &usual),
        Some(_) if server.has("tokens.error") => format!("Bearer {usual}"),
        Some(text) if server.has("tokens.challenge") => format!(
            "Bearer error=\"invalid_token\", error_description=\"{text} (scope=x)\", {usual}"
        ),
        Some(text) => {
            format!("Bearer error=\"invalid_token\", {usual}, error_description=\"{text}\"")
        }
    };
    let mut response = match description {
        None if server.has("challenge.body") => {
            (StatusCode::UNAUTHORIZED, Html("<h1>Unauthorized</h1>")).into_response()
        }
        Some(_) if server.has("leaks.trace") => refusal(
            401,
            &json!({"error": "Traceback (most recent call last): …"}),
        ),
        _ => refusal(
            401,
            &json!({"error": "unauthorized", "error_description": description}),
        ),
    };
    if !text.is_empty() {
        let value = HeaderValue::from_bytes(text.as_bytes()).expect("a header's bytes");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

fn without_token(server: &FaultyServer, place: &str, usual: &str) -> String {
    let error = |name: &str| server.has(&format!("challenge.{name}"));
    let metadata = format!("resource_metadata=\"{place}\"");
    if error("header") {
        String::new()
    } else if error("grammar") {
        format!("Bearer {metadata}, scope=notes:read")
    } else if error("grammar/twice") {
        format!("Bearer {usual}, SCOPE=\"notes:read\"")
    } else if error("bearer_first") {
        format!("Basic realm=\"x\", Bearer {usual}")
    } else if error("ascii") {
        format!("Bearer {usual}, error_description=\"no token – log in\"")
    } else if error("searchable") {
        format!("Bearer error_description=\"needs scope=x now\", {usual}")
    } else if error("resource_metadata") {
        "Bearer scope=\"notes:read\"".to_owned()
    } else if error("resource_metadata_absolute") {
        "Bearer resource_metadata=\"/.well-known/x\", scope=\"notes:read\"".to_owned()
    } else if error("resource_metadata_resolves") {
        format!(
            "Bearer resource_metadata=\"{}/gone\", scope=\"notes:read\"",
            server.origin
        )
    } else if error("scope") {
        format!("Bearer {metadata}")
    } else if error("scope_tokens") {
        format!("Bearer {metadata}, scope=\"\"")
    } else if error("offline_access") {
        format!("Bearer {metadata}, scope=\"notes:read offline_access\"")
    } else if error("no_error") {
        format!("Bearer error=\"invalid_token\", {usual}")
    } else {
        format!("Bearer {usual}")
    }
}

/// Builds the 403 for a missing scope.
pub(crate) fn insufficient(server: &FaultyServer, granted: &str) -> Response {
    let place = format!("{}/.well-known/oauth-protected-resource/mcp", server.origin);
    let error = match server.has("stepup.error") {
        true => "error=\"access_denied\", ",
        false => "error=\"insufficient_scope\", ",
    };
    let scope = if server.has("stepup.scope/none") {
        String::new()
    } else if server.has("stepup.scope/granted") {
        format!("scope=\"{granted}\", ")
    } else if server.has("stepup.union") {
        "scope=\"notes:write\", ".to_owned()
    } else {
        "scope=\"notes:read notes:write\", ".to_owned()
    };
    let place = match server.has("stepup.challenge") {
        true => "/.well-known/oauth-protected-resource/mcp",
        false => &*place,
    };
    let text = format!("Bearer {error}{scope}resource_metadata=\"{place}\"");
    let status = if server.has("stepup.status/401") {
        401
    } else {
        403
    };
    let mut response = refusal(status, &json!({"error": "insufficient_scope"}));
    let value = HeaderValue::from_str(&text).expect("a header's text");
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, value);
    response
}
