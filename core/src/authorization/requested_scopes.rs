//! The scopes that a challenge names. Nothing here takes part in a decision.

use super::rules::{Rule, Rules};
use crate::{operation::Operation, scope::ScopeSet};

impl Rules {
    /// Returns the scopes to name in a challenge for a missing or invalid token: those that
    /// the operation requires, otherwise the baseline.
    pub fn scopes_to_request(&self, operation: Option<Operation<'_>>) -> ScopeSet {
        let challenge_scopes = match operation.map(|operation| self.access_of(operation)) {
            Some(Rule::Target(_, access)) => access.scopes_to_request(ScopeSet::EMPTY),
            Some(Rule::Every(accesses)) => accesses.iter().fold(ScopeSet::EMPTY, |set, access| {
                set.union(access.scopes_to_request(set))
            }),
            Some(Rule::Untargeted(_) | Rule::Missing) | None => ScopeSet::EMPTY,
        };
        match challenge_scopes.is_empty() {
            true => self.baseline,
            false => challenge_scopes,
        }
    }

    /// Returns the scopes that an operation requires of a caller with `granted`.
    pub fn needed(&self, operation: Operation<'_>, granted: ScopeSet) -> ScopeSet {
        match self.access_of(operation) {
            Rule::Target(_, access) => access.scopes_to_request(granted),
            _ => ScopeSet::EMPTY,
        }
    }
}
