//! From a token to a principal: verified once, judged on every request.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use super::{
    JwtVerifier, TokenError, TokenErrorKind, TokenVerifier,
    cache::{TokenHash, VerdictCache},
    jws::MAX_TOKEN,
    verifier::Verifier,
};
use crate::{
    bearer::BearerToken,
    claims::Claims,
    clock::Clock,
    issuer::Quoted,
    principal::{Acceptance, Principal, VerifiedToken},
    scope::ScopeTable,
};

/// Says who a token's bearer is, if this server accepts the token now.
pub(crate) struct Authenticator {
    verifier: Box<dyn Verifier>,
    cache: VerdictCache,
    acceptance: Acceptance,
    table: Arc<ScopeTable>,
    clock: Arc<dyn Clock>,
}

/// Why a token's bearer is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unauthenticated {
    /// 401 with `error="invalid_token"`.
    Invalid {
        /// One of our own sentences, ASCII, fit for `error_description`.
        description: Cow<'static, str>,
    },
    /// 503 with `Retry-After` and no challenge.
    Unavailable {
        /// When to come again; a second at least.
        retry_after: Duration,
    },
}

impl Authenticator {
    pub(crate) fn new(
        verifier: impl TokenVerifier,
        acceptance: Acceptance,
        table: Arc<ScopeTable>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            verifier: Box::new(verifier),
            cache: VerdictCache::new(),
            acceptance,
            table,
            clock,
        }
    }

    /// Starts to load the issuers' keys, when called within a tokio runtime.
    pub(crate) fn start(&self) {
        if let Some(jwt) = self.verifier.as_jwt() {
            jwt.start();
        }
    }

    /// Whether tokens can be verified, or why not.
    pub(crate) fn readiness(&self) -> Result<(), String> {
        self.verifier
            .as_jwt()
            .map_or(Ok(()), JwtVerifier::readiness)
    }

    /// The principal behind a token. A token that was verified before costs a hash and
    /// a look into the cache, and is judged like any other.
    pub(crate) async fn authenticate(
        &self,
        token: &BearerToken,
    ) -> Result<Principal, Unauthenticated> {
        let length = token.as_str().len();
        // Before anything is done with it: hashing has a price too.
        if length > MAX_TOKEN {
            return Err(told(&TokenError::refused(
                "the access token is malformed",
                "it is too long",
            )));
        }
        let Some(jwt) = self.verifier.as_jwt() else {
            let claims = self
                .verifier
                .verify(token)
                .await
                .map_err(|error| told(&error))?;
            return self.judge(&self.granted(claims));
        };
        let hash = TokenHash::of(token);
        if let Some(verdict) = self.cache.get(&hash) {
            if jwt.is_current(verdict.stamp) {
                let judged = self.judge(&verdict.token);
                if judged.is_err() {
                    // It has expired: no other verdict changes with time.
                    self.cache.forget(&hash);
                }
                return judged;
            }
            self.cache.forget(&hash);
        }
        let (claims, stamp) = jwt
            .verify_stamped(token)
            .await
            .map_err(|error| told(&error))?;
        let verified = self.granted(claims);
        let principal = self.judge(&verified)?;
        self.cache.keep(hash, verified, stamp, length);
        Ok(principal)
    }

    fn granted(&self, claims: Claims) -> Arc<VerifiedToken> {
        VerifiedToken::new(claims, &self.table)
    }

    fn judge(&self, token: &Arc<VerifiedToken>) -> Result<Principal, Unauthenticated> {
        self.acceptance
            .judge(token, self.clock.now())
            .map_err(|reason| {
                let claims = token.claims();
                tracing::info!(
                    %reason,
                    issuer = %Quoted(claims.issuer(), 256),
                    subject = %Quoted(claims.subject().unwrap_or_default(), 256),
                    client = %Quoted(claims.client_id().unwrap_or_default(), 256),
                    "access token refused"
                );
                Unauthenticated::Invalid {
                    description: reason.to_string().into(),
                }
            })
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("acceptance", &self.acceptance)
            .finish_non_exhaustive()
    }
}

/// The precise reason goes to the log, and what anybody may know to the caller.
fn told(error: &TokenError) -> Unauthenticated {
    match error.kind() {
        TokenErrorKind::Invalid => {
            tracing::info!(reason = error.reason(), "access token refused");
            Unauthenticated::Invalid {
                description: error.told.into(),
            }
        }
        TokenErrorKind::Unavailable { retry_after } => {
            tracing::info!(reason = error.reason(), "access token cannot be verified");
            Unauthenticated::Unavailable {
                retry_after: retry_after.max(Duration::from_secs(1)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
