//! A permitted message that rmcp has to read, too.

use bytes::Bytes;
use http::HeaderMap;

use super::{
    super::{
        Gate,
        audit::AuditContext,
        message::{IncomingMessage, Readers},
        message_error::MessageError,
        refusal::{Refusal, RefusedRequest},
    },
    Admission, UNREADABLE,
};

impl Gate {
    /// Reads a message again that was permitted, but takes no fast path, with rmcp's reader.
    ///
    /// The fast reader accepts a subset of what rmcp's accepts, with the same meaning. If the
    /// two differed all the same, this check refuses the message: an attacker could otherwise
    /// have one call authorized and another one run.
    pub(in crate::gate) fn read_for_rmcp(
        &self,
        headers: &HeaderMap,
        admission: &Admission,
        body: &mut Bytes,
    ) -> Result<IncomingMessage, Box<RefusedRequest<'_>>> {
        let message = self.read_message(Readers::RmcpOnly, headers, admission.caller(), body)?;
        let operation = message.operation();
        match admission.confirm(&self.rules, operation.unwrap_or(UNREADABLE)) {
            Ok(()) => Ok(message),
            Err(_) => {
                let context = AuditContext::new(operation, admission.caller());
                let refusal = Refusal::Message(MessageError::Unreadable);
                Err(self.refuse(context, refusal, headers, message.response_envelope()))
            }
        }
    }
}
