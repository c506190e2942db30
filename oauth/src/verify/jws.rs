//! A JSON Web Signature in compact form, and the checks of its header.
//!
//! Until the signature is verified, the sender controls everything here, so nothing that a
//! header names is fetched, used as a key or followed (RFC 8725 §3.10).

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD,
    },
};
use serde_json::{Map, Value};

use crate::{
    issuer::{Algorithm, Jwks, PublicKey},
    json,
};

/// The longest accepted token. Typical ones have one or two kilobytes.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// Lenient base64, to recognise malformed JWTs as JWTs.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Refused header parameters. No access token needs them, and ignoring them is unsafe:
/// extensions (RFC 7515 §4.1.11; CVE-2025-59420), another payload (RFC 7797), embedded or
/// referenced keys, encryption, nested tokens.
const REFUSED: [&str; 8] = ["crit", "b64", "jku", "x5u", "x5c", "enc", "zip", "cty"];

/// The parameter with an embedded key: required in a proof, refused in every other token
/// (CVE-2018-0114).
const KEY: &str = "jwk";

/// The parts of a token, none of them verified.
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    /// The signed bytes.
    message: &'a [u8],
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a token's form or header is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum JwsError {
    /// It is not a compact JWS with a JSON header.
    Malformed(&'static str),
    /// It is one, but its header is not accepted here.
    Refused(String),
}

/// The result of verifying a signature with a key set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureCheck {
    /// A key that may sign such tokens made the signature.
    Genuine,
    /// The signature is invalid, and newer keys would not change that.
    Forged(&'static str),
    /// The key is not in the set; a newer set may have it.
    UnknownKey,
}

impl<'a> Jws<'a> {
    /// Parses a token strictly: three parts of canonical base64url, and a header without
    /// repeated names.
    pub(super) fn parse(token: &'a str) -> Result<Self, JwsError> {
        match Self::parse_with_key(token)? {
            (jws, None) => Ok(jws),
            (_, Some(_)) => Err(JwsError::Refused(format!("its header has {KEY}"))),
        }
    }

    /// Parses a token that may embed a key. The key proves nothing but itself.
    pub(super) fn parse_with_key(token: &'a str) -> Result<(Self, Option<Value>), JwsError> {
        use JwsError::Malformed;

        if token.len() > MAX_TOKEN {
            return Err(Malformed("it is too long"));
        }
        let parts = token
            .rsplit_once('.')
            .and_then(|(message, signature)| Some((message, message.split_once('.')?, signature)));
        let Some((message, (header, payload), signature)) = parts else {
            return Err(Malformed("it does not have three parts"));
        };
        if payload.contains('.') {
            return Err(Malformed("it has more than three parts"));
        }
        let mut header = json::strict_object(&decoded(header)?)
            .map_err(|_| Malformed("its header is not a JSON object with each name once"))?;
        // The header is checked first: if it is not accepted, nothing more is read.
        let algorithm = algorithm(&header)?;
        let jws = Self {
            algorithm,
            kid: text(&header, "kid")?.map(str::to_owned),
            typ: text(&header, "typ")?.map(str::to_owned),
            message: message.as_bytes(),
            payload: decoded(payload)?,
            signature: decoded(signature)?,
        };
        Ok((jws, header.remove(KEY)))
    }

    /// Returns the payload. Do not trust it before [`Jws::check_signature`] returns `Genuine`.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Returns whether this key made the signature.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.algorithm, self.message, &self.signature)
    }

    /// Searches the set for the key that made the signature.
    pub(super) fn check_signature(&self, keys: &Jwks) -> SignatureCheck {
        let kid = self.kid.as_deref();
        let mut candidates = keys.candidates(self.algorithm, kid).peekable();
        let tried = candidates.peek().is_some();
        if candidates.any(|key| key.verifies(self.algorithm, self.message, &self.signature)) {
            return SignatureCheck::Genuine;
        }
        match kid {
            // A token without `kid` may be signed by a new key.
            None => SignatureCheck::UnknownKey,
            Some(_) if tried => SignatureCheck::Forged("the signature does not match the key"),
            Some(kid) if keys.has(kid) => {
                SignatureCheck::Forged("the key is not for the token's algorithm")
            }
            Some(_) => SignatureCheck::UnknownKey,
        }
    }
}

/// Returns whether a text has the form of a JWT, valid or not: three parts, or five if
/// encrypted (RFC 7519 §3), the first a JSON object. Such a token is validated as a JWT and
/// never introspected as an opaque token, so that a refused JWT gets no second chance
/// elsewhere.
pub(super) fn is_jwt_like(token: &str) -> bool {
    let mut parts = token.split('.');
    let header = parts.next().unwrap_or_default();
    parts.count() >= 2 && begins_an_object(header)
}

/// Returns whether even the most lenient parser, one that skips characters outside the
/// alphabet (RFC 2045 §6.8), would find the start of an object. A brace and white space are
/// encoded with letters and digits in every base64 alphabet, so only those are read.
fn begins_an_object(header: &str) -> bool {
    let mut text: Vec<u8> = header.bytes().filter(u8::is_ascii_alphanumeric).collect();
    // A single last character encodes no byte.
    if text.len() % 4 == 1 {
        text.pop();
    }
    LENIENT
        .decode(text)
        .is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{"))
}

fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, JwsError> {
    if let Some(name) = REFUSED.iter().find(|name| header.contains_key(**name)) {
        return Err(JwsError::Refused(format!("its header has {name}")));
    }
    let alg = text(header, "alg")?.ok_or(JwsError::Malformed("its header has no alg"))?;
    Algorithm::from_name(alg)
        .ok_or_else(|| JwsError::Refused(format!("its alg {alg:?} is not accepted")))
}

fn text<'h>(header: &'h Map<String, Value>, name: &str) -> Result<Option<&'h str>, JwsError> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwsError::Malformed(
            "a parameter of its header has the wrong type",
        )),
    }
}

/// Decodes base64url without padding or stray bits (RFC 7515 §2, RFC 4648 §3.5): two texts
/// must not decode to one token.
fn decoded(part: &str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| JwsError::Malformed("a part of it is not canonical base64url"))
}

#[cfg(test)]
mod tests;
