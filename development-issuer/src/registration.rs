//! Dynamic client registration (RFC 7591).
//!
//! Every client for people becomes a public client with PKCE, for any request: a program on a
//! developer's machine cannot hold a secret. `scope` is no limit here, because clients
//! register with the scope of their first challenge and step up later. Programs that call for
//! themselves register in `confidential_registration.rs`.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::{
    client_lookup::{Client, display_name},
    confidential_registration, form_parameters,
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
    redirect_uri::RedirectUri,
};

/// The maximum size of a registration, in bytes.
const BODY_LIMIT: usize = 16 * 1024;

pub(crate) async fn register(State(issuer): State<Arc<IssuerState>>, request: Request) -> Response {
    let time = issuer.settings.body_time;
    let headers = request.headers().clone();
    match form_parameters::read_body(request.into_body(), BODY_LIMIT, time).await {
        Ok(body) => {
            register_client(&issuer, &headers, &body).unwrap_or_else(IntoResponse::into_response)
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn register_client(
    issuer: &IssuerState,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, OAuthError> {
    let metadata = issuer
        .settings
        .server
        .parse_strict_object(body)
        .ok_or(invalid("the body must be a JSON object with unique names"))?;
    if confidential_registration::is_meant(&metadata) {
        return confidential_registration::register(issuer, headers, &metadata);
    }
    let client = read_metadata(&metadata)?;
    tracing::info!(
        client = %issuer.quoted(client.name.as_deref().unwrap_or_default()),
        "a client registered at the development issuer"
    );
    let mut answer = json!({
        "client_id": client.id,
        "client_id_issued_at": issuer.now(),
        "redirect_uris": client.redirects.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    });
    if let (Some(name), Some(members)) = (&client.name, answer.as_object_mut()) {
        members.insert("client_name".to_owned(), json!(name));
    }
    Ok(uncached_json(StatusCode::CREATED, &answer))
}

fn read_metadata(metadata: &Map<String, Value>) -> Result<Client, OAuthError> {
    let name = match metadata.get("client_name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => display_name(name),
        Some(_) => return Err(invalid("client_name must be a string")),
    };
    let redirects = metadata
        .get("redirect_uris")
        .and_then(Value::as_array)
        .filter(|uris| !uris.is_empty())
        .ok_or(OAuthError::new(
            "invalid_redirect_uri",
            "redirect_uris must be an array with at least one URI",
        ))?
        .iter()
        .map(|uri| uri.as_str().and_then(RedirectUri::parse))
        .collect::<Option<Vec<_>>>()
        .ok_or(OAuthError::new(
            "invalid_redirect_uri",
            "a redirect URI must be https, http on loopback, or a private application scheme, without a fragment or a response parameter",
        ))?;
    for (member, needed) in [
        ("grant_types", "authorization_code"),
        ("response_types", "code"),
    ] {
        let listed = metadata.get(member).and_then(Value::as_array);
        if listed.is_some_and(|listed| !listed.iter().any(|one| one == needed)) {
            return Err(invalid("only the authorization code grant is supported"));
        }
    }
    Client::register(name, redirects).ok_or(invalid("the redirect URIs are too many or too long"))
}

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new("invalid_client_metadata", description)
}
