//! [`SessionOwner`]: the caller that owns a session and the events of its streams.

use serde::{Deserialize, Serialize};
use toolgate_core::caller::Caller;

/// The owner of a session: the same for all tokens of a caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOwner {
    issuer: String,
    subject: Option<String>,
    /// Only if there is no subject.
    client: Option<String>,
}

impl SessionOwner {
    /// Returns the owner of what a caller opens.
    pub fn of(caller: &Caller) -> Self {
        let claims = caller.claims();
        let subject = claims.subject().map(str::to_owned);
        let client = claims.client_id().map(str::to_owned);
        Self {
            issuer: claims.issuer().to_owned(),
            client: client.filter(|_| subject.is_none()),
            subject,
        }
    }
}
