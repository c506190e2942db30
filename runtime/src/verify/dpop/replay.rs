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
const ROOM: usize = 512 * 1024;

/// How many of them one caller may have once half the capacity is used.
const SHARE: usize = ROOM / 64;

/// The recorded proofs.
pub(super) struct Replays {
    generations: Mutex<Generations>,
    span: Duration,
    room: usize,
    share: usize,
    /// Hashes holders. After a collision, two holders use one share.
    names: RandomState,
}

/// The result of recording a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Capacity {
    /// It is new, and is now recorded.
    Entered,
    /// It was used before.
    Replayed,
    /// Unknown, and the capacity is used up.
    Full,
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
        Self::with_room(seconds, ROOM, SHARE)
    }

    fn with_room(seconds: u64, room: usize, share: usize) -> Self {
        Self {
            generations: Mutex::new(Generations {
                since: Instant::now(),
                current: Generation::default(),
                previous: Generation::default(),
            }),
            span: Duration::from_secs(seconds),
            room,
            share,
            names: RandomState::new(),
        }
    }

    /// Records a proof of this holder, identified by its key and its `jti`.
    pub(super) fn enter(
        &self,
        holder: &(impl Hash + ?Sized),
        key: &Thumbprint,
        id: &str,
    ) -> Capacity {
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
        generations.pass(self.span);
        let Generations {
            current, previous, ..
        } = &mut *generations;
        if current.seen.contains(&mark) || previous.seen.contains(&mark) {
            return Capacity::Replayed;
        }
        let used = current.shares.get(&holder).copied().unwrap_or_default();
        let taken = current.seen.len();
        if taken >= self.room || (taken >= self.room / 2 && used >= self.share) {
            return Capacity::Full;
        }
        current.seen.insert(mark);
        current.shares.insert(holder, used + 1);
        Capacity::Entered
    }
}

impl Generations {
    fn pass(&mut self, span: Duration) {
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
    const KEY: Thumbprint = Thumbprint::of_digest([1; 32]);

    #[tokio::test(start_paused = true)]
    async fn a_proof_enters_once_as_long_as_it_could_be_used() {
        let replays = Replays::new(120);
        let alice = "alice";
        for start in [0, 60, 119] {
            let id = format!("{start}");
            tokio::time::advance(Duration::from_secs(start)).await;
            assert_eq!(replays.enter(alice, &KEY, &id), Capacity::Entered);
            for _ in 0..12 {
                assert_eq!(replays.enter(alice, &KEY, &id), Capacity::Replayed, "{id}");
                tokio::time::advance(Duration::from_secs(10)).await;
            }
            tokio::time::advance(Duration::from_secs(120)).await;
            assert_eq!(replays.enter(alice, &KEY, &id), Capacity::Entered, "{id}");
        }
    }

    #[tokio::test]
    async fn a_jti_belongs_to_its_key_whoever_holds_it() {
        let replays = Replays::new(120);
        let other = Thumbprint::of_digest([2; 32]);
        assert_eq!(replays.enter("alice", &KEY, "1"), Capacity::Entered);
        assert_eq!(replays.enter("alice", &other, "1"), Capacity::Entered);
        assert_eq!(replays.enter("bob", &KEY, "1"), Capacity::Replayed);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_room_refuses_who_filled_it_and_serves_others() {
        let replays = Replays::with_room(120, 100, 10);
        let (alice, mallory) = ("alice", "mallory");
        let enter = |who: &str, id: &str| replays.enter(who, &KEY, id);
        let flood = |from: usize| (from..from + 200).map(|id| enter(mallory, &format!("m{id}")));
        let entered = flood(0).filter(|room| *room == Capacity::Entered).count();
        assert_eq!(entered, 50);
        assert_eq!(enter(mallory, "more"), Capacity::Full);
        // A replay is detected even at capacity.
        assert_eq!(enter(mallory, "m0"), Capacity::Replayed);
        for id in 0..10 {
            assert_eq!(enter(alice, &format!("a{id}")), Capacity::Entered);
        }
        assert_eq!(enter(alice, "a10"), Capacity::Full);
        tokio::time::advance(Duration::from_secs(120)).await;
        assert_eq!(enter(mallory, "more"), Capacity::Entered);
        assert_eq!(enter(alice, "a0"), Capacity::Replayed);
    }

    #[tokio::test]
    async fn a_flood_of_proofs_never_takes_more_room() {
        let replays = Replays::with_room(120, 100, 10);
        for number in 0..1000 {
            let who = number % 50;
            replays.enter(&who, &KEY, &number.to_string());
        }
        let generations = replays.generations.lock().unwrap();
        assert_eq!(generations.current.seen.len(), 100);
        assert!(generations.current.shares.len() <= 50);
    }
}
