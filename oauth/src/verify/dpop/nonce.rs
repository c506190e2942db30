//! Nonces that a server issues and need not store (RFC 9449 §8, §11.3).
//!
//! An attacker with brief access to a client could have it sign proofs for later, because
//! the client chooses their time. Nonces prevent that, because future nonces are unknown.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal, error::Unspecified, hmac, rand::SystemRandom,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::clock::UnixTime;

/// How many seconds one nonce is issued. It is accepted for one more window.
const WINDOW: u64 = 120;

/// How many bytes of a window's keyed hash form its nonce.
const LENGTH: usize = 16;

/// The nonces derived from one key.
#[derive(Clone)]
pub struct Nonces {
    key: hmac::Key,
    /// Whether this process generated the key, so that no nonce is older than the process.
    is_own: bool,
}

impl Nonces {
    /// Builds nonces with a fresh key.
    pub(crate) fn generate() -> Result<Self, Unspecified> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())?;
        Ok(Self { key, is_own: true })
    }

    /// Builds nonces with a key that several servers share.
    pub(crate) fn with_key(key: &[u8]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            is_own: false,
        }
    }

    /// Builds nonces with a key that is derived from a key for another use.
    pub(crate) fn derived_from(key: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        Self::with_key(hmac::sign(&key, b"toolgate dpop nonce key").as_ref())
    }

    /// Returns whether only this process issues these nonces.
    pub(super) fn are_of_this_process(&self) -> bool {
        self.is_own
    }

    /// Returns the nonce of this time.
    pub(super) fn current(&self, now: UnixTime) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.nonce_of_window(now.seconds() / WINDOW))
    }

    /// Returns whether a nonce is that of the current or the previous window.
    pub(super) fn accepts(&self, nonce: &str, now: UnixTime) -> bool {
        let Ok(nonce) = BASE64_URL_SAFE_NO_PAD.decode(nonce) else {
            return false;
        };
        let window = now.seconds() / WINDOW;
        [Some(window), window.checked_sub(1)]
            .into_iter()
            .flatten()
            .any(|window| verify_slices_are_equal(&self.nonce_of_window(window), &nonce).is_ok())
    }

    fn nonce_of_window(&self, window: u64) -> [u8; LENGTH] {
        let mut context = hmac::Context::with_key(&self.key);
        // Separates domains: the key may have other uses.
        context.update(b"toolgate dpop nonce\0");
        context.update(&window.to_be_bytes());
        let tag = context.sign();
        let mut nonce = [0; LENGTH];
        nonce.copy_from_slice(&tag.as_ref()[..LENGTH]);
        nonce
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(1_800_000_000 + seconds)
    }

    #[test]
    fn a_nonce_ends_within_two_windows() {
        let nonces = Nonces::generate().unwrap();
        let nonce = nonces.current(at(0));
        assert_eq!(nonces.current(at(WINDOW - 1)), nonce);
        assert_ne!(nonces.current(at(WINDOW)), nonce);
        assert!(nonces.accepts(&nonce, at(0)));
        assert!(nonces.accepts(&nonce, at(2 * WINDOW - 1)));
        assert!(!nonces.accepts(&nonce, at(2 * WINDOW)));
    }

    #[test]
    fn a_nonce_of_tomorrow_or_of_another_key_is_none() {
        let nonces = Nonces::generate().unwrap();
        assert!(!nonces.accepts(&nonces.current(at(WINDOW)), at(0)));
        let foreign = Nonces::generate().unwrap().current(at(0));
        for nonce in ["", "AA", "%", &foreign] {
            assert!(!nonces.accepts(nonce, at(0)), "{nonce}");
        }
        assert!(!nonces.accepts(&nonces.current(at(0))[..21], at(0)));
    }

    #[test]
    fn servers_that_share_a_key_share_nonces() {
        let key = [7; 32];
        let nonce = Nonces::with_key(&key).current(at(0));
        assert!(Nonces::with_key(&key).accepts(&nonce, at(0)));
        assert!(!Nonces::with_key(&[8; 32]).accepts(&nonce, at(0)));
        let derived = Nonces::derived_from(&key).current(at(0));
        assert!(Nonces::derived_from(&key).accepts(&derived, at(0)));
        assert_ne!(derived, nonce);
    }
}
