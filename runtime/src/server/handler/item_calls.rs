//! What runs an author's code: calls, readings, prompts and completions.

use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult,
        GetPromptRequestParams, GetPromptResponse, JsonObject, ReadResourceRequestParams,
        ReadResourceResponse,
    },
    service::RequestContext,
};
use tokio_util::sync::CancellationToken;

use super::{super::multi_round::Rounds, Handler};
use crate::{
    authorization::Permit,
    gate::StatelessFastPath,
    item::{Call, CallRound, RoundRequest, ToolError},
    operation::Operation,
    resource::not_found,
    tool::ToolOutcome,
};

impl Handler {
    /// A request that was admitted, which may take several rounds.
    fn rounds<'h>(
        &'h self,
        operation: Operation<'h>,
        name: &'h str,
        mut context: RequestContext<RoleServer>,
    ) -> Rounds<'h> {
        // Without a session nobody could say how much they want to hear.
        if self.0.has_sessions {
            context.extensions.insert(self.2.clone());
        }
        Rounds::new(&self.0.rounds, &self.0.rules, operation, name, context)
    }

    /// One round of it, as what runs gets it.
    fn call(
        &self,
        permit: &Permit,
        arguments: Option<&JsonObject>,
        rounds: &Rounds<'_>,
        round: CallRound,
    ) -> Call<()> {
        let call = Call::new(
            (),
            arguments.cloned().unwrap_or_default(),
            permit.caller().cloned(),
            Some(Arc::clone(&rounds.context)),
        );
        call.in_round(round)
    }

    pub(super) async fn calling(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let operation = Operation::CallTool(&request.name);
        let permit = self.permit(&context.extensions, operation)?;
        let tool = self.0.catalogue.permitted_tool(&permit);
        let tool = tool.ok_or_else(|| none_such("tool"))?;
        let cancelled = context.ct.clone();
        let turn = RoundRequest::from(&request);
        // What sees nothing of its request asks nothing of its client: the way of a call
        // in no session, and as little to do.
        if tool.is_plain() && turn.is_first() {
            let arguments = request.arguments.clone().unwrap_or_default();
            if let Some(running) = StatelessFastPath::call(&*self.0, &permit, arguments) {
                return unless_cancelled(false, cancelled, running.map(Ok)).await;
            }
        }
        let rounds = self.rounds(operation, tool.name(), context);
        if let Err(lack) = rounds.check(tool.client_capabilities()) {
            return rounds.told(ToolOutcome::failed(lack));
        }
        let run = |permit: &Permit, round| {
            let call = self.call(permit, request.arguments.as_ref(), &rounds, round);
            let running = tool.call(permit, call);
            running.map(|outcome| rounds.told(outcome)).boxed()
        };
        let running = rounds.run(&permit, turn, run);
        unless_cancelled(tool.takes_context(), cancelled, running).await
    }

    pub(super) async fn reading(
        &self,
        request: ReadResourceRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let uri = &*request.uri;
        let operation = Operation::ReadResource(uri);
        let permit = self.permit(&context.extensions, operation)?;
        let resource = self.0.catalogue.permitted_resource(&permit);
        let resource = resource.ok_or_else(|| not_found("there is no such resource", uri))?;
        let cancelled = context.ct.clone();
        let rounds = self.rounds(operation, resource.name(), context);
        let lack = rounds.check(resource.client_capabilities());
        lack.map_err(ToolError::into_error_data)?;
        let read = |permit: &Permit, round| {
            resource.read(permit, uri, self.call(permit, None, &rounds, round))
        };
        let reading = rounds.run(&permit, RoundRequest::from(&request), read);
        unless_cancelled(resource.takes_context(), cancelled, reading).await
    }

    pub(super) async fn getting(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let operation = Operation::GetPrompt(&request.name);
        let permit = self.permit(&context.extensions, operation)?;
        let prompt = self.0.catalogue.permitted_prompt(&permit);
        let prompt = prompt.ok_or_else(|| none_such("prompt"))?;
        let cancelled = context.ct.clone();
        let rounds = self.rounds(operation, prompt.name(), context);
        let lack = rounds.check(prompt.client_capabilities());
        lack.map_err(ToolError::into_error_data)?;
        let get = |permit: &Permit, round| {
            let call = self.call(permit, request.arguments.as_ref(), &rounds, round);
            prompt.get(permit, call)
        };
        let getting = rounds.run(&permit, RoundRequest::from(&request), get);
        unless_cancelled(prompt.takes_context(), cancelled, getting).await
    }

    pub(super) async fn completing(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let complete = Operation::of_reference(&request.r#ref);
        let permit = self.permit(&context.extensions, complete)?;
        let (argument, begun) = (&*request.argument.name, &*request.argument.value);
        let cancelled = context.ct.clone();
        let rounds = self.rounds(complete, "completion", context);
        // A completion asks nobody, but what it takes beside the text may be a round.
        let round = rounds.judge(&permit, &RoundRequest::alone("completion/complete"))?;
        let call = self.call(&permit, None, &rounds, round);
        let catalogue = &self.0.catalogue;
        let completing = match (
            catalogue.permitted_prompt(&permit),
            catalogue.permitted_resource(&permit),
        ) {
            (Some(prompt), _) => prompt.complete(&permit, argument, begun, call),
            (_, Some(resource)) => resource.complete(&permit, argument, begun, call),
            (None, None) => return Err(none_such("prompt or template")),
        };
        // What nobody completes has no values; so has an argument that is not there.
        let Some(completing) = completing else {
            return Ok(CompleteResult::default());
        };
        let completing = completing.map(|values| Ok(CompleteResult::new(values)));
        unless_cancelled(false, cancelled, completing).await
    }
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
