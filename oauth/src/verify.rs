//! Verifies that a token is authentic and reads its claims.
//!
//! A [`TokenVerifier`] returns claims and nothing else. Their issuer, audience and times
//! are validated afterwards on every request, so that no verifier can forget it.

use std::{fmt, future::Future, time::Duration};

use crate::{claims::Claims, credentials::BearerToken, log_text::Truncated};

mod authenticator;
mod dpop;
mod introspection_claims;
mod issuer_checks;
mod issuer_keys;
mod issuer_verifier;
mod jws;
mod jwt;
mod readiness_error;
mod token_type;
mod verification_cache;
mod verification_path;

pub use authenticator::{AuthenticationError, Authenticator};
pub use dpop::{
    Dpop, DpopRequest, LONGEST_PROOF_AGE, NONCE, Nonces, PROOF, ProofError, ProofRequirements,
    ProofTimes, Proofs,
};
pub use issuer_verifier::IssuerVerifier;
pub use readiness_error::ReadinessError;
pub use verification_cache::TokenHash;
pub use verification_path::{EvidenceKind, VerificationPath};

/// Establishes that a token is authentic and reads its claims.
///
/// [`IssuerVerifier`] verifies the tokens of authorization servers. Your own verifier, for
/// API keys for example, returns the claims that a key represents; the server still
/// validates issuer, audience and expiry.
///
/// ```
/// use toolgate::auth::{BearerToken, Claims, TokenError, TokenVerifier, UnixTime};
///
/// struct ApiKeys;
///
/// impl TokenVerifier for ApiKeys {
///     async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
///         match token.as_str() {
///             // In production, look up a hash of the key.
///             "k-123" => Ok(Claims::new("https://keys.example", UnixTime::from_seconds(4_000_000_000))
///                 .with_subject("alice")
///                 .with_audience("https://api.example/mcp")
///                 .with_scopes("todo:read")),
///             _ => Err(TokenError::invalid("no such key")),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot verify tokens",
    label = "not a `TokenVerifier`",
    note = "implement `toolgate::auth::TokenVerifier`, or use `toolgate::auth::IssuerVerifier`"
)]
pub trait TokenVerifier: Send + Sync + 'static {
    /// Verifies one token. Called for each request: a verifier that calls another service
    /// needs its own cache.
    ///
    /// # Errors
    ///
    /// [`TokenError::invalid`] if the token is not authentic (the client gets 401),
    /// [`TokenError::unavailable`] if that cannot be determined now (503).
    fn verify(
        &self,
        token: &BearerToken,
    ) -> impl Future<Output = Result<Claims, TokenError>> + Send;
}

/// Why a token was not verified: a reason for the log, and a sentence for the client.
///
/// The client gets only a fixed sentence. The reason is only logged; it is truncated to 512
/// bytes and must not contain the token.
#[doc(alias = "401")]
pub struct TokenError {
    kind: TokenErrorKind,
    client_message: &'static str,
    reason: String,
}

/// The kind of a [`TokenError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The token is not authentic: 401 `invalid_token` (RFC 6750 §3.1).
    Invalid,
    /// The token cannot be verified now: 503 with `Retry-After` and no challenge, because a
    /// new login would not help.
    Unavailable {
        /// When a retry makes sense.
        retry_after: Duration,
    },
}

impl TokenError {
    /// Builds the error for a token that is not authentic.
    #[must_use]
    pub fn invalid(reason: impl Into<String>) -> Self {
        Self::invalid_with("the access token is not valid", reason)
    }

    /// Builds the error for a token that cannot be verified now.
    #[must_use]
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::unavailable_with("the token cannot be verified now; try again later", reason)
    }

    /// Like [`unavailable`](Self::unavailable), with a different sentence for the client.
    fn unavailable_with(client_message: &'static str, reason: impl Into<String>) -> Self {
        Self {
            kind: TokenErrorKind::Unavailable {
                retry_after: Duration::from_secs(5),
            },
            ..Self::invalid_with(client_message, reason)
        }
    }

    /// Sets when the client may retry. Has no effect on an invalid token.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        if let TokenErrorKind::Unavailable { retry_after } = &mut self.kind {
            *retry_after = time;
        }
        self
    }

    /// Returns the kind of this error.
    #[must_use]
    pub fn kind(&self) -> TokenErrorKind {
        self.kind
    }

    /// Returns the reason, for the log only.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Builds the error for an invalid token. The sentence for the client is fixed, ASCII,
    /// and without the text that clients search for in a challenge (`scope=`, `error=`).
    fn invalid_with(client_message: &'static str, reason: impl Into<String>) -> Self {
        Self {
            kind: TokenErrorKind::Invalid,
            client_message,
            reason: Truncated(&reason.into(), 512).to_string(),
        }
    }
}

impl fmt::Debug for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenError")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.client_message, self.reason)
    }
}

impl std::error::Error for TokenError {}

/// Returns the claims in a text that has the form of a JWT, without any check of its signature: to
/// explain a token to a person, never to accept it.
pub fn unverified_members(token: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let jws = jws::Jws::parse(token).ok()?;
    crate::json::strict_object(jws.payload()).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) mod settable_clock;
    pub(crate) mod tokens;
}
