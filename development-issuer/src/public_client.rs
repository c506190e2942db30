//! The client of a request to the token or the revocation endpoint. Every client is public.

use axum::http::{HeaderMap, StatusCode, header::AUTHORIZATION};

use crate::{
    client_id_metadata, client_lookup::Client, form_parameters::FormParameters,
    json_response::OAuthError,
};

/// Returns the client that a form names. Only its code or token
/// proves that the form comes from this client.
pub(crate) fn identify(form: &FormParameters) -> Result<&str, OAuthError> {
    let client = form.required("client_id", "client_id is missing")?;
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
pub(crate) fn check_no_secret(headers: &HeaderMap) -> Result<(), OAuthError> {
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
