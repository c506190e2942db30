//! The registration of a client with credentials (RFC 7591): a program that calls for itself, or
//! an application that an enterprise manages.

use axum::{
    http::{HeaderMap, StatusCode, header::ORIGIN},
    response::Response,
};
use serde_json::{Map, Value, json};

use crate::{
    assertion_key::AssertionKey,
    client_lookup::display_name,
    confidential_client::{
        AuthenticationMethod, CLIENT_CREDENTIALS, ConfidentialClient, JWT_BEARER, Registration,
    },
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
    redirect_uri::RedirectUri,
    sealed_values,
};

/// Returns whether this is the registration of a client with credentials. Clients for people often
/// list every grant type that they know, and stay public.
pub(crate) fn is_meant(metadata: &Map<String, Value>) -> bool {
    let method = metadata.get("token_endpoint_auth_method");
    let has_method = method
        .and_then(Value::as_str)
        .is_some_and(|name| AuthenticationMethod::named(name).is_some());
    let calls_for_itself =
        has_grant(metadata, CLIENT_CREDENTIALS) && !has_grant(metadata, "authorization_code");
    calls_for_itself || (has_method && has_grant(metadata, JWT_BEARER))
}

/// Returns whether the metadata of a client list a grant type.
fn has_grant(metadata: &Map<String, Value>, grant: &str) -> bool {
    let listed = metadata.get("grant_types").and_then(Value::as_array);
    listed.is_some_and(|listed| listed.iter().any(|one| one == grant))
}

/// Registers the client, and returns its secret if it has one.
pub(crate) fn register(
    issuer: &IssuerState,
    headers: &HeaderMap,
    metadata: &Map<String, Value>,
) -> Result<Response, OAuthError> {
    // Any page can send requests here. It must not get a token without the consent of a person.
    if headers.contains_key(ORIGIN) {
        return Err(invalid(
            "a web page cannot register a client with credentials",
        ));
    }
    let client = ConfidentialClient::register(read(metadata)?)
        .ok_or(invalid("the key or the redirect URIs are too long"))?;
    let registration = &client.registration;
    tracing::warn!(
        client = %issuer.quoted(registration.name.as_deref().unwrap_or_default()),
        "a client with credentials registered at the development issuer: it gets tokens without a person's consent"
    );
    let grants = [
        (registration.calls_for_itself, CLIENT_CREDENTIALS),
        (registration.is_managed, JWT_BEARER),
    ];
    let grants = grants.into_iter().filter(|(is_allowed, _)| *is_allowed);
    let mut body = json!({
        "client_id": client.id,
        "client_id_issued_at": issuer.now(),
        "token_endpoint_auth_method": registration.method.name(),
        "grant_types": grants.map(|(_, name)| name).collect::<Vec<_>>(),
        "response_types": if registration.redirects.is_empty() { json!([]) } else { json!(["code"]) },
        "redirect_uris": registration.redirects.iter().map(RedirectUri::as_str).collect::<Vec<_>>(),
    });
    match &registration.key {
        Some(key) => body["jwks"] = json!({"keys": [key]}),
        None => {
            body["client_secret"] = client.secret(&issuer.seal).into();
            // RFC 7591 §3.2.1: it does not expire before the process ends.
            body["client_secret_expires_at"] = 0.into();
        }
    }
    if let Some(name) = &registration.name {
        body["client_name"] = name.as_str().into();
    }
    Ok(uncached_json(StatusCode::CREATED, &body))
}

fn read(metadata: &Map<String, Value>) -> Result<Registration, OAuthError> {
    let name = match metadata.get("client_name") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => display_name(name),
        Some(_) => return Err(invalid("client_name must be a string")),
    };
    // RFC 7591 §2: the default.
    let method = match metadata.get("token_endpoint_auth_method") {
        None => AuthenticationMethod::ClientSecretBasic,
        Some(method) => method
            .as_str()
            .and_then(AuthenticationMethod::named)
            .ok_or(invalid(
                "token_endpoint_auth_method must be client_secret_basic, client_secret_post or private_key_jwt",
            ))?,
    };
    let key = match (method, metadata.get("jwks")) {
        (AuthenticationMethod::PrivateKeyJwt, Some(set)) => AssertionKey::from_set(set),
        _ => None,
    };
    if method == AuthenticationMethod::PrivateKeyJwt && key.is_none() {
        return Err(invalid(
            "private_key_jwt needs jwks with exactly one public key: P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits",
        ));
    }
    let uris = metadata.get("redirect_uris").and_then(Value::as_array);
    let uris = uris.into_iter().flatten();
    let redirects = uris.map(|uri| uri.as_str().and_then(RedirectUri::parse));
    let redirects = redirects.collect::<Option<Vec<_>>>();
    Ok(Registration {
        unique: sealed_values::random()?,
        name,
        method,
        calls_for_itself: has_grant(metadata, CLIENT_CREDENTIALS),
        is_managed: has_grant(metadata, JWT_BEARER),
        redirects: redirects.ok_or(OAuthError::new(
            "invalid_redirect_uri",
            "a redirect URI must be https, http on loopback, or a private application scheme, without a fragment or a response parameter",
        ))?,
        key,
    })
}

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new("invalid_client_metadata", description)
}
