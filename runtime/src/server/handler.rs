//! The server as rmcp sees it: what it is, and the second check of all that is asked.

use std::{borrow::Cow, future::ready, sync::Arc};

use futures_util::FutureExt;
use http::request::Parts;
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
};

use crate::{
    authorization::{Permit, Rules},
    gate::LatestCaller,
    item::{LogThreshold, RoundSeal},
    operation::Operation,
    prompt::Prompt,
    resource::{NO_SUCH_RESOURCE, Resource, not_found},
    tool::Tool,
};

use super::{
    Visibility,
    catalogue::Catalogue,
    dispatch_check::admitted,
    list_handlers::{TTL, only_page},
    listener_quota::Listener,
    subscriptions::{self, ChangeNotifier, Subscriptions},
    tool_list_cache::ToolListCache,
};

mod item_calls;

/// Everything that requests share.
pub(super) struct Shared {
    pub(super) info: ServerConfig,
    pub(super) catalogue: Catalogue,
    pub(super) rules: Arc<Rules>,
    pub(super) visibility: Visibility,
    /// Whether clients of the revisions before 2026-07-28 get a session.
    pub(super) has_sessions: bool,
    pub(super) herald: Option<Arc<ChangeNotifier>>,
    pub(super) rounds: Arc<RoundSeal>,
    pub(super) lists: ToolListCache,
}

/// One request's or one session's view of the server.
pub(super) struct Handler(Arc<Shared>, Subscriptions, LogThreshold);

impl Handler {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared, Subscriptions::default(), LogThreshold::default())
    }

    fn permit(
        &self,
        extensions: &Extensions,
        operation: Operation<'_>,
    ) -> Result<Permit, ErrorData> {
        admitted(&self.0.rules, extensions, operation)
    }

    /// A list, for whoever may have it.
    fn list<T>(
        &self,
        request: Option<PaginatedRequestParams>,
        context: &RequestContext<RoleServer>,
        listing: Operation<'_>,
        list: fn(&Shared, &Permit) -> T,
    ) -> Result<T, ErrorData> {
        let permit = self.permit(&context.extensions, listing)?;
        only_page(request)?;
        Ok(list(&self.0, &permit))
    }
}

/// Takes away what only a session can have.
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

/// What the gate put beside a request.
pub(super) fn of_request<T: Send + Sync + 'static>(extensions: &Extensions) -> Option<&T> {
    extensions.get::<Parts>()?.extensions.get::<T>()
}

impl ServerHandler for Handler {
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
        let tools = &self.0.catalogue.tools;
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
            && !self.0.has_sessions
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
        result.cache_scope = self.0.cache_scope(Operation::Discover, std::iter::empty());
        Ok(result)
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if let Some(herald) = &self.0.herald {
            self.1.begin(herald, context.peer);
        }
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        // The gate has judged every resource of it.
        let herald = self.0.herald.as_ref()?;
        Some(herald.accepted(requested))
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = context.requested().resource_subscriptions.as_deref();
        let uris = uris.unwrap_or_default();
        let extensions = &context.request_context().extensions;
        let permit = self.permit(extensions, Operation::Listen(uris))?;
        if let Some(herald) = &self.0.herald {
            let listener = Listener::of(permit.caller(), extensions);
            // Held until the listener ends, whatever ends it.
            let _share = herald.quota.take(listener, uris)?;
            subscriptions::listen(herald, permit.caller(), &context).await;
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.0.has_sessions {
            return Err(ErrorData::method_not_found::<SubscribeRequestMethod>());
        }
        let subscribe = Operation::Subscribe(&request.uri);
        let permit = self.permit(&context.extensions, subscribe)?;
        let latest_caller = of_request::<LatestCaller>(&context.extensions).cloned();
        let (Some(herald), Some(latest_caller), Some(_)) =
            (&self.0.herald, latest_caller, permit.target())
        else {
            return Err(not_found(NO_SUCH_RESOURCE, &request.uri));
        };
        let listener = Listener::of(permit.caller(), &context.extensions);
        self.1.begin(herald, context.peer);
        self.1
            .subscribe(request.uri, latest_caller, &herald.quota, listener)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if !self.0.has_sessions {
            return Err(ErrorData::method_not_found::<UnsubscribeRequestMethod>());
        }
        let unsubscribe = Operation::Unsubscribe(&request.uri);
        let permit = self.permit(&context.extensions, unsubscribe)?;
        if permit.target().is_none() {
            return Err(not_found(NO_SUCH_RESOURCE, &request.uri));
        }
        self.1.unsubscribe(&request.uri);
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
        if self.0.info.capabilities.logging.is_none() || !self.0.has_sessions {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        self.2.set(request.level);
        Ok(())
    }

    // What runs is boxed, and what waits for nothing is done at once: else rmcp's dispatch of
    // all requests would hold the longest of them, for every request, and be compiled as one
    // function with all of them.

    fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<CallToolResponse, ErrorData>> + Send {
        self.run::<Tool>(request, context).boxed()
    }

    fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<ReadResourceResponse, ErrorData>> + Send {
        self.run::<Resource>(request, context).boxed()
    }

    fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> impl Future<Output = Result<GetPromptResponse, ErrorData>> + Send {
        self.run::<Prompt>(request, context).boxed()
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
