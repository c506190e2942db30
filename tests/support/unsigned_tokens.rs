//! Unsigned tokens, for tests of what follows verification.
//!
//! A token is its claims in base64url. [`UnsignedVerifier`] accepts every token, so that a test
//! can use any claims.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use toolgate::auth::{BearerToken, Claims, TokenError, TokenVerifier};

/// The issuer of the tokens.
pub const ISSUER: &str = "http://127.0.0.1:9/issuer";

/// The claim of a token that shows a person.
pub const PERSON: &str = "test_person";

/// Accepts every token as authentic.
#[derive(Debug, Clone, Copy)]
pub struct UnsignedVerifier;

impl TokenVerifier for UnsignedVerifier {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        if token.as_str() == UNAVAILABLE {
            return Err(TokenError::unavailable("the test says so"));
        }
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(token.as_str())
            .map_err(|_| TokenError::invalid("not base64url"))?;
        let claims = Claims::from_json(&bytes);
        let claims = claims.map_err(|error| TokenError::invalid(error.to_string()))?;
        Ok(match claims.get(PERSON) {
            Some(_) => claims.with_person(),
            None => claims,
        })
    }
}

/// A token that fails verification because the issuer cannot be reached.
pub const UNAVAILABLE: &str = "unavailable";

/// Builds a token with these claims.
#[must_use]
pub fn token(claims: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
}

/// Builds claims of alice with these scopes, for this resource, valid for an hour.
#[must_use]
pub fn claims(resource: &str, scopes: &str) -> Value {
    json!({
        "iss": ISSUER,
        "sub": "alice",
        "client_id": "test-client",
        "aud": resource,
        "exp": 4_000_000_000_u64,
        "scope": scopes,
    })
}
