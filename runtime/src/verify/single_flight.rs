//! Single flight: concurrent requests with the same token verify it once.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::verification_cache::TokenHash;

/// Verifications in progress, by token hash. An entry is removed when its verification
/// ends, however it ends.
pub(crate) struct SingleFlight<T>(Mutex<HashMap<TokenHash, watch::Receiver<Option<T>>>>);

/// The role of a request.
pub(crate) enum Role<'a, T> {
    /// Verify the token and publish the result.
    Lead(LeaderGuard<'a, T>),
    /// Wait for the leader's result.
    Follow(Waiting<T>),
}

/// The leader's guard. Dropping it releases the followers, whatever happens to the leader.
pub(crate) struct LeaderGuard<'a, T> {
    flights: &'a SingleFlight<T>,
    hash: TokenHash,
    outcome: watch::Sender<Option<T>>,
}

/// A follower that waits for the result.
pub(crate) struct Waiting<T>(watch::Receiver<Option<T>>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Joins the verification of this token, or starts it.
    pub(crate) fn board(&self, hash: TokenHash) -> Role<'_, T> {
        match self.all().entry(hash) {
            Entry::Occupied(flight) => Role::Follow(Waiting(flight.get().clone())),
            Entry::Vacant(place) => {
                let (outcome, waiting) = watch::channel(None);
                place.insert(waiting);
                Role::Lead(LeaderGuard {
                    flights: self,
                    hash,
                    outcome,
                })
            }
        }
    }
}

impl<T> SingleFlight<T> {
    fn all(&self) -> MutexGuard<'_, HashMap<TokenHash, watch::Receiver<Option<T>>>> {
        // The map is consistent at every moment, so a poisoned lock is safe to use.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Clone> LeaderGuard<'_, T> {
    /// Publishes the result to the followers.
    pub(crate) fn land(self, outcome: &T) {
        self.outcome.send_replace(Some(outcome.clone()));
    }
}

impl<T> Drop for LeaderGuard<'_, T> {
    fn drop(&mut self) {
        self.flights.all().remove(&self.hash);
    }
}

impl<T: Clone> Waiting<T> {
    /// Returns the leader's result, or `None` if the leader was cancelled because its
    /// client disconnected.
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
        let flights = SingleFlight::default();
        let Role::Lead(landing) = flights.board(hash("a")) else {
            panic!("no verification is in progress");
        };
        let Role::Follow(one) = flights.board(hash("a")) else {
            panic!("a verification is in progress");
        };
        assert!(matches!(flights.board(hash("b")), Role::Lead(_)));
        landing.land(&7);
        assert_eq!(one.outcome().await, Some(7));
        assert!(flights.all().is_empty());
    }

    #[tokio::test]
    async fn a_leader_that_gives_up_sets_the_others_free() {
        let flights = SingleFlight::<u8>::default();
        let leader = flights.board(hash("a"));
        let Role::Follow(one) = flights.board(hash("a")) else {
            panic!("a verification is in progress");
        };
        drop(leader);
        assert_eq!(one.outcome().await, None);
        assert!(matches!(flights.board(hash("a")), Role::Lead(_)));
    }
}
