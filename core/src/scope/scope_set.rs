//! A set of the scopes of one server, as bits.

/// A set of scopes of one server, as bits of its [`ScopeTable`](super::ScopeTable).
///
/// Never mix sets of different tables. The gate has one table and builds every set from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ScopeSet(pub(super) u128);

impl ScopeSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Returns whether every scope of `needed` is in this set.
    pub const fn contains(self, needed: Self) -> bool {
        needed.0 & !self.0 == 0
    }

    /// Returns the scopes of either set.
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the scopes of this set that `other` lacks.
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the number of scopes.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the set bits, lowest first.
    pub(super) fn bits(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(bit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_what_is_in_it_and_nothing_else() {
        let (a, b) = (ScopeSet(0b01), ScopeSet(0b10));
        assert!(a.union(b).contains(a));
        assert!(!a.contains(a.union(b)));
        assert!(a.contains(ScopeSet::EMPTY));
        assert!(!ScopeSet::EMPTY.contains(a));
        assert_eq!(a.union(b).minus(a), b);
    }

    #[test]
    fn bits_come_lowest_first_and_once() {
        let set = ScopeSet(1 | 1 << 5 | 1 << 127);
        assert_eq!(set.bits().collect::<Vec<_>>(), [0, 5, 127]);
        assert_eq!(set.len(), 3);
    }
}
