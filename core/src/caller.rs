//! [`Caller`]: who sent a request, as its token says.
//!
//! A [`Caller`] is built from an [`AcceptedToken`], which comes only from
//! [`TokenPolicy::accept`] or, for a token bound to a key, from [`BoundToken::proved_by`]. Its
//! second origin is a [`LocalOrigin`]: a program that serves no HTTP request with it.

use std::sync::Arc;

use crate::{
    claims::Claims,
    credentials::{BearerToken, Credentials},
    scope::{ScopeSet, ScopeTable},
};

mod accessors;
mod local_origin;
#[cfg(feature = "testing")]
mod test_caller;
mod token_binding;
mod token_policy;
mod token_rejection;

pub use local_origin::{LOCAL_ISSUER, LocalOrigin};
pub use token_binding::{Accepted, AcceptedToken, BoundToken, ProvedKey, Thumbprint};
pub use token_policy::{MAX_LEEWAY, TokenPolicy};
pub use token_rejection::TokenRejection;

/// An authentic token, or what a program states in place of one: its claims, and the scopes of
/// this server that they grant.
#[derive(Debug)]
pub struct VerifiedToken {
    claims: Claims,
    /// The scopes of this server that the token names.
    held: ScopeSet,
    /// `held` and the scopes that they imply.
    granted: ScopeSet,
    /// `granted` by name, sorted.
    granted_names: Box<[&'static str]>,
    /// The key that the token is bound to, if any; an error if this server cannot verify
    /// the binding.
    binding: Result<Option<Thumbprint>, TokenRejection>,
}

impl VerifiedToken {
    /// Resolves the scopes of claims that a verifier has read. Issuer, audience and times are
    /// validated later: see [`TokenPolicy::accept`].
    pub fn new(claims: Claims, table: &ScopeTable) -> Arc<Self> {
        let granted = table.granted(claims.scopes());
        Arc::new(Self {
            held: table.held(claims.scopes()),
            granted,
            granted_names: table.names(granted).collect(),
            binding: token_binding::confirmation_key(&claims),
            claims,
        })
    }

    /// Returns its claims.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    fn identity(&self) -> Identity {
        let (kind, name) = self.claims.party();
        Identity {
            issuer: self.claims.issuer().to_owned(),
            party: (kind, name.to_owned()),
        }
    }
}

/// The caller of a request: the claims of a token that this server verified and accepts now,
/// never the token itself. On standard input it is the `LocalCaller` that the program states.
///
/// A public tool takes `Option<Caller>`, because it can be called without a token.
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
#[derive(Clone)]
#[doc(alias = "Principal")]
pub struct Caller(Arc<VerifiedToken>, Option<Credentials>);

impl AcceptedToken {
    /// Builds the caller who sent the token with these credentials.
    pub fn sent_with(self, credentials: Credentials) -> Caller {
        Caller(self.0, Some(credentials))
    }
}

impl Caller {
    /// Copies the caller into its own memory, for use beyond the request.
    #[doc(hidden)]
    pub fn detached(&self) -> Self {
        let credentials = self.1.clone().map(Credentials::detached);
        Self(Arc::clone(&self.0), credentials)
    }

    /// Returns the claims of the token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Returns the granted scopes: those of this server that the token names, and those
    /// that they imply.
    #[doc(hidden)]
    pub fn granted(&self) -> ScopeSet {
        self.0.granted
    }

    /// Returns whether the token has this scope: it names the scope, character for
    /// character (RFC 6749 §3.3), or a scope that implies it on this server.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        // In the order of the table, which is sorted.
        self.0.granted_names.binary_search(&scope).is_ok()
            || self.claims().scopes().any(|named| named == scope)
    }

    /// Returns whether the token has this role, character for character.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.claims().has_role(role)
    }

    /// Returns the scopes of this server that the token names.
    #[doc(hidden)]
    pub fn held(&self) -> ScopeSet {
        self.0.held
    }

    /// Returns whether both came with the same token, as verified once.
    #[doc(hidden)]
    pub fn has_token_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the caller's identity, which is the same for all their tokens.
    #[doc(hidden)]
    pub fn identity(&self) -> Identity {
        self.0.identity()
    }
}

/// The token of a caller, for token exchange only: a client's token must never be forwarded (MCP
/// authorization, "Access Token Privilege Restriction"). `toolgate` does not export this trait, so
/// a tool cannot reach the token of its caller.
///
/// ```compile_fail,E0599
/// fn tool(caller: toolgate::Caller) {
///     let token = caller.bearer();
/// }
/// ```
pub trait TokenHolder {
    /// Returns the token of the request, or `None` for a local caller.
    fn bearer(&self) -> Option<&BearerToken>;
}

impl TokenHolder for Caller {
    fn bearer(&self) -> Option<&BearerToken> {
        Some(&self.1.as_ref()?.token)
    }
}

/// Issuer and subject, or issuer and client if the token has no subject.
///
/// A subject is unique only within its issuer (RFC 7519 §4.1.2). The token's bytes are not
/// part of the identity: after a refresh, the caller is the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    issuer: String,
    party: (&'static str, String),
}

#[cfg(test)]
mod tests;
