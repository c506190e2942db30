//! The scopes to request for an access. Nothing here takes part in a decision.

use super::ResolvedAccess;
use crate::scope::ScopeSet;

impl ResolvedAccess {
    /// Returns the scopes to request: the alternative that lacks the fewest scopes beyond
    /// `granted`. On a tie, the first in the author's order.
    pub fn scopes_to_request(&self, granted: ScopeSet) -> ScopeSet {
        match self {
            Self::Public | Self::Authenticated => ScopeSet::EMPTY,
            Self::Scopes(sets) => sets
                .iter()
                .copied()
                .min_by_key(|needed| needed.minus(granted).len())
                .unwrap_or_default(),
            Self::Conditional(conditional) => conditional.scopes.scopes_to_request(granted),
        }
    }
}
