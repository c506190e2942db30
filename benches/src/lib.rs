//! The part of the runtime that decides, compiled again with access for benchmarks.
//!
//! The measured functions are not public API, and a benchmark should not make them public: a
//! hidden function or a feature is a promise too. Layers 0 to 2 of the runtime use no other
//! layer (`tests/architecture.rs` checks that), so this crate includes their source files, with
//! this file as the root.

#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the runtime's modules are written for its own root"
)]
#[path = "../../runtime/src"]
mod runtime {
    pub(super) mod access;
    pub(super) mod authorization;
    pub(super) mod bearer;
    pub(super) mod caller;
    pub(super) mod claims;
    pub(super) mod clock;
    pub(super) mod denial;
    pub(super) mod error;
    pub(super) mod issuer;
    pub(super) mod json;
    pub(super) mod log_text;
    pub(super) mod loopback;
    pub(super) mod operation;
    pub(super) mod scope;
    pub(super) mod single_flight;
    pub(super) mod uri_pattern;
    pub(super) mod verify;
}

// The runtime's modules refer to each other from their crate's root.
use runtime::{
    access, authorization, bearer, caller, claims, clock, denial, error, issuer, json, log_text,
    loopback, operation, scope, single_flight, uri_pattern, verify,
};

mod desk;
mod mint;
mod plain;

pub use desk::Desk;
pub use plain::Plain;
