//! [`ControlError`]: why an action has no effect.

use std::fmt;

/// Why an action has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlError {
    /// The server has no such item, or trusts no such issuer.
    Unknown(String),
    /// The operator did not set the switch or the revocation, so it cannot be lifted here.
    NotOwn,
    /// The server cannot perform the action now.
    Unavailable(String),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(text) | Self::Unavailable(text) => f.write_str(text),
            Self::NotOwn => f.write_str("the operator has not set it, so it cannot be lifted here"),
        }
    }
}

impl std::error::Error for ControlError {}
