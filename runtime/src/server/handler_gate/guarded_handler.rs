//! A handler that answers only requests that its gate has authorized.

use std::{
    borrow::Cow,
    sync::{Mutex, MutexGuard, PoisonError},
};
use toolgate_json_schema::publish_shared;

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CacheScope, CallToolRequestParams, CallToolResponse, CancelledNotificationParam,
        CompleteRequestParams, CompleteResult, CustomNotification, DiscoverResult, Extensions,
        GetPromptRequestParams, GetPromptResponse, InitializeRequestParams, InitializeResult,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
        ReadResourceRequestParams, ReadResourceResponse, ServerCapabilities, ServerConfig,
        SubscribeRequestParams, SubscriptionFilter, Tool, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};

use crate::{
    authorization::{Permit, Rules},
    item::SCHEMES,
    operation::{self, Operation},
    prompt::PromptKind,
    resource::ResourceKind,
    server::{
        Visibility,
        dispatch_check::confirmed_permit,
        listener_quota::{Listener, SubscriptionQuota},
        run_reports::{FinishReport, reported, run_report},
    },
    tool::ToolKind,
};

mod handler_admission;
mod shown_resources;
mod user_check_run;

use super::HandlerGate;
use handler_admission::replace_arguments;

/// A handler behind its [`HandlerGate`]. For every request it requires the admission that the gate's
/// layer attached to this request for this operation. Without the layer, or behind another
/// gate's layer, it answers nothing.
///
/// Requests for which the gate has no rule do not reach the handler: `logging/setLevel`,
/// tasks, skills and custom methods are answered as unknown methods, and are not announced.
pub struct GuardedHandler<H> {
    handler: H,
    pub(super) gate: HandlerGate,
    /// The resources that this session has subscribed to through the gate.
    subscribed: Mutex<SubscriptionQuota>,
}

impl<H> GuardedHandler<H> {
    pub(super) fn new(handler: H, gate: HandlerGate) -> Self {
        Self {
            handler,
            gate,
            subscribed: Mutex::default(),
        }
    }

    fn subscribed(&self) -> MutexGuard<'_, SubscriptionQuota> {
        // Every change is one insertion or removal, so a panic leaves no inconsistent state.
        self.subscribed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.gate.0.built_gate.gate.rules
    }

    fn hears(&self, extensions: &Extensions) -> bool {
        confirmed_permit(self.rules(), extensions, Operation::Notify).is_ok()
    }

    /// Returns whether a list shows the item of this operation.
    fn shows(&self, permit: &Permit, use_of: Operation<'_>) -> bool {
        let visibility: Visibility = self.gate.0.visibility;
        let rules = self.rules();
        rules.offers(use_of) && visibility.shows(rules, permit, use_of)
    }

    /// Returns who may cache a list. A list that was filtered for a caller is private.
    fn cache_scope(&self, own: Option<CacheScope>) -> Option<CacheScope> {
        match self.gate.0.asks_for_tokens {
            true => Some(CacheScope::Private),
            false => own,
        }
    }
}

#[expect(
    deprecated,
    reason = "revisions with sessions have subscriptions by session"
)]
impl<H: ServerHandler> ServerHandler for GuardedHandler<H> {
    fn get_info(&self) -> ServerConfig {
        let mut info = self.handler.get_info();
        let offered = std::mem::take(&mut info.capabilities);
        let mut capabilities = ServerCapabilities::default();
        // Do not announce what the gate refuses; it refuses every capability that it does not
        // know.
        capabilities.experimental = offered.experimental;
        capabilities.completions = offered.completions;
        capabilities.prompts = offered.prompts;
        capabilities.resources = offered.resources;
        capabilities.tools = offered.tools;
        info.capabilities = capabilities;
        info
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.handler.supported_protocol_versions()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        // rmcp calls this without a request, so nothing is returned for items that are not
        // offered.
        let is_offered = self.rules().offers(Operation::CallTool(name));
        is_offered.then(|| self.handler.get_tool(name)).flatten()
    }

    async fn ping(&self, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.permit(&context, Operation::Ping)?;
        self.handler.ping(context).await
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        self.permit(&context, Operation::Initialize)?;
        let mut result = self.handler.initialize(request, context).await?;
        result.capabilities = self.get_info().capabilities;
        Ok(result)
    }

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        self.permit(&context, Operation::Discover)?;
        let mut result = self.handler.discover(context).await?;
        result.capabilities = self.get_info().capabilities;
        if !self.rules().allows(Operation::Discover, None) {
            result.cache_scope = CacheScope::Private;
        }
        Ok(result)
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let permit = self.permit(&context, Operation::ListTools)?;
        let mut list = self.handler.list_tools(request, context).await?;
        list.tools
            .retain(|tool| self.shows(&permit, Operation::CallTool(&tool.name)));
        for tool in &mut list.tools {
            if let Some(schemes) = self.gate.0.schemes.get(&*tool.name) {
                let meta = tool.meta.get_or_insert_default();
                meta.insert(SCHEMES.to_owned(), schemes.clone());
            }
            publish_shared(&mut tool.input_schema);
            tool.output_schema.iter_mut().for_each(publish_shared);
        }
        list.cache_scope = self.cache_scope(list.cache_scope);
        Ok(list)
    }

    async fn call_tool(
        &self,
        mut request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (permit, call) = self.admit_run(&context, Operation::CallTool(&request.name))?;
        replace_arguments(&mut request.arguments, call);
        let run = |request, context| self.handler.call_tool(request, context);
        self.run_after_decision::<ToolKind, _>(permit, request, context, run)
            .await
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let permit = self.permit(&context, Operation::ListPrompts)?;
        let mut list = self.handler.list_prompts(request, context).await?;
        list.prompts
            .retain(|prompt| self.shows(&permit, Operation::GetPrompt(&prompt.name)));
        list.cache_scope = self.cache_scope(list.cache_scope);
        Ok(list)
    }

    async fn get_prompt(
        &self,
        mut request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let (permit, call) = self.admit_run(&context, Operation::GetPrompt(&request.name))?;
        replace_arguments(&mut request.arguments, call);
        let run = |request, context| self.handler.get_prompt(request, context);
        self.run_after_decision::<PromptKind, _>(permit, request, context, run)
            .await
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let permit = self.permit(&context, Operation::ListResources)?;
        let mut list = self
            .handler
            .list_resources(request, context.clone())
            .await?;
        let resources = std::mem::take(&mut list.resources);
        list.resources = self.shown(&permit, resources, &context).await?;
        list.cache_scope = self.cache_scope(list.cache_scope);
        Ok(list)
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let permit = self.permit(&context, Operation::ListResourceTemplates)?;
        let mut list = self
            .handler
            .list_resource_templates(request, context)
            .await?;
        list.resource_templates
            .retain(|one| self.shows(&permit, Operation::CompleteResource(&one.uri_template)));
        list.cache_scope = self.cache_scope(list.cache_scope);
        Ok(list)
    }

    async fn read_resource(
        &self,
        mut request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let (permit, call) = self.admit_run(&context, Operation::ReadResource(&request.uri))?;
        if let Some(call) = call {
            (request.uri, _) = call.into_parts();
        }
        let run = |request, context| self.handler.read_resource(request, context);
        self.run_after_decision::<ResourceKind, _>(permit, request, context, run)
            .await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let permit = self.admit(&context, operation::from_reference(&request.r#ref))?;
        let report = run_report(&context.extensions);
        let _finish = FinishReport(report.clone());
        let running = reported(report.clone(), self.handler.complete(request, context));
        let watch = &self.gate.0.watch;
        watch.during(&permit, report.as_ref(), running).await?
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let subscribe = Operation::Subscribe(&request.uri);
        let permit = self.admit(&context, subscribe)?;
        let listener = Listener::of(permit.caller(), &context.extensions);
        let uri = request.uri.clone();
        self.subscribed().add(uri, &self.gate.0.quota, listener)?;
        self.handler.subscribe(request, context).await
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.admit(&context, Operation::Unsubscribe(&request.uri))?;
        self.subscribed().remove(&request.uri);
        self.handler.unsubscribe(request, context).await
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut requested = requested.clone();
        if let Some(uris) = &mut requested.resource_subscriptions {
            uris.retain(|uri| self.rules().offers(Operation::ReadResource(uri)));
        }
        // rmcp intersects the returned filter with the original request, not with the one
        // reduced here.
        let mut accepted = self.handler.accepted_subscription_filter(&requested)?;
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| self.rules().offers(Operation::ReadResource(uri)));
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = context.requested().resource_subscriptions.as_deref();
        let uris = uris.unwrap_or_default();
        let request = context.request_context();
        let permit = self.permit(request, Operation::Listen(uris))?;
        let listener = Listener::of(permit.caller(), &request.extensions);
        // Held until the listener ends, for any reason.
        let _share = self.gate.0.quota.take(listener, uris)?;
        self.handler.listen(context).await
    }

    async fn on_cancelled(
        &self,
        notification: CancelledNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        if self.hears(&context.extensions) {
            self.handler.on_cancelled(notification, context).await;
        }
    }

    async fn on_progress(
        &self,
        notification: ProgressNotificationParam,
        context: NotificationContext<RoleServer>,
    ) {
        if self.hears(&context.extensions) {
            self.handler.on_progress(notification, context).await;
        }
    }

    async fn on_initialized(&self, context: NotificationContext<RoleServer>) {
        if self.hears(&context.extensions) {
            self.handler.on_initialized(context).await;
        }
    }

    async fn on_roots_list_changed(&self, context: NotificationContext<RoleServer>) {
        if self.hears(&context.extensions) {
            self.handler.on_roots_list_changed(context).await;
        }
    }

    async fn on_custom_notification(
        &self,
        notification: CustomNotification,
        context: NotificationContext<RoleServer>,
    ) {
        if self.hears(&context.extensions) {
            self.handler
                .on_custom_notification(notification, context)
                .await;
        }
    }
}
