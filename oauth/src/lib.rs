//! The OAuth side of `toolgate`: verifies access tokens, and fetches what that needs.
//!
//! [`verify`] reads claims from JWTs, introspection responses and DPoP proofs. [`issuer`] trusts
//! issuers: it fetches their metadata and keys, asks them about opaque tokens, and exchanges tokens.
//! [`challenge`] writes the `WWW-Authenticate` of a refusal.
//! [`policy`] defines the questions to a decision point, and its answers.
//!
//! This interface is for the crates of toolgate of the same version only. `toolgate` re-exports the
//! types that users need; methods of these types that only toolgate calls are `#[doc(hidden)]`.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;
pub mod challenge;
pub mod issuer;
pub mod policy;
pub mod secret_file;
pub mod single_flight;
pub mod verify;

// Short paths to the core.
use toolgate_core::{
    caller, claims, clock, credentials, denial, json, log_text, loopback, scope, start_error,
};
