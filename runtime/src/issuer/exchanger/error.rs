//! Why there is no token for an upstream.

use std::{error::Error, fmt};

use serde_json::{Map, Value};

use crate::{
    issuer::{Capped, Quoted},
    json,
};

/// Why a caller's token was not exchanged: what kind of failure it is, which the caller
/// may know, and the reason, which is for the log.
///
/// A tool can return it as it is: its text goes to the caller, its source to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeError {
    kind: ExchangeErrorKind,
    reason: Reason,
}

/// What kind of failure an [`ExchangeError`] is, and so who can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExchangeErrorKind {
    /// The person has not allowed this yet, or has to log in more strongly, at the issuer:
    /// `consent_required`, `interaction_required`, `invalid_scope`, an answer with fewer
    /// scopes than were asked for. To come again does not help before they have.
    NeedsConsent,
    /// The issuer does not take this caller's token: it has ended, or may not be
    /// exchanged (`invalid_grant`, `invalid_request`; RFC 8693 §2.2.2).
    Refused,
    /// The issuer cannot be reached, or cannot answer now. It helps to come again.
    Unavailable,
    /// This server is not set up for it here or there: its client is unknown, may not
    /// exchange tokens, or not for this target. Its operator has to mend that.
    Misconfigured,
    /// The issuer's answer is none that can be used.
    Unusable,
}

/// The reason, as a source of its own: the log prints the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reason(String);

impl ExchangeError {
    pub(crate) fn new(kind: ExchangeErrorKind, reason: impl AsRef<str>) -> Self {
        Self {
            kind,
            reason: Reason(Capped(reason.as_ref(), 512).to_string()),
        }
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ExchangeErrorKind {
        self.kind
    }

    /// The reason, for the log alone: of what an issuer writes it has the error code.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason.0
    }
}

impl fmt::Display for ExchangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ExchangeErrorKind::NeedsConsent => {
                "the service behind this tool needs a consent that was not given to this server yet"
            }
            ExchangeErrorKind::Refused => {
                "the login behind this call is not accepted for the service behind this tool"
            }
            ExchangeErrorKind::Unavailable => {
                "the service behind this tool cannot be reached now; try again later"
            }
            ExchangeErrorKind::Misconfigured | ExchangeErrorKind::Unusable => {
                "the service behind this tool cannot be used; this is a fault of the server, not of the call"
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

/// A refusal of RFC 6749 §5.2 and RFC 8693 §2.2.2. Its description is for people, and
/// may say anything: it is not repeated.
pub(super) fn refused(status: u16, body: &[u8]) -> ExchangeError {
    let members: Map<String, Value> = json::lenient(body).unwrap_or_default();
    let code = members.get("error").and_then(Value::as_str);
    let kind = match code.unwrap_or_default() {
        // OpenID Connect Core §3.1.2.6, RFC 9470 §3, RFC 6749 §5.2: what exceeds the
        // grant is `invalid_scope`.
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
        // It refuses this server's own credentials, whatever it says.
        _ => ExchangeErrorKind::Misconfigured,
    };
    let code = Quoted(code.unwrap_or_default(), 64);
    ExchangeError::new(kind, format!("it answered {status} with the error {code}"))
}
