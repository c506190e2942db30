//! What a token says, typed: a claim of the wrong type is refused, never skipped.
//!
//! Nothing here is judged. Whether the claims are for this server, from an issuer
//! that it trusts and of this hour is what [`Acceptance`](crate::Acceptance) says.

use std::{borrow::Cow, fmt};

use serde_json::{Map, Value};

use crate::{clock::UnixTime, json};

mod reading;

pub(crate) use reading::Reading;

/// The latest time that a claim may name: the end of the year 9999.
const LATEST: u64 = 253_402_300_799;

/// The claims of a token whose authenticity a verifier has established.
///
/// A verifier of one's own makes them with [`Claims::from_json`] or [`Claims::new`]:
///
/// ```
/// use toolgate::{Claims, UnixTime};
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
    all: Map<String, Value>,
}

impl Claims {
    /// Claims with the two that every token must have.
    #[must_use]
    pub fn new(issuer: impl Into<String>, expires_at: UnixTime) -> Self {
        Self {
            issuer: issuer.into(),
            subject: None,
            audience: Vec::new(),
            expires_at,
            not_before: None,
            issued_at: None,
            client_id: None,
            scopes: Vec::new(),
            all: Map::new(),
        }
    }

    /// Reads the claims of a JWT (RFC 7519 §4, RFC 9068 §2.2) or of an introspection
    /// answer (RFC 7662 §2.2).
    ///
    /// `iss` and `exp` must be there. Scopes are those of the first of `scope`, `scp`
    /// and `scopes` that is there, as a string with spaces (RFC 8693 §4.2) or an array
    /// of strings; with none of them there is no scope.
    ///
    /// # Errors
    ///
    /// A [`ClaimsFault`] for text that is no JSON object, a repeated member, a claim
    /// that is missing or one of the wrong type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ClaimsFault> {
        let all = json::strict_object(bytes).map_err(|_| ClaimsFault::NotAnObject)?;
        Self::from_members(all, &Reading::default())
    }

    /// The same for members that were read already, in the way of their issuer.
    pub(crate) fn from_members(
        all: Map<String, Value>,
        reading: &Reading,
    ) -> Result<Self, ClaimsFault> {
        Ok(Self {
            issuer: string(&all, "iss")?.ok_or(ClaimsFault::Missing("iss"))?,
            subject: string(&all, "sub")?,
            audience: reading.audience(&all)?,
            expires_at: expiry(&all)?.ok_or(ClaimsFault::Missing("exp"))?,
            not_before: time(&all, "nbf", Rounding::Later)?,
            issued_at: time(&all, "iat", Rounding::Earlier)?,
            client_id: reading.client(&all)?,
            scopes: reading.scopes(&all)?,
            all,
        })
    }

    /// Sets the subject (`sub`).
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Adds an audience (`aud`).
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Sets the client (`client_id`).
    #[must_use]
    pub fn with_client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = Some(client_id.into());
        self
    }

    /// Adds the scopes of a scope string (RFC 6749 §3.3: separated by single spaces).
    #[must_use]
    pub fn with_scopes(mut self, scopes: &str) -> Self {
        self.scopes.extend(split(scopes));
        self
    }

    /// Sets the time before which the token is not valid (`nbf`).
    #[must_use]
    pub fn with_not_before(mut self, not_before: UnixTime) -> Self {
        self.not_before = Some(not_before);
        self
    }

    /// Who issued the token (`iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// On whose behalf the token speaks (`sub`).
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// For whom the token is meant (`aud`), as an array even where the token has a string.
    #[must_use]
    pub fn audience(&self) -> &[String] {
        &self.audience
    }

    /// When the token ends (`exp`).
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        self.expires_at
    }

    /// When the token begins (`nbf`).
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// When the token was issued (`iat`).
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// The client that the token was issued to (`client_id`, else `azp`).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// The scopes that were granted, as the token lists them.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str)
    }

    /// Any claim as the token has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.all.get(name)
    }

    /// Every claim as the token has it.
    pub(crate) fn all(&self) -> &Map<String, Value> {
        &self.all
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The other claims may hold what belongs in no log.
        f.debug_struct("Claims")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .field("audience", &self.audience)
            .field("expires_at", &self.expires_at)
            .field("client_id", &self.client_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// Why claims cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClaimsFault {
    /// The text is no JSON object, or names a member twice.
    NotAnObject,
    /// A claim that every token must have is not there.
    Missing(&'static str),
    /// A claim is there with the wrong type, or a time that is none.
    WrongType(Cow<'static, str>),
}

impl fmt::Display for ClaimsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => {
                f.write_str("the claims are not a JSON object with each name once")
            }
            Self::Missing(name) => write!(f, "the claim {name} is missing"),
            Self::WrongType(name) => write!(f, "the claim {name} has the wrong type"),
        }
    }
}

impl std::error::Error for ClaimsFault {}

fn string(all: &Map<String, Value>, name: &str) -> Result<Option<String>, ClaimsFault> {
    match all.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
        Some(_) => Err(wrong_type(name)),
    }
}

fn wrong_type(name: &str) -> ClaimsFault {
    ClaimsFault::WrongType(name.to_owned().into())
}

fn strings(many: &[Value], name: &str) -> Result<Vec<String>, ClaimsFault> {
    many.iter()
        .map(|one| one.as_str().map(str::to_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| wrong_type(name))
}

/// RFC 6749 §3.3 separates scopes by U+0020 alone. `split_whitespace` would also split
/// at a no-break space and its kin, and so find scopes that the issuer did not grant.
fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(' ')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

/// Which way a fraction of a second is dropped: to the token's disadvantage, but for the
/// time of issue, which is compared with a clock that drops its own.
#[derive(Clone, Copy)]
pub(crate) enum Rounding {
    Earlier,
    Later,
}

fn expiry(all: &Map<String, Value>) -> Result<Option<UnixTime>, ClaimsFault> {
    time(all, "exp", Rounding::Earlier)
}

/// A NumericDate (RFC 7519 §2): a JSON number of seconds, possibly with a fraction.
pub(crate) fn time(
    all: &Map<String, Value>,
    name: &str,
    rounding: Rounding,
) -> Result<Option<UnixTime>, ClaimsFault> {
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
