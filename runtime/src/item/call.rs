//! [`Call`]: what one request for an item brings.

use std::sync::Arc;

use rmcp::{RoleServer, service::RequestContext};
use serde_json::{Map, Value};

use super::{AuthorizedValues, Context, ToolError, round::CallRound};
use crate::{caller::Caller, observer::RunReport};

/// One call of a tool, or one request for a resource or a prompt: its arguments, the
/// server's state and the caller.
///
/// Your own extractor reads what it needs from it; see [`FromCall`](crate::tool::FromCall).
pub struct Call<S> {
    item: ItemName,
    state: S,
    arguments: Map<String, Value>,
    authorized: Option<AuthorizedValues>,
    caller: Option<Caller>,
    request: Option<Arc<RequestContext<RoleServer>>>,
    round: Option<Arc<CallRound>>,
    report: Option<Arc<RunReport>>,
}

/// The kind and the name of the item that runs.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default)]
pub struct ItemName {
    pub(super) noun: &'static str,
    pub(super) name: &'static str,
}

impl<S> Call<S> {
    /// Creates an admitted call. `request` is rmcp's context, if the call comes through rmcp.
    pub(crate) fn new(
        state: S,
        arguments: Map<String, Value>,
        caller: Option<Caller>,
        request: Option<Arc<RequestContext<RoleServer>>>,
    ) -> Self {
        Self {
            item: ItemName::default(),
            state,
            arguments,
            authorized: None,
            caller,
            request,
            round: None,
            report: None,
        }
    }

    /// Adds the report that gets the outcome of the run.
    pub(crate) fn reported_to(mut self, report: Option<&Arc<RunReport>>) -> Self {
        self.report = report.cloned();
        self
    }

    pub(super) fn take_report(&mut self) -> Option<Arc<RunReport>> {
        self.report.take()
    }

    /// Adds the validated round.
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

    /// Sets the item and its validated arguments, with the values that the gate authorized.
    pub(super) fn begin(
        &mut self,
        item: ItemName,
        arguments: Map<String, Value>,
        authorized: Option<AuthorizedValues>,
    ) {
        self.item = item;
        self.arguments = arguments;
        self.authorized = authorized;
    }

    /// Takes the values that the gate authorized.
    pub(super) fn take_authorized(&mut self) -> Option<AuthorizedValues> {
        self.authorized.take()
    }

    /// Returns the name of the tool, the resource or the prompt.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        self.item.name
    }

    /// Returns the item that runs, for logs.
    #[doc(hidden)]
    #[must_use]
    pub fn item(&self) -> ItemName {
        self.item
    }

    /// Returns the server's state.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Returns the arguments, validated against the tool's schema, with defaults. The arguments
    /// of a prompt, and the variables of a resource's URI, are strings.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    pub(crate) fn arguments_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.arguments
    }

    /// Returns the caller, or `None` for a call without a token, which only a public item gets.
    #[must_use]
    pub fn caller(&self) -> Option<Caller> {
        self.caller.clone()
    }

    /// Returns the context of the request.
    ///
    /// # Errors
    ///
    /// Returns an error if the call took the fast path, which has no context. It does so only if
    /// [`FromCall::NEEDS_CONTEXT`](crate::tool::FromCall::NEEDS_CONTEXT) is `false` for every
    /// extractor of the item.
    pub fn context(&self) -> Result<Context, ToolError> {
        match &self.request {
            Some(request) => Ok(Context::new(Arc::clone(request))),
            None => Err(ToolError::new(
                "this call has no context: it was made without a connection",
            )),
        }
    }
}

#[cfg(feature = "testing")]
impl<S> Call<S> {
    /// Creates a call for a unit test of an extractor: with this state, without a caller, and
    /// with arguments as if they had been validated. Requires the feature `testing`.
    ///
    /// ```
    /// use toolgate::{Caller, ToolError, tool::{Call, FromCall}};
    ///
    /// struct Tenant(String);
    ///
    /// impl<S> FromCall<S> for Tenant {
    ///     fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
    ///         let caller = call.caller().ok_or_else(|| ToolError::new("no caller"))?;
    ///         caller.claim_as("tenant")?.map(Tenant).ok_or_else(|| ToolError::new("no tenant"))
    ///     }
    /// }
    ///
    /// let alice = Caller::test("alice").with_claim("tenant", "acme");
    /// let mut call = Call::test((), serde_json::Map::new()).with_caller(alice);
    /// assert_eq!(Tenant::from_call(&mut call).unwrap().0, "acme");
    /// ```
    #[must_use]
    pub fn test(state: S, arguments: Map<String, Value>) -> Self {
        Self::new(state, arguments, None, None)
    }

    /// Returns the test call with a caller. Requires the feature `testing`.
    #[must_use]
    pub fn with_caller(mut self, caller: Caller) -> Self {
        self.caller = Some(caller);
        self
    }
}

impl Call<()> {
    /// Returns the call with the state of the server.
    pub(crate) fn with_state<S>(self, state: S) -> Call<S> {
        Call {
            item: self.item,
            state,
            arguments: self.arguments,
            authorized: self.authorized,
            caller: self.caller,
            request: self.request,
            round: self.round,
            report: self.report,
        }
    }
}

impl<S> std::fmt::Debug for Call<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments and state are the user's data, which must not get into a log by accident.
        f.debug_struct("Call")
            .field("tool", &self.item.name)
            .field("caller", &self.caller)
            .finish_non_exhaustive()
    }
}
