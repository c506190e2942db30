//! What time it is: the only file that asks.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

/// Seconds since the start of 1970, UTC: the NumericDate of RFC 7519 §2, in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// A time by its seconds since the start of 1970.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// The seconds since the start of 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// The time `seconds` later; the end of time is never passed.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// How many seconds this time is after `earlier`; none when it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.0)
    }
}

/// Where the time of day comes from. Tests bring one that they can move.
///
/// ```
/// use toolgate::{Clock, UnixTime};
///
/// struct Stopped;
///
/// impl Clock for Stopped {
///     fn now(&self) -> UnixTime {
///         UnixTime::from_seconds(1_800_000_000)
///     }
/// }
/// ```
pub trait Clock: Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> UnixTime;
}

/// The time of day as the operating system tells it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
        let now = SystemTime::now();
        // A clock before 1970 makes every token one of the future, which is refused.
        UnixTime(
            now.duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        )
    }
}
