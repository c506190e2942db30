//! [`PolicyDecision`]: what a decision point answers.

use std::sync::Arc;

use toolgate_core::authorization::Effect;

/// The answer of a decision point, with the policy, its version and the reasons for the records.
///
/// ```
/// use toolgate::policy::{Effect, PolicyDecision};
///
/// let denied = PolicyDecision::new(Effect::Deny)
///     .with_policy("office-hours")
///     .with_version("42")
///     .with_reason("it is Sunday");
/// assert_eq!(denied.effect(), Effect::Deny);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDecision {
    effect: Effect,
    // An engine has few policies, and its answers repeat these texts.
    policy: Option<Arc<str>>,
    version: Option<Arc<str>>,
    reasons: Vec<Arc<str>>,
}

impl PolicyDecision {
    /// Builds an answer.
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            policy: None,
            version: None,
            reasons: Vec::new(),
        }
    }

    /// Names the policy that decided, for the audit log.
    pub fn with_policy(mut self, id: impl Into<Arc<str>>) -> Self {
        self.policy = Some(id.into());
        self
    }

    /// Names the version of the policies, for the audit log.
    pub fn with_version(mut self, version: impl Into<Arc<str>>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Adds a reason, for the audit lines and for `--explain`. The caller does not get it.
    pub fn with_reason(mut self, reason: impl Into<Arc<str>>) -> Self {
        self.reasons.push(reason.into());
        self
    }

    /// Returns whether the operation may run.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Returns the policy that decided.
    #[must_use]
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// Returns the version of the policies.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the reasons.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.reasons.iter().map(|reason| &**reason)
    }
}
