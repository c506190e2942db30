//! Signed assertions: of a client about itself (RFC 7523 §2.2), and of the identity provider about
//! a person (§2.1).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use crate::{issued_tokens::text_claim, issuer_state::IssuerState};

/// The longest time that an assertion may be valid, in seconds: its `jti` is stored for as long.
const LONGEST: u64 = 10 * 60;
/// How far the clock of its author may be ahead, in seconds.
const LEEWAY: u64 = 30;
/// The maximum length of an assertion, and of its `jti`.
const LIMIT: usize = 16 * 1024;
const ID_LIMIT: usize = 256;

/// An assertion whose signature is not verified yet.
pub(crate) struct Assertion<'t> {
    header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    message: &'t str,
    signature: &'t str,
}

impl<'t> Assertion<'t> {
    /// Splits a compact JWS (RFC 7515 §3.1). A name that is repeated in its JSON makes it
    /// invalid: another reader could take the other value.
    pub(crate) fn parse(issuer: &IssuerState, text: &'t str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.').filter(|_| text.len() <= LIMIT)?;
        let (header, claims) = message.split_once('.')?;
        let object = |text: &str| {
            let json = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
            issuer.settings.server.parse_strict_object(&json)
        };
        let header = object(header)?;
        // RFC 7515 §4.1.11: `crit` names extensions that must be supported. None is.
        (!header.contains_key("crit")).then_some(Self {
            claims: object(claims)?,
            header,
            message,
            signature,
        })
    }

    /// Returns whether the type in the header is one of these (RFC 8725 §3.11). `None` stands for a
    /// header without a type.
    pub(crate) fn has_type(&self, types: &[Option<&str>]) -> bool {
        match self.header.get("typ") {
            None => types.contains(&None),
            Some(typ) => typ.as_str().is_some_and(|typ| {
                let named = types.iter().flatten();
                named.into_iter().any(|one| one.eq_ignore_ascii_case(typ))
            }),
        }
    }

    /// Returns whether `verify` accepts the message, the signature and the algorithm.
    pub(crate) fn is_signed(&self, verify: impl FnOnce(&str, &str, &str) -> bool) -> bool {
        verify(
            self.message,
            self.signature,
            text_claim(&self.header, "alg"),
        )
    }

    /// Returns whether the only audience is this one, as a string or an array of one string. If
    /// the assertion were also for another server, that server could replay it.
    pub(crate) fn is_only_for(&self, audience: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::String(one)) => one == audience,
            Some(Value::Array(many)) => matches!(many.as_slice(), [one] if one == audience),
            _ => false,
        }
    }

    /// Returns whether the assertion is valid now, and its lifetime is permitted (RFC 7523 §3).
    pub(crate) fn is_current(&self, now: u64) -> bool {
        let time = |name: &str| self.claims.get(name).map(Value::as_u64);
        let begins = |name: &str| match time(name) {
            None => true,
            Some(time) => time.is_some_and(|time| time <= now.saturating_add(LEEWAY)),
        };
        let ends = time("exp").flatten();
        let is_valid =
            ends.is_some_and(|ends| now < ends && ends <= now.saturating_add(LONGEST + LEEWAY));
        is_valid && begins("iat") && begins("nbf")
    }

    /// Marks the assertion as used. Returns whether this is its first use (RFC 7523 §3: `jti`).
    pub(crate) fn use_once(&self, issuer: &IssuerState) -> bool {
        let id = text_claim(&self.claims, "jti");
        let ends = self.claims.get("exp").and_then(Value::as_u64).unwrap_or(0);
        let author = text_claim(&self.claims, "iss");
        (1..=ID_LIMIT).contains(&id.len())
            && issuer
                .memory()
                .use_once(&format!("{author}\0{id}"), ends, issuer.now())
    }
}
