//! Is this token for us, from an issuer that we trust, and of this hour?
//!
//! The verifier has said that the token is authentic. That it is *acceptable* is
//! judged here, on each request, whether or not the signature was checked before:
//! a [`Principal`] is made of an [`AcceptedToken`], which has no other source than
//! [`Acceptance::judge`] and, for a token that is bound to a key,
//! [`BoundToken::proved_by`].

use std::{fmt, sync::Arc};

use crate::{
    bearer::{BearerToken, Credentials},
    claims::Claims,
    clock::UnixTime,
    scope::{ScopeSet, ScopeTable},
};

mod binding;

pub(crate) use binding::{Accepted, AcceptedToken, BoundToken, ProvedKey, Thumbprint};

/// The longest leeway for clocks that differ, in seconds.
pub const MAX_LEEWAY: u64 = 300;

/// Which tokens a server accepts.
#[derive(Debug, Clone)]
pub struct Acceptance {
    issuers: Vec<String>,
    audiences: Vec<String>,
    leeway: u64,
}

impl Acceptance {
    /// Accepts tokens of these issuers for these audiences, both compared character
    /// for character (RFC 7519 §4.1.1, RFC 3986 §6.2.1), with 30 seconds of leeway.
    #[must_use]
    pub fn new(
        issuers: impl IntoIterator<Item = impl Into<String>>,
        audiences: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            issuers: issuers.into_iter().map(Into::into).collect(),
            audiences: audiences.into_iter().map(Into::into).collect(),
            leeway: 30,
        }
    }

    /// Sets the leeway for clocks that differ, in seconds, at most [`MAX_LEEWAY`].
    #[must_use]
    pub fn with_leeway(mut self, seconds: u64) -> Self {
        self.leeway = seconds.min(MAX_LEEWAY);
        self
    }

    /// Judges an authentic token at a time of day.
    ///
    /// # Errors
    ///
    /// The first [`Unacceptable`] that holds, in the order of its variants, and the token
    /// again.
    pub(crate) fn judge(
        &self,
        token: Arc<VerifiedToken>,
        now: UnixTime,
    ) -> Result<Accepted, (Unacceptable, Arc<VerifiedToken>)> {
        match self.check(&token, now) {
            Ok(false) => Ok(Accepted::Bearer(AcceptedToken(token))),
            Ok(true) => Ok(Accepted::Bound(BoundToken(token))),
            Err(reason) => Err((reason, token)),
        }
    }

    /// Everything that makes a token acceptable; whether it is bound to a key besides.
    fn check(&self, token: &VerifiedToken, now: UnixTime) -> Result<bool, Unacceptable> {
        let claims = &token.claims;
        // RFC 7519 §4.1.1, RFC 9068 §4.
        if !self.issuers.iter().any(|issuer| issuer == claims.issuer()) {
            return Err(Unacceptable::Issuer);
        }
        // RFC 7519 §4.1.3, RFC 8707 §2: a token for another resource is none of ours.
        if !claims
            .audience()
            .iter()
            .any(|audience| self.audiences.contains(audience))
        {
            return Err(Unacceptable::Audience);
        }
        // RFC 7519 §4.1.4: on or after `exp` the token must not be accepted.
        if now >= claims.expires_at().plus(self.leeway) {
            return Err(Unacceptable::Expired);
        }
        // RFC 7519 §4.1.5.
        if claims
            .not_before()
            .is_some_and(|start| start > now.plus(self.leeway))
        {
            return Err(Unacceptable::NotYetValid);
        }
        // RFC 7519 §4.1.6: a token from the future means that a clock is wrong.
        if claims
            .issued_at()
            .is_some_and(|issued| issued > now.plus(self.leeway))
        {
            return Err(Unacceptable::IssuedInFuture);
        }
        let is_bound = token.binding?.is_some();
        // Without either nobody could own a session or stand in the audit log.
        if claims.subject().or(claims.client_id()).is_none() {
            return Err(Unacceptable::Nobody);
        }
        Ok(is_bound)
    }
}

/// An authentic token: its claims, and which of this server's scopes they grant.
#[derive(Debug)]
pub(crate) struct VerifiedToken {
    claims: Claims,
    /// Which of the server's scopes the token names.
    held: ScopeSet,
    /// Those, and what they imply.
    granted: ScopeSet,
    /// The same by name.
    granted_names: Box<[&'static str]>,
    /// The key that it is bound to, if to any; or why its binding cannot be met.
    binding: Result<Option<Thumbprint>, Unacceptable>,
}

impl VerifiedToken {
    pub(crate) fn new(claims: Claims, table: &ScopeTable) -> Arc<Self> {
        let granted = table.granted(claims.scopes());
        Arc::new(Self {
            held: table.held(claims.scopes()),
            granted,
            granted_names: table.names(granted).collect(),
            binding: binding::read(&claims),
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

/// Who calls: an authentic token that this server accepts now.
#[derive(Clone)]
pub struct Principal(Arc<VerifiedToken>, Credentials);

impl Principal {
    /// The same for who outlives the request.
    pub(crate) fn apart(&self) -> Self {
        Self(Arc::clone(&self.0), self.1.clone().apart())
    }

    /// The token itself, for an exchange and for nothing else: a client's token must never
    /// be passed on (MCP authorization, "Access Token Privilege Restriction"). Nothing
    /// public tells it.
    pub(crate) fn bearer(&self) -> &BearerToken {
        &self.1.token
    }

    /// The claims of the token.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.0.claims
    }

    /// What the token lets its holder do: the scopes of this server that it names, and
    /// those that they imply.
    pub(crate) fn granted(&self) -> ScopeSet {
        self.0.granted
    }

    /// Whether the token has this scope: names it, character for character (RFC 6749
    /// §3.3), or names one that implies it on this server.
    #[must_use]
    pub fn has(&self, scope: &str) -> bool {
        // Named in the order of the table, which is sorted.
        self.0.granted_names.binary_search(&scope).is_ok()
            || self.claims().scopes().any(|named| named == scope)
    }

    /// The scopes of this server that the token names.
    pub(crate) fn held(&self) -> ScopeSet {
        self.0.held
    }

    /// Whose request it is, whatever token says so.
    pub(crate) fn identity(&self) -> Identity {
        self.0.identity()
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Principal").field(self.claims()).finish()
    }
}

/// Issuer and subject together; the client where a token has no subject.
///
/// A subject is unique within its issuer only (RFC 7519 §4.1.2). The token's own
/// bytes are no part of it: a refreshed token is the same principal's.
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
#[non_exhaustive]
pub enum Unacceptable {
    /// Its issuer is none that this server trusts.
    Issuer,
    /// It is meant for somebody else.
    Audience,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It was issued in the future.
    IssuedInFuture,
    /// It is bound to a key, and this server asks nobody for a proof of one.
    Bound,
    /// It is bound to a client certificate, which is not looked at here.
    BoundToCertificate,
    /// It is bound to something that this server does not know.
    BoundOtherwise,
    /// It is bound to another key than the one whose possession was proved.
    BoundToAnotherKey,
    /// It is bound to no key, and has to be.
    Unbound,
    /// It names neither a subject nor a client.
    Nobody,
}

impl fmt::Display for Unacceptable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "the token's issuer is not trusted here",
            Self::Audience => "the token is meant for another audience",
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::IssuedInFuture => "the token was issued in the future",
            Self::Bound => "the token is bound to a key, which this server does not verify",
            Self::BoundToCertificate => {
                "the token is bound to a client certificate, which this server does not verify"
            }
            Self::BoundOtherwise => "the token is bound in a way that this server does not verify",
            Self::BoundToAnotherKey => "the token is bound to another key than the proof's",
            Self::Unbound => "the token is not bound to a key",
            Self::Nobody => "the token names neither a subject nor a client",
        })
    }
}

impl std::error::Error for Unacceptable {}

#[cfg(test)]
mod tests;
