//! Tokens and key sets for unit tests.
//!
//! `tests/support` has a token builder, but it depends on this crate: as a dev-dependency it would
//! compile the crate twice, with types that do not match.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// The time of day in the tests.
pub(crate) const NOW: u64 = 1_800_000_000;

/// A signing key for ES256.
pub(crate) struct Mint {
    kid: &'static str,
    pair: EcdsaKeyPair,
}

impl Mint {
    pub(crate) fn new(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { kid, pair }
    }

    /// Returns the public key as an entry of a set.
    pub(crate) fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "kid": self.kid, "use": "sig", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    }

    /// Signs the given texts unchanged.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> String {
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let signature = self
            .pair
            .sign(&SystemRandom::new(), message.as_bytes())
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Builds a valid token with these changes (`null` removes a member).
    pub(crate) fn token(&self, header: Value, claims: Value) -> String {
        let good = json!({"alg": "ES256", "kid": self.kid, "typ": "at+jwt"});
        let header = changed(good, header);
        let good = json!({
            "iss": "https://i", "sub": "alice", "aud": "https://r/mcp", "client_id": "c",
            "scope": "a b", "iat": NOW - 10, "exp": NOW + 600, "jti": "1",
        });
        self.sign(&header.to_string(), &changed(good, claims).to_string())
    }
}

/// Builds a key set.
pub(crate) fn jwks(mints: &[&Mint]) -> String {
    json!({"keys": mints.iter().map(|mint| mint.jwk()).collect::<Vec<_>>()}).to_string()
}

fn changed(mut members: Value, change: Value) -> Value {
    let all = members.as_object_mut().unwrap();
    all.extend(change.as_object().unwrap().clone());
    all.retain(|_, value| !value.is_null());
    members
}
