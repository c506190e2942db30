//! A decision point that answers as the test says.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use toolgate::policy::{Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyRequest};

use super::IMPATIENT;

/// What the engine answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Allow,
    Deny,
    /// Allows a list, and shows no item in it.
    DenyItems,
    /// There is no connection.
    Down,
    /// The answer is no decision.
    Garbage,
    /// A batch has fewer answers than questions.
    TooFew,
    Nothing,
    /// Blocks the thread for longer than a decision may take, and allows.
    LateAllow,
    Panic,
}

impl Says {
    pub(super) const ALL: [Self; 9] = [
        Self::Allow,
        Self::Deny,
        Self::DenyItems,
        Self::Down,
        Self::Garbage,
        Self::TooFew,
        Self::Nothing,
        Self::LateAllow,
        Self::Panic,
    ];
}

#[derive(Clone, Default)]
pub(super) struct Engine {
    says: Arc<Mutex<Option<Says>>>,
    decides_handshakes: Arc<AtomicBool>,
}

impl Engine {
    pub(super) fn say(&self, says: Says) {
        *self.says.lock().expect("not poisoned") = Some(says);
    }

    /// Also decides about `initialize` and `server/discover`, which it otherwise allows.
    pub(super) fn decide_handshakes(&self) {
        self.decides_handshakes.store(true, Ordering::Relaxed);
    }
}

impl PolicyDecisionPoint for Engine {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let allow = PolicyDecision::new(Effect::Allow);
        let deny = PolicyDecision::new(Effect::Deny).with_policy("as the test says");
        let is_handshake = matches!(request.action(), "initialize" | "server/discover");
        if is_handshake && !self.decides_handshakes.load(Ordering::Relaxed) {
            return Ok(allow);
        }
        if request.action() == "resources/read"
            && request.resource().id() == "desk://end"
            && !request.is_listing()
        {
            return Ok(allow);
        }
        let says = *self.says.lock().expect("not poisoned");
        match says.expect("the test has said something") {
            Says::Allow => Ok(allow),
            Says::Deny => Ok(deny),
            Says::DenyItems if request.action().ends_with("/list") => Ok(allow),
            Says::DenyItems => Ok(deny),
            Says::Down => Err(PolicyError::unavailable("no connection")),
            Says::Garbage | Says::TooFew => Err(PolicyError::failed("no decision")),
            Says::Nothing => std::future::pending().await,
            Says::LateAllow => {
                std::thread::sleep(IMPATIENT + Duration::from_millis(5));
                Ok(allow)
            }
            Says::Panic => panic!("as the test says"),
        }
    }

    async fn decide_all(
        &self,
        requests: &[PolicyRequest<'_>],
    ) -> Result<Vec<PolicyDecision>, PolicyError> {
        let says = *self.says.lock().expect("not poisoned");
        if says == Some(Says::TooFew) {
            let allow = PolicyDecision::new(Effect::Allow);
            return Ok(vec![allow; requests.len() - 1]);
        }
        if let (Some(Says::LateAllow), [one, ..]) = (says, requests) {
            return Ok(vec![self.decide(one).await?; requests.len()]);
        }
        let mut decisions = Vec::new();
        for request in requests {
            decisions.push(self.decide(request).await?);
        }
        Ok(decisions)
    }
}
