//! [`Counters`]: the rates of many keys, in memory with a fixed bound.
//!
//! A counter is the time at which its whole burst is allowed again (the theoretical arrival time
//! of the generic cell rate algorithm). Either all limits of a request count it or no limit does,
//! which the limiters of the crate `governor` cannot do.
//!
//! The counters are in [`SETS`] sets of [`WAYS`]. A keyed hash chooses the set, so a caller cannot
//! choose it. A counter whose burst is allowed again equals a new counter, so a new key takes its
//! place. No other counter is ever replaced: an attacker who fills the table resets no rate. While
//! all counters of a set are in use, its new keys share [`SHARED`] counters of their rate. So the
//! new keys are limited but not locked out, and the keys with a counter are not affected.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use crate::rate::Rate;

/// 65,536 counters of 24 bytes: 1.7 MiB when all are in use.
const SETS: usize = 4096;
const WAYS: usize = 16;

/// The number of shared counters of each rate, for keys without a counter of their own.
const SHARED: u64 = 64;

#[derive(Default)]
pub(super) struct Counters {
    /// Allocated at the first use.
    sets: OnceLock<Box<[Mutex<Vec<Counter>>]>>,
    /// The program has a fixed number of rates, so this map is bounded, too.
    shared: Mutex<HashMap<(Rate, u64), u64>>,
}

struct Counter {
    key: u64,
    /// When the whole burst is allowed again, in nanoseconds.
    restored_at: u64,
    /// How many requests may still continue a counted request.
    continuations: u32,
}

impl Counters {
    /// Counts one request, or returns how long to wait, in nanoseconds. `now` is in nanoseconds.
    pub(super) fn take(&self, key: u64, rate: Rate, now: u64) -> Result<(), u64> {
        {
            let mut set = self.set(key);
            if let Some(counter) = place(&mut set, key, now) {
                count(&mut counter.restored_at, rate, now)?;
                let more = counter.continuations.saturating_add(1);
                counter.continuations = more.min(u32::try_from(rate.burst()).unwrap_or(u32::MAX));
                return Ok(());
            }
        }
        count(
            lock(&self.shared).entry((rate, key % SHARED)).or_default(),
            rate,
            now,
        )
    }

    /// Takes back a counted request.
    pub(super) fn give_back(&self, key: u64, rate: Rate) {
        let mut set = self.set(key);
        if let Some(counter) = set.iter_mut().find(|counter| counter.key == key) {
            counter.restored_at = counter.restored_at.saturating_sub(rate.interval());
            counter.continuations = counter.continuations.saturating_sub(1);
            return;
        }
        drop(set);
        if let Some(restored_at) = lock(&self.shared).get_mut(&(rate, key % SHARED)) {
            *restored_at = restored_at.saturating_sub(rate.interval());
        }
    }

    /// Returns whether a counted request can be continued, and uses up the continuation. Each
    /// counted request has only one, because a client can send the same round any number of times.
    pub(super) fn take_continuation(&self, key: u64) -> bool {
        let mut set = self.set(key);
        let counter = set.iter_mut().find(|counter| counter.key == key);
        counter.is_some_and(|counter| {
            let has_one = counter.continuations > 0;
            counter.continuations -= u32::from(has_one);
            has_one
        })
    }

    fn set(&self, key: u64) -> MutexGuard<'_, Vec<Counter>> {
        let sets = self
            .sets
            .get_or_init(|| (0..SETS).map(|_| Mutex::default()).collect());
        // The lower half of the key chooses the shared counter.
        let index = (key >> 32) as usize % SETS;
        lock(&sets[index])
    }
}

/// Returns the counter of a key. A new key gets a free counter, or the counter of another key whose
/// burst is allowed again. Returns `None` if all counters are in use.
fn place(set: &mut Vec<Counter>, key: u64, now: u64) -> Option<&mut Counter> {
    let new = Counter {
        key,
        restored_at: 0,
        continuations: 0,
    };
    let own = set.iter().position(|counter| counter.key == key);
    let index = match own {
        Some(index) => index,
        None if set.len() < WAYS => {
            set.push(new);
            set.len() - 1
        }
        None => {
            let index = set.iter().position(|counter| counter.restored_at <= now)?;
            *set.get_mut(index)? = new;
            index
        }
    };
    set.get_mut(index)
}

/// Counts a request at `now`, or returns how long to wait.
fn count(restored_at: &mut u64, rate: Rate, now: u64) -> Result<(), u64> {
    let full = now.saturating_add(rate.full());
    // A clock that was set back leaves times that are too late: the caller waits for the time of
    // one burst at most, not until the clock reaches them again.
    *restored_at = (*restored_at).clamp(now, full);
    let next = restored_at.saturating_add(rate.interval());
    if next > full {
        return Err(next - full);
    }
    *restored_at = next;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change is one step, so a panic leaves no inconsistent state.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
