//! The same tokens with jsonwebtoken alone: the cost for every server that verifies them.

use std::sync::atomic::{AtomicUsize, Ordering};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, crypto, decode, jwk::JwkSet};
use serde::Deserialize;

use crate::desk::{AUDIENCE, Desk, ISSUER};

/// A key, and tokens that it signed.
pub struct Plain {
    tokens: Vec<String>,
    key: DecodingKey,
    validation: Validation,
    turn: AtomicUsize,
}

/// The claims that a hand-written layer reads.
#[derive(Deserialize)]
struct Claims {
    scope: String,
}

impl Plain {
    /// Uses the key set and the tokens of a desk.
    ///
    /// # Panics
    ///
    /// If the desk's key set is invalid.
    #[must_use]
    pub fn new(desk: &Desk) -> Self {
        let (tokens, jwks) = desk.tokens();
        let set: JwkSet = serde_json::from_str(jwks).expect("a key set");
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        let plain = Self {
            tokens: tokens.to_vec(),
            key: DecodingKey::from_jwk(&set.keys[0]).expect("a key"),
            validation,
            turn: AtomicUsize::new(0),
        };
        assert!(plain.decode() && plain.signature());
        plain
    }

    /// Verifies a token and reads its claims with `jsonwebtoken::decode`.
    #[must_use]
    pub fn decode(&self) -> bool {
        let token = decode::<Claims>(self.next(), &self.key, &self.validation);
        token.is_ok_and(|token| !token.claims.scope.is_empty())
    }

    /// Verifies only the signature, with `jsonwebtoken::crypto::verify`.
    #[must_use]
    pub fn signature(&self) -> bool {
        let parts = self.next().rsplit_once('.');
        parts.is_some_and(|(message, signature)| {
            crypto::verify(signature, message.as_bytes(), &self.key, Algorithm::ES256)
                .unwrap_or(false)
        })
    }

    /// Whether a changed signature is refused. Without this test, a benchmark that verifies
    /// nothing would look very good.
    ///
    /// # Panics
    ///
    /// If a signature is not base64url.
    #[must_use]
    pub fn refuses(&self) -> bool {
        let (message, signature) = self.next().rsplit_once('.').expect("two parts");
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        bytes[7] ^= 1;
        let signature = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let forged = format!("{message}.{signature}");
        decode::<Claims>(&forged, &self.key, &self.validation).is_err()
            && !crypto::verify(&signature, message.as_bytes(), &self.key, Algorithm::ES256)
                .unwrap_or(false)
    }

    fn next(&self) -> &str {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        &self.tokens[turn % self.tokens.len()]
    }
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plain")
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}
