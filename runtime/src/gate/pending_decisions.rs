//! [`PendingDecisions`]: limits how many requests of one caller wait to be decided.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::caller::{Caller, Identity};

/// How many requests of one caller may wait for their decisions.
pub(super) const PENDING: usize = 16;

/// How many requests of all callers without a token may wait for their decisions. Such a client
/// can open any number of connections.
pub(super) const PENDING_OF_STRANGERS: usize = 64 * PENDING;

/// The numbers of requests that wait, by caller.
#[derive(Debug, Default)]
pub(crate) struct PendingDecisions(Mutex<HashMap<Option<Identity>, usize>>);

impl PendingDecisions {
    /// Counts one more request until the result is dropped, or returns `None` at the limit.
    pub(super) fn reserve(&self, caller: Option<&Caller>) -> Option<Pending<'_>> {
        let identity = caller.map(Caller::identity);
        let limit = match identity {
            Some(_) => PENDING,
            None => PENDING_OF_STRANGERS,
        };
        let mut pending = self.lock();
        let count = pending.entry(identity.clone()).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        drop(pending);
        Some(Pending {
            decisions: self,
            identity,
        })
    }

    /// Returns whether nothing waits.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Option<Identity>, usize>> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One pending decision of a caller.
pub(super) struct Pending<'a> {
    decisions: &'a PendingDecisions,
    identity: Option<Identity>,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        let mut pending = self.decisions.lock();
        if let Some(count) = pending.get_mut(&self.identity) {
            *count -= 1;
            if *count == 0 {
                pending.remove(&self.identity);
            }
        }
    }
}
