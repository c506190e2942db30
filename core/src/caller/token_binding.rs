//! Tokens bound to a key, and the proof that turns one into a caller.
//!
//! The claim `cnf` names the key that a token is bound to (RFC 7800 §3.1). Without the key,
//! a stolen bound token is useless, provided that no code path skips the check. So a bound
//! token is a separate type, and it becomes a caller only with a key that this request has
//! proved.

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Identity, TokenRejection, VerifiedToken};
use crate::claims::Claims;

/// An authentic token from a trusted issuer, for this server and valid now.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// A bearer token: its holder is the caller (RFC 6750 §1.2).
    Bearer(AcceptedToken),
    /// A bound token: its holder must also prove possession of a key (RFC 9449 §6).
    Bound(BoundToken),
}

/// A token that is accepted from its sender.
#[derive(Debug, Clone)]
pub struct AcceptedToken(pub(super) Arc<VerifiedToken>);

/// A bound token. It identifies no caller until its holder has proved the key.
#[derive(Clone)]
pub struct BoundToken(pub(super) Arc<VerifiedToken>);

impl BoundToken {
    /// Returns the key that the token is bound to.
    pub fn key(&self) -> Option<Thumbprint> {
        self.0.binding.ok().flatten()
    }

    /// Returns the identity that the token has once its key is proved.
    pub fn identity(&self) -> Identity {
        self.0.identity()
    }

    /// Accepts the token if the proved key is the one it is bound to (RFC 9449 §7.1).
    pub fn proved_by(self, proved: &ProvedKey) -> Result<AcceptedToken, TokenRejection> {
        let is_its_own = self.key() == Some(proved.0);
        let accepted = is_its_own.then_some(AcceptedToken(self.0));
        accepted.ok_or(TokenRejection::BoundToAnotherKey)
    }
}

impl fmt::Debug for BoundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundToken").finish_non_exhaustive()
    }
}

/// A key whose possession the sender has proved with this request.
pub struct ProvedKey(Thumbprint);

impl ProvedKey {
    /// Only the verification of proofs may call this: `tests/architecture.rs` enforces it.
    pub const fn from_verified_proof(key: Thumbprint) -> Self {
        Self(key)
    }

    /// Returns the thumbprint, for an issuer that binds a token to the key.
    pub const fn thumbprint(&self) -> Thumbprint {
        self.0
    }
}

/// The SHA-256 thumbprint of a public key (RFC 7638 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// Uses the SHA-256 digest of a key.
    pub const fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Parses a thumbprint as `cnf` and `dpop_jkt` contain it: canonical base64url.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digest = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        digest.try_into().ok().map(Self)
    }

    /// Returns the digest.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// Returns the key that a token is bound to, or `None` for a bearer token.
///
/// Refuses a `cnf` with any member other than one thumbprint: each member is a condition (RFC
/// 7800 §3.1), and an unchecked condition is not met.
pub(super) fn confirmation_key(claims: &Claims) -> Result<Option<Thumbprint>, TokenRejection> {
    let Some(confirmation) = claims.get("cnf") else {
        return Ok(None);
    };
    let members = confirmation
        .as_object()
        .ok_or(TokenRejection::BoundOtherwise)?;
    // RFC 8705 §3.1: TLS ends at a proxy, so this process sees no client certificate.
    if members.contains_key("x5t#S256") {
        return Err(TokenRejection::BoundToCertificate);
    }
    match members.get("jkt") {
        Some(Value::String(key)) if members.len() == 1 => Thumbprint::parse(key)
            .map(Some)
            .ok_or(TokenRejection::BoundOtherwise),
        _ => Err(TokenRejection::BoundOtherwise),
    }
}

#[cfg(test)]
impl Accepted {
    /// Returns the caller of a token that is not bound.
    pub(crate) fn into_caller(self) -> super::Caller {
        match self {
            Self::Bearer(AcceptedToken(token)) => {
                let credentials = crate::credentials::Credentials {
                    scheme: crate::credentials::Scheme::Bearer,
                    token: crate::credentials::BearerToken::new("a.test").unwrap(),
                };
                super::Caller(token, Some(credentials))
            }
            Self::Bound(_) => panic!("the token is bound"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{caller::TokenPolicy, clock::UnixTime, scope::ScopeTable};

    /// RFC 9449 §6.1.
    const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    fn accept(confirmation: &Value) -> Result<Accepted, TokenRejection> {
        let claims =
            json!({"iss": "i", "sub": "s", "aud": "a", "exp": 99, "cnf": confirmation}).to_string();
        let claims = Claims::from_json(claims.as_bytes()).unwrap();
        let token = VerifiedToken::new(claims, &ScopeTable::default());
        let result = TokenPolicy::new(["i"], ["a"]).accept(token, UnixTime::from_seconds(1));
        result.map_err(|(reason, _)| reason)
    }

    #[test]
    fn a_bound_token_is_a_caller_with_its_own_key_alone() {
        let bound = || match accept(&json!({"jkt": KEY})) {
            Ok(Accepted::Bound(bound)) => bound,
            other => panic!("{other:?}"),
        };
        let key = bound().key().expect("a key");
        assert_eq!(key.to_string(), KEY);
        let own = ProvedKey::from_verified_proof(key);
        assert!(bound().proved_by(&own).is_ok());
        let other = ProvedKey::from_verified_proof(Thumbprint::from_digest([0; 32]));
        assert_eq!(
            bound().proved_by(&other).unwrap_err(),
            TokenRejection::BoundToAnotherKey
        );
    }

    #[test]
    fn what_is_not_one_thumbprint_and_nothing_else_is_refused() {
        for confirmation in [
            json!(null),
            json!({}),
            json!([]),
            json!(KEY),
            json!({"jkt": null}),
            json!({"jkt": 1}),
            json!({"jkt": ""}),
            json!({"jkt": "x"}),
            json!({"jkt": [KEY]}),
            json!({"jkt": format!("{KEY}=")}),
            json!({"jkt": format!("{KEY}A")}),
            // Two bits of the last character are unused.
            json!({"jkt": KEY.replace("A4I", "A4J")}),
            json!({"JKT": KEY}),
            json!({"jkt": KEY, "jwk": {}}),
            json!({"jkt": KEY, "kid": "x"}),
            json!({"jwk": {"kty": "EC"}}),
            json!({"urn:x": 1}),
        ] {
            assert_eq!(
                accept(&confirmation).unwrap_err(),
                TokenRejection::BoundOtherwise,
                "{confirmation}"
            );
        }
        for confirmation in [
            json!({"x5t#S256": "x"}),
            json!({"x5t#S256": null}),
            json!({"x5t#S256": "x", "jkt": KEY}),
        ] {
            assert_eq!(
                accept(&confirmation).unwrap_err(),
                TokenRejection::BoundToCertificate,
                "{confirmation}"
            );
        }
    }
}
