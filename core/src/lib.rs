//! The trusted core of `toolgate`: what decides about a token, a caller and an operation.
//!
//! It has no I/O and no async code, it reads no clock, and it does not know the protocol's types:
//! [`authorization::Rules::decide`] makes a permit from an operation and a caller, and a caller is
//! made from an accepted token. Read it first if you audit a server.
//!
//! Its interface is for the crates of toolgate of the same version only. `toolgate` re-exports what
//! users need; of those types, the methods that are for toolgate alone are hidden.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[path = "fuzzing.rs"]
pub mod __fuzzing;
pub mod access;
pub mod authorization;
pub mod caller;
pub mod claims;
pub mod clock;
pub mod credentials;
pub mod denial;
pub mod json;
pub mod log_text;
pub mod loopback;
pub mod operation;
pub mod scope;
pub mod start_error;
pub mod uri_pattern;
