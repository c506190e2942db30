//! [`UserCheck`]: the decision of the user before an item runs, by `confirm` or by `approve`.

use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::model::InputRequiredResult;

use super::{
    Call, CallError, KindParts, Run, Running,
    approval::{Approval, ApprovalStep, PendingDecision},
    confirmation::{Confirmation, ConfirmationStep, PendingConfirmation},
    question::{DeclaredQuestion, QuestionTemplate},
};
use crate::access::Requirement;

/// The decision of the user before an item runs.
#[derive(Debug)]
pub(crate) struct UserCheck {
    method: UserCheckMethod,
    /// The kind and the name of the item.
    item: String,
}

/// How the user decides.
#[derive(Debug)]
enum UserCheckMethod {
    /// The client asks its user.
    Confirm(Confirmation),
    /// The user decides on the server's own page.
    Approve(Approval),
}

/// The state of the decision in one round.
pub(crate) struct DecisionStep(Step);

enum Step {
    /// The item may run.
    Allowed,
    /// The client has to ask its user, or to open a page.
    Asked(InputRequiredResult),
    /// The page was opened.
    Pending(PendingDecision),
    /// The user has confirmed the request, and the other replicas have to know.
    Confirming(PendingConfirmation),
}

impl UserCheck {
    /// Reads the declaration of an item, such as `tool` and its name.
    ///
    /// # Errors
    ///
    /// The error in the declaration, and its remedy.
    pub(crate) fn new(
        declared: DeclaredQuestion,
        (noun, name): (&str, &str),
        requirement: Requirement,
        has: impl Fn(&str) -> bool,
    ) -> Result<Self, (String, &'static str)> {
        let read = |key: &str, text| {
            QuestionTemplate::new(text, has).map_err(|unknown| {
                (
                    format!("`{key}` of the {noun} `{name}` names the argument `{unknown}`, which it does not have"),
                    "write the name of an argument between the braces",
                )
            })
        };
        let item = format!("{noun} {name}");
        match declared {
            DeclaredQuestion::Confirm(text) => Ok(Self {
                method: UserCheckMethod::Confirm(Confirmation(read("confirm", text)?)),
                item,
            }),
            DeclaredQuestion::Approve(_) if requirement == Requirement::Public => Err((
                format!(
                    "the {noun} `{name}` is public and has `approve`, but it has no signed-in user who could approve it"
                ),
                "require a scope or `authenticated` in place of `public`, or remove `approve`",
            )),
            DeclaredQuestion::Approve(text) => Ok(Self {
                method: UserCheckMethod::Approve(Approval::new(
                    read("approve", text)?,
                    requirement,
                )),
                item,
            }),
            DeclaredQuestion::Both => Err((
                format!("the {noun} `{name}` has both `confirm` and `approve`"),
                "remove `confirm`: a decision on the server's own page is the stronger one",
            )),
        }
    }

    /// Reads the answer in this round, or asks the user.
    ///
    /// # Errors
    ///
    /// Returns an error if the user has not allowed the request, or cannot be asked.
    pub(crate) fn begin<S>(&self, call: &mut Call<S>) -> Result<DecisionStep, CallError> {
        Ok(DecisionStep(match &self.method {
            UserCheckMethod::Confirm(confirmation) => match confirmation.ask(call, &self.item)? {
                ConfirmationStep::Allowed => Step::Allowed,
                ConfirmationStep::Asked(question) => Step::Asked(question),
                ConfirmationStep::Pending(pending) => Step::Confirming(pending),
            },
            UserCheckMethod::Approve(approval) => match approval.begin(call, &self.item)? {
                ApprovalStep::Opened(page) => Step::Asked(page),
                ApprovalStep::Answered(pending) => Step::Pending(pending),
            },
        }))
    }

    /// Returns the function of an item that runs `run` only after the user has allowed it.
    pub(super) fn before<S: Send + 'static, K: KindParts>(self, run: Run<S, K>) -> Run<S, K> {
        let run = Arc::new(run);
        Box::new(move |mut call: Call<S>| -> Running<K> {
            let step = self.begin(&mut call);
            let run = Arc::clone(&run);
            let decided = async move {
                match step?.finish().await? {
                    Some(question) => Ok(question.into()),
                    None => run(call).await,
                }
            };
            decided.boxed()
        })
    }
}

impl DecisionStep {
    /// Waits for a decision on the server's page, or for the store, if one is pending. Returns
    /// `None` if the item may run, and otherwise the question for the client.
    ///
    /// # Errors
    ///
    /// Returns an error if the user has not allowed the request.
    pub(crate) async fn finish(self) -> Result<Option<InputRequiredResult>, CallError> {
        match self.0 {
            Step::Allowed => Ok(None),
            Step::Asked(question) => Ok(Some(question)),
            Step::Pending(pending) => pending.decide().await,
            Step::Confirming(pending) => pending.decide().await.map(|()| None),
        }
    }
}
