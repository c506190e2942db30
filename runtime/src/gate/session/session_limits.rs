//! The limits of sessions: their number, their memory and their idle time.

use std::time::Duration;

/// The bytes that one place stands for: a session of a typical client, whose tasks, channels
/// and buffers take about [`FIXED`] bytes and whose handshake has less than a kilobyte. A larger
/// session takes more places, so the number of places limits the bytes, too.
const PLACE: usize = 64 * 1024;

/// The bytes of a session without its client information.
const FIXED: usize = 50 * 1024;

/// The longest idle time. A longer one is a mistake of units, and no timer can wait for the
/// longest `Duration`.
const LONGEST_IDLE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How many sessions a server keeps, and for how long.
///
/// Clients of the revisions before 2026-07-28 open sessions, and many never end them. A
/// session ends when it has been unused for the [idle time](Self::with_idle_time), never while
/// a request or a stream of it is open. If a limit is reached, a new session replaces an idle
/// one: of the same caller if the caller's limit is reached, otherwise of the caller with most.
/// Callers without a token have separate places and never replace a session of a caller with
/// a token. If no such session is idle, the new session is refused: with 429 if the caller's
/// limit is reached, otherwise with 503, both with `Retry-After`.
///
/// A session takes one place for each 64 KiB that it stores, and at least one, which is
/// enough for a typical client. So the default of 8192 places also limits memory to 512 MiB. A
/// session that has been idle for some seconds stores much less, unless it has a subscription.
///
/// ```
/// use std::time::Duration;
/// use toolgate::{Config, gate::SessionLimits};
///
/// let limits = SessionLimits::default()
///     .with_idle_time(Duration::from_secs(10 * 60))
///     .with_places(1000)
///     .with_places_per_principal(16)
///     .with_anonymous_places(100);
/// let config = Config::new("https://mcp.example.com/mcp").with_session_limits(limits);
/// # assert!(config.warnings().is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    pub(super) idle: Duration,
    pub(super) owned: usize,
    pub(super) per_principal: usize,
    pub(super) anonymous: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            // A laptop that sleeps during a meeting can still use its session.
            idle: Duration::from_secs(60 * 60),
            // Half a gigabyte.
            owned: 8192,
            // More than the number of clients that one person runs in parallel.
            per_principal: 64,
            // An eighth of the others: clients without a token must cost little.
            anonymous: 1024,
        }
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

    /// Sets the number of places for the sessions of callers with a token: 8192 by default.
    #[must_use]
    pub fn with_places(mut self, places: usize) -> Self {
        self.owned = places;
        self
    }

    /// Sets the number of places of one caller: 64 by default.
    #[must_use]
    pub fn with_places_per_principal(mut self, places: usize) -> Self {
        self.per_principal = places;
        self
    }

    /// Sets the number of places for the sessions of callers without a token: 1024 by default.
    #[must_use]
    pub fn with_anonymous_places(mut self, places: usize) -> Self {
        self.anonymous = places;
        self
    }

    /// Returns how often the life of a record in the shared store is extended.
    pub(super) fn extension(&self) -> Duration {
        self.idle / 4
    }

    /// Returns how long a record is stored in the shared store after its last extension: longer
    /// than a replica keeps the session.
    pub(crate) fn record_lifetime(&self) -> Duration {
        self.idle + 2 * self.extension()
    }

    /// Returns an error in the limits and how to fix it.
    pub(crate) fn flaw(&self) -> Option<(String, &'static str)> {
        let places = [
            ("of all callers", self.owned),
            ("of one caller", self.per_principal),
            ("of callers without a token", self.anonymous),
        ];
        if let Some((whose, _)) = places.into_iter().find(|(_, places)| *places == 0) {
            let what = format!("the sessions {whose} have 0 places, so none could be opened");
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

/// Returns the places that a session takes, by the message that opens it.
///
/// rmcp stores the client information unpacked: a JSON object takes about 650 bytes with its
/// first member, a list about 130, and a value within either about 130 more. The marks are
/// counted in strings, too: an estimate that is too high does no harm.
pub(super) fn places(handshake: &[u8]) -> usize {
    let unpacked: usize = handshake
        .iter()
        .map(|byte| match byte {
            b'{' => 672,
            b'[' => 144,
            b',' => 192,
            _ => 2,
        })
        .sum();
    (FIXED + unpacked).div_ceil(PLACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_takes_places_by_what_its_handshake_unpacks_to() {
        let refusal = br#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{
            "protocolVersion":"2025-11-25","capabilities":{"roots":{"listChanged":true},
            "sampling":{},"elicitation":{"form":{},"url":{}}},
            "clientInfo":{"name":"test","title":"Test","version":"1.0.0"}}}"#;
        assert_eq!(places(refusal), 1);
        assert_eq!(places(&[b'a'; 4 * 1024]), 1);
        // As much as a handshake can have: text, then what unpacks to most.
        assert_eq!(places(&[b'a'; 16 * 1024]), 2);
        let hostile = br#"{"":0},"#.repeat(16 * 1024 / 7);
        assert_eq!(places(&hostile), 32);
    }

    #[test]
    fn limits_that_allow_no_session_are_an_error() {
        let limits = SessionLimits::default();
        assert_eq!(limits.flaw(), None);
        for (flawed, expected) in [
            (limits.with_places(0), "of all callers"),
            (limits.with_places_per_principal(0), "of one caller"),
            (limits.with_anonymous_places(0), "without a token"),
            (limits.with_idle_time(Duration::ZERO), "0 seconds"),
            (limits.with_idle_time(Duration::MAX), "seconds"),
        ] {
            let (what, _) = flawed.flaw().unwrap();
            assert!(what.contains(expected), "{what}");
        }
    }
}
