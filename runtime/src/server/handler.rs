//! The server as rmcp sees it: what it is, and the second check of all that is asked.

use std::{borrow::Cow, sync::Arc};

use futures_util::FutureExt;
use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        DiscoverResult, Extensions, GetPromptRequestParams, GetPromptResponse, JsonObject,
        ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
        PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
        ServerConfig, SetLevelRequestMethod, SubscribeRequestParams, SubscriptionFilter,
        Tool as Listing, UnsubscribeRequestParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
};
use tokio_util::sync::CancellationToken;

use crate::{
    admission::{Admission, Rules},
    gate::{Direct, Holder},
    operation::Operation,
    resource::not_found,
    tool::{Call, CallRound, RoundSeal, Threshold, ToolError, ToolOutcome, Turn},
};

use super::{
    Visibility,
    admitted::admitted,
    catalogue::Catalogue,
    listening::{self, Herald, Listening},
    listing::{TTL, only_page},
    lists::Lists,
    rounds::Rounds,
};

/// Everything that requests share.
pub(super) struct Shared {
    pub(super) info: ServerConfig,
    pub(super) catalogue: Catalogue,
    pub(super) rules: Arc<Rules>,
    pub(super) visibility: Visibility,
    pub(super) herald: Option<Arc<Herald>>,
    pub(super) rounds: Arc<RoundSeal>,
    pub(super) lists: Lists,
}

/// One request's or one session's view of the server.
pub(super) struct Handler(Arc<Shared>, Listening, Threshold);

impl Handler {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared, Listening::default(), Threshold::default())
    }

    fn admission(
        &self,
        extensions: &Extensions,
        operation: Operation<'_>,
    ) -> Result<Admission, ErrorData> {
        admitted(&self.0.rules, extensions, operation)
    }
}

impl Handler {
    /// A request that was admitted, which may take several rounds.
    fn rounds<'h>(
        &'h self,
        operation: Operation<'h>,
        name: &'h str,
        mut context: RequestContext<RoleServer>,
    ) -> Rounds<'h> {
        context.extensions.insert(self.2.clone());
        Rounds::new(&self.0.rounds, &self.0.rules, operation, name, context)
    }

    /// One round of it, as what runs gets it.
    fn call(
        &self,
        admission: &Admission,
        arguments: Option<&JsonObject>,
        rounds: &Rounds<'_>,
        round: CallRound,
    ) -> Call<()> {
        let call = Call::new(
            (),
            arguments.cloned().unwrap_or_default(),
            admission.principal().cloned(),
            Some(Arc::clone(&rounds.context)),
        );
        call.in_round(round)
    }
}

/// What the gate put beside a request.
pub(super) fn of_request<T: Send + Sync + 'static>(extensions: &Extensions) -> Option<&T> {
    extensions.get::<Parts>()?.extensions.get::<T>()
}

/// Waits for what runs, unless the client has gone, or has changed its mind. What takes the
/// context can see that for itself, and tidy up.
async fn unless_cancelled<T>(
    takes_context: bool,
    cancelled: CancellationToken,
    running: impl Future<Output = Result<T, ErrorData>>,
) -> Result<T, ErrorData> {
    if takes_context {
        return running.await;
    }
    tokio::select! {
        biased;
        end = running => end,
        () = cancelled.cancelled() => Err(ErrorData::internal_error("the call was cancelled", None)),
    }
}

fn none_such(what: &'static str) -> ErrorData {
    ErrorData::invalid_params(format!("there is no {what} of this name"), None)
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

    async fn discover(
        &self,
        context: RequestContext<RoleServer>,
    ) -> Result<DiscoverResult, ErrorData> {
        self.admission(&context.extensions, Operation::Discover)?;
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
        let asked = context.requested().resource_subscriptions.clone();
        let asked = asked.unwrap_or_default();
        let extensions = &context.request_context().extensions;
        let admission = self.admission(extensions, Operation::Listen(&asked))?;
        if let Some(herald) = &self.0.herald {
            listening::listen(herald, admission.principal(), context).await;
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let subscribe = Operation::Subscribe(&request.uri);
        let admission = self.admission(&context.extensions, subscribe)?;
        let holder = of_request::<Holder>(&context.extensions).cloned();
        let (Some(herald), Some(holder), Some(_)) = (&self.0.herald, holder, admission.target())
        else {
            return Err(not_found("there is no such resource", &request.uri));
        };
        self.1.begin(herald, context.peer);
        self.1.subscribe(request.uri, holder)
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let unsubscribe = Operation::Unsubscribe(&request.uri);
        let admission = self.admission(&context.extensions, unsubscribe)?;
        if admission.target().is_none() {
            return Err(not_found("there is no such resource", &request.uri));
        }
        self.1.unsubscribe(&request.uri);
        Ok(())
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let admission = self.admission(&context.extensions, Operation::ListTools)?;
        only_page(request)?;
        Ok(self.0.tools(&admission))
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let admission = self.admission(&context.extensions, Operation::ListPrompts)?;
        only_page(request)?;
        Ok(self.0.prompts(&admission))
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let admission = self.admission(&context.extensions, Operation::ListResources)?;
        only_page(request)?;
        Ok(self.0.resources(&admission))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        context: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let admission = self.admission(&context.extensions, Operation::ListResourceTemplates)?;
        only_page(request)?;
        Ok(self.0.templates(&admission))
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
        self.admission(&context.extensions, Operation::SetLevel)?;
        if self.0.info.capabilities.logging.is_none() {
            return Err(ErrorData::method_not_found::<SetLevelRequestMethod>());
        }
        self.2.set(request.level);
        Ok(())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let operation = Operation::CallTool(&request.name);
        let admission = self.admission(&context.extensions, operation)?;
        let tool = self.0.catalogue.admitted_tool(&admission);
        let tool = tool.ok_or_else(|| none_such("tool"))?;
        let cancelled = context.ct.clone();
        let turn = Turn::from(&request);
        // What sees nothing of its request asks nothing of its client: the way of a call
        // in no session, and as little to do.
        if tool.is_plain() && turn.is_first() {
            let arguments = request.arguments.clone().unwrap_or_default();
            if let Some(running) = Direct::call(&*self.0, &admission, arguments) {
                return unless_cancelled(false, cancelled, running.map(Ok)).await;
            }
        }
        let rounds = self.rounds(operation, tool.name(), context);
        if let Err(lack) = rounds.check(tool.client_capabilities()) {
            return rounds.told(ToolOutcome::failed(lack));
        }
        let run = |admission: &Admission, round| {
            let call = self.call(admission, request.arguments.as_ref(), &rounds, round);
            let running = tool.call(admission, call);
            running.map(|outcome| rounds.told(outcome)).boxed()
        };
        let running = rounds.run(&admission, turn, run);
        unless_cancelled(tool.takes_context(), cancelled, running).await
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = &*request.uri;
        let operation = Operation::ReadResource(uri);
        let admission = self.admission(&context.extensions, operation)?;
        let resource = self.0.catalogue.admitted_resource(&admission);
        let resource = resource.ok_or_else(|| not_found("there is no such resource", uri))?;
        let cancelled = context.ct.clone();
        let rounds = self.rounds(operation, resource.name(), context);
        let lack = rounds.check(resource.client_capabilities());
        lack.map_err(ToolError::into_error_data)?;
        let read = |admission: &Admission, round| {
            resource.read(admission, uri, self.call(admission, None, &rounds, round))
        };
        let reading = rounds.run(&admission, Turn::from(&request), read);
        unless_cancelled(resource.takes_context(), cancelled, reading).await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let operation = Operation::GetPrompt(&request.name);
        let admission = self.admission(&context.extensions, operation)?;
        let prompt = self.0.catalogue.admitted_prompt(&admission);
        let prompt = prompt.ok_or_else(|| none_such("prompt"))?;
        let cancelled = context.ct.clone();
        let rounds = self.rounds(operation, prompt.name(), context);
        let lack = rounds.check(prompt.client_capabilities());
        lack.map_err(ToolError::into_error_data)?;
        let get = |admission: &Admission, round| {
            let call = self.call(admission, request.arguments.as_ref(), &rounds, round);
            prompt.get(admission, call)
        };
        let getting = rounds.run(&admission, Turn::from(&request), get);
        unless_cancelled(prompt.takes_context(), cancelled, getting).await
    }

    async fn complete(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let complete = Operation::of_reference(&request.r#ref);
        let admission = self.admission(&context.extensions, complete)?;
        let (argument, begun) = (&*request.argument.name, &*request.argument.value);
        let cancelled = context.ct.clone();
        let rounds = self.rounds(complete, "completion", context);
        // A completion asks nobody, but what it takes beside the text may be a round.
        let round = rounds.judge(&admission, &Turn::alone("completion/complete"))?;
        let call = self.call(&admission, None, &rounds, round);
        let catalogue = &self.0.catalogue;
        let completing = match (
            catalogue.admitted_prompt(&admission),
            catalogue.admitted_resource(&admission),
        ) {
            (Some(prompt), _) => prompt.complete(&admission, argument, begun, call),
            (_, Some(resource)) => resource.complete(&admission, argument, begun, call),
            (None, None) => return Err(none_such("prompt or template")),
        };
        // What nobody completes has no values; so has an argument that is not there.
        let Some(completing) = completing else {
            return Ok(CompleteResult::default());
        };
        let completing = async { Ok(CompleteResult::new(completing.await)) };
        unless_cancelled(false, cancelled, completing).await
    }
}

#[cfg(test)]
mod tests;
