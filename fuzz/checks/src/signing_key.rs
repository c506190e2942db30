//! Fixed keys, and tokens signed with them.
//!
//! The token builder of `tests/support` is not used: its keys are random, so that an input would
//! not give the same token twice; its parts are text, and a fuzzer needs bytes; and a target
//! would compile an HTTP client and the development issuer with instrumentation.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The fixed time.
pub(crate) const NOW: u64 = 1_800_000_000;

/// An Ed25519 key and its key id.
pub(crate) struct Key {
    kid: &'static str,
    pair: Ed25519KeyPair,
}

impl Key {
    pub(crate) fn new(kid: &'static str, seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed of 32 bytes");
        Self { kid, pair }
    }

    /// Returns the public key in base64url.
    pub(crate) fn x(&self) -> String {
        base64url(self.pair.public_key().as_ref())
    }

    /// Returns the public key as an entry of a key set.
    pub(crate) fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": self.x()})
    }

    /// Returns the header of a valid token.
    pub(crate) fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    /// Returns the signature over exactly these bytes.
    pub(crate) fn signature(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// Builds a token from these parts.
    pub(crate) fn token(&self, header: &[u8], payload: &[u8]) -> String {
        let message = format!("{}.{}", base64url(header), base64url(payload));
        let signature = base64url(&self.signature(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
