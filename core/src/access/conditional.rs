//! Access with conditions, and whether a token satisfies them.

use super::{Conditions, ResolvedAccess};
use crate::{claims::Claims, clock::UnixTime};

/// How far `auth_time` may be in the future, in seconds: the clocks of two machines differ.
const LEEWAY: u64 = 30;

/// Access with conditions in addition to its scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditional {
    pub(super) scopes: ResolvedAccess,
    pub(super) conditions: Conditions,
}

impl Conditions {
    /// Returns the set of which the caller lacks the fewest roles, unless it has all of one set.
    #[doc(hidden)]
    pub fn missing_roles(&self, claims: &Claims) -> Option<&'static [&'static str]> {
        let lacks = |set: &[&str]| set.iter().filter(|role| !claims.has_role(role)).count();
        let is_held = |set: &&[&str]| !set.is_empty() && lacks(set) == 0;
        match self.roles().iter().any(is_held) {
            true => None,
            false => self.roles().iter().copied().min_by_key(|set| lacks(set)),
        }
    }

    /// Returns whether the login of the caller is strong enough and, unless `now` is `None`,
    /// recent enough (RFC 9470 §5). A missing claim is never enough.
    #[doc(hidden)]
    pub fn accepts_login(&self, claims: &Claims, now: Option<UnixTime>) -> bool {
        let is_strong =
            self.acr().is_empty() || claims.acr().is_some_and(|acr| self.acr().contains(&acr));
        let is_recent = match (self.max_age(), now) {
            (None, _) | (_, None) => true,
            (Some(max_age), Some(now)) => claims.auth_time().is_some_and(|login| {
                login <= now.plus(LEEWAY) && now.since(login) <= max_age.as_secs()
            }),
        };
        is_strong && is_recent
    }
}

#[cfg(test)]
mod tests;
