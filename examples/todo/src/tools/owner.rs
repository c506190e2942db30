//! Whose list a call is about: an extractor of our own.

use toolgate::{Call, FromCall, ToolError};

use crate::store::Owner;

impl<S> FromCall<S> for Owner {
    // Without it, calls take the shorter way.
    const NEEDS_CONTEXT: bool = false;
    // So a public tool that took an owner would be a fault at the start.
    const NEEDS_CALLER: bool = true;

    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        let caller = call.caller().ok_or_else(|| {
            ToolError::new("a list belongs to somebody, and the call has no token")
        })?;
        match (caller.subject(), caller.client_id()) {
            (Some(subject), _) => Ok(Self::subject(caller.issuer(), subject)),
            // A program that acts for itself (RFC 6749 §4.4).
            (None, Some(client)) => Ok(Self::client(caller.issuer(), client)),
            (None, None) => Err(ToolError::new(
                "the token names neither a subject nor a client, so there is no list to use",
            )),
        }
    }
}
