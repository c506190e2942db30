//! Multi round-trip calls (MCP 2026-07-28): a tool asks, and is called again with answers.
//!
//! - [`seal`]: the state that a tool keeps in the client's hands between two rounds
//! - [`input`]: what a tool asks for

use std::sync::Arc;

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ElicitResult, ElicitationAction, InputResponses,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Call, FromCall, ToolError};
use crate::principal::Principal;

mod input;
mod seal;
#[cfg(test)]
mod tests;

pub use input::{InputRequired, Reply};
pub(crate) use seal::RoundSeal;

use seal::{Binding, Sealed, StateFault};

/// One call of several that make up one piece of work: the tool asks the person
/// something, the client calls it again with the answer, and a state of type `T` that the
/// tool gave along comes back with it.
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
/// Clients of revisions before 2026-07-28 cannot be asked in this way, and get an error.
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

/// What a person has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elicited<A> {
    /// They have filled in the form.
    Accepted(A),
    /// They have said no.
    Declined,
    /// They have closed the form without saying anything.
    Cancelled,
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
        let Some(response) = self.round.response(key) else {
            return Ok(None);
        };
        let unreadable = |_| ToolError::new(format!("the answer to `{key}` cannot be read"));
        let result: ElicitResult = serde_json::from_value(response.clone()).map_err(unreadable)?;
        Ok(Some(match result.action {
            ElicitationAction::Accept => {
                // What was done on a page has no content: that is `null`, for `()`.
                let content = result.content.unwrap_or_default();
                Elicited::Accepted(serde_json::from_value(content).map_err(unreadable)?)
            }
            ElicitationAction::Decline => Elicited::Declined,
            // What a later revision adds is no yes.
            _ => Elicited::Cancelled,
        }))
    }

    /// Begins to ask. The state comes back with the answer; what is in it is nobody's to
    /// read, but mind its size: it travels with every round.
    pub fn ask(&self, state: &T) -> InputRequired {
        InputRequired::new(Arc::clone(&self.round), serde_json::to_value(state))
    }
}

impl<S, T: Serialize + DeserializeOwned> FromCall<S> for Round<T> {
    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        let round = call.round().ok_or_else(|| {
            ToolError::new("this call has no rounds: it was made without a connection")
        })?;
        let state = round.earlier.as_ref().map(|earlier| earlier.state.clone());
        // A state that an older version of the tool has sealed, say.
        let state = state.map(serde_json::from_value).transpose();
        let state = state.map_err(|fault| {
            ToolError::new("this call cannot be gone on with; begin it anew").with_source(fault)
        })?;
        Ok(Self { state, round })
    }
}

/// The round that a call is, judged before the tool is asked.
pub(crate) struct CallRound {
    seal: Arc<RoundSeal>,
    binding: Binding,
    earlier: Option<Sealed>,
    responses: InputResponses,
    can_elicit: bool,
}

impl CallRound {
    /// Judges the state and the answers that a call brings.
    ///
    /// # Errors
    ///
    /// [`NoRound`] when they do not belong to this very call.
    pub(crate) fn judge(
        seal: &Arc<RoundSeal>,
        principal: Option<&Principal>,
        call: &CallToolRequestParams,
        capabilities: Option<&ClientCapabilities>,
    ) -> Result<Self, NoRound> {
        let none = serde_json::Map::new();
        let arguments = call.arguments.as_ref().unwrap_or(&none);
        let binding = seal.bind(principal, &call.name, arguments);
        let earlier = match &call.request_state {
            Some(state) => Some(seal.open(&binding, state).map_err(NoRound::State)?),
            // An answer to what nobody has asked was not given by anybody.
            None if call.input_responses.iter().any(|given| !given.is_empty()) => {
                return Err(NoRound::Unasked);
            }
            None => None,
        };
        Ok(Self {
            seal: Arc::clone(seal),
            binding,
            earlier,
            responses: call.input_responses.clone().unwrap_or_default(),
            can_elicit: capabilities.is_some_and(|client| client.elicitation.is_some()),
        })
    }

    /// An answer to something that was asked.
    fn response(&self, key: &str) -> Option<&Value> {
        let earlier = self.earlier.as_ref()?;
        let was_asked = earlier.asked.iter().any(|asked| asked == key);
        was_asked.then(|| self.responses.get(key)).flatten()
    }
}

/// Why a call is not the next round of any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRound {
    State(StateFault),
    Unasked,
}

impl NoRound {
    /// What the caller is told.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::State(StateFault::NotOurs) => {
                "the request state is none that this server gave to this caller for this tool and these arguments; call again without it"
            }
            Self::State(StateFault::Expired) => {
                "the request state has expired; call again without it"
            }
            Self::Unasked => {
                "there are input responses without the request state that belongs to them; call again without them"
            }
        }
    }
}
