//! The token endpoint of the identity provider: a code for an ID token, and an ID token for an
//! ID-JAG.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{id_jag, identifier::issuer};
use crate::{
    client_authentication,
    code_grant::verifies,
    confidential_client::ConfidentialClient,
    form_parameters::FormParameters,
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
    sealed_values, token_exchange,
};

/// How long a person stays signed in, in seconds.
const SIGN_IN_LIFE: u64 = 3600;

pub(crate) async fn token(State(state): State<Arc<IssuerState>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let response = match FormParameters::from_form(request, state.settings.body_time).await {
        Ok(form) => dispatch(&state, &headers, &form),
        Err(refusal) => Err(refusal),
    };
    response.unwrap_or_else(IntoResponse::into_response)
}

/// Selects the grant. Every client has credentials here
/// (draft-ietf-oauth-identity-assertion-authz-grant §9.1).
fn dispatch(
    state: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let grant = form.required("grant_type", "grant_type is missing")?;
    if !matches!(grant, "authorization_code" | token_exchange::GRANT) {
        return Err(OAuthError::new(
            "unsupported_grant_type",
            "grant_type must be authorization_code or token-exchange (RFC 8693)",
        ));
    }
    let client = client_authentication::authenticate(state, headers, form)?;
    match grant {
        "authorization_code" => redeem(state, &client, form),
        _ => id_jag::exchange(state, &client, form),
    }
}

/// Redeems a code for an ID token (OpenID Connect Core §3.1.3). Any request with the code uses it
/// up.
fn redeem(
    state: &IssuerState,
    client: &ConfidentialClient,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let code = form.required("code", "code is missing")?;
    let verifier = form.required("code_verifier", "code_verifier is missing")?;
    let redirect = form.one("redirect_uri")?;
    let now = state.now();
    let found = state.identity_provider.sign_ins().take(code, now);
    let is_own = |client_id: &str, uri: Option<&str>, challenge: &str| {
        client_id == client.id
            && (redirect.is_none() || redirect == uri)
            && verifies(verifier, challenge)
    };
    let signed_in = found
        .filter(|one| is_own(&one.client, one.redirect.as_deref(), &one.challenge))
        .ok_or(OAuthError::new(
            "invalid_grant",
            "the code is unknown, expired, used, or not of this client, this redirect URI and this verifier",
        ))?;
    let mut claims = json!({
        "iss": issuer(&state.settings),
        "sub": signed_in.subject,
        "aud": client.id,
        "exp": now.saturating_add(SIGN_IN_LIFE),
        "iat": now,
        "auth_time": signed_in.login.time,
        "acr": signed_in.login.acr,
        "roles": signed_in.roles,
    });
    if let (Some(nonce), Some(members)) = (signed_in.nonce, claims.as_object_mut()) {
        members.insert("nonce".to_owned(), nonce.into());
    }
    let id_token = state
        .identity_provider
        .key
        .sign_as(id_jag::ID_TOKEN, &claims)?;
    let body = json!({
        // OpenID Connect requires an access token. No endpoint accepts this one.
        "access_token": sealed_values::random()?,
        "token_type": "Bearer",
        "expires_in": SIGN_IN_LIFE,
        "scope": "openid",
        "id_token": id_token,
    });
    Ok(uncached_json(StatusCode::OK, &body))
}
