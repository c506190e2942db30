//! The checks behind the fuzz targets, as functions over bytes.
//!
//! Each function turns a fuzzer's bytes into an input for toolgate, and compares the result
//! with a second, naive implementation in this crate. A difference is a panic. The second
//! implementation shares no code with toolgate: it has its own parsers for JSON, headers and
//! challenges.
//!
//! - [`execution_paths`]: requests, from the first header to the tool that ran
//! - [`bearer`]: the `Authorization` header and the query
//! - [`token`]: signed tokens, by the verifier of issuers
//! - [`claims`]: token claims
//! - [`keys`]: key sets
//! - [`settings`]: configuration, and the challenges that follow from it
//!
//! - [`random`]: random inputs
//! - `choices`: choices read from bytes; `json_parser`: keeps every member
//! - `challenge_parser`: strict, for `WWW-Authenticate`; `signing_key`: keys and tokens

mod challenge_parser;
mod choices;
mod json_parser;
mod signing_key;

pub mod bearer;
pub mod claims;
pub mod execution_paths;
pub mod keys;
pub mod random;
pub mod settings;
pub mod token;

/// Checks a fuzzer's bytes; a difference is a panic.
pub type Check = fn(&[u8]);

/// Every check with the name of its target.
pub const CHECKS: [(&str, Check); 6] = [
    ("bearer", bearer::check),
    ("claims", claims::check),
    ("keys", keys::check),
    ("execution_paths", execution_paths::check),
    ("settings", settings::check),
    ("token", token::check),
];
