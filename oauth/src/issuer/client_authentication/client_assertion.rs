//! JWT assertions for client authentication (RFC 7523 §2.2 and §3).

use aws_lc_rs::{
    rand::{self, SystemRandom},
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, RSA_PKCS1_SHA256,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::json;

use crate::clock::UnixTime;

/// The type of an assertion in a form (RFC 7523 §2.2).
pub(super) const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How many seconds an assertion is valid.
const LASTS: u64 = 60;

/// A private key that signs assertions.
pub(super) enum ClientKey {
    Rsa(rsa::KeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl ClientKey {
    /// Parses a key of any supported type.
    pub(super) fn parse(pem: &str) -> Result<Self, &'static str> {
        let key = PrivateKeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| "the client key is not a private key in PEM")?;
        let der = key.secret_der();
        let ec = |algorithm| EcdsaKeyPair::from_private_key_der(algorithm, der);
        if let Ok(pair) = ec(&ECDSA_P256_SHA256_FIXED_SIGNING) {
            return Ok(Self::P256(pair));
        }
        if let Ok(pair) = ec(&ECDSA_P384_SHA384_FIXED_SIGNING) {
            return Ok(Self::P384(pair));
        }
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
            return Ok(Self::Ed25519(pair));
        }
        rsa::KeyPair::from_pkcs8(der)
            .or_else(|_| rsa::KeyPair::from_der(der))
            .map(Self::Rsa)
            .map_err(|_| "the client key is not RSA (at least 2048 bits), P-256, P-384 or Ed25519")
    }

    fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::P384(_) => "ES384",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// Builds an assertion for one use (RFC 7523 §3: `iss` and `sub` are the client).
    pub(super) fn assertion(
        &self,
        client: &str,
        audience: &str,
        kid: Option<&str>,
        now: UnixTime,
    ) -> Result<String, &'static str> {
        let mut id = [0; 16];
        rand::fill(&mut id).map_err(|_| "the system has no randomness")?;
        let mut header = json!({"alg": self.algorithm(), "typ": "JWT"});
        if let Some(kid) = kid {
            header["kid"] = kid.into();
        }
        let claims = json!({
            "iss": client, "sub": client, "aud": audience, "jti": URL_SAFE_NO_PAD.encode(id),
            "iat": now.seconds(), "exp": now.plus(LASTS).seconds(),
        });
        let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", encoded(&header), encoded(&claims));
        let signature = self.sign(message.as_bytes())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, &'static str> {
        let failed = |_| "signing with the client key failed";
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
            Self::P256(pair) | Self::P384(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(failed),
            Self::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}
