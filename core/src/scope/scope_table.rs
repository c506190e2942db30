//! The sorted scopes of one server: name to bit and back, and which scope implies which.

use super::{Scope, ScopeSet, TooManyScopesError};

/// Every scope that a server knows, sorted, one bit each.
///
/// A server knows the scopes that its operations require, and the scopes that imply one of
/// them.
#[derive(Debug, Clone, Default)]
pub struct ScopeTable {
    names: Box<[&'static str]>,
    required: ScopeSet,
    /// For each bit, the scopes that it grants: itself and all that it implies.
    grants: Box<[ScopeSet]>,
    patterns: bool,
}

impl ScopeTable {
    /// The largest number of scopes of a server: one bit of a 128-bit integer each.
    pub(crate) const CAPACITY: usize = 128;

    /// Builds a table of the scopes that operations require, with a hierarchy: the first scope
    /// of each pair implies the others.
    /// Implied scopes may imply further scopes, and cycles are allowed.
    ///
    /// # Errors
    ///
    /// [`TooManyScopesError`] if there are more than 128 different scopes.
    pub fn with_hierarchy(
        scopes: impl IntoIterator<Item = Scope>,
        implications: &[(Scope, Vec<Scope>)],
    ) -> Result<Self, TooManyScopesError> {
        let required: Vec<_> = scopes.into_iter().map(Scope::as_str).collect();
        let mut names = required.clone();
        for (holder, implied) in implications {
            names.push(holder.as_str());
            names.extend(implied.iter().map(|scope| scope.as_str()));
        }
        names.sort_unstable();
        names.dedup();
        if names.len() > Self::CAPACITY {
            let (found, most) = (names.len(), Self::CAPACITY);
            return Err(TooManyScopesError { found, most });
        }
        let mut table = Self {
            grants: (0..names.len()).map(|bit| ScopeSet(1 << bit)).collect(),
            names: names.into(),
            ..Self::default()
        };
        table.required = table.held(required);
        table.close(implications);
        Ok(table)
    }

    /// Lets a token's scope that ends in `*` grant every scope of the server with that
    /// prefix: `todo:*` grants `todo:read`.
    pub fn with_patterns(mut self) -> Self {
        self.patterns = true;
        self
    }

    /// Returns the set of this one scope, or `None` if the server does not know it.
    pub fn one(&self, name: &str) -> Option<ScopeSet> {
        let bit = self.names.binary_search(&name).ok()?;
        Some(ScopeSet(1 << bit))
    }

    /// Returns the scopes among `names` that the server knows. Other names are ignored.
    #[expect(
        single_use_lifetimes,
        reason = "impl Trait does not allow an elided lifetime here"
    )]
    pub fn held<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> ScopeSet {
        names
            .into_iter()
            .filter_map(|name| self.one(name))
            .fold(ScopeSet::EMPTY, ScopeSet::union)
    }

    /// Returns the scopes that a token with these names grants: those it holds, those they
    /// imply and, with [`with_patterns`](Self::with_patterns), those its patterns match.
    #[expect(
        single_use_lifetimes,
        reason = "impl Trait does not allow an elided lifetime here"
    )]
    pub fn granted<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> ScopeSet {
        names
            .into_iter()
            .map(|name| self.held([name]).union(self.covered(name)))
            .fold(ScopeSet::EMPTY, ScopeSet::union)
            .bits()
            .filter_map(|bit| self.grants.get(bit))
            .fold(ScopeSet::EMPTY, |all, &more| all.union(more))
    }

    /// Returns the scopes that operations require.
    pub fn required(&self) -> ScopeSet {
        self.required
    }

    /// Returns the names of a set, sorted.
    pub fn names(&self, set: ScopeSet) -> impl Iterator<Item = &'static str> + '_ {
        set.bits().filter_map(|bit| self.names.get(bit).copied())
    }

    /// Returns the scopes that a pattern matches. Empty if patterns are off or the name is
    /// not a pattern.
    fn covered(&self, name: &str) -> ScopeSet {
        let Some(stem) = name.strip_suffix('*').filter(|_| self.patterns) else {
            return ScopeSet::EMPTY;
        };
        // `*` alone would grant every scope, which no issuer can intend.
        if stem.is_empty() {
            return ScopeSet::EMPTY;
        }
        self.held(
            self.names
                .iter()
                .copied()
                .filter(|name| name.starts_with(stem)),
        )
    }

    /// Adds implied scopes until nothing changes.
    fn close(&mut self, implications: &[(Scope, Vec<Scope>)]) {
        let edges: Vec<(ScopeSet, ScopeSet)> = implications
            .iter()
            .map(|(holder, implied)| {
                let implied = implied.iter().map(|scope| scope.as_str());
                (self.held([holder.as_str()]), self.held(implied))
            })
            .collect();
        for grant in &mut self.grants {
            loop {
                let before = *grant;
                for &(holder, implied) in &edges {
                    if grant.contains(holder) {
                        *grant = grant.union(implied);
                    }
                }
                if *grant == before {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
impl ScopeTable {
    /// Builds a table without a hierarchy.
    pub(crate) fn new(scopes: impl IntoIterator<Item = Scope>) -> Result<Self, TooManyScopesError> {
        Self::with_hierarchy(scopes, &[])
    }
}

#[cfg(test)]
mod tests;
