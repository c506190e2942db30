//! [`RoundRequest`]: what a request names, and what it brings from the round before.

use std::borrow::Cow;

use rmcp::model::{
    CallToolRequestParams, GetPromptRequestParams, InputResponses, JsonObject,
    ReadResourceRequestParams,
};

/// What a request names, and what it brings from the round before.
#[derive(Debug, Clone)]
pub(crate) struct RoundRequest<'r> {
    /// The method, so that a prompt does not accept the state of a tool with its name.
    pub(super) method: &'static str,
    /// The name of the tool or the prompt, or the resource's URI.
    pub(super) name: &'r str,
    pub(super) arguments: Cow<'r, JsonObject>,
    pub(super) state: Option<Cow<'r, str>>,
    pub(super) responses: Option<Cow<'r, InputResponses>>,
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

macro_rules! from_params {
    ($($method:literal: $params:ident, $name:ident, $arguments:expr;)*) => {$(
        impl<'r> From<&'r $params> for RoundRequest<'r> {
            fn from(params: &'r $params) -> Self {
                let (state, responses) = (&params.request_state, &params.input_responses);
                let arguments: fn(&'r $params) -> Option<&'r JsonObject> = $arguments;
                let arguments = arguments(params);
                Self::new($method, &params.$name, arguments, state.as_ref(), responses.as_ref())
            }
        }
    )*};
}

from_params! {
    "tools/call": CallToolRequestParams, name, |call| call.arguments.as_ref();
    "prompts/get": GetPromptRequestParams, name, |get| get.arguments.as_ref();
    "resources/read": ReadResourceRequestParams, uri, |_| None;
}
