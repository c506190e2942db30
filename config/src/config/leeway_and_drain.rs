//! How far clocks may differ, and how long the server drains.

use std::time::Duration;

use super::Config;
use crate::caller::MAX_LEEWAY;

/// The longest time between the stop signal and the end of listening.
pub(super) const MAX_DRAIN: Duration = Duration::from_secs(300);

impl Config {
    /// Allows clocks to differ by this time, in whole seconds: 30 seconds by default, at most
    /// five minutes.
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        if leeway > MAX_LEEWAY {
            self.add_error(
                format!(
                    "the leeway is {} seconds, which accepts tokens long after they expire",
                    leeway.as_secs()
                ),
                format!(
                    "use at most {} seconds, and synchronize the clocks",
                    MAX_LEEWAY.as_secs()
                ),
            );
        } else {
            self.leeway = leeway;
        }
        self
    }

    /// Sets how long `/readyz` answers 503 after the stop signal, while the server still
    /// accepts connections: as long as a load balancer needs to stop sending them. In whole
    /// seconds, zero by default, at most five minutes.
    #[must_use]
    pub fn with_drain(mut self, time: Duration) -> Self {
        match time > MAX_DRAIN {
            true => self.add_error(
                format!("the time to drain is {} seconds", time.as_secs()),
                format!("use at most {} seconds", MAX_DRAIN.as_secs()),
            ),
            false => self.drain = time,
        }
        self
    }
}
