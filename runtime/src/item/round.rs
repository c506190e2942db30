//! Multi round-trip requests (MCP 2026-07-28): a tool, a prompt or a resource asks, and is
//! called again with answers.
//!
//! | file | what it holds |
//! |---|---|
//! | `turn` | the round that one request is, judged before anything runs |
//! | `seal` | the state that is kept in the client's hands between two rounds |
//! | `input` | [`InputRequired`]: what is asked for; [`Reply`] |
//! | `sample` | [`Sample`]: what a client's model is asked |
//! | `answer` | [`Elicited`], [`Sampled`], [`Root`]: what a client answers |

use std::sync::Arc;

use rmcp::model::ElicitResult;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Call, FromCall, ToolError,
    capability::{ClientCapability, MissingCapabilities},
};

mod client_answers;
mod input_required;
mod round_request;
mod sampling;
mod state_seal;
#[cfg(test)]
mod tests;

pub use client_answers::{Elicited, Root, Sampled};
pub use input_required::{InputRequired, Reply};
pub(crate) use round_request::{CallRound, RoundRequest};
pub use sampling::Sample;
pub(crate) use state_seal::RoundSeal;

/// One call of several that make up one piece of work: the tool asks the client something,
/// the client calls it again with the answer, and a state of type `T` that the tool gave
/// along comes back with it. Prompts and resources can do the same.
///
/// A client can be asked to have its person fill in a form or visit a page, to let its
/// model answer, and which folders it works on; for several of these in one round. One that
/// does not declare that it can be asked is told so by the protocol's own error, and what
/// can do without asks [`can`](Self::can) first.
///
/// The state is sealed: the client can neither read nor change it, and it comes back only
/// from the same caller, to the same tool, with the same arguments, and in time. A call
/// with any other state is refused before the tool runs. A round is authorized like any
/// call, so a caller who has lost a scope in between gets a 403.
///
/// Nothing is remembered on the server. So a caller can send one round twice while its
/// state is good, and a tool that must act once has to remember that it did. With several
/// replicas, or restarts in between, all need one key
/// ([`Config::with_state_key`](crate::Config::with_state_key)).
///
/// In a session of a revision before 2026-07-28 the server asks while the call waits, and
/// runs the tool again by itself with what was answered, ten times at most. The tool sees no
/// difference. Such a client is told what it does not declare as a tool error.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use toolgate::{Elicited, Reply, Round, ToolError, mcp_tool};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Confirmation {
///     /// Whether to go ahead.
///     sure: bool,
/// }
///
/// /// Deletes a list.
/// #[mcp_tool(scope = "todo:write", destructive)]
/// fn delete_list(
///     /// Its name.
///     list: String,
///     #[extract] round: Round<u32>,
/// ) -> Result<Reply<String>, ToolError> {
///     Ok(match round.elicited::<Confirmation>("confirm")? {
///         None => {
///             let entries = 3; // that there are now, and that the person is told of
///             let message = format!("Delete `{list}` with {entries} entries?");
///             round.ask(&entries).form::<Confirmation>("confirm", message).into()
///         }
///         Some(Elicited::Accepted(Confirmation { sure: true })) => {
///             let entries = round.state().copied().unwrap_or_default();
///             Reply::Done(format!("Deleted {entries} entries."))
///         }
///         Some(_) => Reply::Done("Nothing was deleted.".to_owned()),
///     })
/// }
/// ```
pub struct Round<T> {
    state: Option<T>,
    round: Arc<CallRound>,
}

impl<T: Serialize + DeserializeOwned> Round<T> {
    /// What the tool said to itself in the round before; none in the first.
    #[must_use]
    pub fn state(&self) -> Option<&T> {
        self.state.as_ref()
    }

    /// What the person has answered to what was asked by this key; none if nothing was.
    ///
    /// # Errors
    ///
    /// When the answer does not have the form that was asked for. It is the client's word
    /// for what the person said: judge it like an argument.
    pub fn elicited<A: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Elicited<A>>, ToolError> {
        let answer: Option<ElicitResult> = self.answer(key)?;
        let answer = answer.map(Elicited::read).transpose();
        answer.map_err(|_| unreadable(key))
    }

    /// What the client's model has answered to what it was asked by this key; none if it
    /// was asked nothing.
    ///
    /// # Errors
    ///
    /// When the answer is no message. It is the client's word for what a model said, and
    /// the model may have been told anything: judge it like an argument.
    pub fn sampled(&self, key: &str) -> Result<Option<Sampled>, ToolError> {
        self.answer(key)
    }

    /// The folders that the client has told of when it was asked by this key; none if it
    /// was not asked.
    ///
    /// # Errors
    ///
    /// When the answer is no list of folders. They are the client's word, and no leave to
    /// open anything: judge them like an argument.
    pub fn roots(&self, key: &str) -> Result<Option<Vec<Root>>, ToolError> {
        #[derive(Deserialize)]
        struct Roots {
            roots: Vec<Root>,
        }
        let answer: Option<Roots> = self.answer(key)?;
        Ok(answer.map(|answer| answer.roots))
    }

    /// Whether the client declares that it can be asked for this.
    #[must_use]
    pub fn can(&self, capability: ClientCapability) -> bool {
        capability.is_among(self.round.declared())
    }

    /// Goes on only with a client that declares this.
    ///
    /// # Errors
    ///
    /// When it does not. Given back by the tool, it is told as the protocol tells it.
    pub fn require(&self, capability: ClientCapability) -> Result<(), ToolError> {
        MissingCapabilities::of(&[capability], self.round.declared())
            .map_err(ToolError::missing_capabilities)
    }

    /// Begins to ask. The state comes back with the answer; what is in it is nobody's to
    /// read, but mind its size: it travels with every round.
    pub fn ask(&self, state: &T) -> InputRequired {
        InputRequired::new(Arc::clone(&self.round), serde_json::to_value(state))
    }

    fn answer<A: DeserializeOwned>(&self, key: &str) -> Result<Option<A>, ToolError> {
        let answer = self.round.response(key).map(A::deserialize).transpose();
        answer.map_err(|_| unreadable(key))
    }
}

fn unreadable(key: &str) -> ToolError {
    ToolError::new(format!("the answer to `{key}` cannot be read"))
}

impl<S, T: Serialize + DeserializeOwned> FromCall<S> for Round<T> {
    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        let round = call.round().ok_or_else(|| {
            ToolError::new("this call has no rounds: it was made without a connection")
        })?;
        // A state that an older version of the tool has sealed, say.
        let state = round.state().map(T::deserialize).transpose();
        let state = state.map_err(|fault| {
            ToolError::new("this call cannot be gone on with; begin it anew").with_source(fault)
        })?;
        Ok(Self { state, round })
    }
}
