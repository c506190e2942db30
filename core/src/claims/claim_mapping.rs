//! Maps an issuer's claims to scopes, client and audience. Providers name these claims
//! differently, and the mapping is never guessed from a token.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{ClaimsError, PersonEvidence, roles::RolePath, split, string, strings, wrong_type};

/// Claim names in order of precedence. Only the first present claim counts, so that a later
/// claim cannot add to what an earlier one grants.
type Names = Vec<Cow<'static, str>>;

/// The claim names of one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimMapping {
    /// Claims with scopes.
    pub scopes: Names,
    /// Prefixes that this issuer puts before the server's scope names.
    pub scope_prefixes: Vec<String>,
    /// Claims with audiences.
    pub audience: Names,
    /// Claims with the client.
    pub client: Names,
    /// The places of the roles, all of which count.
    pub roles: Vec<RolePath>,
    /// What shows a person.
    pub person: PersonEvidence,
}

impl Default for ClaimMapping {
    fn default() -> Self {
        Self {
            scopes: vec!["scope".into(), "scp".into(), "scopes".into()],
            scope_prefixes: Vec::new(),
            audience: vec!["aud".into()],
            client: vec!["client_id".into(), "azp".into()],
            // RFC 9068 §2.2.3.1.
            roles: vec![vec!["roles".into()]],
            person: PersonEvidence::default(),
        }
    }
}

impl ClaimMapping {
    /// Reads one string or an array of strings (RFC 7519 §4.1.3).
    pub(super) fn audience(&self, all: &Map<String, Value>) -> Result<Vec<String>, ClaimsError> {
        match first(&self.audience, all) {
            None => Ok(Vec::new()),
            Some((_, Value::String(one))) => Ok(vec![one.clone()]),
            Some((name, Value::Array(many))) => strings(many, name),
            Some((name, _)) => Err(wrong_type(name)),
        }
    }

    pub(super) fn client(&self, all: &Map<String, Value>) -> Result<Option<String>, ClaimsError> {
        match first(&self.client, all) {
            None => Ok(None),
            Some((name, _)) => string(all, name),
        }
    }

    /// Reads a scope string (RFC 8693 §4.2) or an array. A missing claim is empty.
    pub(super) fn scopes(&self, all: &Map<String, Value>) -> Result<Vec<String>, ClaimsError> {
        let scopes = match first(&self.scopes, all) {
            None => return Ok(Vec::new()),
            Some((_, Value::String(text))) => split(text).collect(),
            Some((name, Value::Array(many))) => strings(many, name)?,
            Some((name, _)) => return Err(wrong_type(name)),
        };
        Ok(match self.scope_prefixes.is_empty() {
            true => scopes,
            false => scopes.into_iter().map(|scope| self.bare(scope)).collect(),
        })
    }

    /// Removes the prefix of a scope. A scope equal to its prefix stays unchanged, because
    /// an empty string is not a scope.
    fn bare(&self, scope: String) -> String {
        let prefixes = self.scope_prefixes.iter();
        let mut bare = prefixes.filter_map(|prefix| scope.strip_prefix(prefix.as_str()));
        match bare.find(|bare| !bare.is_empty()) {
            Some(bare) => bare.to_owned(),
            None => scope,
        }
    }
}

fn first<'a>(names: &'a Names, all: &'a Map<String, Value>) -> Option<(&'a str, &'a Value)> {
    names
        .iter()
        .find_map(|name| Some((&**name, all.get(&**name)?)))
}
