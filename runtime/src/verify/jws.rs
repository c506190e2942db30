//! A JSON Web Signature in compact form, and the rules for its header.
//!
//! Everything here is the sender's until the signature is verified, so nothing that a
//! header names is fetched, used as a key or obeyed (RFC 8725 §3.10).

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD,
    },
};
use serde_json::{Map, Value};

use crate::{
    issuer::{Algorithm, KeySet, PublicKey},
    json,
};

/// The longest token that is looked at. Real ones have one or two kilobytes.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// Base64 as careless senders write it, to recognise what is meant as a JWT.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Header parameters that no access token needs and whose meaning would have to be
/// understood: extensions (RFC 7515 §4.1.11; CVE-2025-59420), another payload (RFC
/// 7797), keys brought along, encryption, a token within the token.
const REFUSED: [&str; 8] = ["crit", "b64", "jku", "x5u", "x5c", "enc", "zip", "cty"];

/// The parameter by which a form brings its own key: what makes a proof, and unmakes
/// every other token (CVE-2018-0114).
const KEY: &str = "jwk";

/// A token in its parts, none of them verified.
pub(super) struct Jws<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    pub(super) typ: Option<String>,
    /// The exact bytes that were signed.
    message: &'a [u8],
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a token's form or header is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NotAJws {
    /// It is no compact JWS with a JSON header.
    Malformed(&'static str),
    /// It is one, of a kind that is not accepted here.
    Unacceptable(String),
}

/// What the keys say about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The signature is that of a key which may make it.
    Genuine,
    /// It is not, and other keys would not change that.
    Forged(&'static str),
    /// The key is not among these; there may be newer ones.
    UnknownKey,
}

impl<'a> Jws<'a> {
    /// Takes a token apart, strictly: three parts of canonical base64url, a header in
    /// which every name stands once.
    pub(super) fn read(token: &'a str) -> Result<Self, NotAJws> {
        match Self::read_with_key(token)? {
            (jws, None) => Ok(jws),
            (_, Some(_)) => Err(NotAJws::Unacceptable(format!("its header has {KEY}"))),
        }
    }

    /// The same for a form that may bring a key, which proves nothing but itself.
    pub(super) fn read_with_key(token: &'a str) -> Result<(Self, Option<Value>), NotAJws> {
        use NotAJws::Malformed;

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
        // The header is judged first: of a token that claims to be something else,
        // nothing more is read.
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

    /// What the token says. Not to be believed before [`Jws::judge`] said `Genuine`.
    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether this very key made the signature.
    pub(super) fn is_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.algorithm, self.message, &self.signature)
    }

    /// Looks for a key that made this signature.
    pub(super) fn judge(&self, keys: &KeySet) -> Verdict {
        let kid = self.kid.as_deref();
        let mut candidates = keys.candidates(self.algorithm, kid).peekable();
        let tried = candidates.peek().is_some();
        if candidates.any(|key| key.verifies(self.algorithm, self.message, &self.signature)) {
            return Verdict::Genuine;
        }
        match kid {
            // A token that names no key may be signed with one that is new.
            None => Verdict::UnknownKey,
            Some(_) if tried => Verdict::Forged("the signature is not that of the key"),
            Some(kid) if keys.has(kid) => {
                Verdict::Forged("the key is not one for the token's algorithm")
            }
            Some(_) => Verdict::UnknownKey,
        }
    }
}

/// Whether a text is a JWT by its form, good or not: three parts, or five of one that is
/// encrypted (RFC 7519 §3), the first of them a JSON object. Such a token is judged as a
/// JWT and never shown to anybody as an opaque one, so that a JWT which is refused here
/// gets no second chance elsewhere.
pub(super) fn is_jwt_like(token: &str) -> bool {
    let mut parts = token.split('.');
    let header = parts.next().unwrap_or_default();
    parts.count() >= 2 && begins_an_object(header)
}

/// Whether the most careless of readers would find the beginning of an object, one that
/// skips what is in no alphabet (RFC 2045 §6.8). A bracket and white space are written with
/// letters and digits in every alphabet, so no more is looked at.
fn begins_an_object(header: &str) -> bool {
    let mut text: Vec<u8> = header.bytes().filter(u8::is_ascii_alphanumeric).collect();
    // A last character that stands alone has no byte in it.
    if text.len() % 4 == 1 {
        text.pop();
    }
    LENIENT
        .decode(text)
        .is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{"))
}

fn algorithm(header: &Map<String, Value>) -> Result<Algorithm, NotAJws> {
    if let Some(name) = REFUSED.iter().find(|name| header.contains_key(**name)) {
        return Err(NotAJws::Unacceptable(format!("its header has {name}")));
    }
    let alg = text(header, "alg")?.ok_or(NotAJws::Malformed("its header has no alg"))?;
    Algorithm::named(alg)
        .ok_or_else(|| NotAJws::Unacceptable(format!("its alg {alg:?} is not accepted")))
}

fn text<'h>(header: &'h Map<String, Value>, name: &str) -> Result<Option<&'h str>, NotAJws> {
    match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(NotAJws::Malformed(
            "a parameter of its header has the wrong type",
        )),
    }
}

/// Base64url without padding and without stray bits (RFC 7515 §2, RFC 4648 §3.5): two
/// texts must not be one token.
fn decoded(part: &str) -> Result<Vec<u8>, NotAJws> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| NotAJws::Malformed("a part of it is not canonical base64url"))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wycheproof;
