//! The refusals of requests that the rules deny, or whose message is not read.

use http::HeaderMap;

use crate::{authorization::Denial, caller::Caller};

use super::super::{Gate, audit::AuditContext, message::IncomingMessage, refusal::Refusal};

impl Gate {
    /// Converts a denial of the rules to a refusal.
    pub(super) fn refusal_of(&self, denial: Denial, message: &IncomingMessage) -> Refusal {
        match denial {
            Denial::NoToken { challenge_scopes } => Refusal::NoToken { challenge_scopes },
            Denial::InsufficientScope {
                needed,
                missing,
                held,
            } => Refusal::InsufficientScope {
                challenged: self.challenged_scopes(needed, held),
                needed,
                missing,
            },
            Denial::NoPerson => Refusal::NoPerson,
            Denial::MissingRole { needed } => Refusal::MissingRole { needed },
            Denial::InsufficientAuthentication {
                conditions,
                needed,
                held,
            } => Refusal::InsufficientAuthentication {
                challenged: self.challenged_scopes(needed, held),
                conditions,
            },
            Denial::Unruled => Refusal::Message(message.unknown_method()),
        }
    }

    /// Records and logs the refusal of a request whose message is not read. No limit counts such
    /// requests, so the audit log counts them.
    pub(in crate::gate) fn refuse_unread(
        &self,
        headers: &HeaderMap,
        caller: Option<&Caller>,
        refusal: Refusal,
    ) -> Refusal {
        self.audited(AuditContext::new(None, caller).of_request(headers), refusal)
    }
}
