//! [`PolicyError`]: why a decision point gives no answer. Every such error denies the request.

use std::{fmt, time::Duration};

/// When to ask again, if the decision point does not say.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Why a decision point gives no answer. The request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    reason: String,
    retry_after: Option<Duration>,
}

impl PolicyError {
    /// The engine cannot be asked now, and asking again can help: a 503 with `Retry-After`.
    /// `reason` is for the log of the program.
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            retry_after: Some(RETRY_AFTER),
        }
    }

    /// The engine gives no usable answer, and asking again does not help: a 403. `reason` is for
    /// the log of the program.
    pub fn failed(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            retry_after: None,
        }
    }

    /// Sets when to ask again, if asking again can help.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.retry_after = self.retry_after.map(|_| retry_after);
        self
    }

    /// Returns when to ask again, or `None` if that does not help.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for PolicyError {}

/// Why a server cannot start with a decision point, and the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySetupError {
    what: String,
    fix: String,
}

impl PolicySetupError {
    /// Says what is wrong, and how to fix it.
    pub fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            fix: fix.into(),
        }
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns how to fix it.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }
}

impl fmt::Display for PolicySetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what, self.fix)
    }
}

impl std::error::Error for PolicySetupError {}
