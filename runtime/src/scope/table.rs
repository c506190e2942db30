//! The scopes that one server knows, sorted: name to bit and back.

use std::fmt;

use super::{Scope, ScopeSet};

/// Every scope that a server's operations name, sorted, one bit each.
///
/// ```
/// use toolgate::{Scope, ScopeTable};
///
/// let table = ScopeTable::new([Scope::new("b"), Scope::new("a"), Scope::new("b")])?;
/// assert_eq!(table.names(table.all()).collect::<Vec<_>>(), ["a", "b"]);
/// # Ok::<(), toolgate::TooManyScopes>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ScopeTable {
    names: Box<[&'static str]>,
}

impl ScopeTable {
    /// How many scopes a server can have: one bit of a 128-bit integer each.
    pub const CAPACITY: usize = 128;

    /// Sorts the scopes and gives each its bit.
    ///
    /// # Errors
    ///
    /// [`TooManyScopes`] when there are more than [`ScopeTable::CAPACITY`] different ones.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Result<Self, TooManyScopes> {
        let mut names: Vec<_> = scopes.into_iter().map(Scope::as_str).collect();
        names.sort_unstable();
        names.dedup();
        if names.len() > Self::CAPACITY {
            return Err(TooManyScopes { found: names.len() });
        }
        Ok(Self {
            names: names.into(),
        })
    }

    /// The set of this one scope, if the server knows it.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<ScopeSet> {
        let bit = self.names.binary_search(&name).ok()?;
        Some(ScopeSet(1 << bit))
    }

    /// The scopes among `names` that the server knows. The others count for nothing.
    #[must_use]
    #[expect(
        single_use_lifetimes,
        reason = "an elided lifetime cannot stand inside impl Trait"
    )]
    pub fn known<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> ScopeSet {
        names
            .into_iter()
            .filter_map(|name| self.one(name))
            .fold(ScopeSet::EMPTY, ScopeSet::union)
    }

    /// Every scope of the server.
    #[must_use]
    pub fn all(&self) -> ScopeSet {
        ScopeSet(match self.names.len() {
            Self::CAPACITY => u128::MAX,
            count => (1 << count) - 1,
        })
    }

    /// The names in a set, sorted.
    pub fn names(&self, set: ScopeSet) -> impl Iterator<Item = &'static str> + '_ {
        set.bits().filter_map(|bit| self.names.get(bit).copied())
    }
}

/// More different scopes than a [`ScopeTable`] holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyScopes {
    found: usize,
}

impl fmt::Display for TooManyScopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server's operations name {} different scopes, and at most {} are possible",
            self.found,
            ScopeTable::CAPACITY
        )
    }
}

impl std::error::Error for TooManyScopes {}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Vec<Scope> {
        (0..count)
            .map(|number| Scope::new(format!("scope:{number:03}").leak()))
            .collect()
    }

    #[test]
    fn an_unknown_scope_counts_for_nothing() {
        let table = ScopeTable::new([Scope::new("a")]).unwrap();
        assert_eq!(table.known(["b", "A", "a "]), ScopeSet::EMPTY);
        assert_eq!(table.known(["b", "a"]), table.all());
    }

    #[test]
    fn the_last_of_128_scopes_has_its_own_bit() {
        let table = ScopeTable::new(numbered(128)).unwrap();
        let last = table.one("scope:127").unwrap();
        assert_eq!(table.names(last).collect::<Vec<_>>(), ["scope:127"]);
        assert_eq!(table.all().len(), 128);
        assert!(!table.all().minus(last).contains(last));
    }

    #[test]
    fn one_scope_too_many_is_an_error_that_counts_them() {
        let fault = ScopeTable::new(numbered(129)).unwrap_err();
        assert!(fault.to_string().contains("129"), "{fault}");
    }
}
