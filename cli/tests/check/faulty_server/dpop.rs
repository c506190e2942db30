//! A bound token and the verification of its proofs, and the errors planted there.

use std::{
    collections::BTreeSet,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, UnparsedPublicKey},
    signature::{EcdsaKeyPair, KeyPair},
};
use axum::http::HeaderMap;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use super::{FaultyServer, ReceivedRequest, tokens};

/// A token that is bound to a key, and the proofs that were used with it.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) token: String,
    /// The private key: PKCS #8 in PEM.
    pub(crate) pem: String,
    thumbprint: String,
    used: Mutex<BTreeSet<String>>,
}

impl Bound {
    pub(crate) fn new(issuer: &str, audience: &str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let point = pair.public_key().as_ref();
        let part = |bytes| BASE64_URL_SAFE_NO_PAD.encode::<&[u8]>(bytes);
        let jwk =
            json!({"kty": "EC", "crv": "P-256", "x": part(&point[1..33]), "y": part(&point[33..])});
        let document = pair.to_pkcs8v1().expect("a document");
        let text = BASE64_STANDARD.encode(document.as_ref());
        Self {
            token: tokens::token(issuer, audience, "bob", "notes:read", 98),
            pem: format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"),
            thumbprint: thumbprint(&jwk),
            used: Mutex::default(),
        }
    }

    /// Whether the request has a valid proof, or one that a planted error accepts.
    pub(crate) fn is_proved(&self, server: &FaultyServer, request: &ReceivedRequest) -> bool {
        let proofs = proofs(&request.headers);
        let proof = match &proofs[..] {
            [one] => one,
            [one, _] if server.has("dpop.two_proofs") => one,
            _ => return false,
        };
        self.problem(server, proof)
            .is_none_or(|problem| server.has(problem))
            && !server.has("dpop.accepted")
    }

    /// Returns the check that this proof violates.
    fn problem(&self, server: &FaultyServer, proof: &str) -> Option<&'static str> {
        let parts: Vec<_> = proof.split('.').collect();
        let (header, claims) = (json_part(parts[0]), json_part(parts[1]));
        let jwk = &header["jwk"];
        if header["typ"] != "dpop+jwt" {
            return Some("dpop.type");
        }
        if header["alg"] != "ES256" {
            return Some("dpop.algorithm");
        }
        if jwk.get("d").is_some() {
            return Some("dpop.private_key");
        }
        let point = [vec![4], bytes(&jwk["x"]), bytes(&jwk["y"])].concat();
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap_or_default();
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        if key.verify(signed.as_bytes(), &signature).is_err() {
            return Some("dpop.signature");
        }
        if ["jti", "htm", "htu", "iat", "ath"]
            .iter()
            .any(|name| claims.get(name).is_none())
        {
            return Some("dpop.claims");
        }
        if claims["htm"] != "POST" {
            return Some("dpop.method");
        }
        if claims["htu"] != server.resource() {
            return Some("dpop.url");
        }
        #[expect(clippy::disallowed_methods, reason = "proofs of the real time of day")]
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs();
        if claims["iat"].as_u64().expect("a time").abs_diff(now) > 60 {
            return Some("dpop.time");
        }
        if claims["ath"] != hash(self.token.as_bytes()) {
            return Some("dpop.token");
        }
        if thumbprint(jwk) != self.thumbprint {
            return Some("dpop.key");
        }
        let id = claims["jti"].as_str().expect("a text").to_owned();
        let is_new = self.used.lock().expect("no panic").insert(id);
        (!is_new).then_some("dpop.replay")
    }
}

fn proofs(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all("dpop").iter();
    values
        .map(|value| value.to_str().expect("ASCII").to_owned())
        .collect()
}

fn json_part(text: &str) -> Value {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD
        .decode(value.as_str().unwrap_or_default())
        .unwrap_or_default()
}

fn hash(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Returns the thumbprint of a P-256 key (RFC 7638 §3).
fn thumbprint(jwk: &Value) -> String {
    hash(
        format!(
            r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
            jwk["x"], jwk["y"]
        )
        .as_bytes(),
    )
}
