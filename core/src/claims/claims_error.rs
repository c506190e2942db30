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
    /// More parties act for the subject than a token may name.
    TooManyActors,
}

impl fmt::Display for ClaimsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => {
                f.write_str("the claims are not a JSON object with each name once")
            }
            Self::Missing(name) => write!(f, "the claim {name} is missing"),
            Self::TooManyActors => f.write_str("the claim act names too many actors"),
            Self::WrongType(name) => write!(f, "the claim {name} has the wrong type"),
        }
    }
}

impl std::error::Error for ClaimsError {}
