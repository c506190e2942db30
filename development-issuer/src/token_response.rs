//! The responses of the token endpoint to a grant.

use axum::{http::StatusCode, response::Response};
use serde_json::json;

use crate::{
    grant_store::{Grant, GrantError, TOKEN_LIFE},
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
    sealed_values,
};

/// Builds an `invalid_grant` error, and logs details that the client must not see.
pub(crate) fn invalid_grant(issuer: &IssuerState, error: GrantError, client: &str) -> OAuthError {
    if error == GrantError::OtherKey {
        return OAuthError::new(
            "invalid_grant",
            "the code or refresh token is bound to a key that was not proved",
        );
    }
    if error != GrantError::Unknown {
        tracing::warn!(
            refused = ?error,
            client = %issuer.quoted(client),
            "a code or refresh token was misused; its grant is revoked"
        );
    }
    OAuthError::new(
        "invalid_grant",
        "the code or refresh token is unknown, expired, used or belongs to another client",
    )
}

/// Issues a JWT access token (RFC 9068 §2.2) and builds the response (RFC 6749 §5.1).
pub(crate) fn access_token_response(
    issuer: &IssuerState,
    grant: &Grant,
    scopes: &[String],
    refresh_token: Option<String>,
) -> Result<Response, OAuthError> {
    let settings = &issuer.settings;
    let now = issuer.now();
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
    if let (Some(login), Some(members)) = (&grant.login, claims.as_object_mut()) {
        // RFC 9470 §6. A token of a program has neither.
        members.insert("acr".to_owned(), json!(login.acr));
        members.insert("auth_time".to_owned(), json!(login.time));
    }
    if let (false, Some(members)) = (grant.roles.is_empty(), claims.as_object_mut()) {
        members.insert("roles".to_owned(), json!(grant.roles));
    }
    if let (Some(key), Some(members)) = (grant.key, claims.as_object_mut()) {
        members.insert("cnf".to_owned(), json!({"jkt": key.encode()}));
    }
    let token = issuer.key.sign(&claims)?;
    let mut body = json!({
        "access_token": token,
        // RFC 9449 §5: shows the client whether its proof was accepted.
        "token_type": if grant.key.is_some() { "DPoP" } else { "Bearer" },
        "expires_in": TOKEN_LIFE,
        // Always sent, because it may be less than requested (RFC 6749 §3.3).
        "scope": scope,
    });
    if let (Some(token), Some(members)) = (refresh_token, body.as_object_mut()) {
        members.insert("refresh_token".to_owned(), json!(token));
    }
    Ok(uncached_json(StatusCode::OK, &body))
}
