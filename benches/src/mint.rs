//! Mints the tokens of the benchmarks.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};

/// As long as the thumbprint of a key.
const KEY_ID: &str = "the-identifier-of-the-key-of-the-benchmarks";

/// Builds tokens with these claims, signed with ES256, and the key set that verifies them.
pub(crate) fn tokens(claims: impl Iterator<Item = Value>) -> (Vec<String>, String) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("random numbers");
    let document = pair.to_pkcs8v1().expect("a key");
    let key = EncodingKey::from_ec_der(document.as_ref());
    let mut header = Header::new(Algorithm::ES256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(KEY_ID.to_owned());
    let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).expect("a public key");
    public.common.key_id = Some(KEY_ID.to_owned());
    let tokens =
        claims.map(|claims| jsonwebtoken::encode(&header, &claims, &key).expect("a token"));
    (tokens.collect(), json!({"keys": [public]}).to_string())
}
