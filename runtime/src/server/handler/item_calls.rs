//! Runs items: calls of tools, reads of resources, prompts and completions.

use std::sync::Arc;

use futures_util::{FutureExt, TryFutureExt};
use http::request::Parts;
use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolRequestParams, CallToolResponse, CompleteRequestParams, CompleteResult, JsonObject,
    },
    service::RequestContext,
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{
        catalogue::{ServedKind, no_such_item},
        dispatch_check::gate_extension,
        multi_round::{Answer, Rounds, is_current},
        run_reports::{FinishReport, reported, run_report},
    },
    Handler,
};
use crate::{
    authorization::Permit,
    gate::{LateDenials, RunningCall, SessionGuard},
    item::{Call, CallRound, RoundRequest, RunError},
    observer::{RunOutcome, RunReport},
    operation::{self, Operation},
    prompt::PromptKind,
    resource::ResourceKind,
    tool::ToolKind,
};

impl Handler {
    /// Prepares an admitted request, which can take several rounds.
    fn rounds<'h>(
        &'h self,
        operation: Operation<'h>,
        arguments: Option<&'h JsonObject>,
        mut context: RequestContext<RoleServer>,
    ) -> Rounds<'h> {
        // Without a session a client cannot set a log level.
        if self.shared.has_sessions {
            let session = gate_extension::<Arc<SessionGuard>>(&context.extensions);
            let threshold = session.map_or(&self.log_threshold, |session| session.log_threshold());
            let threshold = threshold.clone();
            context.extensions.insert(threshold);
        }
        Rounds::new(self.shared.round_guard(), operation, arguments, context)
    }

    /// Builds the call of one round.
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

    /// Runs a request for an item of any kind.
    pub(super) async fn run<K: ServedKind>(
        &self,
        request: K::Request,
        context: RequestContext<RoleServer>,
    ) -> Result<K::Response, ErrorData>
    where
        K::Response: Answer,
    {
        let (requested, arguments) = K::requested(&request);
        let operation = K::operation(requested);
        let permit = self.permit(&context.extensions, operation)?;
        let item = self.shared.catalogue.permitted::<K>(&permit);
        let item = item.ok_or_else(|| K::unknown(requested))?;
        let report = run_report(&context.extensions);
        let _finish = FinishReport(report.clone());
        let cancelled = context.ct.clone();
        let turn = K::round(&request);
        // An item that does not see its request cannot ask its client for anything. It runs as
        // a call without a session does, at the same cost.
        if item.takes_fast_path() && turn.is_first() {
            let arguments = arguments.cloned().unwrap_or_default();
            let call = Call::new((), arguments, permit.caller().cloned(), None);
            let call = call.reported_to(report.as_ref());
            let running = item.respond(&permit, requested, false, call);
            let running = self.watched(&permit, &context, report.as_ref(), running);
            let end = unless_cancelled(false, cancelled, running).await;
            return end.or_else(|error| answer_denied::<K>(error, &permit, operation, &context));
        }
        let rounds = self.rounds(operation, arguments, context);
        if let Err(error) = rounds.check(item.client_capabilities()) {
            if let Some(report) = &report {
                report.note(RunOutcome::ToolError);
            }
            return item.refuse(requested, rounds.is_current, error.into());
        }
        let run = |permit: &Permit, round| {
            let call = self.call(permit, arguments, &rounds, round);
            let call = call.reported_to(report.as_ref());
            item.respond(permit, requested, rounds.is_current, call)
        };
        let running = rounds.run(&permit, turn, run);
        let running = self.watched(&permit, &rounds.context, report.as_ref(), running);
        let end = unless_cancelled(item.takes_context(), cancelled, running).await;
        end.or_else(|error| answer_denied::<K>(error, &permit, operation, &rounds.context))
    }

    /// Runs a request until it ends, or its authorization does. In the second case its context is
    /// cancelled, which a task that the item has started can see.
    async fn watched<T, E: From<ErrorData>>(
        &self,
        permit: &Permit,
        context: &RequestContext<RoleServer>,
        report: Option<&Arc<RunReport>>,
        running: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let end = self.shared.watch.during(permit, report, running).await;
        end.unwrap_or_else(|withdrawn| {
            context.ct.cancel();
            Err(ErrorData::from(withdrawn).into())
        })
    }

    /// Waits for the end of a call that the gate has started.
    pub(super) async fn finish_call(
        &self,
        running: RunningCall,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let operation = Operation::CallTool(&request.name);
        let permit = self.permit(&context.extensions, operation)?;
        let _finish = FinishReport(run_report(&context.extensions));
        let running = running.map_err(RunError::Denied);
        let end = unless_cancelled(false, context.ct.clone(), running).await;
        end.or_else(|error| answer_denied::<ToolKind>(error, &permit, operation, &context))
    }

    pub(super) async fn completing(
        &self,
        request: CompleteRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let operation = operation::from_reference(&request.r#ref);
        let permit = self.permit(&context.extensions, operation)?;
        let report = run_report(&context.extensions);
        let _finish = FinishReport(report.clone());
        let cancelled = context.ct.clone();
        let rounds = self.rounds(operation, None, context);
        // A completion does not ask the client, but it can take a `Round` as a parameter.
        let round = rounds.validate(&permit, &RoundRequest::alone("completion/complete"))?;
        let call = self.call(&permit, None, &rounds, round);
        let (argument, begun) = (&*request.argument.name, &*request.argument.value);
        let catalogue = &self.shared.catalogue;
        let completing = match (
            catalogue.permitted::<PromptKind>(&permit),
            catalogue.permitted::<ResourceKind>(&permit),
        ) {
            (Some(prompt), _) => prompt.complete(&permit, argument, begun, call),
            (_, Some(resource)) => resource.complete(&permit, argument, begun, call),
            (None, None) => return Err(no_such_item("prompt or template")),
        };
        // An argument that does not exist, or that has no completer, has no values.
        let Some(completing) = completing else {
            return Ok(CompleteResult::default());
        };
        let completing = completing.map(|values| Ok(CompleteResult::new(values)));
        let completing = unless_cancelled(false, cancelled, completing);
        let completing = reported(report.clone(), completing);
        self.watched(&permit, &rounds.context, report.as_ref(), completing)
            .await
    }
}

/// Answers a request that its item has denied while it ran. The gate replaces the answer by a
/// refusal, unless something was sent before it.
pub(in crate::server) fn answer_denied<K: ServedKind>(
    run_error: RunError,
    permit: &Permit,
    operation: Operation<'_>,
    context: &RequestContext<RoleServer>,
) -> Result<K::Response, ErrorData> {
    let denial = match run_error {
        RunError::Denied(denial) => denial,
        RunError::Failed(error) => return Err(error),
    };
    let late = gate_extension::<LateDenials>(&context.extensions);
    let (Some(late), Some(head)) = (late, context.extensions.get::<Parts>()) else {
        return Err(RunError::Denied(denial).into());
    };
    let request = (&context.id, is_current(context));
    let answer = late.deny(permit, operation, *denial, &head.headers, request);
    match late.is_local() {
        true => Err(answer.error),
        false => K::denied(answer),
    }
}

/// Waits for a running item, and drops it if the client disconnects or cancels the request. An item
/// that takes the context is not dropped: it can see the cancellation, and clean up.
async fn unless_cancelled<T, E: From<ErrorData>>(
    takes_context: bool,
    cancelled: CancellationToken,
    running: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    if takes_context {
        return running.await;
    }
    tokio::select! {
        biased;
        end = running => end,
        () = cancelled.cancelled() => {
            Err(ErrorData::internal_error("the call was cancelled", None).into())
        }
    }
}
