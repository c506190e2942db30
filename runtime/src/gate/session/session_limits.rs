//! How many sessions a server keeps, how much of them, and for how long.

use std::time::Duration;

/// What one place among the sessions stands for, in bytes: a session of a usual client,
/// whose tasks, channels and buffers take some [`FIXED`] bytes and whose handshake has less
/// than a kilobyte. A session that keeps more takes more places, so that the number of
/// places bounds the bytes as well.
const PLACE: usize = 64 * 1024;

/// What a session keeps whatever its client says of itself, in bytes.
const FIXED: usize = 50 * 1024;

/// The longest time that a session may be unused: what is longer is a slip of units, and no
/// clock can wait for the longest that there is.
const LONGEST_IDLE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How many sessions a server keeps, and for how long.
///
/// Clients of the revisions before 2026-07-28 open sessions, and many never end them. A
/// session ends when nobody has used it for the [idle time](Self::with_idle_time), never
/// while a request or a stream of it is open. Where there is no room for a new one, it takes
/// the place of another that is idle: of the same caller's if they have their share, else
/// of whoever has most. Callers without a token have places of their own and never take one
/// of somebody with a token. Where nothing that could make room is idle, the new session is
/// refused: by 429 to whom has their share, by 503 to others, both with `Retry-After`.
///
/// A session takes one place for each 64 KiB that it keeps, and at least one, which is what
/// a usual client's takes. So the default of 8192 places is also a bound of 512 MiB.
///
/// ```
/// use std::time::Duration;
/// use toolgate::{Config, SessionLimits};
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
            // A laptop that sleeps through a meeting finds its session again.
            idle: Duration::from_secs(60 * 60),
            // Half a gigabyte.
            owned: 8192,
            // More than anybody has programs that run at once.
            per_principal: 64,
            // An eighth of the others: strangers cost little.
            anonymous: 1024,
        }
    }
}

impl SessionLimits {
    /// Ends a session that nobody has used for this time, and in which nothing runs: an hour
    /// by default, a year at most.
    #[must_use]
    pub fn with_idle_time(mut self, time: Duration) -> Self {
        self.idle = time;
        self
    }

    /// Keeps at most so many places for the sessions of callers with a token: 8192 by default.
    #[must_use]
    pub fn with_places(mut self, places: usize) -> Self {
        self.owned = places;
        self
    }

    /// Gives one principal at most so many of them: 64 by default.
    #[must_use]
    pub fn with_places_per_principal(mut self, places: usize) -> Self {
        self.per_principal = places;
        self
    }

    /// Keeps at most so many places for the sessions of callers without a token: 1024 by
    /// default.
    #[must_use]
    pub fn with_anonymous_places(mut self, places: usize) -> Self {
        self.anonymous = places;
        self
    }

    /// What is wrong with them, and what to do.
    pub(crate) fn flaw(&self) -> Option<(String, &'static str)> {
        let places = [
            ("of all principals", self.owned),
            ("of one principal", self.per_principal),
            ("of callers without a token", self.anonymous),
        ];
        if let Some((whose, _)) = places.into_iter().find(|(_, places)| *places == 0) {
            let what = format!("the sessions {whose} have 0 places, and nobody could open one");
            return Some((what, "give them one at least, or use `without_sessions`"));
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

/// The places that a session takes, by the message that opens it.
///
/// rmcp keeps what the message says of the client, and keeps it unpacked: a map of JSON takes
/// some 650 bytes with its first member, a list some 130, a value within either some 130
/// more. The marks are counted wherever they stand, in texts as well: too much is no harm.
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
    fn limits_that_let_nobody_in_are_a_fault() {
        let limits = SessionLimits::default();
        assert_eq!(limits.flaw(), None);
        for (flawed, told) in [
            (limits.with_places(0), "of all principals"),
            (limits.with_places_per_principal(0), "of one principal"),
            (limits.with_anonymous_places(0), "without a token"),
            (limits.with_idle_time(Duration::ZERO), "0 seconds"),
            (limits.with_idle_time(Duration::MAX), "seconds"),
        ] {
            let (what, _) = flawed.flaw().unwrap();
            assert!(what.contains(told), "{what}");
        }
    }
}
