//! Whose is a token: of whoever holds it, or of whoever can prove a key besides?
//!
//! An issuer says in `cnf` what a token is bound to (RFC 7800 §3.1). A stolen token that
//! is bound to a key is worth nothing without the key, as long as nobody overlooks the
//! binding: so a bound token is another type than a principal, and the one way from here
//! to there takes a key that this very request has proved.

use std::{fmt, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;

use super::{Identity, Principal, Unacceptable, VerifiedToken};
use crate::{bearer::Credentials, claims::Claims};

/// An authentic token for us, from an issuer that we trust, and of this hour.
#[derive(Debug, Clone)]
pub(crate) enum Accepted {
    /// Whoever holds the token is the one it speaks of (RFC 6750 §1.2).
    Bearer(AcceptedToken),
    /// Whoever holds it has to prove a key as well (RFC 9449 §6).
    Bound(BoundToken),
}

/// A token that is accepted of whoever has sent it.
#[derive(Debug, Clone)]
pub(crate) struct AcceptedToken(pub(super) Arc<VerifiedToken>);

impl AcceptedToken {
    /// Who has sent it, with these credentials.
    pub(crate) fn sent_with(self, credentials: Credentials) -> Principal {
        Principal(self.0, credentials)
    }
}

/// A token that says nothing about its holder until the holder has proved a key.
#[derive(Clone)]
pub(crate) struct BoundToken(pub(super) Arc<VerifiedToken>);

impl BoundToken {
    /// The key that it is bound to.
    pub(crate) fn key(&self) -> Option<Thumbprint> {
        self.0.binding.ok().flatten()
    }

    /// Whom it would speak for.
    pub(crate) fn identity(&self) -> Identity {
        self.0.identity()
    }

    /// The same, accepted when the key that was proved is its own (RFC 9449 §7.1).
    pub(crate) fn proved_by(self, proved: &ProvedKey) -> Result<AcceptedToken, Unacceptable> {
        let is_its_own = self.key() == Some(proved.0);
        let accepted = is_its_own.then_some(AcceptedToken(self.0));
        accepted.ok_or(Unacceptable::BoundToAnotherKey)
    }
}

impl fmt::Debug for BoundToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundToken").finish_non_exhaustive()
    }
}

/// A key whose possession the sender of one request has proved, with that request.
pub(crate) struct ProvedKey(Thumbprint);

impl ProvedKey {
    /// Only the verification of proofs calls this: `tests/architecture.rs` holds it to that.
    pub(crate) const fn of_verified_proof(key: Thumbprint) -> Self {
        Self(key)
    }

    /// Which key it is, for an issuer to bind a token to.
    #[cfg(feature = "development-issuer")]
    pub(crate) const fn thumbprint(&self) -> Thumbprint {
        self.0
    }
}

/// The SHA-256 thumbprint of a public key (RFC 7638 §3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Thumbprint([u8; 32]);

impl Thumbprint {
    pub(crate) const fn of_digest(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads one as `cnf` and `dpop_jkt` write it: canonical base64url.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let digest = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        digest.try_into().ok().map(Self)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// The key that a token is bound to, or none for a bearer token.
///
/// A `cnf` that has anything else in it than one thumbprint is refused: each member is a
/// condition (RFC 7800 §3.1), and one that is not checked is not met.
pub(super) fn read(claims: &Claims) -> Result<Option<Thumbprint>, Unacceptable> {
    let Some(confirmation) = claims.get("cnf") else {
        return Ok(None);
    };
    let members = confirmation
        .as_object()
        .ok_or(Unacceptable::BoundOtherwise)?;
    // RFC 8705 §3.1: TLS ends at a proxy, so nobody here has seen a certificate.
    if members.contains_key("x5t#S256") {
        return Err(Unacceptable::BoundToCertificate);
    }
    match members.get("jkt") {
        Some(Value::String(key)) if members.len() == 1 => Thumbprint::read(key)
            .map(Some)
            .ok_or(Unacceptable::BoundOtherwise),
        _ => Err(Unacceptable::BoundOtherwise),
    }
}

#[cfg(test)]
impl Accepted {
    /// The principal of a token that is not bound.
    pub(crate) fn of_bearer(self) -> Principal {
        match self {
            Self::Bearer(AcceptedToken(token)) => {
                let credentials = Credentials {
                    scheme: crate::bearer::Scheme::Bearer,
                    token: crate::bearer::BearerToken::new("a.test").unwrap(),
                };
                Principal(token, credentials)
            }
            Self::Bound(_) => panic!("the token is bound"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{clock::UnixTime, principal::Acceptance, scope::ScopeTable};

    /// RFC 9449 §6.1.
    const KEY: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    fn judge(confirmation: &Value) -> Result<Accepted, Unacceptable> {
        let claims =
            json!({"iss": "i", "sub": "s", "aud": "a", "exp": 99, "cnf": confirmation}).to_string();
        let claims = Claims::from_json(claims.as_bytes()).unwrap();
        let token = VerifiedToken::new(claims, &ScopeTable::default());
        let judged = Acceptance::new(["i"], ["a"]).judge(token, UnixTime::from_seconds(1));
        judged.map_err(|(reason, _)| reason)
    }

    #[test]
    fn a_bound_token_is_a_principal_with_its_own_key_alone() {
        let bound = || match judge(&json!({"jkt": KEY})) {
            Ok(Accepted::Bound(bound)) => bound,
            other => panic!("{other:?}"),
        };
        let key = bound().key().expect("a key");
        assert_eq!(key.to_string(), KEY);
        let own = ProvedKey::of_verified_proof(key);
        assert!(bound().proved_by(&own).is_ok());
        let other = ProvedKey::of_verified_proof(Thumbprint::of_digest([0; 32]));
        assert_eq!(
            bound().proved_by(&other).unwrap_err(),
            Unacceptable::BoundToAnotherKey
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
            // The last character has two bits that count for nothing.
            json!({"jkt": KEY.replace("A4I", "A4J")}),
            json!({"JKT": KEY}),
            json!({"jkt": KEY, "jwk": {}}),
            json!({"jkt": KEY, "kid": "x"}),
            json!({"jwk": {"kty": "EC"}}),
            json!({"urn:x": 1}),
        ] {
            assert_eq!(
                judge(&confirmation).unwrap_err(),
                Unacceptable::BoundOtherwise,
                "{confirmation}"
            );
        }
        for confirmation in [
            json!({"x5t#S256": "x"}),
            json!({"x5t#S256": null}),
            json!({"x5t#S256": "x", "jkt": KEY}),
        ] {
            assert_eq!(
                judge(&confirmation).unwrap_err(),
                Unacceptable::BoundToCertificate,
                "{confirmation}"
            );
        }
    }
}
