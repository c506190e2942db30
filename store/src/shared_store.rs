//! [`SharedStore`]: the operations that a store must have.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::StoreError;

/// The answer of a store.
pub type StoreFuture<'s, T> = BoxFuture<'s, Result<T, StoreError>>;

/// A store that all replicas of a server share, such as Redis.
///
/// It stores bytes under short ASCII keys. The server seals what it stores, so an implementation
/// needs no cryptography, and the store need not be trusted with secrets. Each operation is atomic.
/// An operation that has no answer after half a second is abandoned, so an implementation need not
/// have a timeout of its own.
///
/// The feature `redis` has an implementation. The store must not evict keys before they expire.
pub trait SharedStore: Send + Sync + 'static {
    /// Returns the value of a key, or `None` if it has none. A value has at most 256 KiB.
    fn get<'s>(&'s self, key: &'s str) -> StoreFuture<'s, Option<Vec<u8>>>;

    /// Sets the value of a key, which expires after `lifetime`.
    fn put<'s>(&'s self, key: &'s str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'s, ()>;

    /// Sets the value of a key that has none. In the same step, and after it, reads the value of
    /// the key `witness`.
    fn put_new<'s>(
        &'s self,
        key: &'s str,
        value: Vec<u8>,
        lifetime: Duration,
        witness: &'s str,
    ) -> StoreFuture<'s, PutNew>;

    /// Sets the value of a key whose value is still `expected`. Returns whether it did.
    fn replace<'s>(
        &'s self,
        key: &'s str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        lifetime: Duration,
    ) -> StoreFuture<'s, bool>;

    /// Removes a key.
    fn remove<'s>(&'s self, key: &'s str) -> StoreFuture<'s, ()>;

    /// Counts one request for each of these rates, or for none of them if one is used up. Then it
    /// returns the index of that rate, and how long to wait.
    ///
    /// The store keeps one time for each key, when the whole burst is allowed again (the generic
    /// cell rate algorithm). A request moves that time on by the interval. A time that is further
    /// ahead of the store's own clock than the burst refuses the request.
    fn take<'s>(&'s self, rates: Vec<RateRule>) -> StoreFuture<'s, Option<(usize, Duration)>>;
}

/// What [`SharedStore::put_new`] has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutNew {
    /// Whether the key had no value, and has this one now.
    pub is_new: bool,
    /// The value of the witness.
    pub witness: Option<Vec<u8>>,
}

/// A rate of requests that share a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateRule {
    /// The key.
    pub key: String,
    /// The time that one request takes of the rate.
    pub interval: Duration,
    /// The time of a whole burst: the interval times the number of requests in it.
    pub burst: Duration,
}
