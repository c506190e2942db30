//! A clock that a test moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use toolgate::auth::{Clock, SystemClock, UnixTime};

/// The system time, plus the time that a test has added. Clones share that time.
#[derive(Debug, Clone, Default)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// Moves the clock forward, by whole seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use toolgate::auth::Clock as _;
    /// use toolgate_testing::TestClock;
    ///
    /// let clock = TestClock::default();
    /// let before = clock.now();
    /// clock.advance(Duration::from_secs(3600));
    /// assert!(clock.now() >= before.plus(3600));
    /// ```
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(time.as_secs(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        SystemClock.now().plus(self.0.load(Ordering::SeqCst))
    }
}
