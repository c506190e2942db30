//! [`DecisionReport`]: reports the decision of a user about a request to the observer of the gate.

use std::{fmt, sync::Arc};

use crate::{
    caller::Caller,
    clock::Clock,
    observer::{Observer, UserDecisionEvent},
};

/// The channel of a decision: the client reports the answer of its user (`confirm`).
pub(super) const CLIENT: &str = "client";

/// The channel of a decision: the user decides on the server's own page (`approve`).
pub(super) const PAGE: &str = "page";

/// The observer of a gate, and its clock.
#[derive(Clone)]
pub(crate) struct DecisionReporter {
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The question that a user decides.
pub(crate) struct DecisionReport {
    reporter: DecisionReporter,
    item: String,
    channel: &'static str,
    question: String,
    issuer: Option<String>,
    subject: Option<String>,
}

impl DecisionReporter {
    /// Names the question that the decision is about.
    pub(super) fn report(
        &self,
        item: &str,
        channel: &'static str,
        question: &str,
        caller: Option<&Caller>,
    ) -> DecisionReport {
        DecisionReport {
            reporter: self.clone(),
            item: item.to_owned(),
            channel,
            question: question.to_owned(),
            issuer: caller.map(|caller| caller.issuer().to_owned()),
            subject: caller.and_then(|caller| caller.subject().map(str::to_owned)),
        }
    }
}

impl DecisionReport {
    /// Reports the decision.
    pub(super) fn decided(&self, answer: &'static str) {
        self.reporter.observer.user_decided(&UserDecisionEvent {
            time: self.reporter.clock.now(),
            item: &self.item,
            channel: self.channel,
            answer,
            question: &self.question,
            issuer: self.issuer.as_deref(),
            subject: self.subject.as_deref(),
        });
    }
}

impl fmt::Debug for DecisionReporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionReporter").finish_non_exhaustive()
    }
}
