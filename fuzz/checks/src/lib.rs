//! What the fuzz targets check, as functions over bytes.
//!
//! Each function takes the bytes that a fuzzer made, turns them into something that
//! toolgate reads, and compares what came of it with a second, naive opinion written
//! here. A difference is a panic. Nothing here shares code with what it judges: the
//! reading of JSON, of headers and of challenges is done anew.
//!
//! - [`lanes`]: requests, from the first header to the tool that ran
//! - [`bearer`]: the `Authorization` header and the query
//! - [`token`]: signed tokens, by the verifier of issuers
//! - [`claims`]: what a token says
//! - [`keys`]: key sets
//! - [`settings`]: configuration, and the challenges that follow from it
//!
//! - `tape`: choices read from bytes; `json`: a reading that keeps every member
//! - `challenge`: `WWW-Authenticate`, read strictly; `mint`: keys and tokens

mod challenge;
mod json;
mod mint;
mod tape;

pub mod bearer;
pub mod claims;
pub mod keys;
pub mod lanes;
pub mod settings;
pub mod token;

/// What becomes of a fuzzer's bytes; a difference is a panic.
pub type Check = fn(&[u8]);

/// Every check, by the name of its target.
pub const CHECKS: [(&str, Check); 6] = [
    ("bearer", bearer::check),
    ("claims", claims::check),
    ("keys", keys::check),
    ("lanes", lanes::check),
    ("settings", settings::check),
    ("token", token::check),
];
