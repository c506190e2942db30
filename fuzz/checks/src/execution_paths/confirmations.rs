//! What was asked before a tool runs that its user confirms, and which answers count.
//!
//! A question is bound to the party and to the argument, and its answer counts once.

use crate::json_parser::Node;

use super::{
    callers::Holder,
    case::Case,
    may_run::{self, Caller},
};

/// How many of the last questions a request can answer.
pub(super) const KEPT: usize = 8;

/// How many answers of one party a world uses at most: a server stores used ones, within a limit.
const MOST_USED: usize = 200;

/// One question of the server.
struct Question {
    state: String,
    party: Holder,
    text: String,
    is_used: bool,
}

/// The questions of one server, the latest last.
#[derive(Default)]
pub(super) struct Confirmations {
    asked: Vec<Question>,
    used: Vec<Holder>,
}

/// Returns what stands for the state of a question in a body, until it is sent.
pub(super) fn placeholder(number: usize) -> String {
    format!("@STATE{number}@")
}

impl Confirmations {
    /// Writes the states of questions into a body. A state that does not exist stays a placeholder.
    pub(super) fn fill(&self, body: &mut Vec<u8>) {
        for (number, question) in self.asked.iter().rev().take(KEPT).enumerate() {
            let placeholder = placeholder(number);
            let length = placeholder.len();
            let mut windows = body.windows(length);
            if let Some(at) = windows.position(|part| part == placeholder.as_bytes()) {
                body.splice(at..at + length, question.state.bytes());
            }
        }
    }

    /// Records the question in an answer. Returns whether there is one.
    pub(super) fn learn(&mut self, case: &Case, answer: &[u8]) -> bool {
        let answer = Node::read(answer);
        let result = answer.as_ref().and_then(|answer| answer.only("result"));
        let state = result.and_then(|result| result.only("requestState"));
        let state = state.and_then(Node::text);
        let (Some(state), Caller::Holder(party)) = (state, may_run::caller(case)) else {
            return false;
        };
        let text = argument(&case.body).expect("the server asks about an argument");
        self.asked.push(Question {
            state: state.to_owned(),
            party,
            text,
            is_used: false,
        });
        true
    }

    /// Returns why a request does not confirm its argument.
    pub(super) fn fault(&self, case: &Case) -> Option<&'static str> {
        let Caller::Holder(party) = may_run::caller(case) else {
            return Some("nobody confirmed it");
        };
        let message = Node::read(&case.body);
        let params = message.as_ref().and_then(|message| message.only("params"));
        let Some(params) = params else {
            return Some("it has no params");
        };
        let state = params.only("requestState").and_then(Node::text);
        let Some(question) = self.asked.iter().find(|one| Some(&*one.state) == state) else {
            return Some("the server did not ask");
        };
        let answer = params.only("inputResponses");
        let answer = answer.and_then(|answers| answers.only("confirm"));
        let action = answer.and_then(|answer| answer.only("action"));
        let content = answer.and_then(|answer| answer.only("content"));
        let confirm = content.and_then(|content| content.only("confirm"));
        let faults = [
            (!question.party.is_same_as(&party), "another was asked"),
            (
                argument(&case.body).as_ref() != Some(&question.text),
                "the user confirmed another argument",
            ),
            (question.is_used, "its confirmation was used before"),
            (
                action.and_then(Node::text) != Some("accept")
                    || !matches!(confirm, Some(Node::Bool(true))),
                "the user did not confirm it",
            ),
        ];
        faults
            .into_iter()
            .find_map(|(holds, fault)| holds.then_some(fault))
    }

    /// Records that a request has run.
    pub(super) fn use_state(&mut self, case: &Case) {
        let message = Node::read(&case.body);
        let params = message.as_ref().and_then(|message| message.only("params"));
        let state = params.and_then(|params| params.only("requestState"));
        let state = state.and_then(Node::text);
        for question in &mut self.asked {
            if Some(&*question.state) == state {
                question.is_used = true;
                self.used.push(question.party);
            }
        }
    }

    /// Whether the server cannot use many more answers of one party, or too much was asked.
    pub(super) fn is_worn(&self) -> bool {
        let of = |party: &Holder| {
            let used = self.used.iter();
            used.filter(|used| used.is_same_as(party)).count()
        };
        let is_full = self.used.last().is_some_and(|party| of(party) >= MOST_USED);
        is_full || self.asked.len() > 100 * KEPT
    }
}

/// Returns the text to erase: of repeated members the last one counts.
fn argument(body: &[u8]) -> Option<String> {
    let message = Node::read(body)?;
    let arguments = message.only("params")?.members("arguments").last()?;
    let text = arguments.members("text").last()?.text()?;
    Some(text.to_owned())
}
