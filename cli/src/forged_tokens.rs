//! Forged tokens. A server that accepts one of them does not verify tokens correctly.
//!
//! Shares no code with the tests' token builder or with the runtime: a bug that both have would
//! hide itself.

use aws_lc_rs::{
    hmac,
    rand::{self, SystemRandom},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::json_memory_limit;

/// A time in the past and one far in the future, as `NumericDate`. Neither needs a clock.
const PAST: u64 = 1_000_000_000;
const FUTURE: u64 = 4_000_000_000;

/// The prefix of a P-256 key in a `SubjectPublicKeyInfo` (RFC 5480 §2.1).
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// `AlgorithmIdentifier` of an RSA key (RFC 3279 §2.3.1).
const RSA_INFO: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/// Builds tokens with correct claims, or with the error that a check needs.
#[derive(Debug)]
pub(crate) struct Forger {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) scope: String,
    /// The issuer's published keys.
    pub(crate) keys: Vec<Value>,
}

impl Forger {
    /// `alg: none` in the spellings that parsers have accepted (CVE-2015-9235).
    pub(crate) fn unsigned(&self) -> Vec<String> {
        ["none", "None", "NONE", "nOnE"]
            .into_iter()
            .map(|alg| {
                let header = json!({"alg": alg, "typ": "at+jwt"});
                format!("{}.", signed_part(&header, &self.claims()))
            })
            .collect()
    }

    /// Uses the issuer's key id and algorithm, correct claims, and a random signature.
    pub(crate) fn forged(&self) -> String {
        self.with_random_signature(&self.claims())
    }

    pub(crate) fn expired(&self) -> String {
        let mut claims = self.claims();
        claims["exp"] = PAST.into();
        self.with_random_signature(&claims)
    }

    /// Issued for another server.
    pub(crate) fn for_another(&self) -> String {
        let mut claims = self.claims();
        claims["aud"] = "https://toolgate-check.invalid/mcp".into();
        self.with_random_signature(&claims)
    }

    /// Signed correctly, with a key that the token contains (CVE-2018-0114).
    pub(crate) fn with_own_key(&self) -> Option<String> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
        let point = pair.public_key().as_ref();
        let jwk = json!({
            "kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "own",
            "x": encode(point.get(1..33)?),
            "y": encode(point.get(33..65)?),
        });
        let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "own", "jwk": jwk});
        let signed = signed_part(&header, &self.claims());
        let signature = pair.sign(&random, signed.as_bytes()).ok()?;
        Some(format!("{signed}.{}", encode(signature.as_ref())))
    }

    /// HS256 with known secrets: empty, a common one, and the issuer's public keys as text (key
    /// confusion, CVE-2016-5431).
    pub(crate) fn by_known_secret(&self) -> Vec<String> {
        let mut secrets = vec![Vec::new(), b"secret".to_vec()];
        for key in &self.keys {
            secrets.push(key.to_string().into_bytes());
            if let Some(info) = public_key_info(key) {
                let pem = pem(&info);
                secrets.push(pem.trim_end().as_bytes().to_vec());
                secrets.push(pem.into_bytes());
                secrets.push(info);
            }
        }
        let kid = self
            .keys
            .first()
            .map_or(Value::Null, |key| key["kid"].clone());
        let header = match kid {
            Value::Null => json!({"alg": "HS256", "typ": "at+jwt"}),
            kid => json!({"alg": "HS256", "typ": "at+jwt", "kid": kid}),
        };
        let signed = signed_part(&header, &self.claims());
        let sign = |secret: Vec<u8>| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
            let tag = hmac::sign(&key, signed.as_bytes());
            format!("{signed}.{}", encode(tag.as_ref()))
        };
        secrets.into_iter().map(sign).collect()
    }

    fn claims(&self) -> Value {
        json!({
            "iss": self.issuer, "sub": "toolgate-check", "client_id": "toolgate-check",
            "aud": self.audience, "scope": self.scope, "jti": random_text().unwrap_or_default(),
            "iat": PAST, "nbf": PAST, "exp": FUTURE,
        })
    }

    fn with_random_signature(&self, claims: &Value) -> String {
        let key = self.keys.iter().find(|key| key["use"] != "enc");
        let kind = key.and_then(|key| key["kty"].as_str()).unwrap_or("EC");
        let usual = match kind {
            "RSA" => "RS256",
            "OKP" => "EdDSA",
            _ => "ES256",
        };
        let alg = key.and_then(|key| key["alg"].as_str()).unwrap_or(usual);
        let mut header = json!({"alg": alg, "typ": "at+jwt"});
        if let Some(kid) = key.and_then(|key| key["kid"].as_str()) {
            header["kid"] = kid.into();
        }
        let mut signature = vec![0; if kind == "RSA" { 256 } else { 64 }];
        // Without randomness, a signature of zeros is just as invalid.
        let _ = rand::fill(&mut signature);
        format!("{}.{}", signed_part(&header, claims), encode(&signature))
    }
}

/// Returns the valid token with changed claims and the old signature, or `None` if it is not a
/// JWT.
pub(crate) fn tampered(token: &str) -> Option<String> {
    let [header, _, signature] = parts(token)?;
    let mut claims = claims(token)?;
    claims["sub"] = "toolgate-check".into();
    claims["scope"] = "toolgate-check:everything".into();
    let body = encode(claims.to_string().as_bytes());
    Some(format!("{header}.{body}.{signature}"))
}

/// Returns the valid token without its signature, or `None` if it is not a JWT.
pub(crate) fn stripped(token: &str) -> Option<String> {
    let [header, body, _] = parts(token)?;
    Some(format!("{header}.{body}."))
}

/// Returns the unverified claims of a token, or `None` if it is not a JWT.
pub(crate) fn claims(token: &str) -> Option<Value> {
    let [_, body, _] = parts(token)?;
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(body).ok()?;
    let claims: Value = json_memory_limit::read(&bytes)?;
    claims.is_object().then_some(claims)
}

/// Returns the scopes of a token, if it is a JWT that states them in a common form.
pub(crate) fn scopes(token: &str) -> Option<Vec<String>> {
    let claims = claims(token)?;
    let claim = ["scope", "scp", "scopes"]
        .iter()
        .find_map(|&name| claims.get(name))?;
    match claim {
        Value::String(text) => Some(text.split(' ').map(str::to_owned).collect()),
        Value::Array(list) => list.iter().map(|s| s.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// Returns 32 random characters.
///
/// # Errors
///
/// If the system has no randomness.
pub(crate) fn random_text() -> Result<String, String> {
    let mut bytes = [0; 24];
    match rand::fill(&mut bytes) {
        Ok(()) => Ok(encode(&bytes)),
        Err(_) => Err("the system's random number generator failed".to_owned()),
    }
}

/// Encodes as base64url without padding (RFC 7515 §2).
pub(crate) fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn parts(token: &str) -> Option<[&str; 3]> {
    let parts: Vec<_> = token.split('.').collect();
    <[&str; 3]>::try_from(parts).ok()
}

fn signed_part(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| encode(part.to_string().as_bytes()));
    format!("{header}.{claims}")
}

/// Encodes an RSA or P-256 key as `SubjectPublicKeyInfo`.
fn public_key_info(key: &Value) -> Option<Vec<u8>> {
    let number = |name: &str| BASE64_URL_SAFE_NO_PAD.decode(key[name].as_str()?).ok();
    match (key["kty"].as_str()?, key["crv"].as_str()) {
        ("EC", Some("P-256")) => {
            let mut info = P256_INFO.to_vec();
            info.push(4);
            info.extend(number("x")?);
            info.extend(number("y")?);
            Some(info)
        }
        ("RSA", _) => {
            let key = [integer(number("n")?), integer(number("e")?)].concat();
            let mut bits = vec![0];
            bits.extend(tagged(0x30, &key));
            let info = [RSA_INFO.to_vec(), tagged(0x03, &bits)].concat();
            Some(tagged(0x30, &info))
        }
        _ => None,
    }
}

/// Encodes a positive integer in DER.
fn integer(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.first().is_some_and(|&first| first >= 0x80) {
        bytes.insert(0, 0);
    }
    tagged(0x02, &bytes)
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut all = vec![tag];
    match content.len() {
        short @ 0..=0x7f => all.push(short as u8),
        medium @ 0x80..=0xff => all.extend([0x81, medium as u8]),
        long => all.extend([0x82, (long >> 8) as u8, long as u8]),
    }
    all.extend(content);
    all
}

fn pem(info: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(info);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forger() -> Forger {
        Forger {
            issuer: "https://as.example".into(),
            audience: "https://a.example/mcp".into(),
            scope: "a b".into(),
            keys: vec![json!({"kty": "RSA", "kid": "1", "n": encode(&[0xc3; 256]), "e": "AQAB"})],
        }
    }

    #[test]
    fn forged_tokens_look_real() {
        let token = forger().forged();
        let header = BASE64_URL_SAFE_NO_PAD
            .decode(parts(&token).unwrap()[0])
            .unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!(header, json!({"alg": "RS256", "typ": "at+jwt", "kid": "1"}));
        assert_eq!(scopes(&token).unwrap(), ["a", "b"]);
        assert_eq!(claims(&token).unwrap()["aud"], "https://a.example/mcp");
        assert_eq!(claims(&forger().expired()).unwrap()["exp"], PAST);
    }

    #[test]
    fn a_key_of_ones_own_signs_rightly() {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
        let token = forger().with_own_key().unwrap();
        let [header, body, signature] = parts(&token).unwrap();
        let jwk: Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        let coordinate = |name: &str| {
            BASE64_URL_SAFE_NO_PAD
                .decode(jwk["jwk"][name].as_str().unwrap())
                .unwrap()
        };
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(format!("{header}.{body}").as_bytes(), &signature)
            .unwrap();
    }

    #[test]
    fn a_public_key_has_its_usual_text() {
        let rsa = pem(&public_key_info(&forger().keys[0]).unwrap());
        assert!(rsa.starts_with("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"));
        let point = encode(&[7; 32]);
        let key = json!({"kty": "EC", "crv": "P-256", "x": point, "y": point});
        let ec = pem(&public_key_info(&key).unwrap());
        assert!(ec.contains("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"));
    }

    #[test]
    fn a_token_that_is_no_jwt_is_left_alone() {
        for token in ["opaque", "a.b", "a.b.c", "a.b.c.d", "e30.W10.x"] {
            assert_eq!(tampered(token), None, "{token}");
            assert_eq!(scopes(token), None, "{token}");
        }
    }
}
