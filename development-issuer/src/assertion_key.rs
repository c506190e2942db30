//! The public key with which a client signs its assertions (RFC 7523 §2.2).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The algorithms that a client can sign with.
pub(crate) const ALGORITHMS: [&str; 5] = ["ES256", "ES384", "EdDSA", "RS256", "PS256"];

/// The sizes of an RSA modulus, in bytes: 2048 to 4096 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

/// A JSON Web Key with the required members only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AssertionKey(Map<String, Value>);

impl AssertionKey {
    /// Reads the only key of a key set, or returns `None` if there is none, or more than one, or
    /// one that cannot be used here.
    pub(crate) fn from_set(set: &Value) -> Option<Self> {
        let [key] = set.get("keys")?.as_array()?.as_slice() else {
            return None;
        };
        let key = key.as_object()?;
        // A client that sends its private key has published it (RFC 7517 §9.2).
        if ["d", "p", "q", "k"]
            .iter()
            .any(|name| key.contains_key(*name))
        {
            return None;
        }
        let members: &[&str] = match key.get("kty")?.as_str()? {
            "EC" => &["kty", "crv", "x", "y"],
            "OKP" => &["kty", "crv", "x"],
            "RSA" => &["kty", "n", "e"],
            _ => return None,
        };
        let members = members.iter().map(|name| {
            let value = key.get(*name)?.as_str()?;
            Some(((*name).to_owned(), value.into()))
        });
        let key = Self(members.collect::<Option<_>>()?);
        (!key.algorithms().is_empty() && key.decoding_key().is_some()).then_some(key)
    }

    /// Returns the algorithms of this type of key. A key is never used with another algorithm
    /// (RFC 8725 §3.1).
    fn algorithms(&self) -> &'static [Algorithm] {
        let text = |name: &str| self.0.get(name).and_then(Value::as_str).unwrap_or_default();
        let length = |name: &str| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(text(name));
            bytes.map_or(0, |bytes| bytes.len())
        };
        let has_point = |bytes| length("x") == bytes && length("y") == bytes;
        match (text("kty"), text("crv")) {
            ("EC", "P-256") if has_point(32) => &[Algorithm::ES256],
            ("EC", "P-384") if has_point(48) => &[Algorithm::ES384],
            ("OKP", "Ed25519") if length("x") == 32 => &[Algorithm::EdDSA],
            ("RSA", _) if MODULUS.contains(&length("n")) => &[Algorithm::RS256, Algorithm::PS256],
            _ => &[],
        }
    }

    fn decoding_key(&self) -> Option<DecodingKey> {
        let jwk: Jwk = serde_json::from_value(Value::Object(self.0.clone())).ok()?;
        DecodingKey::from_jwk(&jwk).ok()
    }

    /// Returns whether this key has signed a message with this algorithm.
    pub(crate) fn has_signed(&self, message: &str, signature: &str, algorithm: &str) -> bool {
        let own = self.algorithms().iter();
        let named = algorithm.parse::<Algorithm>().ok();
        let algorithm = own.copied().find(|own| Some(*own) == named);
        let (Some(algorithm), Some(key)) = (algorithm, self.decoding_key()) else {
            return false;
        };
        jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm)
            .unwrap_or(false)
    }
}
