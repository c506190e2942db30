//! [`OncePerSecond`]: permits an event at most once per second.

/// If the clock was set back by more than this many seconds, the event is permitted again.
const CLOCK_SET_BACK: u64 = 60;

/// The second of the last permitted event.
#[derive(Debug, Default)]
pub(crate) struct OncePerSecond(Option<u64>);

impl OncePerSecond {
    /// Returns whether the event is permitted in this second, and marks the second as used.
    pub(crate) fn take(&mut self, time: u64) -> bool {
        let is_free = self
            .0
            .is_none_or(|used| time > used || used.saturating_sub(time) > CLOCK_SET_BACK);
        if is_free {
            self.0 = Some(time);
        }
        is_free
    }
}

#[cfg(test)]
mod tests;
