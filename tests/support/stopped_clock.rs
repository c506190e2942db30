//! A clock that stands still.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use toolgate::auth::{Clock, UnixTime};

/// A clock that only a test moves, for limits of a few seconds. Clones share the time.
#[derive(Debug, Clone)]
pub struct StoppedClock(Arc<AtomicU64>);

impl StoppedClock {
    /// Creates a clock that shows this time, in seconds since 1970.
    #[must_use]
    pub fn at(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds)))
    }

    /// Moves the clock forward, by whole seconds.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(time.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for StoppedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0.load(Ordering::SeqCst))
    }
}
