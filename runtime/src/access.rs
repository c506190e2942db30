//! What an operation asks of its caller.

use crate::scope::{Scope, ScopeSet, ScopeTable};

/// What a tool asks of its caller, as its author wrote it.
///
/// Scopes are alternatives of sets: one of the sets is enough, and every scope of
/// that set is needed. `scopes = ["a", "b"]` is one set of two, `any_scope = ["a", "b"]`
/// is two sets of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Anybody may, without a token.
    Public,
    /// Anybody with a token that this server accepts.
    Authenticated,
    /// A token with all the scopes of one of these sets.
    Scopes(&'static [&'static [Scope]]),
}

impl Requirement {
    /// Every scope that the requirement names, in any of its alternatives.
    pub fn scopes(self) -> impl Iterator<Item = Scope> {
        let sets: &[&[Scope]] = match self {
            Self::Scopes(sets) => sets,
            Self::Public | Self::Authenticated => &[],
        };
        sets.iter().copied().flatten().copied()
    }

    /// The same as bits over a table that knows every scope of it.
    ///
    /// An alternative with a scope that the table does not know is left out: nobody
    /// could hold that scope. A requirement of which nothing is left admits nobody.
    pub(crate) fn resolve(self, table: &ScopeTable) -> Access {
        let sets = match self {
            Self::Public => return Access::Public,
            Self::Authenticated => return Access::Authenticated,
            Self::Scopes(sets) => sets,
        };
        let set_of = |scopes: &&[Scope]| {
            scopes.iter().try_fold(ScopeSet::EMPTY, |set, scope| {
                Some(set.union(table.one(scope.as_str())?))
            })
        };
        Access::Scopes(
            sets.iter()
                .filter(|scopes| !scopes.is_empty())
                .filter_map(set_of)
                .collect(),
        )
    }
}

/// A [`Requirement`] as bits over the server's scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody may.
    Public,
    /// Anybody with an accepted token.
    Authenticated,
    /// A token with all the scopes of one of these sets. No set, no admission.
    Scopes(Box<[ScopeSet]>),
}

impl Access {
    /// Whether a token with these scopes is enough.
    pub(crate) fn admits(&self, granted: ScopeSet) -> bool {
        match self {
            Self::Public | Self::Authenticated => true,
            Self::Scopes(sets) => sets.iter().any(|&needed| granted.contains(needed)),
        }
    }

    /// The scopes to ask for: of the alternatives the one that lacks the fewest of what
    /// is granted already, the first such in the author's order.
    pub(crate) fn wanted(&self, granted: ScopeSet) -> ScopeSet {
        match self {
            Self::Public | Self::Authenticated => ScopeSet::EMPTY,
            Self::Scopes(sets) => sets
                .iter()
                .copied()
                .min_by_key(|needed| needed.minus(granted).len())
                .unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Scope = Scope::new("a");
    const B: Scope = Scope::new("b");
    const C: Scope = Scope::new("c");

    fn table() -> ScopeTable {
        ScopeTable::new([A, B, C]).unwrap()
    }

    fn set(names: &[&str]) -> ScopeSet {
        table().held(names.iter().copied())
    }

    #[test]
    fn all_scopes_of_one_set_are_needed() {
        let access = Requirement::Scopes(&[&[A, B]]).resolve(&table());
        assert!(!access.admits(set(&["a"])));
        assert!(!access.admits(set(&["b", "c"])));
        assert!(access.admits(set(&["a", "b"])));
    }

    #[test]
    fn one_of_several_sets_is_enough() {
        let access = Requirement::Scopes(&[&[A, B], &[C]]).resolve(&table());
        assert!(!access.admits(set(&["a"])));
        assert!(access.admits(set(&["c"])));
        assert_eq!(access.wanted(ScopeSet::EMPTY), set(&["c"]));
        assert_eq!(access.wanted(set(&["a"])), set(&["a", "b"]));
    }

    #[test]
    fn an_empty_requirement_admits_nobody() {
        for requirement in [Requirement::Scopes(&[]), Requirement::Scopes(&[&[]])] {
            let access = requirement.resolve(&table());
            assert!(!access.admits(table().asked_for()), "{requirement:?}");
        }
    }

    #[test]
    fn an_alternative_with_an_unknown_scope_admits_nobody() {
        let small = ScopeTable::new([A]).unwrap();
        let access = Requirement::Scopes(&[&[A, B]]).resolve(&small);
        assert!(!access.admits(small.asked_for()));
    }
}
