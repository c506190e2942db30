//! Is this token authentic, and what does it say?
//!
//! A [`TokenVerifier`] answers with claims and with nothing else. Whether they are for
//! this server, from a trusted issuer and of this hour is judged afterwards, on every
//! request, so that no verifier can forget it.

use std::{fmt, future::Future, time::Duration};

use crate::{bearer::BearerToken, claims::Claims, issuer::Capped};

mod answer;
mod authenticator;
mod cache;
mod dpop;
mod flights;
mod issuers;
mod jws;
mod jwt;
mod kind;
mod verifier;

#[cfg(test)]
pub(crate) mod mint;

pub(crate) use authenticator::{Authenticator, Unauthenticated};
pub(crate) use cache::TokenHash;
pub use dpop::Dpop;
#[cfg(feature = "development-issuer")]
pub(crate) use dpop::{About, Unproved};
pub(crate) use dpop::{NONCE, PROOF, Proofs, Shown};
pub(crate) use flights::{Boarding, Flights};
pub use issuers::IssuerVerifier;

/// Establishes that a token is authentic and reads its claims.
///
/// [`IssuerVerifier`] is the one for the tokens of authorization servers. One of your own, for API keys say, returns the
/// claims that a key stands for; the server still judges issuer, audience and expiry.
///
/// ```
/// use toolgate::{BearerToken, Claims, TokenError, TokenVerifier, UnixTime};
///
/// struct ApiKeys;
///
/// impl TokenVerifier for ApiKeys {
///     async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
///         match token.as_str() {
///             // In earnest: look up a hash of the key.
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
    note = "implement `toolgate::TokenVerifier`, or use `toolgate::IssuerVerifier`"
)]
pub trait TokenVerifier: Send + Sync + 'static {
    /// Verifies one token. Called anew for each request: a verifier that asks somebody
    /// else has its own cache.
    ///
    /// # Errors
    ///
    /// [`TokenError::invalid`] for a token that is not authentic (the caller gets 401),
    /// [`TokenError::unavailable`] when that cannot be found out now (503).
    fn verify(
        &self,
        token: &BearerToken,
    ) -> impl Future<Output = Result<Claims, TokenError>> + Send;
}

/// Why a token was not verified: the reason for the log, and what the caller is told.
///
/// The caller learns no more than a fixed sentence. The reason is for the log alone;
/// it is cut at 512 bytes, and must not contain the token.
pub struct TokenError {
    kind: TokenErrorKind,
    told: &'static str,
    reason: String,
}

/// What kind of failure a [`TokenError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenErrorKind {
    /// The token is not authentic: 401 `invalid_token` (RFC 6750 §3.1).
    Invalid,
    /// Nobody can tell now: 503 with `Retry-After`, and no challenge, because a new
    /// login would not help.
    Unavailable {
        /// After which time it makes sense to come again.
        retry_after: Duration,
    },
}

impl TokenError {
    /// The token is not authentic.
    #[must_use]
    pub fn invalid(reason: impl AsRef<str>) -> Self {
        Self::refused("the access token is not valid", reason)
    }

    /// Whether the token is authentic cannot be found out now.
    #[must_use]
    pub fn unavailable(reason: impl AsRef<str>) -> Self {
        Self::unanswered("the token cannot be verified now; try again later", reason)
    }

    /// The same with a sentence for the caller of its own.
    fn unanswered(told: &'static str, reason: impl AsRef<str>) -> Self {
        Self {
            kind: TokenErrorKind::Unavailable {
                retry_after: Duration::from_secs(5),
            },
            ..Self::refused(told, reason)
        }
    }

    /// Sets after which time an unavailable verifier may be asked again.
    #[must_use]
    pub fn with_retry_after(mut self, time: Duration) -> Self {
        if let TokenErrorKind::Unavailable { retry_after } = &mut self.kind {
            *retry_after = time;
        }
        self
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> TokenErrorKind {
        self.kind
    }

    /// The reason, for the log alone.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// An invalid token, with a sentence for the caller that is fixed, ASCII, and free
    /// of what clients look for in a challenge (`scope=`, `error=`).
    fn refused(told: &'static str, reason: impl AsRef<str>) -> Self {
        Self {
            kind: TokenErrorKind::Invalid,
            told,
            reason: Capped(reason.as_ref(), 512).to_string(),
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
        write!(f, "{}: {}", self.told, self.reason)
    }
}

impl std::error::Error for TokenError {}
