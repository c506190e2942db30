//! [`Endpoints`]: the endpoints at which an issuer signs users in.

use serde_json::{Map, Value};
use url::Url;

use super::AuthorizationCodeError;
use crate::{
    issuer::{discovery::url_member, egress_policy::EgressPolicy},
    loopback::is_loopback_url,
};

/// The endpoints of an issuer (RFC 8414 §2).
pub(super) struct Endpoints {
    pub(super) authorization: Url,
    pub(super) token: Url,
    pub(super) registration: Option<Url>,
    /// Whether its authorization responses name the issuer (RFC 9207 §3).
    pub(super) sends_issuer: bool,
}

impl Endpoints {
    /// Reads the metadata. Returns `None` if it has no endpoints for a sign-in.
    pub(super) fn read(members: &Map<String, Value>) -> Result<Option<Self>, String> {
        let (Some(authorization), Some(token)) = (
            url_member(members, "authorization_endpoint")?,
            url_member(members, "token_endpoint")?,
        ) else {
            return Ok(None);
        };
        // Many providers support S256 and list no methods. A provider that lists only other methods
        // does not support it.
        let methods = members
            .get("code_challenge_methods_supported")
            .and_then(Value::as_array);
        if methods.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err("it does not support PKCE with S256".to_owned());
        }
        let promised = members.get("authorization_response_iss_parameter_supported");
        Ok(Some(Self {
            authorization,
            token,
            registration: url_member(members, "registration_endpoint")?,
            sends_issuer: promised.and_then(Value::as_bool).unwrap_or_default(),
        }))
    }

    /// Checks that the browser is sent to a web page, on https or, for an issuer on loopback, on
    /// loopback, and that this server may send requests to the other endpoints.
    pub(super) fn check(
        &self,
        issuer: &Url,
        egress: &EgressPolicy,
    ) -> Result<(), AuthorizationCodeError> {
        let page = &self.authorization;
        // A manipulated document must not send the browser to a script or to a file.
        let is_safe = match page.scheme() {
            "https" => true,
            "http" => is_loopback_url(page) && is_loopback_url(issuer),
            _ => false,
        };
        if !is_safe || page.fragment().is_some() {
            return Err(AuthorizationCodeError::new(
                "its authorization_endpoint is neither https nor http on loopback, or has a fragment",
            ));
        }
        for endpoint in [Some(&self.token), self.registration.as_ref()] {
            let permitted = endpoint.map_or(Ok(()), |endpoint| egress.permits_url(endpoint));
            permitted.map_err(AuthorizationCodeError::new)?;
        }
        Ok(())
    }
}
