//! Delegation: the chain of a token's actors, and whether a person stands behind the token.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Actor, ClaimsError, string, wrong_type};

/// The maximum number of actors. A longer chain is refused: a log with a part of it would name the
/// wrong parties, and an `act` that is nested without end costs memory (CWE-674).
const MOST: usize = 8;

/// The name of a claim, and a pattern of its value: `*` at the start or at the end matches any
/// text, and `*` alone matches any value.
type ClaimPattern = (Cow<'static, str>, Cow<'static, str>);

/// How the tokens of one issuer show that a person stands behind them. A token without
/// this evidence is not the token of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonEvidence {
    /// The claims that the issuer writes only for persons. One of them is enough.
    pub person: Vec<ClaimPattern>,
    /// The claims that the issuer writes for programs.
    pub machine: Vec<ClaimPattern>,
}

impl PersonEvidence {
    /// Returns whether a claim shows a person and no claim shows a program.
    pub(super) fn is_in(&self, all: &Map<String, Value>) -> bool {
        let shows_person = |(name, pattern): &ClaimPattern| match all.get(&**name) {
            Some(Value::String(text)) => is_like(pattern, text),
            Some(value) => pattern == "*" && !matches!(value, Value::Null | Value::Bool(false)),
            None => false,
        };
        // Each word counts, and a value of another type counts, too: in doubt it is a program.
        let shows_machine = |(name, pattern): &ClaimPattern| match all.get(&**name) {
            Some(Value::String(text)) => text.split(' ').any(|word| is_like(pattern, word)),
            Some(_) => true,
            None => false,
        };
        self.person.iter().any(shows_person) && !self.machine.iter().any(shows_machine)
    }
}

fn is_like(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        _ if pattern == "*" => !text.is_empty(),
        (Some(part), Some(_)) => text.contains(part.trim_end_matches('*')),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}

/// Reads the chain of actors, the current one first (RFC 8693 §4.1). The position
/// of `act` in its object does not change the order of the chain.
pub(super) fn actors(all: &Map<String, Value>) -> Result<Vec<Actor>, ClaimsError> {
    let (mut chain, mut claims) = (Vec::new(), all);
    while let Some(act) = claims.get("act") {
        if chain.len() == MOST {
            return Err(ClaimsError::TooManyActors);
        }
        claims = act.as_object().ok_or_else(|| wrong_type("act"))?;
        let text = |name| string(claims, name).map_err(|_| wrong_type("act"));
        let subject = text("sub")?.or(text("client_id")?);
        chain.push(Actor {
            subject: subject.ok_or_else(|| wrong_type("act"))?,
            issuer: text("iss")?,
        });
    }
    Ok(chain)
}

#[cfg(test)]
mod tests;
