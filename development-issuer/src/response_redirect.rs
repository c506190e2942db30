//! The redirect that carries a response from the authorization endpoint to the client.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::{
    form_parameters::FormParameters, issuer_state::IssuerState, json_response::OAuthError,
    redirect_uri::RedirectUri,
};

/// The redirect URI and the `state` of a response.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ResponseRedirect {
    pub(crate) uri: RedirectUri,
    pub(crate) state: Option<String>,
}

impl ResponseRedirect {
    /// The maximum length of `state`.
    const STATE_LIMIT: usize = 4096;

    /// Reads the `state` of a request for a redirect URI. If it is not valid, also returns the error,
    /// which goes to the redirect URI without a `state`.
    pub(crate) fn read(
        uri: RedirectUri,
        parameters: &FormParameters,
    ) -> (Self, Option<OAuthError>) {
        let text = parameters.one("state");
        let accepted = text.ok().flatten();
        let accepted = accepted.filter(|text| text.len() <= Self::STATE_LIMIT);
        let to = Self {
            uri,
            state: accepted.map(str::to_owned),
        };
        let is_valid = text == Ok(to.state.as_deref());
        let error = OAuthError::new("invalid_request", "state is repeated or too long");
        (to, (!is_valid).then_some(error))
    }

    /// Builds the location of a response, with the unchanged `state` and the issuer
    /// identifier, which prevents mix-up with another server's response (RFC 9207).
    pub(crate) fn location(&self, issuer: &IssuerState, response: &[(&str, &str)]) -> String {
        self.location_from(&issuer.settings.origin, response)
    }

    /// Like [`location`](Self::location), for a response of the issuer with this identifier.
    pub(crate) fn location_from(&self, iss: &str, response: &[(&str, &str)]) -> String {
        let mut parameters = response.to_vec();
        if let Some(state) = &self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", iss));
        self.uri.with(&parameters)
    }

    /// Builds the location of an error (RFC 6749 §4.1.2.1).
    pub(crate) fn error_location(&self, issuer: &IssuerState, error: &OAuthError) -> String {
        self.location(
            issuer,
            &[
                ("error", error.code()),
                ("error_description", error.description()),
            ],
        )
    }
}

/// Redirects the browser, and keeps the response out of caches and referrers.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers).into_response()
}
