//! An observer that keeps the events of a gate.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use toolgate::__private::{
    DecisionEvent, NotRecordedError, Observer, OutcomeEvent, RunOutcome, UserDecisionEvent,
    VerificationEvent, VerificationOutcome,
};

/// An event that was reported.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A decision.
    Decision {
        /// Its number.
        id: u64,
        /// The id of the request.
        request: String,
        /// The id of the trace.
        trace: Option<String>,
        /// The method.
        method: String,
        /// The item that the request names.
        item: Option<String>,
        /// The scopes that the caller lacks.
        missing: Vec<&'static str>,
        /// Whether it is allowed.
        is_allowed: bool,
        /// The code of a denial.
        reason: Option<&'static str>,
        /// Whether an item runs.
        runs: bool,
    },
    /// The end of a run.
    Outcome {
        /// The number of its decision.
        id: u64,
        /// How it ended.
        outcome: RunOutcome,
        /// Why the server has cancelled it.
        reason: Option<&'static str>,
    },
}

/// The verification of a token that was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The id of the request.
    pub request: String,
    /// Whether the token was cached.
    pub is_cached: bool,
    /// What verified it.
    pub kind: &'static str,
    /// Whether it was accepted.
    pub outcome: VerificationOutcome,
}

/// The decision of a user that was reported.
#[derive(Debug, Clone, PartialEq)]
pub struct UserDecision {
    /// The kind and the name of the item.
    pub item: String,
    /// How the decision arrived.
    pub channel: &'static str,
    /// The decision.
    pub answer: &'static str,
    /// The id of the question.
    pub question: String,
    /// The user.
    pub subject: Option<String>,
}

/// Keeps all events that it gets.
#[derive(Debug, Default)]
pub struct Observed {
    events: Mutex<Vec<Event>>,
    verifications: Mutex<Vec<Verification>>,
    user_decisions: Mutex<Vec<UserDecision>>,
    cannot_record: AtomicBool,
}

impl Observed {
    /// Creates an observer.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Makes every further record fail.
    pub fn fail(&self) {
        self.cannot_record.store(true, Ordering::SeqCst);
    }

    /// Returns all events, and forgets them.
    pub fn take(&self) -> Vec<Event> {
        let events = self.events.lock();
        std::mem::take(&mut *events.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the decisions of users, and forgets them.
    pub fn take_user_decisions(&self) -> Vec<UserDecision> {
        let events = self.user_decisions.lock();
        std::mem::take(&mut *events.unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the verifications of tokens, and forgets them.
    pub fn take_verifications(&self) -> Vec<Verification> {
        let events = self.verifications.lock();
        std::mem::take(&mut *events.unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until every permitted run has ended, and returns the outcomes of the runs, by their
    /// decisions. Forgets everything.
    ///
    /// # Panics
    ///
    /// If a run does not end within some seconds, ends twice, or ends without a decision.
    pub async fn outcomes(&self) -> Vec<RunOutcome> {
        for _ in 0..200 {
            if self.running().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        let running = self.running();
        assert_eq!(running, [0; 0], "decisions without an outcome");
        let mut outcomes = Vec::new();
        let events = self.take();
        for event in &events {
            let Event::Outcome { id, outcome, .. } = event else {
                continue;
            };
            let permits = |event: &&Event| matches!(event, Event::Decision { id: of, runs: true, .. } if of == id);
            assert_eq!(events.iter().filter(permits).count(), 1, "{events:?}");
            let same = |event: &&Event| matches!(event, Event::Outcome { id: of, .. } if of == id);
            assert_eq!(events.iter().filter(same).count(), 1, "{events:?}");
            outcomes.push(*outcome);
        }
        outcomes
    }

    fn running(&self) -> Vec<u64> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let has_ended = |decision: &u64| {
            let ends = |event: &Event| matches!(event, Event::Outcome { id, .. } if id == decision);
            events.iter().any(ends)
        };
        let runs = events.iter().filter_map(|event| match event {
            Event::Decision { id, runs: true, .. } => Some(*id),
            _ => None,
        });
        runs.filter(|id| !has_ended(id)).collect()
    }

    fn push(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.push(event);
    }
}

impl Observer for Observed {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        if self.cannot_record.load(Ordering::SeqCst) && decision.is_allowed {
            return Err(NotRecordedError);
        }
        self.push(Event::Decision {
            id: decision.id,
            request: decision.ids.request().to_owned(),
            trace: decision.ids.trace().map(str::to_owned),
            method: decision.method.to_owned(),
            item: decision.item.map(str::to_owned),
            missing: decision.missing_scopes.iter().collect(),
            is_allowed: decision.is_allowed,
            reason: decision.reason.map(|reason| reason.code()),
            runs: decision.runs,
        });
        Ok(())
    }

    fn ended(&self, end: &OutcomeEvent<'_>) {
        self.push(Event::Outcome {
            id: end.id,
            outcome: end.outcome,
            reason: end.reason,
        });
    }

    fn user_decided(&self, decision: &UserDecisionEvent<'_>) {
        let mut all = self
            .user_decisions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(UserDecision {
            item: decision.item.to_owned(),
            channel: decision.channel,
            answer: decision.answer,
            question: decision.question.to_owned(),
            subject: decision.subject.map(str::to_owned),
        });
    }

    fn verified(&self, verification: &VerificationEvent<'_>) {
        let mut all = self
            .verifications
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(Verification {
            request: verification.ids.request().to_owned(),
            is_cached: verification.is_cached,
            kind: verification.kind,
            outcome: verification.outcome,
        });
    }
}
