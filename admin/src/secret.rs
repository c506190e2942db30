//! [`AdminSecret`]: the secret of the operator.

use std::fmt;

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};

/// The shortest secret, in bytes.
const SHORTEST: usize = 32;

/// The longest secret, in bytes: it has to fit into a header.
const LONGEST: usize = 1024;

/// The secret of the operator. Only its digest is kept.
#[derive(Clone)]
pub struct AdminSecret(digest::Digest);

/// Why a text cannot be the secret. The sentences continue "the secret …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretError {
    /// Fewer than 32 bytes.
    Short,
    /// More than 1024 bytes.
    Long,
    /// Characters that a header cannot carry.
    Characters,
    /// One character repeated.
    Repeated,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Short => "has fewer than 32 bytes and could be guessed",
            Self::Long => "has more than 1024 bytes",
            Self::Characters => "has characters other than visible ASCII",
            Self::Repeated => "is one character repeated, which is easy to guess",
        })
    }
}

impl std::error::Error for SecretError {}

impl AdminSecret {
    /// Builds the secret from its text.
    ///
    /// # Errors
    ///
    /// If it is too short, or cannot be sent in a header.
    pub fn new(text: &str) -> Result<Self, SecretError> {
        let bytes = text.as_bytes();
        match bytes.len() {
            ..SHORTEST => return Err(SecretError::Short),
            length if length > LONGEST => return Err(SecretError::Long),
            _ => {}
        }
        if !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(SecretError::Characters);
        }
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(SecretError::Repeated);
        }
        Ok(Self(digest::digest(&digest::SHA256, bytes)))
    }

    /// Compares a text with the secret. The time does not depend on how much of it is right
    /// (CWE-208): digests of the same length are compared in constant time.
    #[must_use]
    pub fn is(&self, text: &[u8]) -> bool {
        let other = digest::digest(&digest::SHA256, text);
        verify_slices_are_equal(self.0.as_ref(), other.as_ref()).is_ok()
    }
}

impl fmt::Debug for AdminSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No digest either: with it, an attacker could test guesses without the server.
        f.debug_struct("AdminSecret").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_secret_is_compared_as_a_whole() {
        let secret = AdminSecret::new(TEXT).unwrap();
        assert!(secret.is(TEXT.as_bytes()));
        for other in ["", &TEXT[..31], "0123456789abcdef0123456789abcdeF"] {
            assert!(!secret.is(other.as_bytes()), "{other}");
        }
        assert!(!secret.is(format!("{TEXT}0").as_bytes()));
        assert!(!format!("{secret:?}").contains("0123"));
    }

    #[test]
    fn a_weak_secret_is_refused() {
        for (text, error) in [
            (TEXT[..31].to_owned(), SecretError::Short),
            ("a".repeat(1025), SecretError::Long),
            ("a".repeat(32), SecretError::Repeated),
            (format!("{TEXT} "), SecretError::Characters),
            (format!("{TEXT}ä"), SecretError::Characters),
        ] {
            assert_eq!(AdminSecret::new(&text).unwrap_err(), error, "{text}");
        }
    }
}
