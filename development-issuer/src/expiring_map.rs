//! A bounded map whose entries expire; if it is full, the oldest entry is evicted.

use std::{borrow::Borrow, collections::HashMap, hash::Hash};

/// At most `limit` entries, each until its time. Expired entries are never returned. Times are
/// seconds since the start of 1970.
pub(crate) struct ExpiringMap<K, V> {
    limit: usize,
    next: u64,
    entries: HashMap<K, Entry<V>>,
}

struct Entry<V> {
    number: u64,
    ends: u64,
    value: V,
}

impl<K: Eq + Hash + Clone, V> ExpiringMap<K, V> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            next: 0,
            entries: HashMap::new(),
        }
    }

    /// Stores a value until a time, and replaces the value of the same key.
    pub(crate) fn insert(&mut self, key: K, value: V, ends: u64, now: u64) {
        if self.entries.len() >= self.limit && !self.entries.contains_key(&key) {
            self.evict(now);
        }
        self.next += 1;
        let number = self.next;
        self.entries.insert(
            key,
            Entry {
                number,
                ends,
                value,
            },
        );
    }

    /// Stores a value for a key that has none, and evicts only expired entries. Returns whether it
    /// is stored.
    pub(crate) fn insert_new(&mut self, key: K, value: V, ends: u64, now: u64) -> bool {
        if self.entries.len() >= self.limit {
            self.entries.retain(|_, entry| now < entry.ends);
        }
        let is_new = self.get(&key, now).is_none() && self.entries.len() < self.limit;
        if is_new {
            self.insert(key, value, ends, now);
        }
        is_new
    }

    pub(crate) fn get<Q>(&self, key: &Q, now: u64) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let entry = self.entries.get(key)?;
        (now < entry.ends).then_some(&entry.value)
    }

    pub(crate) fn get_mut<Q>(&mut self, key: &Q, now: u64) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let entry = self.entries.get_mut(key)?;
        (now < entry.ends).then_some(&mut entry.value)
    }

    pub(crate) fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries.remove(key);
    }

    /// Returns the entries that have not expired, newest first.
    pub(crate) fn newest(&self, now: u64) -> impl Iterator<Item = (&K, &V)> {
        let mut live: Vec<_> = self
            .entries
            .iter()
            .filter(|(_, entry)| now < entry.ends)
            .collect();
        live.sort_unstable_by_key(|(_, entry)| std::cmp::Reverse(entry.number));
        live.into_iter().map(|(key, entry)| (key, &entry.value))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    fn evict(&mut self, now: u64) {
        self.entries.retain(|_, entry| now < entry.ends);
        if self.entries.len() < self.limit {
            return;
        }
        let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.number);
        if let Some(key) = oldest.map(|(key, _)| key.clone()) {
            self.entries.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_expires_at_its_time() {
        let mut store = ExpiringMap::new(2);
        store.insert("a", 1, 10, 0);
        assert_eq!(store.get("a", 9), Some(&1));
        assert_eq!(store.get("a", 10), None);
        assert_eq!(store.get_mut("a", 10), None);
        assert_eq!(store.newest(10).count(), 0);
    }

    #[test]
    fn a_full_map_evicts_the_oldest_entry() {
        let mut store = ExpiringMap::new(3);
        for number in 0..10_000 {
            store.insert(number, number, 10, 0);
        }
        assert_eq!(store.len(), 3);
        let kept: Vec<_> = store.newest(0).map(|(key, _)| *key).collect();
        assert_eq!(kept, [9_999, 9_998, 9_997]);
    }

    #[test]
    fn a_new_entry_replaces_no_other_and_evicts_none_that_is_alive() {
        let mut store = ExpiringMap::new(2);
        assert!(store.insert_new("a", 1, 10, 0));
        assert!(!store.insert_new("a", 2, 10, 0));
        assert!(store.insert_new("b", 1, 20, 0));
        assert!(!store.insert_new("c", 1, 20, 9));
        assert_eq!(store.get("a", 9), Some(&1));
        assert!(store.insert_new("c", 1, 20, 10));
        assert!(!store.insert_new("a", 1, 20, 10));
    }

    #[test]
    fn expired_entries_are_evicted_first() {
        let mut store = ExpiringMap::new(2);
        store.insert("old but alive", 1, 100, 0);
        store.insert("ended", 2, 5, 0);
        store.insert("new", 3, 100, 50);
        assert_eq!(store.get("old but alive", 50), Some(&1));
    }
}
