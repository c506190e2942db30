//! The limits of sessions: their number, their memory and their idle time.

use std::time::Duration;

/// The longest idle time. A longer one is a mistake of units, and no timer can wait for the
/// longest `Duration`.
const LONGEST_IDLE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How many sessions a server keeps, and for how long.
///
/// Clients of the revisions before 2026-07-28 open sessions, and many never end them. A
/// session ends when it has been unused for the [idle time](Self::with_idle_time), never while
/// a request or a stream of it is open. If a limit is reached, a new session replaces an idle
/// one: of the same caller if the caller's limit is reached, otherwise of the caller with most.
/// Callers without a token have limits of their own and never replace a session of a caller
/// with a token. If no such session is idle, the new session is refused: with 429 if the caller's
/// limit is reached, otherwise with 503, both with `Retry-After`.
///
/// The weight of a session is 1 for each 64 KiB that it stores, and at least 1, which is enough
/// for a typical client. So the default of 8192 also limits memory to 512 MiB. A session that has been idle for some seconds stores much less, unless it has a subscription.
///
/// ```
/// use std::time::Duration;
/// use toolgate::{Config, gate::SessionLimits};
///
/// let limits = SessionLimits::default()
///     .with_idle_time(Duration::from_secs(10 * 60))
///     .with_total_weight(1000)
///     .with_weight_per_caller(16)
///     .with_unauthenticated_weight(100);
/// let config = Config::new("https://mcp.example.com/mcp").with_session_limits(limits);
/// # assert!(config.warnings().is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    pub(crate) idle: Duration,
    pub(crate) owned: usize,
    pub(crate) per_caller: usize,
    pub(crate) anonymous: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            // A laptop that sleeps during a meeting can still use its session.
            idle: Duration::from_secs(60 * 60),
            // Half a gigabyte.
            owned: 8192,
            // More than the number of clients that one person runs in parallel.
            per_caller: 64,
            // An eighth of the others: clients without a token must cost little.
            anonymous: 1024,
        }
    }
}

/// The getters, for toolgate alone.
#[doc(hidden)]
impl SessionLimits {
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.idle
    }

    #[must_use]
    pub fn owned(&self) -> usize {
        self.owned
    }

    #[must_use]
    pub fn per_caller(&self) -> usize {
        self.per_caller
    }

    #[must_use]
    pub fn anonymous(&self) -> usize {
        self.anonymous
    }
}

impl SessionLimits {
    /// Ends a session that has been unused for this time and in which nothing runs: an hour by
    /// default, a year at most.
    #[must_use]
    pub fn with_idle_time(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    /// Limits the weight of all sessions of callers with a token: 8192 by default.
    #[must_use]
    pub fn with_total_weight(mut self, weight: usize) -> Self {
        self.owned = weight;
        self
    }

    /// Limits the weight of the sessions of one caller: 64 by default.
    #[must_use]
    pub fn with_weight_per_caller(mut self, weight: usize) -> Self {
        self.per_caller = weight;
        self
    }

    /// Limits the weight of all sessions of callers without a token: 1024 by default.
    #[must_use]
    pub fn with_unauthenticated_weight(mut self, weight: usize) -> Self {
        self.anonymous = weight;
        self
    }

    /// Returns how often the life of a record in the shared store is extended.
    #[doc(hidden)]
    #[must_use]
    pub fn extension(&self) -> Duration {
        self.idle / 4
    }

    /// Returns how long a record is stored in the shared store after its last extension: longer
    /// than a replica keeps the session.
    #[doc(hidden)]
    #[must_use]
    pub fn record_lifetime(&self) -> Duration {
        self.idle + 2 * self.extension()
    }

    /// Returns an error in the limits and how to fix it.
    #[doc(hidden)]
    #[must_use]
    pub fn flaw(&self) -> Option<(String, &'static str)> {
        let weights = [
            ("of all callers", self.owned),
            ("of one caller", self.per_caller),
            ("of callers without a token", self.anonymous),
        ];
        if let Some((whose, _)) = weights.into_iter().find(|(_, weight)| *weight == 0) {
            let what = format!("the sessions {whose} have the weight 0, so none could be opened");
            return Some((what, "give them at least one, or use `without_sessions`"));
        }
        if self.idle.is_zero() || self.idle > LONGEST_IDLE {
            let seconds = self.idle.as_secs();
            return Some((
                format!("a session may be unused for {seconds} seconds"),
                "give it more than no time and at most a year; an hour is the default",
            ));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_allow_no_session_are_an_error() {
        let limits = SessionLimits::default();
        assert_eq!(limits.flaw(), None);
        for (flawed, expected) in [
            (limits.with_total_weight(0), "of all callers"),
            (limits.with_weight_per_caller(0), "of one caller"),
            (limits.with_unauthenticated_weight(0), "without a token"),
            (limits.with_idle_time(Duration::ZERO), "0 seconds"),
            (limits.with_idle_time(Duration::MAX), "seconds"),
        ] {
            let (what, _) = flawed.flaw().unwrap();
            assert!(what.contains(expected), "{what}");
        }
    }
}
