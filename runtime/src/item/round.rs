//! Multi round-trip requests (MCP 2026-07-28): an item asks the client for input, and the client
//! sends the request again with answers.
//!
//! | file | what it holds |
//! |---|---|
//! | `round_request` | what a request names, and what it brings from the round before |
//! | `validated_round` | the round of one request, validated before the item runs |
//! | `state_seal` | the sealed state that the client stores between two rounds |
//! | `used_states`, `shared_use` | the states that may be used only once, in this process and at all replicas |
//! | `form` | the form for a type |
//! | `input_required` | [`InputRequired`]: the requested input; [`Reply`] |
//! | `sampling` | [`Sample`]: a request to a client's model |
//! | `client_answers` | [`Elicited`], [`Sampled`], [`Root`]: the answers of a client |

use std::{sync::Arc, time::Duration};

use rmcp::model::ElicitResult;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::caller::Caller;

use super::{
    Call, FromCall, ToolError,
    approval_desk::ApprovalDesk,
    capability::{ClientCapability, MissingCapabilities},
    decision_report::DecisionReport,
};

mod client_answers;
mod form;
mod input_required;
mod round_request;
mod sampling;
mod shared_use;
mod state_seal;
#[cfg(test)]
mod tests;
mod used_states;
mod validated_round;

pub use client_answers::{Elicited, Root, Sampled};
pub(crate) use form::check_form;
pub use input_required::{InputRequired, Reply};
pub(crate) use round_request::RoundRequest;
pub use sampling::Sample;
pub(super) use shared_use::SharedUse;
pub(crate) use state_seal::RoundSeal;
pub(super) use used_states::StateRedemption;
pub(crate) use validated_round::CallRound;

/// One round of a call that takes several. The tool asks the client for input, the client sends
/// the call again with the answers, and a state of type `T` from the tool comes back with them.
/// Prompts and resources can do the same.
///
/// A tool can ask for a form that the user fills in, for a page that the user visits, for an
/// answer of the model, and for the folders that the client works on. One round can ask for
/// several of these. A client that does not declare the capability gets the protocol's error. A
/// tool that works without it checks [`can`](Self::can) first.
///
/// The state is sealed: the client can neither read nor change it. It is accepted only from the
/// same caller, for the same tool, with the same arguments, before it expires. A call with any
/// other state is refused before the tool runs. A round is authorized like any call, so a caller
/// that has lost a scope in between gets a 403.
///
/// The server stores nothing. A caller can therefore send one round twice before its state
/// expires, and a tool that must act only once has to record that it did. With several replicas,
/// or restarts in between, all need one key
/// ([`Config::with_state_key`](crate::Config::with_state_key)).
///
/// In a session of a revision before 2026-07-28 the server asks the client while the call waits,
/// and runs the tool again with the answers, at most ten times. The tool sees no difference. The
/// error for a missing capability is then a tool error.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use toolgate::{Reply, Round, ToolError, interaction::Elicited, mcp_tool};
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
///             let entries = 3; // the number that the user confirms
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
    /// Returns the state from the round before, or `None` in the first round.
    #[must_use]
    pub fn state(&self) -> Option<&T> {
        self.state.as_ref()
    }

    /// Returns the answer of the user to the form or page with this key, or `None` if there was
    /// none in the round before.
    ///
    /// # Errors
    ///
    /// Returns an error if the answer does not match the form. The client reports what the user
    /// answered, so check it like an argument.
    pub fn elicited<A: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Elicited<A>>, ToolError> {
        let answer: Option<ElicitResult> = self.answer(key)?;
        let answer = answer.map(Elicited::read).transpose();
        answer.map_err(|_| unreadable(key))
    }

    /// Returns the answer of the client's model to the request with this key, or `None` if there
    /// was none in the round before.
    ///
    /// # Errors
    ///
    /// Returns an error if the answer is not a message. The client reports what the model
    /// answered, and other input can influence the model, so check it like an argument.
    pub fn sampled(&self, key: &str) -> Result<Option<Sampled>, ToolError> {
        self.answer(key)
    }

    /// Returns the folders that the client lists for the request with this key, or `None` if
    /// there was none in the round before.
    ///
    /// # Errors
    ///
    /// Returns an error if the answer is not a list of folders. The client reports them, and they
    /// are not a permission to open anything, so check them like an argument.
    pub fn roots(&self, key: &str) -> Result<Option<Vec<Root>>, ToolError> {
        #[derive(Deserialize)]
        struct Roots {
            roots: Vec<Root>,
        }
        let answer: Option<Roots> = self.answer(key)?;
        Ok(answer.map(|answer| answer.roots))
    }

    /// Returns whether the client declares this capability.
    #[must_use]
    pub fn can(&self, capability: ClientCapability) -> bool {
        capability.is_among(self.round.declared())
    }

    /// Requires that the client declares this capability.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not. If the tool returns it, the client gets the protocol's
    /// error for a missing capability.
    pub fn require(&self, capability: ClientCapability) -> Result<(), ToolError> {
        MissingCapabilities::check(&[capability], self.round.declared())
            .map_err(ToolError::missing_capabilities)
    }

    /// Starts a request for input. The state comes back with the answers. The client cannot read
    /// it, but it is sent with every round, so keep it small.
    pub fn ask(&self, state: &T) -> InputRequired {
        InputRequired::new(Arc::clone(&self.round), serde_json::to_value(state))
    }

    /// Returns the interface to the stored approvals, if the server has a page for them.
    pub(super) fn approval_desk(&self) -> Option<Arc<dyn ApprovalDesk>> {
        self.round.seal.approval_desk()
    }

    /// Returns what reports the decision about a question, if anything observes the gate.
    pub(super) fn decision_report(
        &self,
        item: &str,
        channel: &'static str,
        question: &str,
        caller: Option<&Caller>,
    ) -> Option<DecisionReport> {
        let reporter = self.round.seal.reporter()?;
        Some(reporter.report(item, channel, question, caller))
    }

    /// Uses the sealed state of the round before.
    pub(super) fn use_once(&self, caller: Option<&Caller>, id: &str) -> StateRedemption {
        let left = self.round.left().as_secs();
        self.round.seal.use_once(caller, id, left)
    }

    /// Returns what records the use at the other replicas, if there are any.
    pub(super) fn shared_use(&self, id: &str, life: Duration) -> Option<SharedUse> {
        let left = self.round.left().as_secs();
        self.round.seal.shared_use(id, left, life)
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
        // An older version of the tool can have sealed a state of another type.
        let state = round.state().map(T::deserialize).transpose();
        let state = state.map_err(|error| {
            ToolError::new("this call cannot be continued; start it again").with_source(error)
        })?;
        Ok(Self { state, round })
    }
}
