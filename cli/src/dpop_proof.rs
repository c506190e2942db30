//! DPoP proofs (RFC 9449 §4.2): valid ones, and ones with the error that a check needs.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::forged_tokens::{encode, random_text};

/// A private P-256 key.
#[derive(Debug)]
pub(crate) struct ProofKey(EcdsaKeyPair);

impl ProofKey {
    /// Generates a key.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(crate) fn generate() -> Result<Self, String> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map(Self)
            .map_err(|_| "no key could be generated".to_owned())
    }

    /// Reads PKCS #8 in PEM.
    ///
    /// # Errors
    ///
    /// If it is not a P-256 key in this form.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, String> {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        let text: String = lines.map(str::trim).collect();
        let pair = BASE64_STANDARD
            .decode(text)
            .ok()
            .and_then(|der| EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der).ok());
        pair.map(Self)
            .ok_or_else(|| "`bound_key` is not a P-256 key: PKCS #8 in PEM".to_owned())
    }

    /// Returns the public key as a JWK.
    pub(crate) fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let half = |range| {
            encode(
                point
                    .get::<std::ops::Range<usize>>(range)
                    .unwrap_or_default(),
            )
        };
        json!({"kty": "EC", "crv": "P-256", "x": half(1..33), "y": half(33..65)})
    }

    /// Returns a valid proof for a request, to be changed and signed.
    pub(crate) fn proof(&self, method: &str, url: &str) -> Proof<'_> {
        Proof {
            key: self,
            header: json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk()}),
            claims: json!({
                "jti": random_text().unwrap_or_default(),
                "htm": method,
                "htu": url.split(['?', '#']).next(),
                "iat": now(),
            }),
            is_unsigned: false,
            is_changed: false,
        }
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes());
        signature.map_or_else(|_| Vec::new(), |signature| signature.as_ref().to_vec())
    }
}

/// A proof.
#[derive(Debug)]
pub(crate) struct Proof<'a> {
    /// The key that signs.
    key: &'a ProofKey,
    pub(crate) header: Value,
    pub(crate) claims: Value,
    is_unsigned: bool,
    is_changed: bool,
}

impl<'a> Proof<'a> {
    /// Adds the hash of the access token that is sent with it.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.claims["ath"] = token_hash(token).into();
        self
    }

    pub(crate) fn with_nonce(mut self, nonce: Option<&str>) -> Self {
        if let Some(nonce) = nonce {
            self.claims["nonce"] = nonce.into();
        }
        self
    }

    /// Removes a claim.
    pub(crate) fn without(mut self, claim: &str) -> Self {
        if let Some(claims) = self.claims.as_object_mut() {
            claims.remove(claim);
        }
        self
    }

    pub(crate) fn with_claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }

    pub(crate) fn with_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }

    /// Moves the time of the proof, in seconds.
    pub(crate) fn moved(self, seconds: i64) -> Self {
        let time = i64::try_from(now()).unwrap_or_default() + seconds;
        self.with_claim("iat", time)
    }

    /// Is signed with a key that the proof does not name.
    pub(crate) fn signed_with(mut self, key: &'a ProofKey) -> Self {
        self.key = key;
        self
    }

    /// Has no signature.
    pub(crate) fn unsigned(mut self) -> Self {
        self.is_unsigned = true;
        self
    }

    /// Is changed after it was signed.
    pub(crate) fn changed(mut self) -> Self {
        self.is_changed = true;
        self
    }

    /// Signs it.
    pub(crate) fn build(&self) -> String {
        let part = |value: &Value| encode(value.to_string().as_bytes());
        let header = part(&self.header);
        let signed = format!("{header}.{}", part(&self.claims));
        let signature = match self.is_unsigned {
            true => String::new(),
            false => encode(&self.key.sign(&signed)),
        };
        match self.is_changed {
            false => format!("{signed}.{signature}"),
            true => {
                let mut claims = self.claims.clone();
                claims["jti"] = "changed".into();
                format!("{header}.{}.{signature}", part(&claims))
            }
        }
    }
}

/// Returns the `ath` of a token (RFC 9449 §4.2).
pub(crate) fn token_hash(token: &str) -> String {
    encode(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "proofs for the real time of day")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}
