//! The grant of an authorization code (OAuth 2.1 §4.1.3).

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{http::HeaderMap, response::Response};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    dpop,
    form_parameters::FormParameters,
    grant_store::{Code, Grant, GrantError, digest},
    issued_tokens,
    issuer_state::IssuerState,
    json_response::OAuthError,
    public_client,
    token_response::{access_token_response, invalid_grant},
};

/// Redeems a code. Any request with the code uses it up, valid or not: a
/// code that another client sends has leaked.
pub(crate) fn redeem(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let client = public_client::identify(form)?;
    let text = form.required("code", "code is missing")?;
    let verifier = form.required("code_verifier", "code_verifier is missing")?;
    let redirect = form.one("redirect_uri")?;
    form.check_resource(&issuer.settings.resource)?;
    // Before the code is used up: the client can retry with a new proof.
    let proved = dpop::prove(issuer, headers, client)?;
    let now = issuer.now();
    let taken = issuer.memory().take_code(text, now);
    let code = taken.map_err(|error| invalid_grant(issuer, error, client))?;
    validate(issuer, &code, client, verifier, redirect)?;
    // RFC 9449 §10: an attacker who intercepted the code has another key.
    if code.key.is_some() && code.key != proved {
        return Err(invalid_grant(issuer, GrantError::OtherKey, client));
    }
    let grant = Grant {
        key: proved,
        ..code.grant
    };
    let refresh_token = grant.offline.then(|| {
        issuer.memory().start_family(grant.clone(), now);
        issued_tokens::refresh_token(issuer, &grant.id, 0)
    });
    access_token_response(issuer, &grant, &grant.scopes, refresh_token)
}

/// Checks that the code was issued to this client, for this redirect URI and verifier.
fn validate(
    issuer: &IssuerState,
    code: &Code,
    client: &str,
    verifier: &str,
    redirect: Option<&str>,
) -> Result<(), OAuthError> {
    if code.grant.client != client {
        return Err(invalid_grant(issuer, GrantError::Stolen, client));
    }
    // OAuth 2.1 no longer requires it, because PKCE replaces it; but if it is sent, it must
    // match.
    if redirect.is_some() && redirect != code.redirect.as_deref() {
        return Err(OAuthError::new(
            "invalid_grant",
            "redirect_uri differs from the authorization request",
        ));
    }
    match verifies(verifier, &code.challenge) {
        true => Ok(()),
        false => Err(OAuthError::new(
            "invalid_grant",
            "code_verifier does not match code_challenge",
        )),
    }
}

/// Returns whether a verifier is the one of a challenge (RFC 7636 §4.6).
pub(crate) fn verifies(verifier: &str, challenge: &str) -> bool {
    let is_verifier = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    let own = BASE64_URL_SAFE_NO_PAD.encode(digest(verifier));
    is_verifier && verify_slices_are_equal(own.as_bytes(), challenge.as_bytes()).is_ok()
}
