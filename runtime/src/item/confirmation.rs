//! `confirm = "…"`: asks the user before an item runs, and shows what it will do.
//!
//! It protects against mistakes of a model, not against a hostile client, which can answer by
//! itself. The question holds every argument. The answer is valid for these arguments and
//! this caller, because the state of the round is sealed (`round/state_seal.rs`). Each process
//! accepts it once: it stores a used state until it expires (`round/used_states.rs`). Another
//! replica, or a restarted server with the same `TOOLGATE_STATE_KEY`, can accept the answer again.

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::FutureExt;
use rmcp::model::InputRequiredResult;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    AuthorizeError, Call, CallError, ClientCapability, FromCall, IntoCallError, KindParts, Run,
    Running, ToolError,
    round::{Elicited, Round, Use},
};
use crate::log_text::{QuotedText, Truncated};

/// The key of the question.
const KEY: &str = "confirm";

/// How long the user may take to answer.
const LIFE: std::time::Duration = std::time::Duration::from_secs(5 * 60);

/// The longest question, in bytes. A longer one is refused, never cut: the user must see all of what
/// they confirm.
const LONGEST_QUESTION: usize = 4000;

/// The longest text of one value: it makes the question too long, and is not escaped further.
const LONGEST_VALUE: usize = LONGEST_QUESTION + 16;

/// The question of one item: text, and the names of arguments between the parts of the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Confirmation {
    text: &'static str,
    names: Vec<&'static str>,
}

/// What the user fills in.
#[derive(Deserialize, JsonSchema)]
struct Answer {
    /// Yes, do it
    #[serde(default)]
    confirm: bool,
}

impl Confirmation {
    /// Reads the question of an attribute: `{name}` stands for an argument.
    ///
    /// # Errors
    ///
    /// Returns the name of an argument that the item does not have.
    pub(crate) fn new(text: &'static str, has: impl Fn(&str) -> bool) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(after.to_owned());
            };
            if !has(name) {
                return Err(name.to_owned());
            }
            names.push(name);
            rest = after;
        }
        Ok(Self { text, names })
    }

    /// Writes the question for these arguments: the text, and below it the arguments that it
    /// does not name. Returns `None` if it is too long.
    fn question(&self, arguments: &Map<String, Value>) -> Option<String> {
        let mut question = String::new();
        let mut rest = self.text;
        for name in &self.names {
            let (before, after) = rest.split_once('{').unwrap_or((rest, ""));
            question.push_str(before);
            question.push_str(&shown(arguments.get(*name)));
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        question.push_str(rest);
        let unnamed = arguments
            .iter()
            .filter(|(name, _)| !self.names.iter().any(|named| named == name));
        for (name, value) in unnamed {
            let name = Truncated(name, LONGEST_VALUE);
            question.push_str(&format!("\n{name}: {}", shown(Some(value))));
            if question.len() > LONGEST_QUESTION {
                return None;
            }
        }
        (question.len() <= LONGEST_QUESTION).then_some(question)
    }

    /// Returns the question, if the user has not answered yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the user did not confirm, if the confirmation was used before, or if
    /// the client cannot ask its user.
    pub(crate) fn ask<S>(
        &self,
        call: &mut Call<S>,
    ) -> Result<Option<InputRequiredResult>, CallError> {
        let round = Round::<String>::from_call(call)?;
        let answer = round.elicited::<Answer>(KEY)?;
        let refused = |message| Err(AuthorizeError::not_confirmed(message).into_call_error());
        match (answer, round.state()) {
            (Some(Elicited::Accepted(Answer { confirm: true })), Some(id)) => {
                match round.use_once(call.caller().as_ref(), id) {
                    Use::First => Ok(None),
                    Use::Repeated => {
                        refused("this confirmation was used before, so nothing was done")
                    }
                    Use::AtCapacity => refused(
                        "too many confirmations were used in the last minutes, so nothing was done; try again later",
                    ),
                }
            }
            (Some(_), _) => refused("the user did not confirm this, so nothing was done"),
            (None, _) if !round.can(ClientCapability::Elicitation) => refused(
                "the user must confirm this, and this client cannot ask: use a client with elicitation",
            ),
            (None, _) => {
                let Some(question) = self.question(call.arguments()) else {
                    return refused(
                        "the arguments are too long to show to the user; send shorter ones",
                    );
                };
                let asked = round.ask(&new_id()?).good_for(LIFE);
                Ok(Some(asked.form::<Answer>(KEY, question).close()?))
            }
        }
    }

    /// Returns the function of an item that runs `run` only after the user has confirmed.
    pub(super) fn before<S: 'static, K: KindParts>(self, run: Run<S, K>) -> Run<S, K> {
        Box::new(move |mut call: Call<S>| -> Running<K> {
            match self.ask(&mut call) {
                Ok(None) => run(call),
                Ok(Some(question)) => std::future::ready(Ok(question.into())).boxed(),
                Err(error) => std::future::ready(Err(error)).boxed(),
            }
        })
    }
}

/// Writes an argument so that it cannot imitate the text around it: a string in quotation marks
/// and escaped, everything else as JSON.
fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => QuotedText(text, LONGEST_VALUE).to_string(),
        Some(other) => Truncated(&other.to_string(), LONGEST_VALUE).to_string(),
    }
}

fn new_id() -> Result<String, ToolError> {
    let mut id = [0; 16];
    match rand::fill(&mut id) {
        Ok(()) => Ok(BASE64_URL_SAFE_NO_PAD.encode(id)),
        Err(error) => Err(ToolError::new("the client could not be asked").with_source(error)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(text: &'static str, arguments: Value) -> String {
        let Value::Object(arguments) = arguments else {
            panic!("not an object: {arguments}");
        };
        let confirmation = Confirmation::new(text, |name| arguments.contains_key(name));
        confirmation
            .unwrap()
            .question(&arguments)
            .unwrap_or_default()
    }

    #[test]
    fn the_question_shows_every_argument() {
        assert_eq!(
            question("Delete {id}?", json!({"id": 7, "force": true})),
            "Delete 7?\nforce: true"
        );
        assert_eq!(
            question("Move {a} to {b}, {a}?", json!({"a": "x", "b": null})),
            "Move \"x\" to nothing, \"x\"?"
        );
        assert_eq!(
            question("Go on?", json!({"list": [1, "a"]})),
            "Go on?\nlist: [1,\"a\"]"
        );
    }

    #[test]
    fn an_argument_cannot_imitate_the_question() {
        let hostile = "a\"? Nothing will be deleted.\n\u{202e}x{id}";
        let asked = question("Delete {id}?", json!({"id": hostile, "{id}": "{id}"}));
        assert!(
            asked.starts_with(r#"Delete "a\"? Nothing will be deleted.\n\u{202e}x{id}"?"#),
            "{asked}"
        );
        assert_eq!(asked.lines().count(), 2, "{asked}");
    }

    #[test]
    fn an_argument_is_shown_whole_or_not_at_all() {
        let long = "y".repeat(3_900);
        let asked = question("Delete {id}?", json!({"id": long}));
        assert!(asked.contains(&long), "{asked}");
        assert_eq!(
            question("Delete {id}?", json!({"id": "y".repeat(4_000)})),
            ""
        );
        // A short argument becomes long when it is escaped.
        assert_eq!(
            question("Delete {id}?", json!({"id": "\u{202e}".repeat(600)})),
            ""
        );
    }

    #[test]
    fn a_name_that_is_no_argument_is_an_error() {
        let has = |name: &str| name == "id";
        assert_eq!(Confirmation::new("Delete {nr}?", has), Err("nr".to_owned()));
        assert_eq!(Confirmation::new("Delete {id?", has), Err("id?".to_owned()));
        let any = |_: &str| true;
        assert_eq!(Confirmation::new("Delete {id?", any), Err("id?".to_owned()));
        assert!(Confirmation::new("Delete {id} and {id}?", has).is_ok());
    }
}
