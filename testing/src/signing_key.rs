//! Keys that sign tokens, correctly or not.

use std::{collections::BTreeMap, fmt, sync::OnceLock};

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// A signing key with its `kid`.
pub struct SigningKey {
    kid: String,
    pair: Pair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

enum Pair {
    Rsa(&'static RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Secret(Vec<u8>),
}

impl SigningKey {
    /// Returns the 2048-bit RSA key of this process. Generating one is slow, so all calls share
    /// it.
    #[must_use]
    pub fn rsa(kid: &str) -> Self {
        static ONE: OnceLock<RsaKeyPair> = OnceLock::new();
        Self::of(kid, Pair::Rsa(ONE.get_or_init(new_rsa)))
    }

    /// Returns a second RSA key, different from [`SigningKey::rsa`].
    #[must_use]
    pub fn another_rsa(kid: &str) -> Self {
        static OTHER: OnceLock<RsaKeyPair> = OnceLock::new();
        Self::of(kid, Pair::Rsa(OTHER.get_or_init(new_rsa)))
    }

    /// Generates a P-256 key.
    #[must_use]
    pub fn p256(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        Self::of(kid, Pair::P256(pair))
    }

    /// Generates a P-256 private key in PEM, with which a client signs assertions.
    #[must_use]
    pub fn p256_pem() -> String {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let der = pair.to_pkcs8v1().expect("a document");
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    }

    /// Generates a P-384 key.
    #[must_use]
    pub fn p384(kid: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key");
        Self::of(kid, Pair::P384(pair))
    }

    /// Generates an Ed25519 key.
    #[must_use]
    pub fn ed25519(kid: &str) -> Self {
        Self::of(
            kid,
            Pair::Ed25519(Ed25519KeyPair::generate().expect("a key")),
        )
    }

    /// Creates a secret for HMAC from any bytes, such as another key's public half.
    #[must_use]
    pub fn secret(kid: &str, bytes: &[u8]) -> Self {
        Self::of(kid, Pair::Secret(bytes.to_vec()))
    }

    fn of(kid: &str, pair: Pair) -> Self {
        Self {
            kid: kid.to_owned(),
            pair,
        }
    }

    /// Returns the `kid`.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Returns the algorithm for this key: `RS256`, `ES256`, `ES384`, `EdDSA`, `HS256`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::P256(_) => "ES256",
            Pair::P384(_) => "ES384",
            Pair::Ed25519(_) => "EdDSA",
            Pair::Secret(_) => "HS256",
        }
    }

    /// Returns the public key as an entry of a JWK Set, with `kid` and `use`; a secret as
    /// `oct`.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": encode(&parts.n), "e": encode(&parts.e)})
            }
            Pair::P256(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Pair::P384(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(48);
                json!({"kty": "EC", "crv": "P-384", "x": encode(x), "y": encode(y)})
            }
            Pair::Ed25519(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref())})
            }
            Pair::Secret(bytes) => json!({"kty": "oct", "k": encode(bytes)}),
        };
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk
    }

    /// Returns the public key alone, as in a proof (RFC 9449 §4.2).
    ///
    /// # Panics
    ///
    /// Never: a key is an object.
    #[must_use]
    pub fn bare_jwk(&self) -> Value {
        let mut jwk = self.jwk();
        let members = jwk.as_object_mut().expect("a key is an object");
        members.retain(|name, _| name != "kid" && name != "use");
        jwk
    }

    /// Returns the thumbprint of the public key (RFC 7638 §3).
    ///
    /// # Panics
    ///
    /// Never: a key is an object.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        // Only the required members are present, in lexicographic order.
        let jwk = self.bare_jwk();
        let members: BTreeMap<_, _> = jwk.as_object().expect("an object").iter().collect();
        let text = serde_json::to_vec(&members).expect("it is JSON");
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &text))
    }

    /// Builds a JWK Set of these keys.
    #[must_use]
    pub fn set(keys: &[&Self]) -> Value {
        json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()})
    }

    /// Signs with `alg` if this key can, otherwise with its own algorithm, as an attacker would
    /// who lies about the algorithm.
    #[must_use]
    pub fn sign(&self, alg: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = match alg {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature)
                    .expect("a signature");
                signature
            }
            Pair::P256(pair) | Pair::P384(pair) => pair
                .sign(&random, message)
                .expect("a signature")
                .as_ref()
                .to_vec(),
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Secret(bytes) => {
                let digest = match alg {
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                hmac::sign(&hmac::Key::new(digest, bytes), message)
                    .as_ref()
                    .to_vec()
            }
        }
    }
}

fn new_rsa() -> RsaKeyPair {
    RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")
}
