//! The errors of a token exchange.

use std::{error::Error, fmt};

use serde_json::{Map, Value};

use crate::{
    json,
    log_text::{QuotedText, Truncated},
};

/// The reason why a caller's token was not exchanged: the kind, which may be shown to the
/// caller, and the reason, which is for the log.
///
/// A tool can return this error directly: the caller receives its text, and its source is
/// logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeError {
    kind: ExchangeErrorKind,
    reason: Reason,
}

/// The kind of an [`ExchangeError`], which decides who can fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeErrorKind {
    /// The person has not consented yet, or needs a stronger login at the issuer:
    /// `consent_required`, `interaction_required`, `invalid_scope`, or an answer with fewer
    /// scopes than requested. A retry fails until the person has consented or logged in.
    NeedsConsent,
    /// The issuer refuses this caller's token: it is expired, or may not be exchanged
    /// (`invalid_grant`, `invalid_request`; RFC 8693 §2.2.2).
    Refused,
    /// The issuer cannot be reached or cannot answer now. A retry can succeed.
    Unavailable,
    /// The exchange is misconfigured here or at the issuer: the client is unknown, or may not
    /// exchange tokens, or not for this target. The operator has to fix it.
    Misconfigured,
    /// The issuer's answer cannot be used.
    Unusable,
}

/// The reason, as a separate source: the log prints the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reason(String);

impl ExchangeError {
    #[doc(hidden)]
    pub fn new(kind: ExchangeErrorKind, reason: impl AsRef<str>) -> Self {
        Self {
            kind,
            reason: Reason(Truncated(reason.as_ref(), 512).to_string()),
        }
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ExchangeErrorKind {
        self.kind
    }

    /// Returns the reason, for the log only. It contains the issuer's error code. It does
    /// not contain any other text of the issuer.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason.0
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ExchangeErrorKind::NeedsConsent => {
                "the service behind this tool needs a consent that this server does not have yet"
            }
            ExchangeErrorKind::Refused => {
                "the service behind this tool does not accept the login of this call"
            }
            ExchangeErrorKind::Unavailable => {
                "the service behind this tool cannot be reached now; try again later"
            }
            ExchangeErrorKind::Misconfigured | ExchangeErrorKind::Unusable => {
                "the service behind this tool cannot be used; this is an error of the server, not of the call"
            }
        })
    }
}

impl Error for ExchangeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Reason {}

/// Maps a refusal of RFC 6749 §5.2 and RFC 8693 §2.2.2. Its `error_description` is arbitrary
/// text and is not repeated.
pub(super) fn refused(status: u16, body: &[u8]) -> ExchangeError {
    let members: Map<String, Value> = json::lenient(body).unwrap_or_default();
    let code = members.get("error").and_then(Value::as_str);
    let kind = match code.unwrap_or_default() {
        // OpenID Connect Core §3.1.2.6, RFC 9470 §3, RFC 6749 §5.2: a scope beyond the grant
        // is `invalid_scope`.
        "consent_required"
        | "interaction_required"
        | "login_required"
        | "account_selection_required"
        | "insufficient_user_authentication"
        | "access_denied"
        | "invalid_scope" => ExchangeErrorKind::NeedsConsent,
        "invalid_client" | "unauthorized_client" | "unsupported_grant_type" | "invalid_target" => {
            ExchangeErrorKind::Misconfigured
        }
        "temporarily_unavailable" | "server_error" | "slow_down" => ExchangeErrorKind::Unavailable,
        "invalid_grant" | "invalid_request" | "invalid_token" => ExchangeErrorKind::Refused,
        _ if status == 400 => ExchangeErrorKind::Refused,
        // The issuer refuses this server's credentials, whatever code it sends.
        _ => ExchangeErrorKind::Misconfigured,
    };
    let code = QuotedText(code.unwrap_or_default(), 64);
    ExchangeError::new(kind, format!("it answered {status} with the error {code}"))
}
