//! `confirm = "…"`: asks the user before an item runs, and shows what it will do.
//!
//! It protects against mistakes of a model, not against a hostile client, which can answer by
//! itself. The question holds every argument. The answer is valid for these arguments and
//! this caller, because the state of the round is sealed (`round/state_seal.rs`). Each process
//! accepts it once: it stores a used state until it expires (`round/used_states.rs`). Another
//! replica, or a restarted server with the same `TOOLGATE_STATE_KEY`, can accept the answer again.

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rmcp::model::InputRequiredResult;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    AuthorizeError, Call, CallError, ClientCapability, FromCall, IntoCallError, ToolError,
    question::{QuestionTemplate, TOO_LONG},
    round::{Elicited, Round, Use},
};

/// The key of the question.
const KEY: &str = "confirm";

/// How long the user may take to answer.
const LIFE: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// The question that the client asks.
#[derive(Debug)]
pub(super) struct Confirmation(pub(super) QuestionTemplate);

/// What the user fills in.
#[derive(Deserialize, JsonSchema)]
struct Answer {
    /// Yes, do it
    #[serde(default)]
    confirm: bool,
}

impl Confirmation {
    /// Returns the question, if the user has not answered yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the user did not confirm, if the confirmation was used before, or if
    /// the client cannot ask its user.
    pub(super) fn ask<S>(
        &self,
        call: &mut Call<S>,
        item: &str,
    ) -> Result<Option<InputRequiredResult>, CallError> {
        let round = Round::<String>::from_call(call)?;
        let answer = round.elicited::<Answer>(KEY)?;
        let caller = call.caller();
        let report = |answer| {
            let id = round.state().map_or("", String::as_str);
            let report = round.decision_report(item, KEY, id, caller.as_ref());
            report.iter().for_each(|report| report.decided(answer));
        };
        let refused = |message| Err(AuthorizeError::not_confirmed(message).into_call_error());
        match (answer, round.state()) {
            (Some(Elicited::Accepted(Answer { confirm: true })), Some(id)) => {
                match round.use_once(caller.as_ref(), id) {
                    Use::First => {
                        report("confirmed");
                        Ok(None)
                    }
                    Use::Repeated => {
                        report("used_before");
                        refused("this confirmation was used before, so nothing was done")
                    }
                    Use::AtCapacity => {
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
                Ok(Some(asked.form::<Answer>(KEY, question).close()?))
            }
        }
    }
}

fn new_id() -> Result<String, ToolError> {
    let mut id = [0; 16];
    match rand::fill(&mut id) {
        Ok(()) => Ok(BASE64_URL_SAFE_NO_PAD.encode(id)),
        Err(error) => Err(ToolError::new("the client could not be asked").with_source(error)),
    }
}
