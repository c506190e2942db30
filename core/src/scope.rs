//! Scopes (RFC 6749 §3.3), and sets of the scopes that a server knows.
//!
//! A [`Scope`] always holds a valid scope-token: in a `const`, an invalid character is a
//! compile error; at run time it is an error with its position. Sets are bits of the
//! server's [`ScopeTable`]: a decision compares integers, and a scope that the server does
//! not know never counts.

use std::fmt;

mod declared_scopes;
mod scope_error;
mod scope_set;
mod scope_table;

pub use declared_scopes::ScopeDescription;
pub use declared_scopes::declares;
pub use scope_error::{ScopeError, TooManyScopesError};
pub use scope_set::ScopeSet;
pub use scope_table::ScopeTable;

/// One scope-token (RFC 6749 §3.3): printable ASCII without space, `"` and `\`.
///
/// ```
/// use toolgate::Scope;
///
/// const READ: Scope = Scope::new("news:read");
/// assert_eq!(READ.as_str(), "news:read");
/// assert_eq!(Scope::parse("news read").unwrap_err().position(), Some(4));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(&'static str);

impl Scope {
    /// Builds a scope from its text. In a `const`, an invalid text is a compile error.
    ///
    /// # Panics
    ///
    /// If the text is empty or has a character that RFC 6749 §3.3 does not allow.
    /// [`Scope::parse`] returns an error instead.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        match first_invalid(text.as_bytes()) {
            None => Self(text),
            Some(_) => panic!(
                "not a scope: RFC 6749 section 3.3 allows printable ASCII without space, '\"' and '\\', and at least one character"
            ),
        }
    }

    /// Parses a scope.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] if the text is empty or has a character that RFC 6749 §3.3 does not
    /// allow.
    pub fn parse(text: &'static str) -> Result<Self, ScopeError> {
        match first_invalid(text.as_bytes()) {
            None => Ok(Self(text)),
            Some(position) => Err(ScopeError {
                text: text.to_owned(),
                position: (!text.is_empty()).then_some(position),
            }),
        }
    }

    /// Returns the scope's text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl AsRef<str> for Scope {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Returns whether a text is a scope-token. The macros, which cannot depend on this crate,
/// and `cli`, which shares no code with it, check the same grammar on their own.
pub fn is_scope_token(text: &str) -> bool {
    first_invalid(text.as_bytes()).is_none()
}

/// Returns the position of the first invalid byte, or `None` for a valid scope-token. An
/// empty text is invalid at 0.
const fn first_invalid(text: &[u8]) -> Option<usize> {
    if text.is_empty() {
        return Some(0);
    }
    let mut at = 0;
    while at < text.len() {
        if !matches!(text[at], 0x21 | 0x23..=0x5b | 0x5d..=0x7e) {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_validated_as_rfc_6749_says() {
        for byte in 0..=u8::MAX {
            let allowed =
                byte == 0x21 || (0x23..=0x5b).contains(&byte) || (0x5d..=0x7e).contains(&byte);
            assert_eq!(first_invalid(&[b'a', byte]).is_none(), allowed, "{byte:#x}");
        }
    }

    #[test]
    fn an_empty_scope_is_refused() {
        assert_eq!(Scope::parse("").unwrap_err().position(), None);
    }

    #[test]
    fn the_error_is_where_the_character_is() {
        let error = Scope::parse("todo:re\"ad").unwrap_err();
        assert_eq!(error.position(), Some(7));
        assert!(error.to_string().contains("byte 7"), "{error}");
    }

    #[test]
    fn a_no_break_space_is_no_part_of_a_scope() {
        assert!(Scope::parse("a\u{a0}b").is_err());
    }
}
