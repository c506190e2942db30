//! Tokens that are valid until a test changes them.
//!
//! This builder serves the users of this crate, every test of this repository over real sockets,
//! the tests of the examples and the load program. Three other places sign tokens, each for a
//! reason that its documentation states: the fuzz checks, the runtime's unit tests, and
//! `toolgate check`.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::SigningKey;

/// Builds one token.
///
/// It starts as a valid one: typed `at+jwt`, for subject `alice` and client `client-1`, valid
/// for ten minutes by the system clock, without audience and scope.
#[derive(Clone)]
pub struct TokenBuilder<'a> {
    key: &'a SigningKey,
    alg: String,
    header: Value,
    claims: Value,
    header_text: Option<String>,
    claims_text: Option<String>,
    signature: Option<Vec<u8>>,
}

impl<'a> TokenBuilder<'a> {
    /// Builds a valid token of this issuer, signed with this key.
    #[must_use]
    pub fn new(issuer: &str, key: &'a SigningKey) -> Self {
        let now = now();
        Self {
            key,
            alg: key.algorithm().to_owned(),
            header: json!({"alg": key.algorithm(), "kid": key.kid(), "typ": "at+jwt"}),
            claims: json!({
                "iss": issuer, "sub": "alice", "client_id": "client-1",
                "iat": now, "exp": now + 600, "jti": format!("{now}"),
            }),
            header_text: None,
            claims_text: None,
            signature: None,
        }
    }

    /// Builds a valid proof of this key (RFC 9449 §4.2) for one request. It refers to no token
    /// yet.
    #[must_use]
    pub fn proof(key: &'a SigningKey, method: &str, url: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let now = now();
        Self {
            key,
            alg: key.algorithm().to_owned(),
            header: json!({"alg": key.algorithm(), "typ": "dpop+jwt", "jwk": key.bare_jwk()}),
            claims: json!({
                "jti": format!("{now}-{number}"), "htm": method, "htu": url, "iat": now,
            }),
            header_text: None,
            claims_text: None,
            signature: None,
        }
    }

    /// Signs with another key, and uses its algorithm and `kid`.
    #[must_use]
    pub fn signed_with(mut self, key: &'a SigningKey) -> Self {
        self.key = key;
        self.alg(key.algorithm()).header("kid", json!(key.kid()))
    }

    /// Signs with another key, and keeps the header.
    #[must_use]
    pub fn forged_with(mut self, key: &'a SigningKey) -> Self {
        self.key = key;
        self
    }

    /// Sets this algorithm, and signs with it if the key can.
    #[must_use]
    pub fn alg(mut self, alg: &str) -> Self {
        self.alg = alg.to_owned();
        self.header("alg", json!(alg))
    }

    /// Sets a header parameter; `null` removes it.
    #[must_use]
    pub fn header(mut self, name: &str, value: Value) -> Self {
        set(&mut self.header, name, value);
        self
    }

    /// Sets a claim; `null` removes it.
    #[must_use]
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        set(&mut self.claims, name, value);
        self
    }

    /// Binds an access token to a key (RFC 9449 §6.1).
    #[must_use]
    pub fn bound_to(self, key: &SigningKey) -> Self {
        self.claim("cnf", json!({"jkt": key.thumbprint()}))
    }

    /// Makes a proof refer to this access token (RFC 9449 §4.2).
    #[must_use]
    pub fn about(self, token: &str) -> Self {
        let hash = digest(&SHA256, token.as_bytes());
        self.claim("ath", json!(URL_SAFE_NO_PAD.encode(hash)))
    }

    /// Sets the audience.
    #[must_use]
    pub fn audience(self, audience: &str) -> Self {
        self.claim("aud", json!(audience))
    }

    /// Sets the scopes, separated by spaces.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.claim("scope", json!(scope))
    }

    /// Sets the roles, in the claim `roles`.
    #[must_use]
    pub fn roles<T: AsRef<str>>(self, roles: impl IntoIterator<Item = T>) -> Self {
        let roles = roles.into_iter().map(|one| json!(one.as_ref()));
        self.claim("roles", Value::Array(roles.collect()))
    }

    /// Sets how strongly the caller has logged in.
    #[must_use]
    pub fn acr(self, acr: &str) -> Self {
        self.claim("acr", json!(acr))
    }

    /// Lets the token expire this many seconds from now; negative for the past.
    #[must_use]
    pub fn expires_in(self, seconds: i64) -> Self {
        let now = self.claims["iat"].as_i64().unwrap_or_default();
        self.claim("exp", json!(now + seconds))
    }

    /// Uses exactly this text as the header, JSON or not. `alg` still selects the signature.
    #[must_use]
    pub fn header_text(mut self, text: &str) -> Self {
        self.header_text = Some(text.to_owned());
        self
    }

    /// Uses exactly this text as the payload, JSON or not.
    #[must_use]
    pub fn claims_text(mut self, text: &str) -> Self {
        self.claims_text = Some(text.to_owned());
        self
    }

    /// Returns the claims so far, as a base for [`TokenBuilder::claims_text`].
    #[must_use]
    pub fn claims(&self) -> &Value {
        &self.claims
    }

    /// Uses these bytes as the signature.
    #[must_use]
    pub fn signature(mut self, bytes: &[u8]) -> Self {
        self.signature = Some(bytes.to_vec());
        self
    }

    /// Builds the token.
    #[must_use]
    pub fn build(self) -> String {
        let header = self.header_text.unwrap_or_else(|| self.header.to_string());
        let claims = self.claims_text.unwrap_or_else(|| self.claims.to_string());
        let message = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = self
            .signature
            .unwrap_or_else(|| self.key.sign(&self.alg, message.as_bytes()));
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Returns the system time, in seconds.
fn now() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "a token for the real time of day"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn set(members: &mut Value, name: &str, value: Value) {
    match value {
        Value::Null => {
            members.as_object_mut().map(|members| members.remove(name));
        }
        value => members[name] = value,
    }
}
