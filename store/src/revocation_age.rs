//! [`RevocationTimes`]: how old the copy of the revocations may be.

use std::{fmt, time::Duration};

/// How old the copy of a replica may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevocationTimes {
    /// How often it is refreshed.
    pub interval: Duration,
    /// After this time no token is accepted.
    pub most: Duration,
}

impl Default for RevocationTimes {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(250),
            most: Duration::from_secs(60),
        }
    }
}

/// The copy of the list is too old, so nobody knows whether a token was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaleRevocationsError;

impl fmt::Display for StaleRevocationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the list of revocations cannot be read from the shared store")
    }
}

impl std::error::Error for StaleRevocationsError {}
