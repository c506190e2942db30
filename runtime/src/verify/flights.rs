//! A token that arrives many times at once is verified once.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::cache::TokenHash;

/// Verifications under way, by the hash of their token. Each entry goes when its
/// verification ends, however it ends.
pub(crate) struct Flights<T>(Mutex<HashMap<TokenHash, watch::Receiver<Option<T>>>>);

/// What a caller is to do.
pub(crate) enum Boarding<'a, T> {
    /// Verify, and tell the others.
    Lead(Landing<'a, T>),
    /// Wait for what the leader finds.
    Follow(Waiting<T>),
}

/// The leader's duty: whatever becomes of it, the others are set free.
pub(crate) struct Landing<'a, T> {
    flights: &'a Flights<T>,
    hash: TokenHash,
    outcome: watch::Sender<Option<T>>,
}

/// A caller that waits.
pub(crate) struct Waiting<T>(watch::Receiver<Option<T>>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Flights<T> {
    /// Joins the verification of this token, or begins it.
    pub(crate) fn board(&self, hash: TokenHash) -> Boarding<'_, T> {
        match self.all().entry(hash) {
            Entry::Occupied(flight) => Boarding::Follow(Waiting(flight.get().clone())),
            Entry::Vacant(place) => {
                let (outcome, waiting) = watch::channel(None);
                place.insert(waiting);
                Boarding::Lead(Landing {
                    flights: self,
                    hash,
                    outcome,
                })
            }
        }
    }
}

impl<T> Flights<T> {
    fn all(&self) -> MutexGuard<'_, HashMap<TokenHash, watch::Receiver<Option<T>>>> {
        // What is behind the lock is whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> Landing<'_, T> {
    /// Tells the others.
    pub(crate) fn land(self, outcome: &T) {
        self.outcome.send_replace(Some(outcome.clone()));
    }
}

impl<T> Drop for Landing<'_, T> {
    fn drop(&mut self) {
        self.flights.all().remove(&self.hash);
    }
}

impl<T: Clone> Waiting<T> {
    /// What the leader found; none when it was given up, because its caller hung up.
    pub(crate) async fn outcome(mut self) -> Option<T> {
        let landed = self.0.wait_for(Option::is_some).await.ok()?;
        landed.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BearerToken;

    fn hash(text: &str) -> TokenHash {
        TokenHash::of(&BearerToken::new(text).unwrap())
    }

    #[tokio::test]
    async fn followers_get_what_the_leader_found_and_nothing_stays_behind() {
        let flights = Flights::default();
        let Boarding::Lead(landing) = flights.board(hash("a")) else {
            panic!("nobody is before us");
        };
        let Boarding::Follow(one) = flights.board(hash("a")) else {
            panic!("one is under way");
        };
        assert!(matches!(flights.board(hash("b")), Boarding::Lead(_)));
        landing.land(&7);
        assert_eq!(one.outcome().await, Some(7));
        assert!(flights.all().is_empty());
    }

    #[tokio::test]
    async fn a_leader_that_gives_up_sets_the_others_free() {
        let flights = Flights::<u8>::default();
        let leader = flights.board(hash("a"));
        let Boarding::Follow(one) = flights.board(hash("a")) else {
            panic!("one is under way");
        };
        drop(leader);
        assert_eq!(one.outcome().await, None);
        assert!(matches!(flights.board(hash("a")), Boarding::Lead(_)));
    }
}
