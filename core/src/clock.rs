//! The time of day. No other file reads the system clock.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Seconds since the start of 1970, UTC: the NumericDate of RFC 7519 §2, in whole seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Builds a time from the seconds since the start of 1970.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Returns the seconds since the start of 1970.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Returns the time `seconds` later. Saturates at the maximum.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Returns how many seconds this time is after `earlier`, or 0 if it is not after it.
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

/// A source of the time of day. Tests use one that they can move.
///
/// ```
/// use toolgate::auth::{Clock, UnixTime};
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
    /// Returns the current time of day.
    fn now(&self) -> UnixTime;

    /// Returns the current time since the start of 1970, with its fraction of a second, for rates.
    /// The default implementation has whole seconds.
    fn since_epoch(&self) -> Duration {
        Duration::from_secs(self.now().seconds())
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> UnixTime {
        UnixTime(self.since_epoch().as_secs())
    }

    fn since_epoch(&self) -> Duration {
        #[expect(clippy::disallowed_methods, reason = "the only clock reader")]
        let now = SystemTime::now();
        // With a clock before 1970, every token is from the future and is refused.
        now.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// A clock that several values share.
#[derive(Clone)]
pub struct SharedClock(pub Arc<dyn Clock>);

impl Default for SharedClock {
    fn default() -> Self {
        Self(Arc::new(SystemClock))
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedClock")
    }
}
