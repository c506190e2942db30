//! Random texts, and their comparison.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// The operating system has no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandomNumbers;

/// Returns `N` random bytes as text that fits in a URL and in a cookie.
pub(crate) fn random<const N: usize>() -> Result<String, NoRandomNumbers> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoRandomNumbers)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns the code challenge of a verifier (RFC 7636 §4.2, `S256`).
pub(crate) fn code_challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// Returns a short text that identifies a secret in the log and does not reveal it.
pub(crate) fn fingerprint(secret: &str) -> String {
    let mut hash = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, secret.as_bytes()));
    hash.truncate(8);
    hash
}

/// Compares a secret in a time that does not depend on where the texts differ (CWE-208).
pub(crate) fn is_equal(secret: &str, given: &str) -> bool {
    verify_slices_are_equal(secret.as_bytes(), given.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_text_has_128_bits_and_is_not_repeated() {
        let (one, other) = (random::<16>().unwrap(), random::<16>().unwrap());
        assert_eq!(one.len(), 22);
        assert_ne!(one, other);
        assert!(is_equal(&one, &one) && !is_equal(&one, &other) && !is_equal(&one, ""));
    }

    #[test]
    fn a_fingerprint_is_short_and_not_a_part_of_the_secret() {
        let (one, other) = (random::<16>().unwrap(), random::<16>().unwrap());
        assert_eq!(fingerprint(&one), fingerprint(&one));
        assert_ne!(fingerprint(&one), fingerprint(&other));
        assert_eq!(fingerprint(&one).len(), 8);
        assert!(!one.contains(&fingerprint(&one)));
    }

    /// The example of RFC 7636, Appendix B.
    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        let challenge = code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
