//! The grant of a refresh token: each token is valid for one use, and a second use revokes the family.
//!
//! A public client cannot prove that a refresh token is its own, so rotation detects a stolen
//! copy (OAuth 2.1 §4.3.1, RFC 9700 §4.14.2). A token is the sealed number within its family,
//! so a forged one reveals and revokes nothing.

use axum::{http::HeaderMap, response::Response};

use crate::{
    dpop,
    form_parameters::FormParameters,
    grant_store::{Grant, GrantError},
    issued_tokens,
    issuer_state::IssuerState,
    json_response::OAuthError,
    public_client,
    settings::OFFLINE_ACCESS,
    token_response::{access_token_response, invalid_grant},
};

/// Exchanges a refresh token for an access token and the next refresh token.
pub(crate) fn refresh(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let client = public_client::identify(form)?;
    let presented = form.required("refresh_token", "refresh_token is missing")?;
    let requested = form.one("scope")?;
    form.check_resource(&issuer.settings.resource)?;
    let Some((grant, number)) = issued_tokens::open_refresh_token(issuer, presented) else {
        return Err(invalid_grant(issuer, GrantError::Unknown, client));
    };
    let proved = dpop::prove(issuer, headers, client)?;
    let renewed = {
        let mut memory = issuer.memory();
        // Checked before the token is used up, so that a wrong scope does not cost it.
        if let Some(grant) = memory.current_family(&grant, number, issuer.now()) {
            narrowed(grant, requested)?;
        }
        memory.rotate(&grant, number, client, proved, issuer.now())
    };
    let (grant, next) = renewed.map_err(|error| invalid_grant(issuer, error, client))?;
    let scopes = narrowed(&grant, requested)?;
    let token = issued_tokens::refresh_token(issuer, &grant.id, next);
    access_token_response(issuer, &grant, &scopes, Some(token))
}

/// Returns the scopes of the grant, or the requested subset (RFC 6749 §6). Other scopes are
/// dropped: some clients repeat every scope they ever requested, granted or not.
fn narrowed(grant: &Grant, requested: Option<&str>) -> Result<Vec<String>, OAuthError> {
    let requested: Vec<_> = requested
        .unwrap_or_default()
        .split(' ')
        .filter(|scope| !scope.is_empty() && *scope != OFFLINE_ACCESS)
        .collect();
    if requested.is_empty() {
        return Ok(grant.scopes.clone());
    }
    let mut scopes = grant.scopes.clone();
    scopes.retain(|scope| requested.contains(&scope.as_str()));
    match scopes.is_empty() {
        true => Err(OAuthError::new(
            "invalid_scope",
            "the grant does not contain any of the scopes",
        )),
        false => Ok(scopes),
    }
}
