//! The token endpoint (OAuth 2.1 §3.2), which issues access tokens for codes, refresh tokens,
//! credentials, assertions and other tokens.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};

use crate::{
    client_credentials_grant, code_grant,
    confidential_client::{CLIENT_CREDENTIALS, JWT_BEARER},
    form_parameters::FormParameters,
    issuer_state::IssuerState,
    json_response::OAuthError,
    jwt_bearer_grant, public_client, refresh_grant, token_exchange,
};

pub(crate) async fn token(State(issuer): State<Arc<IssuerState>>, request: Request) -> Response {
    let headers = request.headers().clone();
    let response = match FormParameters::from_form(request, issuer.settings.body_time).await {
        Ok(form) => dispatch(&issuer, &headers, &form),
        Err(refusal) => Err(refusal),
    };
    response.unwrap_or_else(IntoResponse::into_response)
}

/// Selects the grant.
fn dispatch(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    if form.one("grant_type")?.is_none() {
        public_client::check_no_secret(headers)?;
    }
    match form.required("grant_type", "grant_type is missing")? {
        token_exchange::GRANT => token_exchange::exchange(issuer, headers, form),
        CLIENT_CREDENTIALS => client_credentials_grant::issue(issuer, headers, form),
        JWT_BEARER => jwt_bearer_grant::redeem(issuer, headers, form),
        "authorization_code" => {
            public_client::check_no_secret(headers)?;
            code_grant::redeem(issuer, headers, form)
        }
        "refresh_token" => {
            public_client::check_no_secret(headers)?;
            refresh_grant::refresh(issuer, headers, form)
        }
        // Also without valid credentials: the client must learn that it needs another grant.
        _ => Err(OAuthError::new(
            "unsupported_grant_type",
            "grant_type must be authorization_code, refresh_token, client_credentials, jwt-bearer (RFC 7523) or token-exchange (RFC 8693)",
        )),
    }
}
