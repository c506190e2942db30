//! [`PolicyNote`]: what the records of a request say of the decision point.

use crate::{log_text::escaped_prefix, policy::PolicyDecision};

/// The longest id and version, in characters as they are written.
const LONGEST: usize = 200;

/// The longest text of all reasons.
const LONGEST_REASONS: usize = 600;

/// The policy that decided, its version, and its reasons, each short enough for a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PolicyNote {
    id: Option<Box<str>>,
    version: Option<Box<str>>,
    reasons: Option<Box<str>>,
}

impl PolicyNote {
    /// Returns what a decision says of itself, or `None` if it says nothing.
    pub(super) fn of(decision: &PolicyDecision) -> Option<Box<Self>> {
        let cut = |text: &str| Box::from(escaped_prefix(text, LONGEST));
        let reasons: Vec<_> = decision.reasons().collect();
        let note = Self {
            id: decision.policy().map(cut),
            version: decision.version().map(cut),
            reasons: (!reasons.is_empty())
                .then(|| escaped_prefix(&reasons.join("; "), LONGEST_REASONS).into()),
        };
        (note != Self::default()).then(|| Box::new(note))
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    pub(super) fn reasons(&self) -> Option<&str> {
        self.reasons.as_deref()
    }
}
