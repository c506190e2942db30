//! A clock that a test can move.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use toolgate::{Clock, SystemClock, UnixTime};

/// The system time plus an offset that a test sets. Clones share one offset.
#[derive(Debug, Clone, Default)]
pub struct MovedClock(Arc<AtomicU64>);

impl MovedClock {
    /// Advances the clock by this many seconds.
    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> UnixTime {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }
}
