//! Authenticates credentials: a token, verified once and then validated on every request, and the
//! scheme it was sent with.
//!
//! The scheme must match the token in both directions. Accepting a bound token as a bearer
//! token would ignore its binding (RFC 9449 §7.2); a bearer token with the scheme `DPoP`
//! comes from a client that expects a binding that does not exist (§7.1: the binding is
//! checked).

use std::{any::Any, borrow::Cow, fmt, pin::Pin, sync::Arc, time::Duration};

use http::{HeaderMap, Method};

use super::{
    IssuerVerifier, TokenError, TokenVerifier,
    dpop::{DpopRequest, Proofs, Recording},
    jws::{self, MAX_TOKEN},
    verification_cache::{TokenHash, VerificationCache},
    verification_path::{EvidenceKind, VerificationPath},
};
use crate::{
    caller::{Accepted, AcceptedToken, TokenPolicy, TokenRejection, VerifiedToken},
    claims::Claims,
    clock::Clock,
    credentials::{BearerToken, Credentials, Scheme},
    denial::DenialReason,
    log_text::QuotedText,
    scope::ScopeTable,
    single_flight::{Role, SingleFlight},
};

mod possession;
mod refusal_log;
mod status;

use possession::{invalid, prove, unproved};

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
    /// Returns `self` if it is an [`IssuerVerifier`]. Only its results are cached: it reports their
    /// evidence. How long the results of another verifier stay valid is unknown.
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

    /// Returns the verifier of proofs, if tokens bound to a key are accepted.
    pub fn proofs(&self) -> Option<&Proofs> {
        self.proofs.as_ref()
    }

    /// Returns whether only bound tokens are accepted.
    pub fn takes_only_bound(&self) -> bool {
        self.only_bound
    }

    /// Authenticates a request's credentials. The proof is verified for each request, even
    /// if the token is cached. `path` is set even if the token is refused.
    pub async fn authenticate(
        &self,
        credentials: &Credentials,
        method: &Method,
        headers: &HeaderMap,
        path: &mut VerificationPath,
    ) -> Result<AcceptedToken, AuthenticationError> {
        let accepted = self.accept(&credentials.token, path).await?;
        let result = match self.check_possession(credentials, accepted, method, headers) {
            Ok((accepted, None)) => Ok(accepted),
            Ok((accepted, Some(recording))) => recording.await.map(|()| accepted).map_err(unproved),
            Err(refused) => Err(refused),
        };
        if let Err(reason) = &result {
            tracing::info!(?reason, "access token refused: possession not proved");
        }
        result
    }

    /// Checks that the scheme matches the token, and verifies the proof of a bound token.
    fn check_possession(
        &self,
        credentials: &Credentials,
        accepted: Accepted,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<(AcceptedToken, Option<Recording<'_>>), AuthenticationError> {
        let unbound = |accepted| (accepted, None);
        match (credentials.scheme, accepted) {
            (Scheme::Bearer, Accepted::Bearer(_)) if self.only_bound => Err(OTHER_SCHEME_NEEDED),
            (Scheme::Bearer, Accepted::Bearer(accepted)) => Ok(unbound(accepted)),
            (Scheme::Bearer, Accepted::Bound(_)) => Err(match &self.proofs {
                Some(_) => AuthenticationError::OtherScheme {
                    description: "the token is bound to a key: send it with the scheme DPoP and a proof of that key",
                },
                None => invalid(TokenRejection::Bound),
            }),
            (Scheme::Dpop, Accepted::Bearer(_)) => Err(invalid(TokenRejection::Unbound)),
            (Scheme::Dpop, Accepted::Bound(bound)) => match &self.proofs {
                Some(proofs) => {
                    let request = DpopRequest::from_request(method, headers);
                    prove(proofs, bound, &credentials.token, &request)
                }
                None => Err(invalid(TokenRejection::Bound)),
            },
        }
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
            // The token has expired: the results of all other checks never change.
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
}

const OTHER_SCHEME_NEEDED: AuthenticationError = AuthenticationError::OtherScheme {
    description: "this server accepts only tokens that are bound to a key: request one with a DPoP proof",
};

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("token_policy", &self.token_policy)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
