//! Logs why a token is refused, and builds the error for its client.

use std::time::Duration;

use super::{
    super::{TokenError, TokenErrorKind},
    AuthenticationError, Authenticator,
};
use crate::{caller::TokenRejection, claims::Claims, denial::DenialReason, log_text::QuotedText};

impl Authenticator {
    /// Returns what the log says about a rejection: the values of the token and the accepted
    /// ones, and what to do.
    pub(super) fn explain(&self, reason: TokenRejection, claims: &Claims) -> String {
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

    /// Logs why a token is refused. Returns the refusal with the fixed sentence for the client.
    pub(super) fn log_refusal(&self, error: &TokenError) -> AuthenticationError {
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
