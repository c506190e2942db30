//! [`Failure`]: why a user could not be signed in.

use toolgate_core::log_text::QuotedText;
use toolgate_oauth::{issuer::AuthorizationCodeError, verify::AuthenticationError};

use crate::secret_text::NoRandomNumbers;

/// Why a user could not be signed in.
pub(crate) enum Failure {
    NoRandomNumbers,
    NoClient,
    Issuer(AuthorizationCodeError),
    /// The issuer has sent an error (RFC 6749 §4.1.2.1), such as `access_denied`.
    Refused(String),
    OtherIssuer,
    Token(AuthenticationError),
}

impl From<NoRandomNumbers> for Failure {
    fn from(NoRandomNumbers: NoRandomNumbers) -> Self {
        Self::NoRandomNumbers
    }
}

impl From<AuthorizationCodeError> for Failure {
    fn from(error: AuthorizationCodeError) -> Self {
        Self::Issuer(error)
    }
}

impl Failure {
    /// Logs the failure without a code or a token.
    pub(crate) fn log(&self, issuer: &str) {
        let reason = match self {
            Self::NoRandomNumbers => "the operating system has no random numbers".to_owned(),
            Self::NoClient => "this server does not trust the issuer any more".to_owned(),
            Self::Issuer(error) => error.to_string(),
            Self::Refused(error) => format!("it refused: {}", QuotedText(error, 64)),
            Self::OtherIssuer => "the response has the `iss` of another issuer, or it has no `iss`, which is required if the issuer promises it or the server trusts several issuers".to_owned(),
            Self::Token(AuthenticationError::Invalid { description, .. }) => {
                format!("its token is not accepted: {description}")
            }
            Self::Token(_) => "its token cannot be used or verified".to_owned(),
        };
        let issuer = QuotedText(issuer, 256);
        tracing::warn!(%issuer, reason, "a user could not be signed in for an approval");
    }
}
