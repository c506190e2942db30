//! [`CallRound`]: the round of one request, validated before the item runs.

use std::{sync::Arc, time::Duration};

use rmcp::model::{ClientCapabilities, InputResponses};
use serde_json::Value;

use super::{
    round_request::RoundRequest,
    state_seal::{Binding, Opened, RoundSeal, StateError},
};
use crate::caller::Caller;

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
        request: &RoundRequest<'_>,
        declared: Option<ClientCapabilities>,
    ) -> Result<Self, RoundError> {
        let binding = seal.bind(caller, request);
        let earlier = match &request.state {
            Some(state) => Some(seal.open(&binding, state).map_err(RoundError::State)?),
            // Answers without a state do not belong to any request for input.
            None if request.responses.iter().any(|given| !given.is_empty()) => {
                return Err(RoundError::Unasked);
            }
            None => None,
        };
        Ok(Self {
            seal: Arc::clone(seal),
            binding,
            earlier,
            responses: request.responses.as_deref().cloned().unwrap_or_default(),
            declared,
        })
    }

    /// Returns how long the client may still answer the previous round; zero in the first round.
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
