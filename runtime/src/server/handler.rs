//! rmcp's handler: the server's information, and the second check of every request.

use std::{
    borrow::Cow,
    future::ready,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        DiscoverResult, Extensions, GetPromptRequestParams, GetPromptResponse,
        InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult,
        ListResourcesResult, ListToolsResult, PaginatedRequestParams, ProtocolVersion,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SetLevelRequestMethod, SubscribeRequestMethod, SubscribeRequestParams, SubscriptionFilter,
        Tool as Listing, UnsubscribeRequestMethod, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
    transport::streamable_http_server::session::SessionRestoreMarker,
};

use tokio::sync::broadcast::Receiver;

use crate::{
    authorization::Permit,
    gate::{LatestCaller, SessionGuard, StartedCall},
    item::LogThreshold,
    operation::Operation,
    prompt::PromptKind,
    resource::{NO_SUCH_RESOURCE, ResourceKind, not_found},
    tool::ToolKind,
};

use super::{
    changes::Change,
    dispatch_check::{confirmed_permit, gate_extension},
    list_handlers::TTL,
    listener_quota::Listener,
    shared::Shared,
    subscriptions::{self, Subscriptions},
};

mod item_calls;

pub(super) use item_calls::answer_denied;

/// The revisions of the protocol that a server speaks.
pub(super) const REVISIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

/// The handler of one request or of one session.
pub(super) struct Handler {
    shared: Arc<Shared>,
    subscriptions: Subscriptions,
    /// The receiver of a subscription. It opens before the acknowledgement, which rmcp sends before
    /// it calls the listener, so that the listener misses no change.
    acknowledged: Mutex<Option<Receiver<Change>>>,
    /// The lowest level of log messages of a connection without sessions in the gate.
    log_threshold: LogThreshold,
}

impl Handler {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            subscriptions: Subscriptions::default(),
            acknowledged: Mutex::default(),
            log_threshold: LogThreshold::default(),
        }
    }

    fn acknowledged(&self) -> MutexGuard<'_, Option<Receiver<Change>>> {
        // Every change is one assignment, so a panic leaves no inconsistent state.
        self.acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn permit(
        &self,
        extensions: &Extensions,
        operation: Operation<'_>,
    ) -> Result<Permit, ErrorData> {
        confirmed_permit(&self.shared.rules, extensions, operation)
    }

    /// Returns a page of a list to a caller that may have it.
    fn list<T>(
        &self,
        request: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
        listing: Operation<'_>,
        list: fn(&Shared, &Permit, Option<&str>) -> Result<T, ErrorData>,
    ) -> Result<T, ErrorData> {
        let permit = self.permit(&context.extensions, listing)?;
        let cursor = request.and_then(|request| request.cursor);
        list(&self.shared, &permit, cursor.as_deref())
    }
}

/// Returns a function that sets whether the session of a request keeps its service.
fn service_keeper(extensions: &Extensions) -> impl FnOnce(bool) + use<> {
    let session = gate_extension::<Arc<SessionGuard>>(extensions).cloned();
    move |has_subscriptions| {
        if let Some(session) = session {
            session.keep_service(has_subscriptions);
        }
    }
}

/// Removes the capabilities that need a session.
fn without_sessions(capabilities: &mut ServerCapabilities) {
    capabilities.logging = None;
    if let Some(tools) = &mut capabilities.tools {
        tools.list_changed = None;
    }
    if let Some(prompts) = &mut capabilities.prompts {
        prompts.list_changed = None;
    }
    if let Some(resources) = &mut capabilities.resources {
        resources.list_changed = None;
        resources.subscribe = None;
    }
}

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        self.shared.info.clone()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(REVISIONS)
    }

    fn get_tool(&self, name: &str) -> Option<Listing> {
        let tools = &self.shared.catalogue.tools;
        let place = tools.binary_search_by(|tool| tool.name().cmp(name));
        let tool = place.ok().and_then(|place| tools.get(place))?;
        Some(tool.listing().clone())
    }

    fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<InitializeResult, ErrorData>> + Send {
        let mut result = self.negotiate_initialize(&request);
        context.peer.set_peer_info(request);
        if let Ok(result) = &mut result
            && !self.shared.has_sessions
        {
            without_sessions(&mut result.capabilities);
        }
        ready(result)
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        self.permit(&context.extensions, Operation::Discover)?;
        let versions = self.supported_protocol_versions().into_owned();
        let mut result = DiscoverResult::from_server_info(versions, self.get_info());
        result.ttl_ms = TTL;
        result.cache_scope = self
            .shared
            .cache_scope(Operation::Discover, std::iter::empty());
        Ok(result)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        let Some(notifier) = &self.shared.notifier else {
            return;
        };
        self.subscriptions.begin(notifier, context.peer.clone());
        let restored = context.extensions.get::<SessionRestoreMarker>();
        if restored.is_some_and(|session| self.shared.records.missed_changes(&session.id)) {
            subscriptions::notify_of_lists(notifier, &context.peer).await;
        }
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // The gate has authorized every resource of the filter.
        let notifier = self.shared.notifier.as_ref()?;
        *self.acknowledged() = Some(notifier.changes.listen());
        Some(notifier.accepted(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = context.requested().resource_subscriptions.as_deref();
        let uris = uris.unwrap_or_default();
        let extensions = &context.request_context().extensions;
        let permit = self.permit(extensions, Operation::Listen(uris))?;
        if let Some(notifier) = &self.shared.notifier {
            let listener = Listener::of(permit.caller(), extensions);
            // Held until the listener ends, for any reason.
            let _share = notifier.quota.take(listener, uris)?;
            let receiver = self.acknowledged().take();
            let receiver = receiver.unwrap_or_else(|| notifier.changes.listen());
            let listening = subscriptions::listen(notifier, permit.caller(), &context, receiver);
            #[cfg(feature = "stdio")]
            let listening = super::stream_end::until_end(extensions, listening);
            listening.await;
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.shared.has_sessions {
            return Err(ErrorData::method_not_found::<SubscribeRequestMethod>());
        }
        let subscribe = Operation::Subscribe(&request.uri);
        let permit = self.permit(&context.extensions, subscribe)?;
        let latest_caller = gate_extension::<LatestCaller>(&context.extensions).cloned();
        let (Some(notifier), Some(latest_caller), Some(_)) =
            (&self.shared.notifier, latest_caller, permit.target())
        else {
            return Err(not_found(NO_SUCH_RESOURCE, &request.uri));
        };
        let listener = Listener::of(permit.caller(), &context.extensions);
        let keep = service_keeper(&context.extensions);
        self.subscriptions.begin(notifier, context.peer);
        self.subscriptions
            .subscribe(request.uri, latest_caller, &notifier.quota, listener, keep)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.shared.has_sessions {
            return Err(ErrorData::method_not_found::<UnsubscribeRequestMethod>());
        }
        let unsubscribe = Operation::Unsubscribe(&request.uri);
        let permit = self.permit(&context.extensions, unsubscribe)?;
        if permit.target().is_none() {
            return Err(not_found(NO_SUCH_RESOURCE, &request.uri));
        }
        let keep = service_keeper(&context.extensions);
        self.subscriptions.unsubscribe(&request.uri, keep);
        Ok(())
    }

    fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListToolsResult, ErrorData>> + Send {
        ready(self.list(request, &context, Operation::ListTools, Shared::tools))
    }

    fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListPromptsResult, ErrorData>> + Send {
        ready(self.list(request, &context, Operation::ListPrompts, Shared::prompts))
    }

    fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListResourcesResult, ErrorData>> + Send {
        ready(self.list(
            request,
            &context,
            Operation::ListResources,
            Shared::resources,
        ))
    }

    fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ListResourceTemplatesResult, ErrorData>> + Send {
        ready(self.list(
            request,
            &context,
            Operation::ListResourceTemplates,
            Shared::templates,
        ))
    }

    #[expect(
        deprecated,
        reason = "the protocol deprecates log messages in 2026-07-28, and still has them"
    )]
    async fn set_level(
        &self,
        request: rmcp::model::SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.permit(&context.extensions, Operation::SetLevel)?;
        if self.shared.info.capabilities.logging.is_none() || !self.shared.has_sessions {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        let session = gate_extension::<Arc<SessionGuard>>(&context.extensions);
        let threshold = session.map_or(&self.log_threshold, |session| session.log_threshold());
        threshold.set(request.level);
        Ok(())
    }

    // The methods that run an author's code are boxed, and the lists are ready when they
    // return: otherwise the future of rmcp's dispatch would be as large as the largest of them
    // for every request, and be compiled as one function with all of them.

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send {
        let started = gate_extension::<StartedCall>(&context.extensions);
        match started.and_then(StartedCall::take) {
            Some(running) => self.finish_call(running, request, context).boxed(),
            None => self.run::<ToolKind>(request, context).boxed(),
        }
    }

    fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ReadResourceResponse, ErrorData>> + Send {
        self.run::<ResourceKind>(request, context).boxed()
    }

    fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> + Send {
        self.run::<PromptKind>(request, context).boxed()
    }

    fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CompleteResult, ErrorData>> + Send {
        self.completing(request, context).boxed()
    }
}

#[cfg(test)]
mod tests;
