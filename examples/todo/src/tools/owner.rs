//! The owner of the list that a call is about: our own extractor.

use toolgate::{
    ToolError,
    tool::{Call, FromCall},
};

use crate::store::Owner;

impl<S> FromCall<S> for Owner {
    // `false` lets calls take the fast path.
    const NEEDS_CONTEXT: bool = false;
    // `true` makes a public tool with an owner an error at start-up.
    const NEEDS_CALLER: bool = true;

    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        let caller = call.caller().ok_or_else(|| {
            ToolError::new("a list belongs to a user, and this call has no token")
        })?;
        match (caller.subject(), caller.client_id()) {
            (Some(subject), _) => Ok(Self::subject(caller.issuer(), subject)),
            // A client that acts on its own behalf (RFC 6749 §4.4).
            (None, Some(client)) => Ok(Self::client(caller.issuer(), client)),
            (None, None) => Err(ToolError::new(
                "the token names neither a subject nor a client, so there is no list to use",
            )),
        }
    }
}
