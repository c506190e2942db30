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
//! - [`OperatorSwitches`]: what the operator takes away, in the same list
//! - [`SharedRates`]: rates that all replicas count together
//! - [`SharedSessionRecords`]: the sessions that any replica continues
//! - [`StreamRecords`]: the events of a session's streams, for clients that were cut off
//! - [`RecordedStream`]: a stream that is recorded beside its delivery
//! - [`ResumePoint`]: where a client continues a stream
//!
//! A store can deny service. It cannot grant anything: each record is encrypted and authenticated
//! together with its key and its expiry.

mod item_name;
mod one_time_uses;
mod operator_switches;
mod recent_uses;
mod record_seal;
mod recorded_stream;
mod replicas;
mod resume_point;
mod revocation;
mod revocation_age;
mod revocation_error;
mod revocation_list;
mod revocations;
mod sealed_store;
mod session_owner;
mod session_records;
mod shared_rates;
mod shared_store;
mod store_error;
mod store_pause;
mod stream_record;
mod stream_records;
#[cfg(test)]
mod test_store;

pub use item_name::{ItemKind, ItemName};
pub use one_time_uses::{OneTimeUse, OneTimeUses, UseOutcome};
pub use operator_switches::OperatorSwitches;
pub use record_seal::{Purpose, RecordKey};
pub use recorded_stream::{EventKind, RecordedStream, Recording, SessionEvent};
pub use replicas::Replicas;
pub use resume_point::ResumePoint;
pub use revocation::{Revocation, Revoked, TokenNames};
pub use revocation_age::{RevocationTimes, StaleRevocationsError};
pub use revocation_error::RevocationError;
pub use revocations::Revocations;
pub use sealed_store::SealedStore;
pub use session_owner::SessionOwner;
pub use session_records::{SessionRecord, SharedSessionRecords};
pub use shared_rates::{RateLimit, RateOutcome, SharedRates};
pub use shared_store::{PutNew, RateRule, SharedStore, StoreFuture};
pub use store_error::StoreError;
pub use stream_record::{StreamEvent, StreamName};
pub use stream_records::{Replayed, StreamRecorder, StreamRecords, StreamReplay, StreamSearch};
