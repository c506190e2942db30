//! The server as rmcp sees it: what it is, what it lists, and the second check.

use std::{borrow::Cow, sync::Arc};

use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, Extensions,
        ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerConfig, SubscriptionFilter,
        Tool as Listing,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use crate::{
    access::Requirement,
    admission::{Admission, Rules, Target},
    operation::Operation,
    tool::{Call, Tool},
};

use super::{
    Visibility,
    changes::Changes,
    listening::{self, Listening},
};

/// How long a client may keep a list, in milliseconds.
const TTL: u64 = 60_000;

/// Everything that requests share.
pub(super) struct Shared<S> {
    pub(super) info: ServerConfig,
    pub(super) state: S,
    pub(super) tools: Vec<Tool<S>>,
    pub(super) rules: Arc<Rules>,
    pub(super) visibility: Visibility,
    pub(super) changes: Option<Changes>,
}

impl<S> Shared<S> {
    /// The tool that an admission is for.
    pub(super) fn admitted_tool(&self, admission: &Admission) -> Option<&Tool<S>> {
        match admission.target() {
            Some(Target::Tool(number)) => self.tools.get(number as usize),
            _ => None,
        }
    }
}

/// One request's or one session's view of the server.
pub(super) struct Handler<S>(Arc<Shared<S>>, Listening);

impl<S> Handler<S> {
    pub(super) fn new(shared: Arc<Shared<S>>) -> Self {
        Self(shared, Listening::default())
    }

    /// Who may keep an answer: what depends on who asks must not be told to another.
    fn cache_scope(everybody_gets_it: bool) -> CacheScope {
        match everybody_gets_it {
            true => CacheScope::Public,
            false => CacheScope::Private,
        }
    }

    /// The admission that came with *this* request, never one of the session's.
    ///
    /// Its absence means that somebody mounted the service without its gate.
    fn admission(
        &self,
        extensions: &Extensions,
        operation: Operation<'_>,
    ) -> Result<Admission, ErrorData> {
        let admission = extensions
            .get::<Parts>()
            .and_then(|parts| parts.extensions.get::<Admission>());
        let confirmed =
            admission.filter(|admission| self.0.rules.confirm(admission, operation).is_ok());
        confirmed.cloned().ok_or_else(|| {
            tracing::error!(
                target: "toolgate::audit",
                outcome = "not_admitted",
                method = operation.method(),
                "an operation arrived at dispatch that the gate did not admit; it was refused"
            );
            ErrorData::internal_error("the operation was not admitted", None)
        })
    }
}

impl<S: Clone + Send + Sync + 'static> ServerHandler for Handler<S> {
    fn get_info(&self) -> ServerConfig {
        self.0.info.clone()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(&[
            ProtocolVersion::V_2025_03_26,
            ProtocolVersion::V_2025_06_18,
            ProtocolVersion::V_2025_11_25,
            ProtocolVersion::V_2026_07_28,
        ])
    }

    fn get_tool(&self, name: &str) -> Option<Listing> {
        let place = self.0.tools.binary_search_by(|tool| tool.name().cmp(name));
        let tool = place.ok().and_then(|place| self.0.tools.get(place))?;
        Some(tool.listing().clone())
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        self.admission(&context.extensions, Operation::Discover)?;
        let versions = self.supported_protocol_versions().into_owned();
        let mut result = DiscoverResult::from_server_info(versions, self.get_info());
        result.ttl_ms = TTL;
        result.cache_scope = Self::cache_scope(self.0.rules.admits(Operation::Discover, None));
        Ok(result)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if let Some(changes) = &self.0.changes {
            self.1.begin(changes, context.peer);
        }
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // The gate has judged every resource of it.
        self.0.changes.as_ref().map(|_| requested.clone())
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let asked = context.requested().resource_subscriptions.clone();
        let asked = asked.unwrap_or_default();
        let extensions = &context.request_context().extensions;
        self.admission(extensions, Operation::Listen(&asked))?;
        if let Some(changes) = &self.0.changes {
            listening::listen(changes, context).await;
        }
        Ok(())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let admission = self.admission(&context.extensions, Operation::ListTools)?;
        if request.and_then(|request| request.cursor).is_some() {
            return Err(ErrorData::invalid_params(
                "the list has one page and no cursor",
                None,
            ));
        }
        let all_see_the_same = self
            .0
            .tools
            .iter()
            .all(|tool| tool.requirement() == Requirement::Public);
        let listed = self
            .0
            .tools
            .iter()
            .filter(|tool| {
                let call = Operation::CallTool(tool.name());
                self.0.visibility.shows(&self.0.rules, &admission, call)
            })
            .map(|tool| tool.listing().clone());
        let mut result = ListToolsResult::with_all_items(listed.collect());
        result.ttl_ms = Some(TTL);
        result.cache_scope = Some(Self::cache_scope(all_see_the_same));
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let admission = self.admission(&context.extensions, Operation::CallTool(&request.name))?;
        let Some(tool) = self.0.admitted_tool(&admission) else {
            return Err(ErrorData::invalid_params(
                "there is no tool of this name",
                None,
            ));
        };
        let cancelled = context.ct.clone();
        let call = Call::new(
            self.0.state.clone(),
            request.arguments.unwrap_or_default(),
            admission.principal().cloned(),
            Some(context),
        );
        let running = tool.call(&admission, call);
        if tool.takes_context() {
            // Such a tool can see for itself that it was cancelled, and tidy up.
            return Ok(running.await.into_response());
        }
        tokio::select! {
            biased;
            outcome = running => Ok(outcome.into_response()),
            // The client has gone, or has changed its mind: nobody waits for the result.
            () = cancelled.cancelled() => Err(ErrorData::internal_error("the call was cancelled", None)),
        }
    }
}

#[cfg(test)]
mod tests;
