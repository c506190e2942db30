//! Who calls, as a tool sees it.

use http::request::Parts;
use rmcp::{RoleServer, service::RequestContext};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ToolError;
use crate::{authorization::Permit, caller::Principal, clock::UnixTime};

/// Who calls: what the verified token says, never the token itself.
///
/// A public tool takes `Option<Caller>`, for it can be called without a token.
///
/// ```
/// use toolgate::{Caller, mcp_tool};
///
/// /// Says who you are.
/// #[mcp_tool(authenticated)]
/// fn whoami(caller: Caller) -> String {
///     caller.subject().unwrap_or("a program").to_owned()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Caller(Principal);

impl Caller {
    pub(super) fn new(principal: Principal) -> Self {
        Self(principal)
    }

    /// Who makes a request to a handler of rmcp's own that a [`Gate`](crate::Gate) guards;
    /// none without a token, and none of a request that no gate has judged.
    ///
    /// It is of *this* request: in a session the next one may bring another token.
    #[must_use]
    pub fn of(request: &RequestContext<RoleServer>) -> Option<Self> {
        let parts = request.extensions.get::<Parts>()?;
        let permit = parts.extensions.get::<Permit>()?;
        permit.principal().cloned().map(Self::new)
    }

    /// The principal behind it.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0
    }

    /// On whose behalf the call is made (`sub`); none when a program calls for itself.
    ///
    /// A subject is unique within its issuer only (RFC 7519 §4.1.2): what is stored for
    /// somebody is stored under [`issuer`](Self::issuer) and subject together.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.claims().subject()
    }

    /// Who vouches for the caller (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.0.claims().issuer()
    }

    /// The client program that calls (`client_id`, else `azp`).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.0.claims().client_id()
    }

    /// The scopes of the token, as it lists them.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.0.claims().scopes()
    }

    /// Whether the token has this scope: names it, character for character (RFC 6749
    /// §3.3), or names one that implies it on this server.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        self.0.has(scope)
    }

    /// When the token ends (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.0.claims().expires_at()
    }

    /// Any claim, as the token has it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.claims().get(name)
    }

    /// Any claim, as a type of your own; none when the token does not have it.
    ///
    /// # Errors
    ///
    /// When the claim is there and is not of that type. The error does not repeat it.
    pub fn claim_as<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, ToolError> {
        self.claim(name)
            .map(T::deserialize)
            .transpose()
            .map_err(|_| ToolError::new(format!("the token's claim `{name}` has another type")))
    }
}
