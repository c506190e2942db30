//! Single flight: of several concurrent requests for the same result, one does the work and
//! the others wait for it.
//!
//! Verification (by token), token exchange (by token), discovery, the preparation of sign-ins and
//! the loads of a key set (one at a time) use it. No lock is held while the leader works.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// The work in progress, by key. An entry is removed when its work ends, however it ends.
pub struct SingleFlight<K: Eq + Hash, T>(Arc<Running<K, T>>);

type Running<K, T> = Mutex<HashMap<K, watch::Receiver<Option<T>>>>;

/// The role of a request.
pub enum Role<K: Eq + Hash, T> {
    /// Do the work and publish the result.
    Lead(LeaderGuard<K, T>),
    /// Wait for the leader's result.
    Follow(Waiting<T>),
}

/// The leader's guard. Dropping it releases the followers, also if the leader fails or panics.
pub struct LeaderGuard<K: Eq + Hash, T> {
    running: Arc<Running<K, T>>,
    key: K,
    outcome: watch::Sender<Option<T>>,
}

/// A follower that waits for the result.
pub struct Waiting<T>(watch::Receiver<Option<T>>);

impl<K: Eq + Hash, T> Default for SingleFlight<K, T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Eq + Hash + Clone, T: Clone> SingleFlight<K, T> {
    /// Joins the work for this key if it is in progress.
    pub(crate) fn join(&self, key: &K) -> Option<Waiting<T>> {
        lock(&self.0).get(key).cloned().map(Waiting)
    }

    /// Joins the work for this key, or starts it.
    pub fn join_or_start(&self, key: K) -> Role<K, T> {
        match lock(&self.0).entry(key.clone()) {
            Entry::Occupied(running) => Role::Follow(Waiting(running.get().clone())),
            Entry::Vacant(place) => {
                let (outcome, waiting) = watch::channel(None);
                place.insert(waiting);
                Role::Lead(LeaderGuard {
                    running: Arc::clone(&self.0),
                    key,
                    outcome,
                })
            }
        }
    }
}

impl<K: Eq + Hash + Clone, T: Clone> SingleFlight<K, T> {
    /// Returns the known result, or the result of `work`, which runs once for all waiting callers.
    pub(crate) async fn known_or_run(
        &self,
        key: K,
        known: impl Fn() -> Option<T>,
        work: impl Future<Output = T>,
    ) -> T {
        loop {
            if let Some(known) = known() {
                return known;
            }
            match self.join_or_start(key.clone()) {
                Role::Lead(leader) => {
                    // Another leader may have finished between the lookup and here.
                    if let Some(known) = known() {
                        return known;
                    }
                    let result = work.await;
                    leader.publish(&result);
                    return result;
                }
                Role::Follow(waiting) => {
                    if let Some(result) = waiting.outcome().await {
                        return result;
                    }
                }
            }
        }
    }
}

impl<K: Eq + Hash, T: Clone> LeaderGuard<K, T> {
    /// Returns a follower of this leader, for a leader that works in another task.
    pub(crate) fn follow(&self) -> Waiting<T> {
        Waiting(self.outcome.subscribe())
    }

    /// Publishes the result to the followers.
    pub fn publish(self, outcome: &T) {
        self.outcome.send_replace(Some(outcome.clone()));
    }
}

impl<K: Eq + Hash, T> Drop for LeaderGuard<K, T> {
    fn drop(&mut self) {
        lock(&self.running).remove(&self.key);
    }
}

impl<T: Clone> Waiting<T> {
    /// Returns the leader's result, or `None` if the leader was cancelled: its client
    /// disconnected, or its runtime was dropped.
    pub async fn outcome(mut self) -> Option<T> {
        let published = self.0.wait_for(Option::is_some).await.ok()?;
        published.clone()
    }
}

fn lock<K, T>(running: &Running<K, T>) -> MutexGuard<'_, HashMap<K, watch::Receiver<Option<T>>>> {
    // The map is consistent at every moment, so a poisoned lock is safe to use.
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[tokio::test]
    async fn followers_get_what_the_leader_found_and_nothing_stays_behind() {
        let flights = SingleFlight::default();
        let Role::Lead(leader) = flights.join_or_start("a") else {
            panic!("no work is in progress");
        };
        let Role::Follow(one) = flights.join_or_start("a") else {
            panic!("work is in progress");
        };
        assert!(matches!(flights.join_or_start("b"), Role::Lead(_)));
        assert!(flights.join(&"a").is_some() && flights.join(&"b").is_none());
        leader.publish(&7);
        assert_eq!(one.outcome().await, Some(7));
        assert!(lock(&flights.0).is_empty());
    }

    #[tokio::test]
    async fn a_leader_that_gives_up_sets_the_others_free() {
        let flights = SingleFlight::<&str, u8>::default();
        let leader = flights.join_or_start("a");
        let Role::Follow(one) = flights.join_or_start("a") else {
            panic!("work is in progress");
        };
        drop(leader);
        assert_eq!(one.outcome().await, None);
        assert!(matches!(flights.join_or_start("a"), Role::Lead(_)));
    }
}
