//! [`AuditKey`]: the key of an audit log, and the keys that are derived from it.

use std::fmt;

use aws_lc_rs::hmac;
use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// The key of an audit log: 32 secret random bytes. `Debug` redacts it.
///
/// The chain and the pseudonyms have separate keys, which are derived from it. A pseudonym never
/// helps to forge a line.
#[derive(Clone)]
pub struct AuditKey {
    chain: hmac::Key,
    pseudonyms: hmac::Key,
}

/// Why a text is not a key. The message does not contain the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// It is not the base64 of 32 bytes.
    Malformed,
    /// All of its bytes are equal: such a placeholder is the first guess of an attacker.
    Repeated,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "is not the base64 of 32 bytes",
            Self::Repeated => "is one byte repeated 32 times, which is easy to guess",
        })
    }
}

impl std::error::Error for KeyError {}

impl AuditKey {
    /// Builds a key from 32 bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Repeated`] if all bytes are equal.
    pub fn new(key: [u8; 32]) -> Result<Self, KeyError> {
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(KeyError::Repeated);
        }
        let root = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let derived = |label: &str| {
            let key = hmac::sign(&root, label.as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
        };
        Ok(Self {
            chain: derived("toolgate audit chain v1"),
            pseudonyms: derived("toolgate audit pseudonyms v1"),
        })
    }

    /// Parses base64 in either alphabet, with or without padding.
    ///
    /// # Errors
    ///
    /// Returns a [`KeyError`] if the text is not a key. Its message does not contain the text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let config =
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let key = [STANDARD, URL_SAFE].iter().find_map(|alphabet| {
            let bytes = GeneralPurpose::new(alphabet, config).decode(text).ok()?;
            bytes.try_into().ok()
        });
        Self::new(key.ok_or(KeyError::Malformed)?)
    }

    /// Returns the MAC of the text of a line before its MAC.
    pub(crate) fn sign(&self, text: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.chain, text);
        let mut mac = [0; 32];
        mac.copy_from_slice(tag.as_ref());
        mac
    }

    /// Returns whether a MAC is valid for a text.
    pub(crate) fn has_signed(&self, text: &[u8], mac: &[u8; 32]) -> bool {
        hmac::verify(&self.chain, text, mac).is_ok()
    }

    /// Returns a stable pseudonym of parts, in 32 hexadecimal digits. `use_of` is the kind of the
    /// name: a session and a subject with the same text have different pseudonyms.
    pub(crate) fn pseudonym(&self, use_of: &str, parts: &[&str]) -> String {
        let mut context = hmac::Context::with_key(&self.pseudonyms);
        for part in [use_of].iter().chain(parts) {
            // The length precedes each part, so that two different lists have different input.
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part.as_bytes());
        }
        crate::line::hex(&context.sign().as_ref()[..16])
    }
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_and_a_short_key_are_refused_and_a_key_is_not_printed() {
        let zeros = format!("{}=", "A".repeat(43));
        for (text, error) in [
            ("", KeyError::Malformed),
            ("secret", KeyError::Malformed),
            ("+/v7", KeyError::Malformed),
            (&zeros, KeyError::Repeated),
        ] {
            assert_eq!(AuditKey::parse(text).err(), Some(error), "{text}");
        }
        let key = AuditKey::parse("//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=").unwrap();
        assert_eq!(format!("{key:?}"), "[redacted]");
        let same = AuditKey::parse("__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA").unwrap();
        assert_eq!(key.sign(b"x"), same.sign(b"x"));
    }

    #[test]
    fn a_pseudonym_depends_on_the_key_the_use_and_the_borders_of_its_parts() {
        let mut bytes = [1; 32];
        bytes[0] = 2;
        let key = AuditKey::new(bytes).unwrap();
        bytes[1] = 3;
        let other = AuditKey::new(bytes).unwrap();
        let alice = key.pseudonym("subject", &["i", "alice"]);
        assert_eq!(alice, key.pseudonym("subject", &["i", "alice"]));
        assert_eq!(alice.len(), 32);
        for different in [
            other.pseudonym("subject", &["i", "alice"]),
            key.pseudonym("session", &["i", "alice"]),
            key.pseudonym("subject", &["ia", "lice"]),
            key.pseudonym("subject", &["j", "alice"]),
        ] {
            assert_ne!(alice, different);
        }
    }
}
