//! [`SharedRates`]: rates that all replicas count together.

use std::{fmt, time::Duration};

use crate::{Purpose, RateRule, SealedStore, store_pause::StorePause};

/// The rates of one server in the store.
///
/// The store counts, so the counts are not sealed. A hostile store can refuse requests, or not count
/// them: then the rates of each replica still hold, because each counts its own requests first.
pub struct SharedRates {
    store: SealedStore,
    pause: StorePause,
}

/// One rate of a request.
#[derive(Debug, Clone, Copy)]
pub struct RateLimit<'r> {
    /// What the rate counts. Names with different parts are different rates.
    pub name: &'r [&'r [u8]],
    /// The time that one request takes of the rate.
    pub interval: Duration,
    /// The time of a whole burst.
    pub burst: Duration,
}

/// The result of counting a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateOutcome {
    /// Every rate has counted it.
    Counted,
    /// The rate with this index is used up, and none has counted the request.
    UsedUp {
        /// The index of the rate.
        index: usize,
        /// How long to wait.
        wait: Duration,
    },
    /// The store does not answer. Only this replica has counted it.
    Local,
}

impl SharedRates {
    /// Counts in this store.
    pub fn new(store: SealedStore) -> Self {
        Self {
            store,
            pause: StorePause::default(),
        }
    }

    /// Counts a request for all of these rates, or for none.
    pub async fn take(&self, limits: &[RateLimit<'_>]) -> RateOutcome {
        if limits.is_empty() || !self.pause.may_ask() {
            return RateOutcome::Local;
        }
        let rules = limits.iter().map(|limit| RateRule {
            key: self
                .store
                .record_key(Purpose::Rate, limit.name)
                .as_str()
                .to_owned(),
            interval: limit.interval,
            burst: limit.burst,
        });
        let taken = self.store.take(rules.collect()).await;
        self.pause.note(taken.is_err());
        match taken {
            Ok(None) => RateOutcome::Counted,
            // A store must not make a client wait for longer than its rate can.
            Ok(Some((index, wait))) => limits.get(index).map_or(RateOutcome::Local, |limit| {
                let wait = wait.min(limit.burst.max(limit.interval));
                RateOutcome::UsedUp { index, wait }
            }),
            Err(_) => RateOutcome::Local,
        }
    }
}

impl fmt::Debug for SharedRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRates").finish_non_exhaustive()
    }
}
