//! A validated authorization request (OAuth 2.1 §4.1.1).

use serde::{Deserialize, Serialize};

use crate::{
    authentication_context,
    client_lookup::Client,
    embedding_server::Thumbprint,
    form_parameters::FormParameters,
    issuer_state::IssuerState,
    json_response::OAuthError,
    response_redirect::ResponseRedirect,
    sealed_values::{self, Purpose},
    settings::OFFLINE_ACCESS,
    subject_name,
};

/// How long the person has to decide, in seconds.
pub(crate) const LIFE: u64 = 10 * 60;

/// A request that this issuer can grant if the person consents.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AuthorizationRequest {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) name: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) redirect: ResponseRedirect,
    /// Whether the request named the redirect URI, so that the token request must match it.
    pub(crate) has_redirect_uri: bool,
    pub(crate) challenge: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) offline: bool,
    /// The authentication contexts that the client accepts, the preferred one first.
    pub(crate) acr_values: Vec<String>,
    /// The thumbprint of the key that the client will prove (RFC 9449 §10).
    dpop_jkt: Option<String>,
    /// The client's hint at the person (OpenID Connect Core §3.1.2.1).
    pub(crate) hint: Option<String>,
    ends: u64,
}

impl AuthorizationRequest {
    /// Validates a request. Client and redirect URI are already valid: an error in either is
    /// never reported by redirect (RFC 6749 §4.1.2.1).
    pub(crate) fn validate(
        issuer: &IssuerState,
        parameters: &FormParameters,
        client: Client,
        redirect: ResponseRedirect,
    ) -> Result<Self, OAuthError> {
        check_response(parameters)?;
        let challenge = challenge(parameters)?;
        parameters.check_resource(&issuer.settings.resource)?;
        let (scopes, offline) = scopes(issuer, parameters)?;
        let dpop_jkt = parameters.one("dpop_jkt")?;
        if dpop_jkt.is_some_and(|key| Thumbprint::parse(key).is_none()) {
            return Err(invalid(
                "dpop_jkt must be the base64url text of a SHA-256 thumbprint",
            ));
        }
        let hint = parameters.one("login_hint")?.and_then(subject_name::parse);
        Ok(Self {
            id: sealed_values::random()?,
            client: client.id,
            name: client.name,
            host: client.host,
            has_redirect_uri: parameters.one("redirect_uri")?.is_some(),
            redirect,
            challenge,
            scopes,
            offline,
            acr_values: authentication_context::requested(issuer, parameters)?,
            dpop_jkt: dpop_jkt.map(str::to_owned),
            hint,
            ends: issuer.now().saturating_add(LIFE),
        })
    }

    /// Returns all requested scopes, in the order in which they are shown.
    pub(crate) fn requested_scopes(&self) -> impl Iterator<Item = &str> {
        let offline = self.offline.then_some(OFFLINE_ACCESS);
        self.scopes.iter().map(String::as_str).chain(offline)
    }

    /// Returns the key that the client announced, if any.
    pub(crate) fn key(&self) -> Option<Thumbprint> {
        self.dpop_jkt.as_deref().and_then(Thumbprint::parse)
    }

    /// Returns when the request expires.
    pub(crate) fn ends(&self) -> u64 {
        self.ends
    }

    /// Seals the request for the consent page.
    pub(crate) fn seal(&self, issuer: &IssuerState) -> Result<String, OAuthError> {
        let payload = serde_json::to_vec(self).map_err(|_| OAuthError::internal())?;
        Ok(issuer.seal.close(Purpose::Consent, &payload))
    }

    /// Opens a sealed request, unless it is expired.
    pub(crate) fn open(issuer: &IssuerState, text: &str) -> Option<Self> {
        let payload = issuer.seal.open(Purpose::Consent, text)?;
        let request: Self = serde_json::from_slice(&payload).ok()?;
        (issuer.now() < request.ends()).then_some(request)
    }
}

/// Checks the form of the request and of its response.
pub(crate) fn check_response(parameters: &FormParameters) -> Result<(), OAuthError> {
    for (name, code) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
    ] {
        if parameters.all(name).next().is_some() {
            return Err(OAuthError::new(code, "request objects are not supported"));
        }
    }
    match parameters.required("response_type", "response_type is missing")? {
        "code" => {}
        _ => {
            return Err(OAuthError::new(
                "unsupported_response_type",
                "response_type must be code",
            ));
        }
    }
    if parameters
        .one("response_mode")?
        .is_some_and(|mode| mode != "query")
    {
        return Err(invalid("response_mode must be query"));
    }
    Ok(())
}

/// Requires PKCE with S256 (OAuth 2.1 §4.1.1, RFC 7636 §4.2).
pub(crate) fn challenge(parameters: &FormParameters) -> Result<String, OAuthError> {
    let challenge = parameters.required("code_challenge", "code_challenge is missing: use PKCE")?;
    // Without a method, the default is `plain` (RFC 7636 §4.3).
    if parameters.one("code_challenge_method")? != Some("S256") {
        return Err(invalid("code_challenge_method must be S256"));
    }
    let is_digest = challenge.len() == 43
        && challenge
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    match is_digest {
        true => Ok(challenge.to_owned()),
        false => Err(invalid(
            "code_challenge must be the base64url text of a SHA-256 digest",
        )),
    }
}

/// Returns the requested scopes that can be granted, and whether a refresh token was
/// requested.
fn scopes(
    issuer: &IssuerState,
    parameters: &FormParameters,
) -> Result<(Vec<String>, bool), OAuthError> {
    let requested = parameters.one("scope")?.unwrap_or_default();
    // RFC 6749 §3.3: scopes are separated by U+0020 only.
    let requested = || requested.split(' ').filter(|scope| !scope.is_empty());
    let offline = requested().any(|scope| scope == OFFLINE_ACCESS);
    let others = || requested().filter(|scope| *scope != OFFLINE_ACCESS);
    if others().next().is_none() {
        let defaults = issuer.settings.default_scopes.iter();
        return Ok((
            issuer.grantable_scopes(defaults.map(String::as_str)),
            offline,
        ));
    }
    match issuer.grantable_scopes(others()) {
        none if none.is_empty() => Err(OAuthError::new(
            "invalid_scope",
            "the issuer does not know any of the scopes",
        )),
        known => Ok((known, offline)),
    }
}

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new("invalid_request", description)
}
