//! Checks that a token is from a trusted issuer, for this server, and valid now.
//!
//! The verifier has authenticated the token. Whether it is *acceptable* is validated here
//! on each request, even if its signature was checked before.

use std::{sync::Arc, time::Duration};

use super::{Accepted, AcceptedToken, BoundToken, LOCAL_ISSUER, TokenRejection, VerifiedToken};
use crate::clock::UnixTime;

/// The longest leeway for clock skew.
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// The issuers, audiences and clock leeway that decide which tokens a server accepts.
#[derive(Debug, Clone)]
pub struct TokenPolicy {
    issuers: Vec<String>,
    audiences: Vec<String>,
    leeway: Duration,
}

impl TokenPolicy {
    /// Accepts tokens of these issuers for these audiences. Both are compared character for
    /// character (RFC 7519 §4.1.1, RFC 3986 §6.2.1). The clock leeway is 30 seconds.
    pub fn new(
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
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// Returns every accepted `iss`.
    pub fn issuers(&self) -> &[String] {
        &self.issuers
    }

    /// Returns the accepted audiences, the resource first.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// Validates an authentic token at a time of day.
    ///
    /// # Errors
    ///
    /// The first [`TokenRejection`] that applies, in the order of its variants, with the
    /// token.
    pub fn accept(
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
        let is_trusted = self.issuers.iter().any(|issuer| issuer == claims.issuer());
        if !is_trusted || claims.issuer() == LOCAL_ISSUER {
            return Err(TokenRejection::Issuer);
        }
        // RFC 7519 §4.1.3, RFC 8707 §2: refuse a token for another resource.
        let mut audiences = claims.audience().iter();
        if !audiences.any(|audience| self.audiences.contains(audience)) {
            return Err(match claims.audience() {
                [] => TokenRejection::NoAudience,
                _ => TokenRejection::Audience,
            });
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
