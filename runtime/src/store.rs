//! What the replicas of a server share, and which tokens they no longer accept.
//!
//! Set `TOOLGATE_STORE_URL` (feature `redis`), or implement [`SharedStore`] for another product and
//! pass it to [`Config::with_store`](crate::Config::with_store). [`Revocations`] also works without
//! a store, for one process.

#[cfg(feature = "redis")]
pub use toolgate_redis::{RedisStore, RedisUrlError};
pub use toolgate_store::{
    PutNew, RateRule, Revocation, RevocationError, Revocations, Revoked, SharedStore, StoreError,
    StoreFuture,
};
