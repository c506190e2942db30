//! The access that an operation requires of its caller.

use crate::scope::{Scope, ScopeSet, ScopeTable};

mod conditional;
mod conditions;
mod requested_scopes;

pub use conditions::Conditions;

pub use conditional::Conditional;

/// The access that a tool, prompt or resource requires, as its author declared it.
///
/// Scopes are alternative sets: a token needs every scope of one set. `scopes = ["a", "b"]`
/// is one set of two scopes, `any_scope = ["a", "b"]` is two sets of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// No token is needed.
    Public,
    /// Any token that this server accepts.
    Authenticated,
    /// A token with every scope of one of these sets.
    Scopes(&'static [&'static [Scope]]),
}

impl Requirement {
    /// Returns every scope of every alternative.
    pub fn scopes(self) -> impl Iterator<Item = Scope> {
        let sets: &[&[Scope]] = match self {
            Self::Scopes(sets) => sets,
            Self::Public | Self::Authenticated => &[],
        };
        sets.iter().copied().flatten().copied()
    }

    /// Resolves the scopes to bits of `table`.
    ///
    /// Drops an alternative with a scope that the table does not know, because no token can
    /// hold that scope. A requirement without any alternative left admits no caller.
    #[doc(hidden)]
    pub fn resolve(self, table: &ScopeTable) -> ResolvedAccess {
        let sets = match self {
            Self::Public => return ResolvedAccess::Public,
            Self::Authenticated => return ResolvedAccess::Authenticated,
            Self::Scopes(sets) => sets,
        };
        let set_of = |scopes: &&[Scope]| {
            scopes.iter().try_fold(ScopeSet::EMPTY, |set, scope| {
                Some(set.union(table.one(scope.as_str())?))
            })
        };
        ResolvedAccess::Scopes(
            sets.iter()
                .filter(|scopes| !scopes.is_empty())
                .filter_map(set_of)
                .collect(),
        )
    }

    /// Resolves the scopes, and adds the conditions that hold in addition to them. An item with
    /// conditions is never public, because only a token can satisfy them.
    #[doc(hidden)]
    pub fn resolve_with(self, conditions: Conditions, table: &ScopeTable) -> ResolvedAccess {
        let scopes = match self.resolve(table) {
            plain if conditions == Conditions::NONE || plain.is_denied() => return plain,
            ResolvedAccess::Public => ResolvedAccess::Authenticated,
            scopes => scopes,
        };
        ResolvedAccess::Conditional(Box::new(Conditional { scopes, conditions }))
    }
}

/// A [`Requirement`] with its scopes resolved to bits of the server's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResolvedAccess {
    /// No token is needed.
    Public,
    /// Any accepted token.
    Authenticated,
    /// A token with every scope of one of these sets. Without any set, no caller is
    /// admitted.
    Scopes(Box<[ScopeSet]>),
    /// One of the others, with conditions that scopes do not satisfy.
    Conditional(Box<Conditional>),
}

impl ResolvedAccess {
    /// Returns whether a token with these scopes is enough. Where conditions hold, it never
    /// is: they are checked separately.
    pub(crate) fn allows(&self, granted: ScopeSet) -> bool {
        match self {
            Self::Public | Self::Authenticated => true,
            Self::Scopes(sets) => sets.iter().any(|&needed| granted.contains(needed)),
            Self::Conditional(_) => false,
        }
    }

    /// Returns the access without its conditions.
    pub(crate) fn scopes(&self) -> &Self {
        match self {
            Self::Conditional(conditional) => &conditional.scopes,
            plain => plain,
        }
    }

    /// Returns the further conditions.
    pub(crate) fn conditions(&self) -> Option<&Conditions> {
        match self {
            Self::Conditional(conditional) => Some(&conditional.conditions),
            Self::Public | Self::Authenticated | Self::Scopes(_) => None,
        }
    }

    /// Returns whether no caller is admitted.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::Scopes(sets) if sets.is_empty())
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
        assert!(!access.allows(set(&["a"])));
        assert!(!access.allows(set(&["b", "c"])));
        assert!(access.allows(set(&["a", "b"])));
    }

    #[test]
    fn one_of_several_sets_is_enough() {
        let access = Requirement::Scopes(&[&[A, B], &[C]]).resolve(&table());
        assert!(!access.allows(set(&["a"])));
        assert!(access.allows(set(&["c"])));
        assert_eq!(access.scopes_to_request(ScopeSet::EMPTY), set(&["c"]));
        assert_eq!(access.scopes_to_request(set(&["a"])), set(&["a", "b"]));
    }

    #[test]
    fn an_empty_requirement_admits_nobody() {
        for requirement in [Requirement::Scopes(&[]), Requirement::Scopes(&[&[]])] {
            let access = requirement.resolve(&table());
            assert!(!access.allows(table().required()), "{requirement:?}");
        }
    }

    #[test]
    fn an_alternative_with_an_unknown_scope_admits_nobody() {
        let small = ScopeTable::new([A]).unwrap();
        let access = Requirement::Scopes(&[&[A, B]]).resolve(&small);
        assert!(!access.allows(small.required()));
    }
}
