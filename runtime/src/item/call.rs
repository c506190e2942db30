//! What one call brings, and the one place where a tool's own code is run.

use std::sync::Arc;

use rmcp::{RoleServer, service::RequestContext};
use serde_json::{Map, Value};

use super::{Context, ToolError, round::CallRound};
use crate::caller::Caller;

/// One call of a tool, or one request for a resource or a prompt: its arguments, the
/// server's state and who calls.
///
/// An extractor of your own reads from it what it needs; see [`FromCall`](crate::FromCall).
pub struct Call<S> {
    tool: &'static str,
    state: S,
    arguments: Map<String, Value>,
    caller: Option<Caller>,
    request: Option<Arc<RequestContext<RoleServer>>>,
    round: Option<Arc<CallRound>>,
}

impl<S> Call<S> {
    /// A call that was admitted. `request` is rmcp's context, where the call comes by rmcp.
    pub(crate) fn new(
        state: S,
        arguments: Map<String, Value>,
        caller: Option<Caller>,
        request: Option<Arc<RequestContext<RoleServer>>>,
    ) -> Self {
        Self {
            tool: "",
            state,
            arguments,
            caller,
            request,
            round: None,
        }
    }

    /// The same as a round that was judged.
    pub(crate) fn in_round(mut self, round: CallRound) -> Self {
        self.round = Some(Arc::new(round));
        self
    }

    pub(super) fn round(&self) -> Option<Arc<CallRound>> {
        self.round.clone()
    }

    pub(crate) fn take_arguments(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.arguments)
    }

    /// Sets what runs and its arguments as they were checked.
    pub(crate) fn begin(&mut self, tool: &'static str, arguments: Map<String, Value>) {
        self.tool = tool;
        self.arguments = arguments;
    }

    /// The name of the tool that is called, or of the resource or the prompt.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        self.tool
    }

    /// The server's state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// The arguments, checked against the tool's schema, defaults filled in. Those of a
    /// prompt, and the variables of a resource's URI, are texts.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    pub(crate) fn arguments_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.arguments
    }

    /// Who calls; none for a call without a token, which only a public tool can get.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        self.caller.clone()
    }

    /// The request in which the call came.
    ///
    /// # Errors
    ///
    /// When the call did not come by a connection that has one. A server asks every
    /// extractor by [`FromCall::NEEDS_CONTEXT`](crate::FromCall::NEEDS_CONTEXT) which
    /// way a call must take, so this is an extractor that said `false` there.
    pub fn context(&self) -> Result<Context, ToolError> {
        match &self.request {
            Some(request) => Ok(Context::new(Arc::clone(request))),
            None => Err(ToolError::new(
                "this call has no context: it was made without a connection",
            )),
        }
    }
}

impl Call<()> {
    /// The same with the state that it runs with.
    pub(crate) fn with_state<S>(self, state: S) -> Call<S> {
        Call {
            tool: self.tool,
            state,
            arguments: self.arguments,
            caller: self.caller,
            request: self.request,
            round: self.round,
        }
    }
}

impl<S> std::fmt::Debug for Call<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and state are the user's; they belong in no log by accident.
        f.debug_struct("Call")
            .field("tool", &self.tool)
            .field("principal", &self.caller)
            .finish_non_exhaustive()
    }
}
