//! Tokens that look like real ones. The server looks them up by their text and verifies no
//! signature.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Builds a token with these claims.
pub(crate) fn token(
    issuer: &str,
    audience: &str,
    subject: &str,
    scopes: &str,
    number: usize,
) -> String {
    let header = json!({"alg": "ES256", "typ": "at+jwt", "kid": "1"});
    let claims = json!({
        "iss": issuer, "aud": audience, "sub": subject, "client_id": "test",
        "exp": 4_000_000_000_u64, "scope": scopes, "jti": number,
    });
    let [header, claims] =
        [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let signature = BASE64_URL_SAFE_NO_PAD.encode([number as u8; 64]);
    format!("{header}.{claims}.{signature}")
}

/// Parses header, claims and signature, if the text has all three.
pub(crate) fn read(token: &str) -> Option<(Value, Value, String)> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = <[&str; 3]>::try_from(parts).ok()?;
    let part = |text: &str| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        serde_json::from_slice(&bytes).ok()
    };
    Some((part(header)?, part(claims)?, signature.to_owned()))
}
