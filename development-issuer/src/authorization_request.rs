//! A validated authorization request (OAuth 2.1 §4.1.1), and the response to its client.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    OFFLINE_ACCESS, Provider,
    client_lookup::Client,
    consent,
    embedding_server::Thumbprint,
    form_parameters::FormParameters,
    html,
    json_response::OAuthError,
    redirect_uri::RedirectUri,
    sealed_values::{self, Purpose},
};

/// How long the person has to decide, in seconds.
const LIFE: u64 = 10 * 60;
/// The redirect URI and the `state` of a response.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct ErrorRedirect {
    pub(super) redirect: RedirectUri,
    pub(super) state: Option<String>,
}

/// A request that this issuer can grant if the person consents.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct AuthorizationRequest {
    pub(super) id: String,
    pub(super) client: String,
    pub(super) name: Option<String>,
    pub(super) host: Option<String>,
    pub(super) back: ErrorRedirect,
    /// Whether the request named the redirect URI, so that the token request must match it.
    pub(super) named: bool,
    pub(super) challenge: String,
    pub(super) scopes: Vec<String>,
    pub(super) offline: bool,
    /// The thumbprint of the key that the client will prove (RFC 9449 §10).
    dpop_jkt: Option<String>,
    /// The client's hint at the person (OpenID Connect Core §3.1.2.1).
    pub(super) hint: Option<String>,
    ends: u64,
}

impl AuthorizationRequest {
    /// Validates a request. Client and redirect URI are already valid: an error in either is
    /// never reported by redirect (RFC 6749 §4.1.2.1).
    pub(super) fn read(
        provider: &Provider,
        parameters: &FormParameters,
        client: Client,
        back: ErrorRedirect,
    ) -> Result<Self, OAuthError> {
        for (name, code) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
        ] {
            if parameters.all(name).next().is_some() {
                return Err(OAuthError::new(code, "request objects are not supported"));
            }
        }
        match parameters.needed("response_type", "response_type is missing")? {
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
        let challenge = challenge(parameters)?;
        check_resource(provider, parameters)?;
        let (scopes, offline) = scopes(provider, parameters)?;
        let dpop_jkt = parameters.one("dpop_jkt")?;
        if dpop_jkt.is_some_and(|key| Thumbprint::parse(key).is_none()) {
            return Err(invalid(
                "dpop_jkt must be the base64url text of a SHA-256 thumbprint",
            ));
        }
        let hint = parameters.one("login_hint")?.and_then(consent::subject);
        Ok(Self {
            id: sealed_values::random()?,
            client: client.id,
            name: client.name,
            host: client.host,
            named: parameters.one("redirect_uri")?.is_some(),
            back,
            challenge,
            scopes,
            offline,
            dpop_jkt: dpop_jkt.map(str::to_owned),
            hint,
            ends: provider.now().saturating_add(LIFE),
        })
    }

    /// Returns all requested scopes, in the order in which they are shown.
    pub(super) fn asked(&self) -> impl Iterator<Item = &str> {
        let offline = self.offline.then_some(OFFLINE_ACCESS);
        self.scopes.iter().map(String::as_str).chain(offline)
    }

    /// Returns the key that the client announced, if any.
    pub(super) fn key(&self) -> Option<Thumbprint> {
        self.dpop_jkt.as_deref().and_then(Thumbprint::parse)
    }

    /// Returns when the request expires.
    pub(super) fn ends(&self) -> u64 {
        self.ends
    }

    /// Seals the request for the consent page.
    pub(super) fn seal(&self, provider: &Provider) -> Result<String, OAuthError> {
        let payload = serde_json::to_vec(self).map_err(|_| OAuthError::ours())?;
        Ok(provider.seal.close(Purpose::Consent, &payload))
    }

    /// Opens a sealed request, unless it is expired.
    pub(super) fn open(provider: &Provider, text: &str) -> Option<Self> {
        let payload = provider.seal.open(Purpose::Consent, text)?;
        let request: Self = serde_json::from_slice(&payload).ok()?;
        (provider.now() < request.ends()).then_some(request)
    }
}

impl ErrorRedirect {
    /// The maximum length of `state`.
    pub(super) const STATE_LIMIT: usize = 4096;

    /// Builds the redirect with a response, the unchanged `state`, and the issuer identifier,
    /// which prevents mix-up with another server's response (RFC 9207).
    pub(super) fn with(&self, provider: &Provider, answer: &[(&str, &str)]) -> String {
        let mut parameters = answer.to_vec();
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", &provider.settings.origin));
        self.redirect.with(&parameters)
    }

    /// Builds the redirect with an error (RFC 6749 §4.1.2.1).
    pub(super) fn with_error(&self, provider: &Provider, error: &OAuthError) -> String {
        self.with(
            provider,
            &[
                ("error", error.code()),
                ("error_description", error.description()),
            ],
        )
    }

    /// Reports an error in a request to the client without a decision of the person. Any
    /// client can register any URI, so the browser is redirected without a click only to this
    /// machine: otherwise the issuer would be an open redirector (RFC 9700 §4.11.2).
    pub(super) fn refuse(&self, provider: &Provider, error: &OAuthError) -> Response {
        let location = self.with_error(provider, error);
        if self.redirect.is_loopback() {
            redirect(StatusCode::FOUND, &location)
        } else {
            html::refused(&provider.settings.stylesheet, error, self, &location)
        }
    }
}

/// Redirects the browser, and keeps the response out of caches and referrers.
pub(super) fn redirect(status: StatusCode, location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers).into_response()
}

/// Requires PKCE with S256 (OAuth 2.1 §4.1.1, RFC 7636 §4.2).
fn challenge(parameters: &FormParameters) -> Result<String, OAuthError> {
    let challenge = parameters.needed("code_challenge", "code_challenge is missing: use PKCE")?;
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

/// RFC 8707 §2: a named resource must be the only one of this issuer; it is also the default.
pub(super) fn check_resource(
    provider: &Provider,
    parameters: &FormParameters,
) -> Result<(), OAuthError> {
    let resource = &provider.settings.resource;
    match parameters.all("resource").all(|asked| asked == resource) {
        true => Ok(()),
        false => Err(OAuthError::new(
            "invalid_target",
            "resource is not the resource of this issuer",
        )),
    }
}

/// Returns the requested scopes that can be granted, and whether a refresh token was
/// requested.
fn scopes(
    provider: &Provider,
    parameters: &FormParameters,
) -> Result<(Vec<String>, bool), OAuthError> {
    let asked = parameters.one("scope")?.unwrap_or_default();
    // RFC 6749 §3.3: scopes are separated by U+0020 only.
    let asked = || asked.split(' ').filter(|scope| !scope.is_empty());
    let offline = asked().any(|scope| scope == OFFLINE_ACCESS);
    let others = || asked().filter(|scope| *scope != OFFLINE_ACCESS);
    if others().next().is_none() {
        let defaults = provider.settings.default_scopes.iter();
        return Ok((provider.known(defaults.map(String::as_str)), offline));
    }
    match provider.known(others()) {
        none if none.is_empty() => Err(OAuthError::new(
            "invalid_scope",
            "none of the scopes is known",
        )),
        known => Ok((known, offline)),
    }
}

const fn invalid(description: &'static str) -> OAuthError {
    OAuthError::new("invalid_request", description)
}
