//! `confirm = "…"`: asks the user before an item runs, and shows what it will do.
//!
//! It protects against mistakes of a model, not against a hostile client, which can answer by
//! itself. The question holds every argument. The answer is valid for these arguments and
//! this caller, because the state of the round is sealed (`round/state_seal.rs`). Each process
//! accepts it once: it stores a used state until it expires (`round/used_states.rs`). With a shared
//! store, all replicas together accept it once (`round/shared_use.rs`). Without one, another replica,
//! or a restarted server with the same `TOOLGATE_STATE_KEY`, can accept the answer again.

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::InputRequiredResult;
use schemars::JsonSchema;
use serde::Deserialize;
use toolgate_store::UseOutcome;

use super::{
    AuthorizeError, Call, CallError, ClientCapability, FromCall, IntoCallError, ToolError,
    decision_report::{CLIENT, DecisionReport},
    question::{QuestionTemplate, TOO_LONG},
    round::{Elicited, Round, SharedUse, StateRedemption},
};

/// The key of the question.
const KEY: &str = "confirm";

/// How long the user may take to answer.
const LIFE: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// The question that the client asks.
#[derive(Debug)]
pub(super) struct Confirmation(pub(super) QuestionTemplate);

const USED_BEFORE: &str = "this confirmation was used before, so nothing was done";

const FORGOTTEN: &str = "the server no longer knows whether this confirmation was used, so nothing was done; start again";

/// The state of the question in one round.
pub(super) enum ConfirmationStep {
    Allowed,
    Asked(InputRequiredResult),
    /// The user has confirmed it. Its use is not yet recorded for the other replicas.
    Pending(PendingConfirmation),
}

/// A confirmation whose use is not yet recorded for the other replicas.
pub(super) struct PendingConfirmation {
    used: SharedUse,
    report: Option<DecisionReport>,
}

/// What the user fills in.
#[derive(Deserialize, JsonSchema)]
struct Answer {
    /// Yes, do it
    #[serde(default)]
    confirm: bool,
}

impl Confirmation {
    /// Returns the question, if the user has not answered yet, or the answer.
    ///
    /// # Errors
    ///
    /// Returns an error if the user did not confirm, if the confirmation was used before, or if
    /// the client cannot ask its user.
    pub(super) fn ask<S>(
        &self,
        call: &mut Call<S>,
        item: &str,
    ) -> Result<ConfirmationStep, CallError> {
        let round = Round::<String>::from_call(call)?;
        let answer = round.elicited::<Answer>(KEY)?;
        let caller = call.caller();
        let report = |answer| {
            let id = round.state().map_or("", String::as_str);
            let report = round.decision_report(item, CLIENT, id, caller.as_ref());
            report.iter().for_each(|report| report.decided(answer));
        };
        let refused = |message| Err(AuthorizeError::not_confirmed(message).into_call_error());
        match (answer, round.state()) {
            (Some(Elicited::Accepted(Answer { confirm: true })), Some(id)) => {
                match round.use_once(caller.as_ref(), id) {
                    StateRedemption::First => match round.shared_use(id, LIFE) {
                        Some(used) => {
                            let report = round.decision_report(item, CLIENT, id, caller.as_ref());
                            let pending = PendingConfirmation { used, report };
                            Ok(ConfirmationStep::Pending(pending))
                        }
                        None => {
                            report("confirmed");
                            Ok(ConfirmationStep::Allowed)
                        }
                    },
                    StateRedemption::Repeated => {
                        report("used_before");
                        refused(USED_BEFORE)
                    }
                    StateRedemption::AtCapacity => {
                        report("too_many");
                        refused(
                            "too many confirmations were used in the last minutes, so nothing was done; try again later",
                        )
                    }
                }
            }
            (Some(_), _) => {
                report("declined");
                refused("the user did not confirm this, so nothing was done")
            }
            (None, _) if !round.can(ClientCapability::Elicitation) => refused(
                "the user must confirm this, and this client cannot ask: use a client with elicitation",
            ),
            (None, _) => {
                let Some(question) = self.0.question(call.arguments()) else {
                    return refused(TOO_LONG);
                };
                let asked = round.ask(&new_id()?).good_for(LIFE);
                let question = asked.form::<Answer>(KEY, question).close()?;
                Ok(ConfirmationStep::Asked(question))
            }
        }
    }
}

impl PendingConfirmation {
    /// Records for the other replicas, in the shared store, that the confirmation is used.
    ///
    /// # Errors
    ///
    /// Returns an error if a replica has accepted it before, or may have.
    pub(super) async fn decide(self) -> Result<(), CallError> {
        let (answer, end) = match self.used.record().await {
            Ok(UseOutcome::First) => ("confirmed", Ok(())),
            Ok(UseOutcome::Repeated) => (
                "used_before",
                Err(AuthorizeError::not_confirmed(USED_BEFORE)),
            ),
            Ok(UseOutcome::Unknown) => {
                ("used_before", Err(AuthorizeError::not_confirmed(FORGOTTEN)))
            }
            Err(_) => ("not_recorded", Err(AuthorizeError::not_recorded())),
        };
        self.report.iter().for_each(|report| report.decided(answer));
        end.map_err(IntoCallError::into_call_error)
    }
}

fn new_id() -> Result<String, ToolError> {
    let mut id = [0; 16];
    match rand::fill(&mut id) {
        Ok(()) => Ok(BASE64_URL_SAFE_NO_PAD.encode(id)),
        Err(error) => Err(ToolError::new("the client could not be asked").with_source(error)),
    }
}
