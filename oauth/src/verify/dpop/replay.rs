//! Replay protection: a proof is valid for one request (RFC 9449 §11.1).
//!
//! Proofs are recorded as long as they could be replayed, with bounded capacity. At
//! capacity, a proof is refused, because the server cannot know whether it was used before.
//! The second half of the capacity is divided into shares, so that one caller cannot take
//! all of it: a caller who has used more than a share is refused, the others are served.
//! Blocking the others takes as many accounts as there are shares, and a verified signature
//! for each proof.

use std::{
    collections::{HashMap, HashSet, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::sha256;
use crate::caller::Thumbprint;

/// How many proofs one generation records. A proof takes about 20 bytes, so both
/// generations together stay below 40 MB.
const CAPACITY: usize = 512 * 1024;

/// How many of them one caller may have once half the capacity is used.
const SHARE: usize = CAPACITY / 64;

/// The recorded proofs.
pub(super) struct Replays {
    generations: Mutex<Generations>,
    span: Duration,
    capacity: usize,
    share: usize,
    /// Hashes holders. After a collision, two holders use one share.
    names: RandomState,
}

/// The result of recording a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is new, and is now recorded.
    Recorded,
    /// It was used before.
    Replayed,
    /// Unknown, and the capacity is used up.
    AtCapacity,
}

/// A generation lasts as long as a proof can be used, and is dropped when the next one
/// ends.
struct Generations {
    since: Instant,
    current: Generation,
    previous: Generation,
}

#[derive(Default)]
struct Generation {
    seen: HashSet<[u8; 16]>,
    shares: HashMap<u64, usize>,
}

impl Replays {
    /// Records proofs for at least this many seconds of a monotonic clock: setting back the
    /// system clock forgets nothing.
    pub(super) fn new(seconds: u64) -> Self {
        Self::with_capacity(seconds, CAPACITY, SHARE)
    }

    fn with_capacity(seconds: u64, capacity: usize, share: usize) -> Self {
        Self {
            generations: Mutex::new(Generations {
                since: Instant::now(),
                current: Generation::default(),
                previous: Generation::default(),
            }),
            span: Duration::from_secs(seconds),
            capacity,
            share,
            names: RandomState::new(),
        }
    }

    /// Records a proof of this holder, identified by its key and its `jti`.
    pub(super) fn record(
        &self,
        holder: &(impl Hash + ?Sized),
        key: &Thumbprint,
        id: &str,
    ) -> Outcome {
        let mut named = key.as_bytes().to_vec();
        named.extend(id.as_bytes());
        let mut mark = [0; 16];
        mark.copy_from_slice(&sha256(&named)[..16]);
        let holder = self.names.hash_one(holder);

        // Each change is one insertion, so a panic leaves no partial state.
        let mut generations = self
            .generations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        generations.rotate(self.span);
        let Generations {
            current, previous, ..
        } = &mut *generations;
        if current.seen.contains(&mark) || previous.seen.contains(&mark) {
            return Outcome::Replayed;
        }
        let used = current.shares.get(&holder).copied().unwrap_or_default();
        let taken = current.seen.len();
        if taken >= self.capacity || (taken >= self.capacity / 2 && used >= self.share) {
            return Outcome::AtCapacity;
        }
        current.seen.insert(mark);
        current.shares.insert(holder, used + 1);
        Outcome::Recorded
    }
}

impl Generations {
    fn rotate(&mut self, span: Duration) {
        let age = self.since.elapsed();
        if age < span {
            return;
        }
        let ended = std::mem::take(&mut self.current);
        // After two spans, the generation that just ended is too old, too.
        self.previous = match age < 2 * span {
            true => ended,
            false => Generation::default(),
        };
        self.since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    const KEY: Thumbprint = Thumbprint::from_digest([1; 32]);

    #[tokio::test(start_paused = true)]
    async fn a_proof_is_recorded_once_as_long_as_it_could_be_used() {
        let replays = Replays::new(120);
        let alice = "alice";
        for start in [0, 60, 119] {
            let id = format!("{start}");
            tokio::time::advance(Duration::from_secs(start)).await;
            assert_eq!(replays.record(alice, &KEY, &id), Outcome::Recorded);
            for _ in 0..12 {
                assert_eq!(replays.record(alice, &KEY, &id), Outcome::Replayed, "{id}");
                tokio::time::advance(Duration::from_secs(10)).await;
            }
            tokio::time::advance(Duration::from_secs(120)).await;
            assert_eq!(replays.record(alice, &KEY, &id), Outcome::Recorded, "{id}");
        }
    }

    #[tokio::test]
    async fn a_jti_belongs_to_its_key_whoever_holds_it() {
        let replays = Replays::new(120);
        let other = Thumbprint::from_digest([2; 32]);
        assert_eq!(replays.record("alice", &KEY, "1"), Outcome::Recorded);
        assert_eq!(replays.record("alice", &other, "1"), Outcome::Recorded);
        assert_eq!(replays.record("bob", &KEY, "1"), Outcome::Replayed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_capacity_refuses_who_filled_it_and_serves_others() {
        let replays = Replays::with_capacity(120, 100, 10);
        let (alice, mallory) = ("alice", "mallory");
        let record = |who: &str, id: &str| replays.record(who, &KEY, id);
        let flood = |from: usize| (from..from + 200).map(|id| record(mallory, &format!("m{id}")));
        let recorded = flood(0)
            .filter(|outcome| *outcome == Outcome::Recorded)
            .count();
        assert_eq!(recorded, 50);
        assert_eq!(record(mallory, "more"), Outcome::AtCapacity);
        // A replay is detected even at capacity.
        assert_eq!(record(mallory, "m0"), Outcome::Replayed);
        for id in 0..10 {
            assert_eq!(record(alice, &format!("a{id}")), Outcome::Recorded);
        }
        assert_eq!(record(alice, "a10"), Outcome::AtCapacity);
        tokio::time::advance(Duration::from_secs(120)).await;
        assert_eq!(record(mallory, "more"), Outcome::Recorded);
        assert_eq!(record(alice, "a0"), Outcome::Replayed);
    }

    #[tokio::test]
    async fn a_flood_of_proofs_never_takes_more_capacity() {
        let replays = Replays::with_capacity(120, 100, 10);
        for number in 0..1000 {
            let who = number % 50;
            replays.record(&who, &KEY, &number.to_string());
        }
        let generations = replays.generations.lock().unwrap();
        assert_eq!(generations.current.seen.len(), 100);
        assert!(generations.current.shares.len() <= 50);
    }
}
