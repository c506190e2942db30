//! Why a text is not a scope, and why scopes do not fit into a table.

use std::fmt;

/// The text is not a scope-token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeError {
    pub(super) text: String,
    pub(super) position: Option<usize>,
}

impl ScopeError {
    /// Returns the byte position of the first invalid character, or `None` if the text is
    /// empty.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for ScopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            None => f.write_str("a scope has at least one character"),
            Some(position) => write!(
                f,
                "{:?} is not a scope: the character at byte {position} is not allowed by RFC 6749 section 3.3",
                self.text
            ),
        }
    }
}

impl std::error::Error for ScopeError {}

/// More different scopes than a `ScopeTable` can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyScopesError {
    pub(super) found: usize,
    pub(super) most: usize,
}

impl fmt::Display for TooManyScopesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server knows {} different scopes, and at most {} are possible",
            self.found, self.most
        )
    }
}

impl std::error::Error for TooManyScopesError {}
