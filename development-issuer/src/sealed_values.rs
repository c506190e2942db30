//! Authenticated texts that the issuer sends out and accepts back unchanged.
//!
//! A sealed text takes no memory, so a flood of unanswered requests costs nothing. A text
//! opens only for the purpose it was sealed for.

use aws_lc_rs::{error::Unspecified, hmac, rand};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

/// A secret key that lives as long as the process.
pub(crate) struct Seal(hmac::Key);

/// The purpose of a sealed text.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// An authorization request that waits for the person's decision.
    Consent,
    /// The person's permission to fetch a client's document from this machine.
    Document,
    /// A refresh token.
    Refresh,
    /// The secret of a client.
    ClientSecret,
    /// A sign-in at the identity provider that waits for the person.
    SignIn,
}

impl Seal {
    pub(crate) fn generate() -> Result<Self, Unspecified> {
        hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new()).map(Self)
    }

    /// Seals a payload: the text is readable, but authenticated by HMAC.
    pub(crate) fn close(&self, purpose: Purpose, payload: &[u8]) -> String {
        let proof = self.proof(purpose, payload).sign();
        let mut text = BASE64_URL_SAFE_NO_PAD.encode(payload);
        text.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(proof.as_ref(), &mut text);
        text
    }

    /// Returns the payload if it was sealed with this key for this purpose.
    pub(crate) fn open(&self, purpose: Purpose, text: &str) -> Option<Vec<u8>> {
        let (payload, proof) = text.split_once('.')?;
        let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
        let proof = BASE64_URL_SAFE_NO_PAD.decode(proof).ok()?;
        let expected = self.proof(purpose, &payload).sign();
        aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_ref(), &proof).ok()?;
        Some(payload)
    }

    /// Derives a secret text from a payload and the key.
    pub(crate) fn derive(&self, purpose: Purpose, payload: &[u8]) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.proof(purpose, payload).sign())
    }

    fn proof(&self, purpose: Purpose, payload: &[u8]) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(match purpose {
            Purpose::Consent => b"consent\0",
            Purpose::Document => b"document\0",
            Purpose::Refresh => b"refresh\0",
            Purpose::ClientSecret => b"secret\0",
            Purpose::SignIn => b"sign-in\0",
        });
        context.update(payload);
        context
    }
}

/// Generates 256 random bits as text that needs no escaping.
pub(crate) fn random() -> Result<String, Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_only_for_its_purpose_and_with_its_key() {
        let seal = Seal::generate().unwrap();
        let text = seal.close(Purpose::Consent, b"payload");
        assert_eq!(
            seal.open(Purpose::Consent, &text).as_deref(),
            Some(&b"payload"[..])
        );
        assert_eq!(seal.open(Purpose::Refresh, &text), None);
        let other = Seal::generate().unwrap();
        assert_eq!(other.open(Purpose::Consent, &text), None);
    }

    #[test]
    fn a_changed_character_anywhere_breaks_the_seal() {
        let seal = Seal::generate().unwrap();
        let text = seal.close(Purpose::Refresh, b"grant 1");
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(seal.open(Purpose::Refresh, &changed), None, "{at}");
        }
        for text in ["", ".", "a.", ".a", "no dot"] {
            assert_eq!(seal.open(Purpose::Refresh, text), None, "{text}");
        }
    }
}
