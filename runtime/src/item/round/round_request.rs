//! [`CallRound`]: the round of one request, validated before the item runs.

use std::{borrow::Cow, sync::Arc, time::Duration};

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, GetPromptRequestParams, InputResponses, JsonObject,
    ReadResourceRequestParams,
};
use serde_json::Value;

use super::state_seal::{Binding, Opened, RoundSeal, StateError};
use crate::caller::Caller;

/// What a request names, and what it brings from the round before.
#[derive(Debug, Clone)]
pub(crate) struct RoundRequest<'r> {
    /// The method, so that a prompt does not accept the state of a tool with its name.
    pub(super) method: &'static str,
    /// The name of the tool or the prompt, or the resource's URI.
    pub(super) name: &'r str,
    pub(super) arguments: Cow<'r, JsonObject>,
    state: Option<Cow<'r, str>>,
    responses: Option<Cow<'r, InputResponses>>,
}

impl<'r> RoundRequest<'r> {
    fn new(
        method: &'static str,
        name: &'r str,
        arguments: Option<&'r JsonObject>,
        state: Option<&'r String>,
        responses: Option<&'r InputResponses>,
    ) -> Self {
        Self {
            method,
            name,
            arguments: arguments.map_or_else(Cow::default, Cow::Borrowed),
            state: state.map(|state| Cow::Borrowed(state.as_str())),
            responses: responses.map(Cow::Borrowed),
        }
    }

    /// Returns whether it brings nothing from a round before.
    pub(crate) fn is_first(&self) -> bool {
        self.state.is_none() && self.responses.is_none()
    }

    /// Returns the request of the next round, with this state and no answers yet.
    pub(crate) fn next(&self, state: Option<String>) -> Self {
        Self {
            state: state.map(Cow::Owned),
            responses: None,
            ..self.clone()
        }
    }

    /// Adds the answers.
    pub(crate) fn with(mut self, responses: InputResponses) -> Self {
        self.responses = Some(Cow::Owned(responses));
        self
    }

    /// Returns the request of a method without rounds.
    pub(crate) fn alone(method: &'static str) -> Self {
        Self::new(method, "", None, None, None)
    }
}

impl<'r> From<&'r CallToolRequestParams> for RoundRequest<'r> {
    fn from(call: &'r CallToolRequestParams) -> Self {
        Self::new(
            "tools/call",
            &call.name,
            call.arguments.as_ref(),
            call.request_state.as_ref(),
            call.input_responses.as_ref(),
        )
    }
}

impl<'r> From<&'r GetPromptRequestParams> for RoundRequest<'r> {
    fn from(get: &'r GetPromptRequestParams) -> Self {
        Self::new(
            "prompts/get",
            &get.name,
            get.arguments.as_ref(),
            get.request_state.as_ref(),
            get.input_responses.as_ref(),
        )
    }
}

impl<'r> From<&'r ReadResourceRequestParams> for RoundRequest<'r> {
    fn from(read: &'r ReadResourceRequestParams) -> Self {
        Self::new(
            "resources/read",
            &read.uri,
            None,
            read.request_state.as_ref(),
            read.input_responses.as_ref(),
        )
    }
}

/// The validated round of a request.
pub(crate) struct CallRound {
    pub(super) seal: Arc<RoundSeal>,
    pub(super) binding: Binding,
    earlier: Option<Opened>,
    responses: InputResponses,
    declared: Option<ClientCapabilities>,
}

impl CallRound {
    /// Validates the state and the answers of a request.
    ///
    /// # Errors
    ///
    /// [`RoundError`] if they do not belong to this very request.
    pub(crate) fn validate(
        seal: &Arc<RoundSeal>,
        caller: Option<&Caller>,
        turn: &RoundRequest<'_>,
        declared: Option<ClientCapabilities>,
    ) -> Result<Self, RoundError> {
        let binding = seal.bind(caller, turn);
        let earlier = match &turn.state {
            Some(state) => Some(seal.open(&binding, state).map_err(RoundError::State)?),
            // Answers without a state do not belong to any request for input.
            None if turn.responses.iter().any(|given| !given.is_empty()) => {
                return Err(RoundError::Unasked);
            }
            None => None,
        };
        Ok(Self {
            seal: Arc::clone(seal),
            binding,
            earlier,
            responses: turn.responses.as_deref().cloned().unwrap_or_default(),
            declared,
        })
    }

    /// Returns how long the client may still answer the round before; zero without one.
    pub(crate) fn left(&self) -> Duration {
        let left = self.earlier.as_ref().map_or(0, |earlier| earlier.left);
        Duration::from_secs(left)
    }

    /// Returns the capabilities that the client declares.
    pub(super) fn declared(&self) -> Option<&ClientCapabilities> {
        self.declared.as_ref()
    }

    /// Returns the state from the round before.
    pub(super) fn state(&self) -> Option<&Value> {
        let earlier = self.earlier.as_ref()?;
        Some(&earlier.sealed.state)
    }

    /// Returns the answer to an input that was asked for.
    pub(super) fn response(&self, key: &str) -> Option<&Value> {
        let earlier = self.earlier.as_ref()?;
        let was_asked = earlier.sealed.asked.iter().any(|asked| asked == key);
        was_asked.then(|| self.responses.get(key)).flatten()
    }
}

/// Why a request is not a valid round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoundError {
    State(StateError),
    Unasked,
}

impl RoundError {
    /// Returns the message for the client.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::State(StateError::NotOurs) => {
                "this server did not issue the request state to this caller for this request; call again without it"
            }
            Self::State(StateError::Expired) => {
                "the request state has expired; call again without it"
            }
            Self::Unasked => {
                "there are input responses without the request state that belongs to them; call again without them"
            }
        }
    }
}
