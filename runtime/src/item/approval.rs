//! `approve = "…"`: the user decides on the server's own page before an item runs.
//!
//! It also protects against a hostile client. The client only carries the address of the page, and
//! its answer decides nothing (MCP 2025-11-25, elicitation in URL mode). The decision is stored at
//! the server, for the identity of the caller, and is used once. The sealed state of the round
//! (`round/state_seal.rs`) binds it to the caller, the item and the arguments.

use std::sync::Arc;

use rmcp::model::InputRequiredResult;

use super::{
    AuthorizeError, Call, CallError, ClientCapability, FromCall, IntoCallError,
    approval_desk::{ApprovalDecision, ApprovalDesk, ApprovalPage, ApprovalRequest},
    decision_report::{DecisionReport, PAGE},
    question::{QuestionTemplate, TOO_LONG},
    round::{Elicited, Round},
};
use crate::{access::Requirement, caller::Identity};

/// The key of the page in the round.
const KEY: &str = "approve";

/// The question that the server's own page asks.
#[derive(Debug)]
pub(super) struct Approval {
    template: QuestionTemplate,
    scopes: Vec<&'static str>,
}

/// A request that waits for the decision of the user on its page.
pub(super) struct PendingDecision {
    round: Round<String>,
    report: Option<DecisionReport>,
    desk: Arc<dyn ApprovalDesk>,
    caller: Identity,
    id: String,
    question: String,
}

/// The state of an approval before the server waits.
pub(super) enum ApprovalStep {
    /// The client has to open the page.
    Opened(InputRequiredResult),
    /// The client has answered. Its answer decides nothing.
    Answered(PendingDecision),
}

impl Approval {
    /// Creates the approval of an item with this requirement.
    pub(super) fn new(template: QuestionTemplate, requirement: Requirement) -> Self {
        let scopes = match requirement {
            Requirement::Scopes(sets) => sets.first().copied().unwrap_or_default(),
            Requirement::Public | Requirement::Authenticated => &[],
        };
        Self {
            template,
            scopes: scopes.iter().map(|scope| scope.as_str()).collect(),
        }
    }

    /// Opens a page for an item, such as `tool delete`, in the first round, and returns the pending
    /// decision in a later round.
    ///
    /// # Errors
    ///
    /// Returns a denial if nobody can approve this request.
    pub(super) fn begin<S>(
        &self,
        call: &mut Call<S>,
        item: &str,
    ) -> Result<ApprovalStep, CallError> {
        let round = Round::<String>::from_call(call)?;
        let Some(desk) = round.approval_desk() else {
            return denied("this server has no page for approvals, so nothing was done");
        };
        // The token of a client without a user identifies no person: only a user can approve.
        let caller = call.caller();
        let Some(caller) = caller.filter(|caller| caller.subject().is_some()) else {
            return denied(
                "a user must approve this, and the token names no user: sign in as a user",
            );
        };
        let Some(question) = self.template.question(call.arguments()) else {
            return denied(TOO_LONG);
        };
        if let Some(id) = round.state().cloned() {
            let report = round.decision_report(item, PAGE, &id, Some(&caller));
            let pending = PendingDecision {
                report,
                round,
                desk,
                caller: caller.identity(),
                id,
                question,
            };
            return pending.answered();
        }
        if !round.can(ClientCapability::ElicitationUrl) {
            return denied(
                "the user must approve this on a page of the server, and this client cannot open one: use a client with elicitation in URL mode",
            );
        }
        let submitted = desk.submit(ApprovalRequest {
            caller: caller.identity(),
            issuer: caller.issuer().to_owned(),
            subject: caller.subject().unwrap_or_default().to_owned(),
            item: item.to_owned(),
            question: question.clone(),
            scopes: self.scopes.clone(),
        });
        match submitted {
            Ok(page) => Ok(ApprovalStep::Opened(open(&round, page, question)?)),
            Err(reason) => denied(reason),
        }
    }
}

impl PendingDecision {
    /// Reads the answer of the client, which can only withdraw its request.
    fn answered(self) -> Result<ApprovalStep, CallError> {
        match self.round.elicited::<serde_json::Value>(KEY)? {
            Some(Elicited::Declined | Elicited::Cancelled) => {
                self.desk.withdraw(&self.id, &self.caller);
                self.report("not_opened");
                denied("the page of the server was not opened, so nothing was done")
            }
            Some(Elicited::Accepted(_)) | None => Ok(ApprovalStep::Answered(self)),
        }
    }

    fn report(&self, answer: &'static str) {
        if let Some(report) = &self.report {
            report.decided(answer);
        }
    }

    /// Waits for the decision. Returns the same page if the user has not decided yet, and `None` if
    /// the user has approved.
    ///
    /// # Errors
    ///
    /// Returns a denial if the user has declined, or if the approval is used or has expired.
    pub(super) async fn decide(self) -> Result<Option<InputRequiredResult>, CallError> {
        match self.desk.decision(&self.id, &self.caller).await {
            ApprovalDecision::Approved => {
                self.report("redeemed");
                Ok(None)
            }
            ApprovalDecision::Declined => {
                self.report("refused");
                denied("the user declined this on the page of the server, so nothing was done")
            }
            ApprovalDecision::Unknown => {
                self.report("used_or_expired");
                denied(
                    "this approval was used before, it has expired, or another replica of the server has it, so nothing was done; call again without it",
                )
            }
            ApprovalDecision::Pending(page) => Ok(Some(open(&self.round, page, self.question)?)),
        }
    }
}

/// Asks the client to open a page.
fn open(
    round: &Round<String>,
    page: ApprovalPage,
    question: String,
) -> Result<InputRequiredResult, CallError> {
    let asked = round.ask(&page.id).good_for(page.left);
    // `PageCompletion` in the server finds the approval by the id of the elicitation.
    let asked = asked.page_with_id(KEY.to_owned(), question, page.url, page.id);
    Ok(asked.close()?)
}

fn denied<T>(message: &'static str) -> Result<T, CallError> {
    Err(AuthorizeError::not_approved(message).into_call_error())
}
