//! [`ConcurrencyLimiter`]: how many operations of each caller, and of all callers, run at the same
//! time.

use std::collections::HashMap;

use toolgate_core::caller::Identity;

/// The running operations of one kind, within their limits. The share of one caller is bounded, so
/// that a caller cannot use up the capacity for others (CWE-770).
pub(crate) struct ConcurrencyLimiter {
    of_caller: usize,
    of_all: usize,
    running: HashMap<Identity, usize>,
    all_running: usize,
}

impl ConcurrencyLimiter {
    /// Creates a limiter with a limit for each caller and a limit for all callers.
    pub(crate) fn new(of_caller: usize, of_all: usize) -> Self {
        Self {
            of_caller,
            of_all,
            running: HashMap::new(),
            all_running: 0,
        }
    }

    /// Counts one more operation of the caller, and returns whether it is within both limits.
    pub(crate) fn try_acquire(&mut self, caller: &Identity) -> bool {
        let own = self.running.get(caller).copied().unwrap_or_default();
        let is_within = own < self.of_caller && self.all_running < self.of_all;
        if is_within {
            self.running.insert(caller.clone(), own + 1);
            self.all_running += 1;
        }
        is_within
    }

    /// Ends the count of one operation of the caller.
    pub(crate) fn release(&mut self, caller: &Identity) {
        if let Some(own) = self.running.get_mut(caller) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                self.running.remove(caller);
            }
            self.all_running = self.all_running.saturating_sub(1);
        }
    }

    #[cfg(test)]
    pub(crate) fn is_unused(&self) -> bool {
        self.running.is_empty() && self.all_running == 0
    }
}

#[cfg(test)]
mod tests {
    use toolgate_core::caller::Caller;

    use super::*;

    #[test]
    fn a_caller_has_a_share_of_the_limit_and_gets_it_back() {
        let [alice, bob, eve] = ["alice", "bob", "eve"].map(|name| Caller::test(name).identity());
        let mut limiter = ConcurrencyLimiter::new(2, 3);
        for caller in [&alice, &alice, &bob] {
            assert!(limiter.try_acquire(caller));
        }
        // Alice has her share, and all others together have theirs.
        assert!(!limiter.try_acquire(&alice) && !limiter.try_acquire(&eve));
        limiter.release(&bob);
        assert!(!limiter.try_acquire(&alice) && limiter.try_acquire(&eve));
        limiter.release(&eve);
        limiter.release(&alice);
        limiter.release(&alice);
        // The end of an operation that was not counted has no effect.
        limiter.release(&eve);
        assert!(limiter.is_unused());
    }
}
