//! Runs an item of the handler, after its user has allowed the request if the item has a question.

use std::sync::Arc;

use futures_util::FutureExt;
use http::request::Parts;
use rmcp::{ErrorData, RoleServer, model::InputRequiredResult, service::RequestContext};
use tokio::time::timeout;

use crate::{
    authorization::{Permit, Target},
    item::{Call, CallError, CallRound, RunError, UserCheck, timed_out},
    observer::{RunOutcome, RunReport},
    server::{
        catalogue::ServedKind,
        handler::answer_denied,
        handler_gate::user_checks::SealedUserChecks,
        multi_round::{Answer, RoundGuard, Rounds},
        run_reports::{FinishReport, RunEnd, reported, run_report},
    },
};

use super::GuardedHandler;

/// Where the decision of the user stands after one round.
enum Step {
    /// The user has allowed the request, in a round with this permit.
    Allowed(Permit),
    /// The client has to ask its user.
    Asked(InputRequiredResult),
}

impl Answer for Step {
    fn into_input_request(self) -> Result<InputRequiredResult, Self> {
        match self {
            Self::Asked(question) => Ok(question),
            allowed => Err(allowed),
        }
    }
}

/// One item with a question for its user.
struct Decided<'h> {
    all: &'h SealedUserChecks,
    decision: &'h UserCheck,
    target: Target,
}

impl<H> GuardedHandler<H> {
    fn decided(&self, permit: &Permit) -> Option<Decided<'_>> {
        let all = self.gate.0.decisions.as_ref()?;
        let target = permit.target()?;
        Some(Decided {
            decision: all.get(target)?,
            all,
            target,
        })
    }

    /// Runs a request with the arguments that are authorized, until its authorization ends. If the
    /// item has a question, the handler runs only after the user has allowed these arguments.
    pub(super) async fn run_after_decision<K, F>(
        &self,
        permit: Permit,
        request: K::Request,
        context: RequestContext<RoleServer>,
        run: impl FnOnce(K::Request, RequestContext<RoleServer>) -> F,
    ) -> Result<K::Response, ErrorData>
    where
        K: ServedKind,
        K::Response: Answer + RunEnd + From<InputRequiredResult>,
        F: Future<Output = Result<K::Response, ErrorData>>,
    {
        let (report, cancelled) = (run_report(&context.extensions), context.ct.clone());
        let running = self.decide_and_run::<K, F>(permit.clone(), request, context, run);
        let running = self.gate.0.watch.during(&permit, report.as_ref(), running);
        running.await.unwrap_or_else(|withdrawn| {
            cancelled.cancel();
            Err(withdrawn.into())
        })
    }

    async fn decide_and_run<K, F>(
        &self,
        permit: Permit,
        mut request: K::Request,
        mut context: RequestContext<RoleServer>,
        run: impl FnOnce(K::Request, RequestContext<RoleServer>) -> F,
    ) -> Result<K::Response, ErrorData>
    where
        K: ServedKind,
        K::Response: Answer + RunEnd + From<InputRequiredResult>,
        F: Future<Output = Result<K::Response, ErrorData>>,
    {
        let report = run_report(&context.extensions);
        let _finish = FinishReport(report.clone());
        let target = permit.target();
        let Some(decided) = self.decided(&permit) else {
            let running = reported(report.clone(), run(request, context));
            return self.within::<K>(target, report, running).await;
        };
        // The outcome of a failure before the handler runs: the client cannot ask its user, or its
        // answer is invalid.
        let note = |outcome| report.iter().for_each(|report| report.note(outcome));
        note(RunOutcome::ToolError);
        let step = self.ask::<K>(&decided, &permit, &request, &context).await;
        let latest = match step {
            Ok(Step::Asked(question)) => {
                note(RunOutcome::Ran);
                return Ok(question.into());
            }
            Ok(Step::Allowed(allowed)) => {
                // In a session the answer can have come with another token of the caller.
                if let Some(parts) = context.extensions.get_mut::<Parts>() {
                    parts.extensions.insert(allowed.clone());
                }
                allowed
            }
            Err(run_error) => {
                if matches!(run_error, RunError::Denied(_)) {
                    note(RunOutcome::LateDenial);
                }
                let operation = K::operation(K::requested(&request).0);
                return answer_denied::<K>(run_error, &permit, operation, &context);
            }
        };
        // The state and the answers belong to the question. The handler cannot open the state.
        K::take_round(&mut request);
        let running = reported(report.clone(), run(request, context));
        let running = self.within::<K>(target, report.clone(), running);
        let watch = &self.gate.0.watch;
        let end = watch.during(&latest, report.as_ref(), running).await??;
        end.into_input_request().map_or_else(Ok, |_| {
            tracing::error!(
                target: "toolgate::tool",
                kind = K::NOUN,
                "a handler asked its client for input in a request that its user had allowed, and cannot get the answer; remove `confirm` or `approve`, or do not ask"
            );
            Err(ErrorData::internal_error(
                "the server cannot ask for more input after the decision of the user",
                None,
            ))
        })
    }

    /// Runs an item of the handler for as long as its timeout allows, then drops it.
    async fn within<K: ServedKind>(
        &self,
        target: Option<Target>,
        report: Option<Arc<RunReport>>,
        running: impl Future<Output = Result<K::Response, ErrorData>>,
    ) -> Result<K::Response, ErrorData> {
        let gate = &self.gate.0.built_gate.gate;
        let limit = gate.throttle.as_ref().zip(target);
        let limit = limit.and_then(|(throttle, target)| Some((throttle.timeout(target)?, target)));
        let Some((time, target)) = limit else {
            return running.await;
        };
        match timeout(time, running).await {
            Ok(end) => end,
            Err(_) => {
                if let Some(report) = report {
                    report.note(RunOutcome::TimedOut);
                }
                let name = gate.item_names.get(target).unwrap_or_default();
                K::timed_out(timed_out(time, K::NOUN, name))
            }
        }
    }

    /// Asks the user, in as many rounds as the revision needs.
    async fn ask<K: ServedKind>(
        &self,
        decided: &Decided<'_>,
        permit: &Permit,
        request: &K::Request,
        context: &RequestContext<RoleServer>,
    ) -> Result<Step, RunError> {
        let gate = &self.gate.0.built_gate.gate;
        let guard = RoundGuard {
            seal: &decided.all.seal,
            rules: &gate.rules,
            watch: &self.gate.0.watch,
            authorizer: gate.authorizer.as_deref(),
            decision_point: gate.decision_point.as_deref(),
        };
        let (requested, arguments) = K::requested(request);
        let shown = decided.all.shown(decided.target, requested, arguments);
        let operation = K::operation(requested);
        let rounds = Rounds::new(guard, operation, arguments, context.clone());
        let step = |permit: &Permit, round: CallRound| {
            let caller = permit.caller().cloned();
            let call = Call::new((), shown.clone().into_owned(), caller, None);
            let begun = decided.decision.begin(&mut call.in_round(round));
            let permit = permit.clone();
            let step = async move {
                let asked = match begun {
                    Ok(step) => step.finish().await,
                    Err(error) => Err(error),
                };
                let step = asked.map(|asked| match asked {
                    Some(question) => Step::Asked(question),
                    None => Step::Allowed(permit),
                });
                step.map_err(run_error)
            };
            step.boxed()
        };
        rounds.run(permit, K::round(request), step).await
    }
}

fn run_error(error: CallError) -> RunError {
    match error.into_denial() {
        Ok(denial) => RunError::Denied(denial),
        Err(error) => RunError::Failed(error.into_error_data()),
    }
}
