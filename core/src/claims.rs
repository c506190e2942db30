//! The typed claims of a token. A claim of the wrong type is refused, never skipped.
//!
//! This module does not validate the claims: `caller::TokenPolicy` checks the issuer, the
//! audience and the times.

use serde_json::{Map, Value};

use crate::{clock::UnixTime, json};

mod accessors;
mod actor;
mod claim_mapping;
mod claims_error;
mod delegation;
mod roles;

pub use actor::Actor;
pub use claim_mapping::ClaimMapping;
pub use claims_error::ClaimsError;
pub use delegation::PersonEvidence;

/// The latest time that a claim may have: the end of the year 9999.
const LATEST: u64 = 253_402_300_799;

/// The claims of a token that a verifier has authenticated.
///
/// Your own verifier builds them with [`Claims::from_json`] or [`Claims::new`]:
///
/// ```
/// use toolgate::auth::{Claims, UnixTime};
///
/// let claims = Claims::new("https://issuer.example", UnixTime::from_seconds(1_800_000_000))
///     .with_subject("alice")
///     .with_audience("https://api.example/mcp")
///     .with_scopes("todo:read todo:write");
/// assert_eq!(claims.scopes().collect::<Vec<_>>(), ["todo:read", "todo:write"]);
/// ```
#[derive(Clone, PartialEq)]
pub struct Claims {
    issuer: String,
    subject: Option<String>,
    audience: Vec<String>,
    expires_at: UnixTime,
    not_before: Option<UnixTime>,
    issued_at: Option<UnixTime>,
    client_id: Option<String>,
    scopes: Vec<String>,
    /// Sorted.
    roles: Vec<String>,
    /// The current one first.
    actors: Vec<Actor>,
    shows_person: bool,
    all: Map<String, Value>,
}

impl Claims {
    /// Parses the claims of a JWT (RFC 7519 §4, RFC 9068 §2.2) or of an introspection
    /// response (RFC 7662 §2.2).
    ///
    /// `iss` and `exp` are required. The scopes come from the first present claim of
    /// `scope`, `scp` and `scopes`: a space-separated string (RFC 8693 §4.2) or an array of
    /// strings. Without any of them, the token has no scopes. The roles come from `roles`.
    ///
    /// # Errors
    ///
    /// A [`ClaimsError`] if the text is not a JSON object, a member is repeated, or a claim
    /// is missing or has the wrong type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ClaimsError> {
        let all = json::strict_object(bytes).map_err(|_| ClaimsError::NotAnObject)?;
        Self::from_members(all, &ClaimMapping::default())
    }

    /// Reads the claims from parsed members, with the claim names of their issuer.
    #[doc(hidden)]
    pub fn from_members(
        all: Map<String, Value>,
        mapping: &ClaimMapping,
    ) -> Result<Self, ClaimsError> {
        Ok(Self {
            issuer: string(&all, "iss")?.ok_or(ClaimsError::Missing("iss"))?,
            subject: string(&all, "sub")?,
            audience: mapping.audience(&all)?,
            expires_at: expiry(&all)?.ok_or(ClaimsError::Missing("exp"))?,
            not_before: time(&all, "nbf", Rounding::Later)?,
            issued_at: time(&all, "iat", Rounding::Earlier)?,
            client_id: mapping.client(&all)?,
            scopes: mapping.scopes(&all)?,
            roles: roles::read(&mapping.roles, &all),
            actors: delegation::actors(&all)?,
            shows_person: mapping.person.is_in(&all),
            all,
        })
    }

    /// Returns whether the token has this role, character for character.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles
            .binary_search_by(|one| one.as_str().cmp(role))
            .is_ok()
    }

    /// Returns whether the token shows that a person stands behind it. An unknown caller
    /// does not count as a person.
    ///
    /// A subject that is the client itself is never a person: a client that chose the name of a
    /// user as its id would otherwise be taken for the user (RFC 9700 §4.15).
    #[must_use]
    pub fn acts_for_person(&self) -> bool {
        self.shows_person && self.subject.is_some() && self.subject != self.client_id
    }

    /// Returns how strongly the caller has logged in (`acr`, RFC 9470 §6).
    #[must_use]
    pub fn acr(&self) -> Option<&str> {
        self.get("acr")?.as_str()
    }

    /// Returns when the caller has logged in (`auth_time`, RFC 9470 §6), or `None` if the
    /// token does not state a valid time.
    #[must_use]
    pub fn auth_time(&self) -> Option<UnixTime> {
        time(&self.all, "auth_time", Rounding::Earlier).ok()?
    }

    /// Returns every claim of the token.
    #[doc(hidden)]
    pub fn all(&self) -> &Map<String, Value> {
        &self.all
    }
}

fn string(all: &Map<String, Value>, name: &str) -> Result<Option<String>, ClaimsError> {
    match all.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(name)),
    }
}

fn wrong_type(name: &str) -> ClaimsError {
    ClaimsError::WrongType(name.to_owned().into())
}

fn strings(many: &[Value], name: &str) -> Result<Vec<String>, ClaimsError> {
    many.iter()
        .map(|one| one.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong_type(name))
}

/// RFC 6749 §3.3 separates scopes by U+0020 only. `split_whitespace` would also split at a
/// no-break space and similar characters, and so find scopes that the issuer did not grant.
fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(' ')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

/// Which way a fraction of a second is rounded: always so that the token is valid for less
/// time. `iat` is the exception: it is compared with a clock that also drops its fraction.
#[derive(Clone, Copy)]
pub enum Rounding {
    /// For `exp`.
    Earlier,
    /// For `nbf`.
    Later,
}

fn expiry(all: &Map<String, Value>) -> Result<Option<UnixTime>, ClaimsError> {
    time(all, "exp", Rounding::Earlier)
}

/// Reads a NumericDate (RFC 7519 §2): a JSON number of seconds, possibly with a fraction.
pub fn time(
    all: &Map<String, Value>,
    name: &str,
    rounding: Rounding,
) -> Result<Option<UnixTime>, ClaimsError> {
    let Some(value) = all.get(name) else {
        return Ok(None);
    };
    let wrong = || wrong_type(name);
    let number = value.as_number().ok_or_else(wrong)?;
    let seconds = match number.as_u64() {
        Some(whole) => whole,
        None => {
            let fraction = number
                .as_f64()
                .filter(|n| (0.0..=LATEST as f64).contains(n));
            let fraction = fraction.ok_or_else(wrong)?;
            match rounding {
                Rounding::Earlier => fraction.floor() as u64,
                Rounding::Later => fraction.ceil() as u64,
            }
        }
    };
    match seconds {
        0..=LATEST => Ok(Some(UnixTime::from_seconds(seconds))),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
