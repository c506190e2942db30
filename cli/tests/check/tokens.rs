//! Tokens that look like real ones. They are known by their text, not by a signature.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A token that its issuer would remember.
pub(crate) fn token(issuer: &str, audience: &str, scopes: &str, number: usize) -> String {
    let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"});
    let claims = json!({
        "iss": issuer, "aud": audience, "sub": "alice", "client_id": "test",
        "exp": 4_000_000_000_u64, "scope": scopes, "jti": number,
    });
    let [header, claims] =
        [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signature = BASE64_URL_SAFE_NO_PAD.encode([number as u8; 64]);
    format!("{header}.{claims}.{signature}")
}

/// Header, claims and signature, where a text has the three.
pub(crate) fn read(token: &str) -> Option<(Value, Value, String)> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = <[&str; 3]>::try_from(parts).ok()?;
    let part = |text: &str| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    Some((part(header)?, part(claims)?, signature.to_owned()))
}
