//! The key that signs access tokens: generated at the start and never stored.

use aws_lc_rs::{
    digest,
    error::Unspecified,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use crate::json_response::OAuthError;

/// The `typ` of a JWT access token (RFC 9068 §2.1).
const ACCESS_TOKEN: &str = "at+jwt";

/// An ES256 key pair (RFC 7518 §3.4).
pub(crate) struct SigningKey {
    private: EncodingKey,
    /// The uncompressed point: 4, then x, then y.
    public: Vec<u8>,
    id: String,
}

impl SigningKey {
    pub(crate) fn generate() -> Result<Self, Unspecified> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let public = pair.public_key().as_ref().to_vec();
        let document = pair.to_pkcs8v1()?;
        // The thumbprint of RFC 7638 §3: exactly these members, in this order, without
        // spaces.
        let (x, y) = coordinates(&public);
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = digest::digest(&digest::SHA256, members.as_bytes());
        Ok(Self {
            private: EncodingKey::from_ec_der(document.as_ref()),
            public,
            id: BASE64_URL_SAFE_NO_PAD.encode(thumbprint),
        })
    }

    /// Returns the key set (RFC 7517 §5) with the public key only.
    pub(crate) fn jwks(&self) -> Value {
        let (x, y) = coordinates(&self.public);
        json!({"keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": x, "y": y,
        }]})
    }

    /// Signs an access token with these claims. Logs a failure.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, OAuthError> {
        self.sign_as(ACCESS_TOKEN, claims)
    }

    /// Signs a token of this type with these claims. Logs a failure.
    pub(crate) fn sign_as(&self, typ: &str, claims: &Value) -> Result<String, OAuthError> {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.private).map_err(|_| {
            tracing::error!("the development issuer cannot sign");
            OAuthError::internal()
        })
    }

    /// Returns the claims of a token that this key signed, even if it is expired. Its header
    /// and its JSON need no validation: a valid signature proves that they were written here.
    pub(crate) fn open(&self, token: &str) -> Option<Map<String, Value>> {
        let (message, signature) = token.rsplit_once('.')?;
        self.has_signed(message, signature).then_some(())?;
        let (_, claims) = message.split_once('.')?;
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }

    /// Returns whether this key has signed a message.
    pub(crate) fn has_signed(&self, message: &str, signature: &str) -> bool {
        let Ok(signature) = BASE64_URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.public);
        key.verify(message.as_bytes(), &signature).is_ok()
    }
}

fn coordinates(point: &[u8]) -> (String, String) {
    let (x, y) = point.split_at(point.len() / 2 + 1);
    let x = x.get(1..).unwrap_or_default();
    (
        BASE64_URL_SAFE_NO_PAD.encode(x),
        BASE64_URL_SAFE_NO_PAD.encode(y),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};

    #[test]
    fn the_published_key_verifies_what_was_signed() {
        let key = SigningKey::generate().unwrap();
        let token = key
            .sign(&json!({"sub": "alice", "exp": 4_000_000_000_u64}))
            .unwrap();
        let set: JwkSet = serde_json::from_value(key.jwks()).unwrap();
        let header = jsonwebtoken::decode_header(&token).unwrap();
        assert_eq!(header.typ.as_deref(), Some("at+jwt"));
        let published = set.find(header.kid.as_deref().unwrap()).unwrap();
        let read = jsonwebtoken::decode::<Value>(
            &token,
            &DecodingKey::from_jwk(published).unwrap(),
            &Validation::new(Algorithm::ES256),
        );
        assert_eq!(read.unwrap().claims["sub"], "alice");
        assert_eq!(key.open(&token).unwrap()["sub"], "alice");
    }

    #[test]
    fn a_token_signed_by_another_key_does_not_open() {
        let token = SigningKey::generate().unwrap().sign(&json!({})).unwrap();
        let key = SigningKey::generate().unwrap();
        assert_eq!(key.open(&token), None);
        for token in ["", ".", "..", "a.b.c", &token[..token.len() - 4]] {
            assert_eq!(key.open(token), None);
        }
    }

    #[test]
    fn the_key_set_has_no_private_part() {
        let jwks = SigningKey::generate().unwrap().jwks();
        let key = jwks["keys"][0].as_object().unwrap();
        assert!(!key.contains_key("d"));
        assert_eq!(key["x"].as_str().unwrap().len(), 43);
        assert_eq!(key["y"].as_str().unwrap().len(), 43);
    }
}
