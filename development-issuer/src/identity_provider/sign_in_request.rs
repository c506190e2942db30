//! A validated request to sign a person in (OpenID Connect Core §3.1.2.1).

use serde::{Deserialize, Serialize};

use crate::{
    authentication_context,
    authorization_request::{self, LIFE},
    confidential_client::ConfidentialClient,
    form_parameters::FormParameters,
    issuer_state::IssuerState,
    json_response::OAuthError,
    response_redirect::ResponseRedirect,
    sealed_values::{self, Purpose},
    subject_name,
};

/// The maximum length of a nonce.
const NONCE_LIMIT: usize = 512;

/// A request that the identity provider can grant if the person signs in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignInRequest {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) name: Option<String>,
    pub(crate) redirect: ResponseRedirect,
    /// Whether the request named the redirect URI, so that the token request must match it.
    pub(crate) has_redirect_uri: bool,
    pub(crate) challenge: String,
    pub(crate) nonce: Option<String>,
    pub(crate) acr_values: Vec<String>,
    /// The client's hint at the person.
    pub(crate) hint: Option<String>,
    ends: u64,
}

impl SignInRequest {
    /// Validates a request. Client and redirect URI are already valid.
    pub(crate) fn validate(
        issuer: &IssuerState,
        parameters: &FormParameters,
        client: ConfidentialClient,
        redirect: ResponseRedirect,
    ) -> Result<Self, OAuthError> {
        authorization_request::check_response(parameters)?;
        let scope = parameters.one("scope")?.unwrap_or_default();
        if !scope.split(' ').any(|scope| scope == "openid") {
            return Err(OAuthError::new(
                "invalid_scope",
                "the identity provider signs a person in: request the scope openid",
            ));
        }
        let nonce = parameters.one("nonce")?;
        if nonce.is_some_and(|nonce| nonce.len() > NONCE_LIMIT) {
            return Err(OAuthError::new("invalid_request", "nonce is too long"));
        }
        Ok(Self {
            id: sealed_values::random()?,
            client: client.id,
            name: client.registration.name,
            has_redirect_uri: parameters.one("redirect_uri")?.is_some(),
            redirect,
            challenge: authorization_request::challenge(parameters)?,
            nonce: nonce.map(str::to_owned),
            acr_values: authentication_context::requested(issuer, parameters)?,
            hint: parameters.one("login_hint")?.and_then(subject_name::parse),
            ends: issuer.now().saturating_add(LIFE),
        })
    }

    /// Returns when the request expires.
    pub(crate) fn ends(&self) -> u64 {
        self.ends
    }

    /// Seals the request for the page.
    pub(crate) fn seal(&self, issuer: &IssuerState) -> Result<String, OAuthError> {
        let payload = serde_json::to_vec(self).map_err(|_| OAuthError::internal())?;
        Ok(issuer.seal.close(Purpose::SignIn, &payload))
    }

    /// Opens a sealed request, unless it is expired.
    pub(crate) fn open(issuer: &IssuerState, text: &str) -> Option<Self> {
        let payload = issuer.seal.open(Purpose::SignIn, text)?;
        let request: Self = serde_json::from_slice(&payload).ok()?;
        (issuer.now() < request.ends()).then_some(request)
    }
}
