//! What the replicas of a `toolgate` server share in a store such as Redis.
//!
//! This crate is a part of `toolgate`. Its interface is for the crates of the same version only,
//! except for [`SharedStore`] and what its methods name, which `toolgate` re-exports.
//!
//! - [`SharedStore`]: what a store does; a crate for each product implements it
//! - [`SealedStore`]: the same with a deadline, for records that the store can neither read nor
//!   forge
//! - [`Replicas`]: all of the following
//! - [`OneTimeUses`]: what may be used once, by any replica
//! - [`Revocations`]: a copy of the shared list, which is refreshed several times a second
//! - [`SharedRates`]: rates that all replicas count together
//!
//! A store can deny service. It cannot grant anything: each record is encrypted and authenticated
//! together with its key and its expiry.

mod one_time_uses;
mod record_seal;
mod replicas;
mod revocation;
mod revocation_age;
mod revocation_error;
mod revocation_list;
mod revocations;
mod sealed_store;
mod shared_rates;
mod shared_store;
mod store_error;

pub use one_time_uses::{OneTimeUse, OneTimeUses, UseOutcome};
pub use record_seal::{Purpose, RecordKey};
pub use replicas::Replicas;
pub use revocation::{Revocation, Revoked, TokenNames};
pub use revocation_age::{RevocationTimes, StaleRevocationsError};
pub use revocation_error::RevocationError;
pub use revocations::Revocations;
pub use sealed_store::SealedStore;
pub use shared_rates::{RateLimit, RateOutcome, SharedRates};
pub use shared_store::{PutNew, RateRule, SharedStore, StoreFuture};
pub use store_error::StoreError;
