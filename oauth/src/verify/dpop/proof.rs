//! Parses one proof and verifies its signature (RFC 9449 §4.2, §4.3).
//!
//! The parser is that of access tokens, so that there is one set of rules for a JWS. Two
//! differences: a proof embeds its key, and its type must be that of a proof.

use serde_json::{Map, Value};

use super::{
    super::jws::{Jws, JwsError},
    sha256,
};
use crate::{
    caller::Thumbprint,
    claims::{Rounding, time},
    clock::UnixTime,
    issuer::{Algorithm, PublicKey},
    json,
};

/// The longest accepted proof: one by an RSA key of 8192 bits fits.
const MAX_PROOF: usize = 8 * 1024;

/// The longest `jti`. A UUID has 36 characters.
const MAX_ID: usize = 256;

/// The content of a proof.
pub(super) struct Proof {
    pub(super) key: Thumbprint,
    /// `jti`
    pub(super) id: String,
    /// `htm`
    pub(super) method: String,
    /// `htu`, as written
    pub(super) target: String,
    pub(super) issued_at: UnixTime,
    /// Optional, but enforced if present (RFC 7519 §4.1.4, §4.1.5).
    pub(super) expires_at: Option<UnixTime>,
    pub(super) not_before: Option<UnixTime>,
    /// `ath`
    pub(super) token_hash: Option<String>,
    pub(super) nonce: Option<String>,
}

impl Proof {
    /// Parses a proof signed with one of these algorithms, and verifies its signature with
    /// the key it contains.
    ///
    /// # Errors
    ///
    /// Why it is not a valid proof, as text that a challenge may contain.
    pub(super) fn verify(text: &str, algorithms: &[Algorithm]) -> Result<Self, &'static str> {
        if text.len() > MAX_PROOF {
            return Err("the proof is too long");
        }
        let (jws, jwk) = Jws::parse_with_key(text).map_err(|error| match error {
            JwsError::Malformed(_) => "the proof is not a compact JWS",
            JwsError::Refused(_) => "the proof's header has a parameter that is not allowed",
        })?;
        // Checks 4 to 7, in the order of §4.3. The type check refuses every other JWT that
        // the key has ever signed (RFC 8725 §3.11).
        if jws.typ.as_deref() != Some("dpop+jwt") {
            return Err("the proof's typ is not dpop+jwt");
        }
        if !algorithms.contains(&jws.algorithm) {
            return Err("the proof's alg is not accepted");
        }
        let jwk = jwk.ok_or("the proof has no jwk")?;
        let key = PublicKey::from_proof(&jwk).map_err(|_| "the proof's jwk is not a valid key")?;
        if !jws.is_signed_by(&key) {
            return Err("the proof's signature does not match its key");
        }
        let claims = json::strict_object(jws.payload())
            .map_err(|_| "the proof's claims are not a JSON object with each name once")?;
        let numeric = |name, rounding| {
            time(&claims, name, rounding).map_err(|_| "a claim of the proof has the wrong type")
        };
        let id = text_of(&claims, "jti")?.ok_or("the proof has no jti")?;
        if id.is_empty() || id.len() > MAX_ID {
            return Err("the proof's jti is empty or too long");
        }
        Ok(Self {
            key: thumbprint(&jwk).ok_or("the proof's jwk is not a valid key")?,
            id,
            method: text_of(&claims, "htm")?.ok_or("the proof has no htm")?,
            target: text_of(&claims, "htu")?.ok_or("the proof has no htu")?,
            issued_at: numeric("iat", Rounding::Earlier)?.ok_or("the proof has no iat")?,
            expires_at: numeric("exp", Rounding::Earlier)?,
            not_before: numeric("nbf", Rounding::Later)?,
            token_hash: text_of(&claims, "ath")?,
            nonce: text_of(&claims, "nonce")?,
        })
    }
}

fn text_of(claims: &Map<String, Value>, name: &str) -> Result<Option<String>, &'static str> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err("a claim of the proof has the wrong type"),
    }
}

/// Returns the thumbprint of a parsed key (RFC 7638 §3.2): its required members in order
/// and as written, so that it equals the issuer's. No member needs escaping: all are
/// base64url or names from a closed list.
fn thumbprint(jwk: &Value) -> Option<Thumbprint> {
    let names: &[&str] = match jwk.get("kty")?.as_str()? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        _ => return None,
    };
    let members: Option<Vec<_>> = names
        .iter()
        .map(|name| Some(format!("\"{name}\":\"{}\"", jwk.get(*name)?.as_str()?)))
        .collect();
    let text = format!("{{{}}}", members?.join(","));
    Some(Thumbprint::from_digest(sha256(text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_thumbprint_is_that_of_the_standards() {
        // RFC 7638 §3.1.
        let rsa = json!({
            "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
        });
        // RFC 9449 §4.1 and §6.1.
        let ec = json!({
            "kty": "EC", "crv": "P-256",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        });
        // RFC 8037 appendix A.3.
        let okp = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        for (jwk, expected) in [
            (rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
            (ec, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
            (okp, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
        ] {
            assert_eq!(thumbprint(&jwk).unwrap().to_string(), expected);
        }
        assert_eq!(thumbprint(&json!({"kty": "oct", "k": "AA"})), None);
    }
}
