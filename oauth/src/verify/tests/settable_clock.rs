//! [`SettableClock`]: a clock for unit tests.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::clock::{Clock, UnixTime};

/// A clock that shows the time that a test sets.
#[derive(Clone)]
pub(crate) struct SettableClock(Arc<AtomicU64>);

impl SettableClock {
    /// Creates a clock that shows this second.
    pub(crate) fn at(second: u64) -> Self {
        Self(Arc::new(AtomicU64::new(second)))
    }

    /// Sets the second that the clock and its clones show.
    pub(crate) fn set(&self, second: u64) {
        self.0.store(second, Ordering::SeqCst);
    }

    /// Moves the clock and its clones by this many seconds.
    pub(crate) fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0.load(Ordering::SeqCst))
    }
}
