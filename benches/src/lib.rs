//! The part of the runtime that decides, compiled once more with a door for benchmarks.
//!
//! What is measured here is no part of the runtime's interface, and a benchmark is no
//! reason to make it one: a hidden function or a feature is a promise as well. Layers 0
//! to 2 of the runtime name no other layer (`tests/architecture.rs` holds that), so their
//! very sources are a crate of their own, in which this file is the root.

#[expect(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "the runtime's modules are written for its own root"
)]
#[path = "../../runtime/src"]
mod runtime {
    pub(super) mod access;
    pub(super) mod admission;
    pub(super) mod bearer;
    pub(super) mod claims;
    pub(super) mod clock;
    pub(super) mod error;
    pub(super) mod issuer;
    pub(super) mod json;
    pub(super) mod operation;
    pub(super) mod principal;
    pub(super) mod scope;
    pub(super) mod uri_pattern;
    pub(super) mod verify;

    pub(super) mod development {
        mod keys;

        /// Tokens with these claims, signed by ES256, and the key set that verifies them.
        pub(crate) fn tokens(
            claims: impl Iterator<Item = serde_json::Value>,
        ) -> (Vec<String>, String) {
            let key = keys::SigningKey::generate().expect("random numbers");
            let tokens = claims.map(|claims| key.sign(&claims).expect("a token"));
            (tokens.collect(), key.jwks().to_string())
        }
    }
}

// The runtime's modules name each other as modules of their crate's root.
use runtime::{
    access, admission, bearer, claims, clock, development, error, issuer, json, operation,
    principal, scope, uri_pattern, verify,
};

mod desk;
mod plain;

pub use desk::Desk;
pub use plain::Plain;
