//! Token revocation (RFC 7009).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    client_authentication,
    form_parameters::FormParameters,
    issued_tokens::{self, text_claim},
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
};

pub(crate) async fn revoke(State(issuer): State<Arc<IssuerState>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let revoked = match FormParameters::from_form(request, issuer.settings.body_time).await {
        Ok(form) => revoke_token(&issuer, &headers, &form),
        Err(refusal) => Err(refusal),
    };
    match revoked {
        Ok(()) => uncached_json(StatusCode::OK, &json!({})),
        Err(refusal) => refusal.into_response(),
    }
}

/// Revokes a refresh token with its whole family, or a single access token. An unknown token
/// counts as revoked (RFC 7009 §2.2).
fn revoke_token(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<(), OAuthError> {
    let client = client_authentication::identify(issuer, headers, form)?;
    let text = form.required("token", "token is missing")?;
    let now = issuer.now();
    if let Some((id, _)) = issued_tokens::open_refresh_token(issuer, text) {
        let mut memory = issuer.memory();
        let owner = memory.family(&id, now).map(|grant| grant.client.clone());
        return match owner {
            Some(owner) if owner != client => Err(OTHER_CLIENT),
            Some(_) => {
                memory.revoke_grant(&id, now);
                Ok(())
            }
            None => Ok(()),
        };
    }
    let Some(claims) = issuer.key.open(text) else {
        return Ok(());
    };
    if text_claim(&claims, "client_id") != client {
        return Err(OTHER_CLIENT);
    }
    issuer.memory().revoke(text_claim(&claims, "jti"), now);
    Ok(())
}

const OTHER_CLIENT: OAuthError =
    OAuthError::new("invalid_grant", "the token was issued to another client");
