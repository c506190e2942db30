//! The token endpoint (OAuth 2.1 §3.2), which exchanges a code or a refresh token for an
//! access token.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    Provider,
    authorization_request::check_resource,
    client_id_metadata,
    client_lookup::Client,
    dpop,
    form_parameters::FormParameters,
    grant_store::{Code, Grant, Refused, TOKEN_LIFE, digest},
    json_response::{OAuthError, unkept},
    refresh_tokens, sealed_values, token_exchange,
};

pub(super) async fn token(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let issued = match FormParameters::from_form(request, provider.settings.body_time).await {
        Ok(form) => issue(&provider, &headers, &form),
        Err(refusal) => Err(refusal),
    };
    issued.unwrap_or_else(IntoResponse::into_response)
}

fn issue(
    provider: &Provider,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    if form.one("grant_type")? == Some(token_exchange::GRANT) {
        return token_exchange::exchange(provider, headers, form);
    }
    check_no_secret(headers)?;
    match form.needed("grant_type", "grant_type is missing")? {
        "authorization_code" => redeem(provider, headers, form),
        "refresh_token" => refresh_tokens::refresh(provider, headers, form),
        _ => Err(OAuthError::new(
            "unsupported_grant_type",
            "grant_type must be authorization_code, refresh_token or token-exchange (RFC 8693)",
        )),
    }
}

/// Redeems a code (OAuth 2.1 §4.1.3). Any request with the code uses it up, valid or not: a
/// code that another client sends has leaked.
fn redeem(
    provider: &Provider,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let client = known_client(form)?;
    let text = form.needed("code", "code is missing")?;
    let verifier = form.needed("code_verifier", "code_verifier is missing")?;
    let redirect = form.one("redirect_uri")?;
    check_resource(provider, form)?;
    // Before the code is used up: the client can retry with a new proof.
    let proved = dpop::prove(provider, headers, client)?;
    let now = provider.now();
    let taken = provider.memory().take_code(text, now);
    let code = taken.map_err(|refused| invalid_grant(provider, refused, client))?;
    judge(provider, &code, client, verifier, redirect)?;
    // RFC 9449 §10: an attacker who intercepted the code has another key.
    if code.key.is_some() && code.key != proved {
        return Err(invalid_grant(provider, Refused::OtherKey, client));
    }
    let grant = Grant {
        key: proved,
        ..code.grant
    };
    let renewal = grant.offline.then(|| {
        provider.memory().begin_renewals(grant.clone(), now);
        refresh_tokens::token(provider, &grant.id, 0)
    });
    answer(provider, &grant, &grant.scopes, renewal)
}

fn judge(
    provider: &Provider,
    code: &Code,
    client: &str,
    verifier: &str,
    redirect: Option<&str>,
) -> Result<(), OAuthError> {
    if code.grant.client != client {
        return Err(invalid_grant(provider, Refused::Stolen, client));
    }
    // OAuth 2.1 no longer requires it, because PKCE replaces it; but if it is sent, it must
    // match.
    if redirect.is_some() && redirect != code.redirect.as_deref() {
        return Err(OAuthError::new(
            "invalid_grant",
            "redirect_uri differs from the authorization request",
        ));
    }
    let is_verifier = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(verifier));
    let agrees = verify_slices_are_equal(challenge.as_bytes(), code.challenge.as_bytes());
    match is_verifier && agrees.is_ok() {
        true => Ok(()),
        false => Err(OAuthError::new(
            "invalid_grant",
            "code_verifier does not match code_challenge",
        )),
    }
}

/// Returns the client that a form names. The client is public, so only its code or token
/// identifies it.
pub(super) fn known_client(form: &FormParameters) -> Result<&str, OAuthError> {
    let client = form.needed("client_id", "client_id is missing")?;
    if form.all("client_secret").any(|secret| !secret.is_empty())
        || form.all("client_assertion").next().is_some()
    {
        return Err(NO_SECRETS);
    }
    // A metadata document was fetched before the consent; the code or token is bound to its
    // client.
    match client_id_metadata::is_url(client) || Client::from_id(client).is_some() {
        true => Ok(client),
        false => Err(OAuthError::new("invalid_client", "the client is unknown")
            .with_status(StatusCode::UNAUTHORIZED)),
    }
}

/// Refuses client secrets: no client here has one, so a client that sends one is meant for
/// another server.
pub(super) fn check_no_secret(headers: &HeaderMap) -> Result<(), OAuthError> {
    match headers.contains_key(AUTHORIZATION) {
        true => Err(NO_SECRETS),
        false => Ok(()),
    }
}

const NO_SECRETS: OAuthError = OAuthError::new(
    "invalid_client",
    "clients are public here: send client_id in the body and no secret",
)
.with_status(StatusCode::UNAUTHORIZED);

/// Builds an `invalid_grant` error, and logs details that the client must not see.
pub(super) fn invalid_grant(provider: &Provider, refused: Refused, client: &str) -> OAuthError {
    if refused == Refused::OtherKey {
        return OAuthError::new(
            "invalid_grant",
            "the code or refresh token is bound to a key that was not proved",
        );
    }
    if refused != Refused::Unknown {
        tracing::warn!(
            ?refused,
            client = %provider.quoted(client),
            "a code or refresh token was misused; its grant is revoked"
        );
    }
    OAuthError::new(
        "invalid_grant",
        "the code or refresh token is unknown, expired, used or belongs to another client",
    )
}

/// Issues a JWT access token (RFC 9068 §2.2) and builds the response (RFC 6749 §5.1).
pub(super) fn answer(
    provider: &Provider,
    grant: &Grant,
    scopes: &[String],
    renewal: Option<String>,
) -> Result<Response, OAuthError> {
    let settings = &provider.settings;
    let now = provider.now();
    let scope = scopes.join(" ");
    // The part before the dot is the grant, so that all its tokens can be revoked.
    let id = format!("{}.{}", grant.id, sealed_values::random()?);
    let mut claims = json!({
        "iss": settings.origin,
        "sub": grant.subject,
        "aud": settings.resource,
        "exp": now.saturating_add(TOKEN_LIFE),
        "iat": now,
        "jti": id,
        "client_id": grant.client,
        "scope": scope,
    });
    if let (Some(key), Some(members)) = (grant.key, claims.as_object_mut()) {
        members.insert("cnf".to_owned(), json!({"jkt": key.encode()}));
    }
    let token = provider.key.sign(&claims).map_err(|_| {
        tracing::error!("the development issuer cannot sign");
        OAuthError::ours()
    })?;
    let mut body = json!({
        "access_token": token,
        // RFC 9449 §5: shows the client whether its proof was accepted.
        "token_type": if grant.key.is_some() { "DPoP" } else { "Bearer" },
        "expires_in": TOKEN_LIFE,
        // Always sent, because it may be less than requested (RFC 6749 §3.3).
        "scope": scope,
    });
    if let (Some(renewal), Some(members)) = (renewal, body.as_object_mut()) {
        members.insert("refresh_token".to_owned(), json!(renewal));
    }
    Ok(unkept(StatusCode::OK, &body))
}
