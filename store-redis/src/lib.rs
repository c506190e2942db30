//! Redis as the store that the replicas of a `toolgate` server share.
//!
//! This crate is an optional part of `toolgate`, for the feature `redis`. Set `TOOLGATE_STORE_URL`,
//! or pass a [`RedisStore`] to `toolgate::Config::with_store`.
//!
//! Redis 6.2 or newer, without a cluster. It must not evict keys before they expire
//! (`maxmemory-policy noeviction`): a used proof that is evicted could be used again.

mod operations;
mod redis_store;
mod scripts;

pub use redis_store::{RedisStore, RedisUrlError};
