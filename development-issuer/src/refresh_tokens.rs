//! Refresh tokens: each is valid for one use, and a second use revokes the family.
//!
//! A public client cannot prove that a refresh token is its own, so rotation detects a stolen
//! copy (OAuth 2.1 §4.3.1, RFC 9700 §4.14.2). A token is the sealed number within its family,
//! so a forged one reveals and revokes nothing.

use axum::{http::HeaderMap, response::Response};

use super::{
    OFFLINE_ACCESS, Provider,
    authorization_request::check_resource,
    dpop,
    form_parameters::FormParameters,
    grant_store::{Grant, Refused},
    json_response::OAuthError,
    sealed_values::Purpose,
    token_endpoint::{self, invalid_grant},
};

/// Builds the refresh token of a family with this number.
pub(super) fn token(provider: &Provider, grant: &str, number: u64) -> String {
    let payload = format!("{grant} {number}");
    provider.seal.close(Purpose::Refresh, payload.as_bytes())
}

/// Returns the family and the number of a refresh token that was issued here.
pub(super) fn open(provider: &Provider, token: &str) -> Option<(String, u64)> {
    let payload = String::from_utf8(provider.seal.open(Purpose::Refresh, token)?).ok()?;
    let (grant, number) = payload.split_once(' ')?;
    Some((grant.to_owned(), number.parse().ok()?))
}

pub(super) fn refresh(
    provider: &Provider,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let client = token_endpoint::known_client(form)?;
    let presented = form.needed("refresh_token", "refresh_token is missing")?;
    let asked = form.one("scope")?;
    check_resource(provider, form)?;
    let Some((grant, number)) = open(provider, presented) else {
        return Err(invalid_grant(provider, Refused::Unknown, client));
    };
    let proved = dpop::prove(provider, headers, client)?;
    let renewed = {
        let mut memory = provider.memory();
        // Checked before the token is used up, so that a wrong scope does not cost it.
        if let Some(grant) = memory.renewable(&grant, number, provider.now()) {
            narrowed(grant, asked)?;
        }
        memory.renew(&grant, number, client, proved, provider.now())
    };
    let (grant, next) = renewed.map_err(|refused| invalid_grant(provider, refused, client))?;
    let scopes = narrowed(&grant, asked)?;
    let renewal = token(provider, &grant.id, next);
    token_endpoint::answer(provider, &grant, &scopes, Some(renewal))
}

/// Returns the scopes of the grant, or the requested subset (RFC 6749 §6). Other scopes are
/// dropped: some clients repeat every scope they ever requested, granted or not.
fn narrowed(grant: &Grant, asked: Option<&str>) -> Result<Vec<String>, OAuthError> {
    let asked: Vec<_> = asked
        .unwrap_or_default()
        .split(' ')
        .filter(|scope| !scope.is_empty() && *scope != OFFLINE_ACCESS)
        .collect();
    if asked.is_empty() {
        return Ok(grant.scopes.clone());
    }
    let mut scopes = grant.scopes.clone();
    scopes.retain(|scope| asked.contains(&scope.as_str()));
    match scopes.is_empty() {
        true => Err(OAuthError::new(
            "invalid_scope",
            "none of the scopes was granted",
        )),
        false => Ok(scopes),
    }
}
