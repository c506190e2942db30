//! Authenticates a token: verified once, then validated on every request.

use std::{any::Any, borrow::Cow, fmt, pin::Pin, sync::Arc, time::Duration};

use super::{
    IssuerVerifier, ReadinessError, TokenError, TokenErrorKind, TokenVerifier,
    dpop::Proofs,
    jws::{self, MAX_TOKEN},
    verification_cache::{TokenHash, VerificationCache},
    verification_path::{EvidenceKind, VerificationPath},
};
use crate::{
    caller::{Accepted, TokenPolicy, TokenRejection, VerifiedToken},
    claims::Claims,
    clock::Clock,
    credentials::BearerToken,
    denial::DenialReason,
    log_text::QuotedText,
    scope::ScopeTable,
    single_flight::{Role, SingleFlight},
};

mod authenticate;

/// Returns the caller of a token, if this server accepts the token now.
pub struct Authenticator {
    verifier: Box<dyn Verifier>,
    cache: VerificationCache,
    flights: SingleFlight<TokenHash, (Result<Accepted, AuthenticationError>, EvidenceKind)>,
    token_policy: TokenPolicy,
    /// `None` if bound tokens are refused.
    proofs: Option<Proofs>,
    only_bound: bool,
    table: Arc<ScopeTable>,
    clock: Arc<dyn Clock>,
}

/// [`TokenVerifier`] with its type erased.
trait Verifier: Send + Sync {
    /// Returns the verifier if it is ours. Only its results are cached, because only it
    /// reports their evidence; how long those of another verifier stay valid is unknown.
    fn as_issuers(&self) -> Option<&IssuerVerifier>;

    fn verify<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> Pin<Box<dyn Future<Output = Result<Claims, TokenError>> + Send + 'a>>;
}

impl<V: TokenVerifier> Verifier for V {
    fn as_issuers(&self) -> Option<&IssuerVerifier> {
        (self as &dyn Any).downcast_ref()
    }

    fn verify<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> Pin<Box<dyn Future<Output = Result<Claims, TokenError>> + Send + 'a>> {
        Box::pin(TokenVerifier::verify(self, token))
    }
}

/// Why a request is not authenticated.
#[derive(Debug, Clone)]
pub enum AuthenticationError {
    /// 401 with `error="invalid_token"`.
    Invalid {
        /// The reason code.
        reason: DenialReason,
        /// A fixed ASCII sentence, valid as `error_description`.
        description: Cow<'static, str>,
        /// The token for the audit log, if it is authentic.
        token: Option<Arc<VerifiedToken>>,
    },
    /// A bound token sent as a bearer token: 401 with `error="invalid_token"` and a
    /// challenge for the other scheme.
    OtherScheme {
        /// As above.
        description: &'static str,
    },
    /// 401 with `error="invalid_dpop_proof"`.
    NoProof {
        /// As above.
        description: &'static str,
    },
    /// 401 with `error="use_dpop_nonce"` and a nonce.
    WantsNonce,
    /// 503 with `Retry-After` and no challenge.
    Unavailable {
        /// The reason code.
        reason: DenialReason,
        /// When to retry; at least one second.
        retry_after: Duration,
        /// A fixed ASCII sentence.
        description: &'static str,
    },
}

impl Authenticator {
    /// Accepts tokens that this verifier finds authentic and that these rules accept.
    pub fn new(
        verifier: impl TokenVerifier,
        token_policy: TokenPolicy,
        table: Arc<ScopeTable>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            verifier: Box::new(verifier),
            cache: VerificationCache::new(),
            flights: SingleFlight::default(),
            token_policy,
            proofs: None,
            only_bound: false,
            table,
            clock,
        }
    }

    /// Accepts tokens that are bound to a key and sent with a proof; with `only`, refuses
    /// all others.
    pub fn with_proofs(mut self, proofs: Proofs, only: bool) -> Self {
        self.proofs = Some(proofs);
        self.only_bound = only;
        self
    }

    /// Starts loading the issuers' keys, if called within a tokio runtime.
    pub fn start(&self) {
        if let Some(issuers) = self.verifier.as_issuers() {
            issuers.start();
        }
    }

    /// Returns why tokens cannot be verified, if they cannot.
    pub fn readiness(&self) -> Result<(), ReadinessError> {
        self.verifier
            .as_issuers()
            .map_or(Ok(()), IssuerVerifier::readiness)
    }

    /// Returns why tokens of some issuers cannot be verified now.
    pub fn issuer_errors(&self) -> Vec<String> {
        let issuers = self.verifier.as_issuers();
        issuers.map_or_else(Vec::new, IssuerVerifier::issuer_errors)
    }

    /// Returns how old the keys of each issuer are, except for fixed keys.
    pub fn key_ages(&self) -> Vec<(String, Duration)> {
        let issuers = self.verifier.as_issuers();
        issuers.map_or_else(Vec::new, IssuerVerifier::key_ages)
    }

    /// Returns whether a token causes no request to an issuer of its own: it was verified before,
    /// or it has the form of a JWT, for which only keys are fetched, about once a second at most.
    /// The result is `false` for a verifier that the author wrote.
    pub fn verifies_alone(&self, token: &BearerToken) -> bool {
        let Some(issuers) = self.verifier.as_issuers() else {
            return false;
        };
        let is_known = || {
            let cached = self.validate_cached(issuers, &TokenHash::new(token));
            matches!(cached, Some((Ok(_), _)))
        };
        token.as_bytes().len() <= MAX_TOKEN
            && (issuers.verifies_jwts_alone() && jws::is_jwt_like(token.as_str()) || is_known())
    }

    /// Accepts a token, as a bearer token or as one that needs a proof. A cached token
    /// costs one hash and one lookup, and is validated like any other.
    async fn accept(
        &self,
        token: &BearerToken,
        path: &mut VerificationPath,
    ) -> Result<Accepted, AuthenticationError> {
        // First, because hashing a long token is expensive.
        if token.as_bytes().len() > MAX_TOKEN {
            return Err(self.log_refusal(&TokenError::invalid_with(
                "the access token is malformed",
                "it is too long",
            )));
        }
        let Some(issuers) = self.verifier.as_issuers() else {
            path.kind = EvidenceKind::Custom;
            let claims = self
                .verifier
                .verify(token)
                .await
                .map_err(|error| self.log_refusal(&error))?;
            return self.validate(self.resolve_scopes(claims));
        };
        let hash = TokenHash::new(token);
        match self.validate_cached(issuers, &hash) {
            Some((result, kind)) => {
                *path = VerificationPath {
                    is_cached: true,
                    kind,
                };
                result
            }
            // Boxed, so that the future of a request with a cached token stays small.
            None => {
                let (result, kind) = Box::pin(self.verify_or_join(issuers, token, hash)).await;
                path.kind = kind;
                result
            }
        }
    }

    /// Verifies a token that is not cached, or waits for a verification in progress.
    async fn verify_or_join(
        &self,
        issuers: &IssuerVerifier,
        token: &BearerToken,
        hash: TokenHash,
    ) -> (Result<Accepted, AuthenticationError>, EvidenceKind) {
        loop {
            match self.flights.join_or_start(hash) {
                Role::Lead(leader) => {
                    // Another leader may have finished between the lookup and here.
                    if let Some(result) = self.validate_cached(issuers, &hash) {
                        return result;
                    }
                    let mut kind = EvidenceKind::default();
                    let result = self.verify(issuers, token, hash, &mut kind).await;
                    let result = (result, kind);
                    leader.publish(&result);
                    return result;
                }
                Role::Follow(waiting) => {
                    if let Some(result) = waiting.outcome().await {
                        return result;
                    }
                }
            }
            if let Some(result) = self.validate_cached(issuers, &hash) {
                return result;
            }
        }
    }

    /// Looks up a verified token and validates it again. Also returns the kind of its evidence.
    fn validate_cached(
        &self,
        issuers: &IssuerVerifier,
        hash: &TokenHash,
    ) -> Option<(Result<Accepted, AuthenticationError>, EvidenceKind)> {
        let cached = self.cache.get(hash)?;
        let kind = cached.evidence.kind();
        if !issuers.is_current(cached.evidence) {
            self.cache.evict(hash);
            return None;
        }
        let result = self.validate(cached.token);
        if result.is_err() {
            // It has expired: no other result changes with time.
            self.cache.evict(hash);
        }
        Some((result, kind))
    }

    async fn verify(
        &self,
        issuers: &IssuerVerifier,
        token: &BearerToken,
        hash: TokenHash,
        kind: &mut EvidenceKind,
    ) -> Result<Accepted, AuthenticationError> {
        let (claims, evidence) = issuers
            .verify_with_evidence(token, kind)
            .await
            .map_err(|error| self.log_refusal(&error))?;
        let verified = self.resolve_scopes(claims);
        let accepted = self.validate(Arc::clone(&verified))?;
        // An introspection response may be valid only for this request.
        if issuers.is_current(evidence) {
            self.cache.insert(hash, verified, evidence);
        }
        Ok(accepted)
    }

    fn resolve_scopes(&self, claims: Claims) -> Arc<VerifiedToken> {
        VerifiedToken::new(claims, &self.table)
    }

    /// Returns what the log says about a rejection: the values of the token and the accepted
    /// ones, and what to do.
    fn explain(&self, reason: TokenRejection, claims: &Claims) -> String {
        let list = |values: &[String]| {
            let quoted = values.iter().map(|one| QuotedText(one, 160).to_string());
            quoted.take(4).collect::<Vec<_>>().join(", ")
        };
        match reason {
            TokenRejection::Issuer => format!(
                "{reason}: iss {}, and trusted is {}",
                QuotedText(claims.issuer(), 256),
                list(self.token_policy.issuers())
            ),
            TokenRejection::Audience | TokenRejection::NoAudience => format!(
                "{reason}: aud [{}], and accepted is [{}]; have the issuer write an accepted one into its tokens, or add an audience that it writes for this server alone to TOOLGATE_AUDIENCES",
                list(claims.audience()),
                list(self.token_policy.audiences())
            ),
            _ => reason.to_string(),
        }
    }

    fn validate(&self, token: Arc<VerifiedToken>) -> Result<Accepted, AuthenticationError> {
        self.token_policy
            .accept(token, self.clock.now())
            .map_err(|(reason, token)| {
                let claims = token.claims();
                tracing::info!(
                    reason = self.explain(reason, claims),
                    issuer = %QuotedText(claims.issuer(), 256),
                    subject = %QuotedText(claims.subject().unwrap_or_default(), 256),
                    client = %QuotedText(claims.client_id().unwrap_or_default(), 256),
                    "access token refused"
                );
                AuthenticationError::Invalid {
                    reason: reason.denial_reason(),
                    description: reason.to_string().into(),
                    token: Some(token),
                }
            })
    }

    /// Logs why a token is refused. Returns the refusal with the fixed sentence for the client.
    fn log_refusal(&self, error: &TokenError) -> AuthenticationError {
        match error.kind() {
            TokenErrorKind::Invalid => {
                let resource = self.token_policy.audiences().first().map(String::as_str);
                tracing::info!(reason = error.reason(), resource, "access token refused");
                AuthenticationError::Invalid {
                    reason: DenialReason::InvalidToken,
                    description: error.client_message.into(),
                    token: None,
                }
            }
            TokenErrorKind::Unavailable { retry_after } => {
                tracing::info!(reason = error.reason(), "access token cannot be verified");
                AuthenticationError::Unavailable {
                    reason: DenialReason::VerificationUnavailable,
                    retry_after: retry_after.max(Duration::from_secs(1)),
                    description: error.client_message,
                }
            }
        }
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("token_policy", &self.token_policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
