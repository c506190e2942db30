//! A clock that a test can move.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use toolgate::auth::{Clock, SystemClock, UnixTime};

/// The system time plus an offset that a test sets. Clones share one offset.
#[derive(Debug, Clone, Default)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Advances the clock by this many seconds.
    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixTime {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }
}
