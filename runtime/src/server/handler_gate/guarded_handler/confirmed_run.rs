//! Runs an item of the handler, after its user has confirmed the request if the item has a question.

use futures_util::FutureExt;
use http::request::Parts;
use rmcp::{ErrorData, RoleServer, model::InputRequiredResult, service::RequestContext};

use crate::{
    authorization::{Permit, Target},
    item::{Call, CallError, CallRound, Confirmation, Unanswered},
    observer::RunOutcome,
    server::{
        catalogue::ServedKind,
        handler::answer_denied,
        handler_gate::confirmations::SealedConfirmations,
        multi_round::{Answer, RoundGuard, Rounds},
        run_reports::{FinishReport, RunEnd, reported, run_report},
    },
};

use super::GuardedHandler;

/// Where a confirmation stands after one round.
enum Step {
    /// The user has confirmed, in a round with this permit.
    Confirmed(Permit),
    /// The client has to ask its user.
    Asked(InputRequiredResult),
}

impl Answer for Step {
    fn into_input_request(self) -> Result<InputRequiredResult, Self> {
        match self {
            Self::Asked(question) => Ok(question),
            confirmed => Err(confirmed),
        }
    }
}

/// One item that is confirmed.
struct Confirmed<'h> {
    all: &'h SealedConfirmations,
    question: &'h Confirmation,
    target: Target,
}

impl<H> GuardedHandler<H> {
    fn confirmed(&self, permit: &Permit) -> Option<Confirmed<'_>> {
        let all = self.gate.0.confirmations.as_ref()?;
        let target = permit.target()?;
        Some(Confirmed {
            question: all.get(target)?,
            all,
            target,
        })
    }

    /// Runs a request with the arguments that are authorized. If the item has a question, the
    /// handler runs only after the user has confirmed these arguments.
    pub(super) async fn run_confirmed<K, F>(
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
        let Some(confirmed) = self.confirmed(&permit) else {
            return reported(report, run(request, context)).await;
        };
        // If it fails before the handler runs: the client cannot ask, or its answer is not valid.
        let note = |outcome| report.iter().for_each(|report| report.note(outcome));
        note(RunOutcome::ToolError);
        let step = self.ask::<K>(&confirmed, &permit, &request, &context).await;
        match step {
            Ok(Step::Asked(question)) => {
                note(RunOutcome::Ran);
                return Ok(question.into());
            }
            Ok(Step::Confirmed(latest)) => {
                // In a session the answer can have come with another token of the caller.
                if let Some(parts) = context.extensions.get_mut::<Parts>() {
                    parts.extensions.insert(latest);
                }
            }
            Err(unanswered) => {
                if matches!(unanswered, Unanswered::Denied(_)) {
                    note(RunOutcome::LateDenial);
                }
                let operation = K::operation(K::requested(&request).0);
                return answer_denied::<K>(unanswered, &permit, operation, &context);
            }
        }
        // They belong to the question, and the handler cannot open the state.
        K::take_round(&mut request);
        let end = reported(report, run(request, context)).await?;
        end.into_input_request().map_or_else(Ok, |_| {
            tracing::error!(
                target: "toolgate::tool",
                kind = K::NOUN,
                "a handler asked its client for input in a request that its user had confirmed, and cannot get the answer; remove `confirm`, or do not ask"
            );
            Err(ErrorData::internal_error(
                "the server cannot ask for more input after a confirmation",
                None,
            ))
        })
    }

    /// Asks the user, in as many rounds as the revision needs.
    async fn ask<K: ServedKind>(
        &self,
        confirmed: &Confirmed<'_>,
        permit: &Permit,
        request: &K::Request,
        context: &RequestContext<RoleServer>,
    ) -> Result<Step, Unanswered> {
        let gate = &self.gate.0.wall.gate;
        let guard = RoundGuard {
            seal: &confirmed.all.seal,
            rules: &gate.rules,
            authorizer: gate.authorizer.as_deref(),
        };
        let (requested, arguments) = K::requested(request);
        let shown = confirmed.all.shown(confirmed.target, requested, arguments);
        let operation = K::operation(requested);
        let rounds = Rounds::new(guard, operation, arguments, context.clone());
        let step = |permit: &Permit, round: CallRound| {
            let caller = permit.caller().cloned();
            let call = Call::new((), shown.clone().into_owned(), caller, None);
            let asked = confirmed.question.ask(&mut call.in_round(round));
            let step = asked.map(|asked| match asked {
                Some(question) => Step::Asked(question),
                None => Step::Confirmed(permit.clone()),
            });
            std::future::ready(step.map_err(unanswered)).boxed()
        };
        rounds.run(permit, K::round(request), step).await
    }
}

fn unanswered(error: CallError) -> Unanswered {
    match error.into_denial() {
        Ok(denial) => Unanswered::Denied(denial),
        Err(error) => Unanswered::Failed(error.into_error_data()),
    }
}
