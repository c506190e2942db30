//! [`RevocationList`]: one version of the list, as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toolgate_core::clock::UnixTime;

use crate::{Revocation, Revoked, StoreError, TokenNames};

/// The most revocations in a list.
const MOST: usize = 1024;

/// The most bytes of all names in a list, so that the record fits into the store.
const MOST_BYTES: usize = 128 * 1024;

/// One version of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RevocationList {
    /// Each change has a higher number.
    pub(crate) version: u64,
    /// Until when each is in effect, or `None` until it is lifted.
    entries: BTreeMap<Revoked, Option<u64>>,
}

/// The form of a list in the store.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u64,
    entries: Vec<(Revoked, Option<u64>)>,
}

impl RevocationList {
    /// Parses a stored list.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        let stored = serde_json::from_slice(bytes);
        let Stored { version, entries } = stored.map_err(|_| StoreError::not_genuine())?;
        Ok(Self {
            version,
            entries: entries.into_iter().collect(),
        })
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>, StoreError> {
        let entries = self.entries.iter();
        let stored = Stored {
            version: self.version,
            entries: entries.map(|(of, until)| (of.clone(), *until)).collect(),
        };
        serde_json::to_vec(&stored).map_err(StoreError::unavailable)
    }

    /// Adds a revocation. If the tokens are revoked already, the later end stays: only a lift gives
    /// something back. Returns whether there was room.
    pub(crate) fn add(&mut self, added: Revocation, now: UnixTime) -> bool {
        self.drop_ended(now);
        let until = added.until.map(UnixTime::seconds);
        let bytes: usize = self.entries.keys().map(Revoked::length).sum();
        let has_room = self.entries.len() < MOST && bytes + added.revoked.length() <= MOST_BYTES;
        let has_room = has_room || self.entries.contains_key(&added.revoked);
        if has_room {
            self.keep_longer(added.revoked, until);
        }
        has_room
    }

    /// Removes a revocation. Returns whether it was there.
    pub(crate) fn remove(&mut self, revoked: &Revoked, now: UnixTime) -> bool {
        self.drop_ended(now);
        self.entries.remove(revoked).is_some()
    }

    fn drop_ended(&mut self, now: UnixTime) {
        self.entries.retain(|_, until| is_in_effect(*until, now));
    }

    /// Adds the revocations of another version whose order is not known, because the store has lost
    /// its data or returns an old list. A revocation that only one version has may have been
    /// lifted, but it must not be lost.
    pub(crate) fn merge(&mut self, other: Self) {
        for (revoked, until) in other.entries {
            self.keep_longer(revoked, until);
        }
        self.version = self.version.max(other.version);
    }

    fn keep_longer(&mut self, revoked: Revoked, until: Option<u64>) {
        let entry = self.entries.entry(revoked);
        entry
            .and_modify(|own| *own = own.and_then(|own| Some(own.max(until?))))
            .or_insert(until);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn entries_of(&self, now: UnixTime) -> Vec<Revocation> {
        let current = self.entries.iter();
        let current = current.filter(|(_, until)| is_in_effect(**until, now));
        current
            .map(|(revoked, until)| Revocation {
                revoked: revoked.clone(),
                until: until.map(UnixTime::from_seconds),
            })
            .collect()
    }

    /// Returns whether a token is revoked.
    pub(crate) fn revokes(&self, token: TokenNames<'_>, now: UnixTime) -> bool {
        let found = token.revoked_by().find_map(|revoked| {
            let until = self.entries.get(&revoked)?;
            is_in_effect(*until, now).then_some(())
        });
        found.is_some()
    }
}

fn is_in_effect(until: Option<u64>, now: UnixTime) -> bool {
    until.is_none_or(|until| until > now.seconds())
}

#[cfg(test)]
mod tests;
