//! [`AuthorizationCodeError`]: why a user could not be signed in.

use std::fmt;

use serde_json::Value;

use crate::{
    issuer::{discovery::MissingMetadata, http_fetcher::FetchError},
    json,
    log_text::QuotedText,
};

/// Why a user could not be signed in, for the log. It contains no code and no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationCodeError {
    is_unknown_client: bool,
    reason: String,
}

impl AuthorizationCodeError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self {
            is_unknown_client: false,
            reason: reason.into(),
        }
    }

    /// Reads the code of a refusal (RFC 6749 §5.2, RFC 7591 §3.2.2). The description of the refusal
    /// can repeat a code of the request, so it is not logged.
    pub(super) fn answered(status: u16, body: &[u8]) -> Self {
        let members = json::strict_object(body).unwrap_or_default();
        let code = members.get("error").and_then(Value::as_str);
        let code = code.unwrap_or("no error code");
        let shown = QuotedText(code, 64);
        Self {
            is_unknown_client: matches!(code, "invalid_client" | "unauthorized_client"),
            ..Self::new(format!("it answered {status} with {shown}"))
        }
    }

    /// Returns whether the issuer refuses the client (RFC 6749 §5.2), and not only this code.
    pub(super) fn is_unknown_client(&self) -> bool {
        self.is_unknown_client
    }
}

impl From<MissingMetadata> for AuthorizationCodeError {
    fn from(missing: MissingMetadata) -> Self {
        Self::new(missing.reason)
    }
}

impl From<FetchError> for AuthorizationCodeError {
    fn from(error: FetchError) -> Self {
        Self::new(error.to_string())
    }
}

impl fmt::Display for AuthorizationCodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for AuthorizationCodeError {}
