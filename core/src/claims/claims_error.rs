//! Why claims cannot be parsed.

use std::{borrow::Cow, fmt};

/// Why claims cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimsError {
    /// The text is not a JSON object, or a member is repeated.
    NotAnObject,
    /// A claim that every token must have is missing.
    Missing(&'static str),
    /// A claim has the wrong type, or is not a valid time.
    WrongType(Cow<'static, str>),
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => {
                f.write_str("the claims are not a JSON object with each name once")
            }
            Self::Missing(name) => write!(f, "the claim {name} is missing"),
            Self::WrongType(name) => write!(f, "the claim {name} has the wrong type"),
        }
    }
}

impl std::error::Error for ClaimsError {}
