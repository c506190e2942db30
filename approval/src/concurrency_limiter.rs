//! [`ConcurrencyLimiter`]: how many operations of each caller, and of all callers, run at the same time.

use std::collections::HashMap;

use toolgate_core::caller::Identity;

/// The running operations of one kind, within their limits. The share of one caller is bounded, so
/// that a caller cannot take the turns of others (CWE-770).
pub(crate) struct ConcurrencyLimiter {
    of_caller: usize,
    of_all: usize,
    running: HashMap<Identity, usize>,
    all_running: usize,
}

impl ConcurrencyLimiter {
    /// Creates the turns with a limit for each caller and a limit for all callers.
    pub(crate) fn new(of_caller: usize, of_all: usize) -> Self {
        Self {
            of_caller,
            of_all,
            running: HashMap::new(),
            all_running: 0,
        }
    }

    /// Returns whether the caller can take a turn.
    pub(crate) fn has_free(&self, caller: &Identity) -> bool {
        let own = self.running.get(caller).copied().unwrap_or_default();
        own < self.of_caller && self.all_running < self.of_all
    }

    /// Takes a turn. Call it only after [`has_free`](Self::has_free).
    pub(crate) fn take(&mut self, caller: &Identity) {
        *self.running.entry(caller.clone()).or_default() += 1;
        self.all_running += 1;
    }

    /// Returns a turn.
    pub(crate) fn end(&mut self, caller: &Identity) {
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
    fn a_caller_has_a_share_of_the_turns_and_gets_it_back() {
        let [alice, bob, eve] = ["alice", "bob", "eve"].map(|name| Caller::test(name).identity());
        let mut limiter = ConcurrencyLimiter::new(2, 3);
        for caller in [&alice, &alice, &bob] {
            assert!(limiter.has_free(caller));
            limiter.take(caller);
        }
        // Alice has her share, and all turns are taken.
        assert!(!limiter.has_free(&alice) && !limiter.has_free(&eve));
        limiter.end(&bob);
        assert!(!limiter.has_free(&alice) && limiter.has_free(&eve));
        limiter.end(&alice);
        limiter.end(&alice);
        // The end of a turn that was not taken has no effect.
        limiter.end(&eve);
        assert!(limiter.is_unused());
    }
}
