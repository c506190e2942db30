//! Checks that a token is from a trusted issuer, for this server, and valid now.
//!
//! The verifier has authenticated the token. Whether it is *acceptable* is validated here
//! on each request, even if its signature was checked before. A [`Caller`] is built only
//! from an [`AcceptedToken`], which comes only from [`Acceptance::accept`] or, for a token
//! bound to a key, from [`BoundToken::proved_by`].

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    bearer::{BearerToken, Credentials},
    claims::Claims,
    clock::UnixTime,
    scope::{ScopeSet, ScopeTable},
};

mod accessors;
mod token_binding;

pub(crate) use token_binding::{Accepted, AcceptedToken, BoundToken, ProvedKey, Thumbprint};

/// The longest leeway for clock skew.
pub(crate) const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// The issuers, audiences and clock leeway that decide which tokens a server accepts.
#[derive(Debug, Clone)]
pub(crate) struct Acceptance {
    issuers: Vec<String>,
    audiences: Vec<String>,
    leeway: Duration,
}

impl Acceptance {
    /// Accepts tokens of these issuers for these audiences. Both are compared character for
    /// character (RFC 7519 §4.1.1, RFC 3986 §6.2.1). The clock leeway is 30 seconds.
    pub(crate) fn new(
        issuers: impl IntoIterator<Item = impl Into<String>>,
        audiences: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            issuers: issuers.into_iter().map(Into::into).collect(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            leeway: Duration::from_secs(30),
        }
    }

    /// Sets the leeway for clock skew in whole seconds, at most [`MAX_LEEWAY`].
    pub(crate) fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// Validates an authentic token at a time of day.
    ///
    /// # Errors
    ///
    /// The first [`TokenRejection`] that applies, in the order of its variants, with the
    /// token.
    pub(crate) fn accept(
        &self,
        token: Arc<VerifiedToken>,
        now: UnixTime,
    ) -> Result<Accepted, (TokenRejection, Arc<VerifiedToken>)> {
        match self.validate(&token, now) {
            Ok(false) => Ok(Accepted::Bearer(AcceptedToken(token))),
            Ok(true) => Ok(Accepted::Bound(BoundToken(token))),
            Err(reason) => Err((reason, token)),
        }
    }

    /// Validates the claims of a token. Returns whether it is bound to a key.
    fn validate(&self, token: &VerifiedToken, now: UnixTime) -> Result<bool, TokenRejection> {
        let (claims, leeway) = (&token.claims, self.leeway.as_secs());
        // RFC 7519 §4.1.1, RFC 9068 §4.
        if !self.issuers.iter().any(|issuer| issuer == claims.issuer()) {
            return Err(TokenRejection::Issuer);
        }
        // RFC 7519 §4.1.3, RFC 8707 §2: refuse a token for another resource.
        if !claims
            .audience()
            .iter()
            .any(|audience| self.audiences.contains(audience))
        {
            return Err(TokenRejection::Audience);
        }
        // RFC 7519 §4.1.4: on or after `exp` the token must not be accepted.
        if now >= claims.expires_at().plus(leeway) {
            return Err(TokenRejection::Expired);
        }
        // RFC 7519 §4.1.5.
        if claims
            .not_before()
            .is_some_and(|start| start > now.plus(leeway))
        {
            return Err(TokenRejection::NotYetValid);
        }
        // RFC 7519 §4.1.6: a token from the future means that a clock is wrong.
        if claims
            .issued_at()
            .is_some_and(|issued| issued > now.plus(leeway))
        {
            return Err(TokenRejection::IssuedInFuture);
        }
        let is_bound = token.binding?.is_some();
        // Without either, sessions and the audit log have no owner to record.
        if claims.subject().or(claims.client_id()).is_none() {
            return Err(TokenRejection::NoIdentity);
        }
        Ok(is_bound)
    }
}

/// An authentic token: its claims, and the scopes of this server that they grant.
#[derive(Debug)]
pub(crate) struct VerifiedToken {
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
    pub(crate) fn new(claims: Claims, table: &ScopeTable) -> Arc<Self> {
        let granted = table.granted(claims.scopes());
        Arc::new(Self {
            held: table.held(claims.scopes()),
            granted,
            granted_names: table.names(granted).collect(),
            binding: token_binding::confirmation_key(&claims),
            claims,
        })
    }

    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    fn identity(&self) -> Identity {
        let claims = &self.claims;
        Identity {
            issuer: claims.issuer().to_owned(),
            party: match claims.subject() {
                Some(subject) => Party::Subject(subject.to_owned()),
                None => Party::Client(claims.client_id().unwrap_or_default().to_owned()),
            },
        }
    }
}

/// The caller of a request: the claims of a token that this server verified and accepts now,
/// never the token itself.
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
pub struct Caller(Arc<VerifiedToken>, Credentials);

impl Caller {
    /// Copies the caller into its own memory, for use beyond the request.
    pub(crate) fn detached(&self) -> Self {
        Self(Arc::clone(&self.0), self.1.clone().detached())
    }

    /// Returns the token, for token exchange only: a client's token must never be forwarded
    /// (MCP authorization, "Access Token Privilege Restriction"). No public function
    /// returns it.
    pub(crate) fn bearer(&self) -> &BearerToken {
        &self.1.token
    }

    /// Returns the claims of the token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// Returns the granted scopes: those of this server that the token names, and those
    /// that they imply.
    pub(crate) fn granted(&self) -> ScopeSet {
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

    /// Returns the scopes of this server that the token names.
    pub(crate) fn held(&self) -> ScopeSet {
        self.0.held
    }

    /// Returns the caller's identity, which is the same for all their tokens.
    pub(crate) fn identity(&self) -> Identity {
        self.0.identity()
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(self.claims()).finish()
    }
}

/// Issuer and subject, or issuer and client if the token has no subject.
///
/// A subject is unique only within its issuer (RFC 7519 §4.1.2). The token's bytes are not
/// part of the identity: after a refresh, the caller is the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    issuer: String,
    party: Party,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Party {
    Subject(String),
    Client(String),
}

/// Why an authentic token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenRejection {
    /// This server does not trust its issuer.
    Issuer,
    /// It is for another audience.
    Audience,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It was issued in the future.
    IssuedInFuture,
    /// It is bound to a key, and this server does not support proofs of possession.
    Bound,
    /// It is bound to a client certificate, which this server does not check.
    BoundToCertificate,
    /// It is bound in a way that this server does not know.
    BoundOtherwise,
    /// It is bound to a key other than the one that was proved.
    BoundToAnotherKey,
    /// It is not bound to a key, but must be.
    Unbound,
    /// It names neither a subject nor a client.
    NoIdentity,
}

impl fmt::Display for TokenRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "the token's issuer is not trusted here",
            Self::Audience => "the token is meant for another audience",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::IssuedInFuture => "the token was issued in the future",
            Self::Bound => "the token is bound to a key, and this server does not verify keys",
            Self::BoundToCertificate => {
                "the token is bound to a client certificate, and this server does not verify certificates"
            }
            Self::BoundOtherwise => "the token is bound in a way that this server does not verify",
            Self::BoundToAnotherKey => "the proof is signed by another key than the token is bound to",
            Self::Unbound => "the token is not bound to a key",
            Self::NoIdentity => "the token names neither a subject nor a client",
        })
    }
}

#[cfg(test)]
mod tests;
