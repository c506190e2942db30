//! [`RevocationList`]: one version of the list, as it is stored.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde::{Deserialize, Serialize};
use toolgate_core::clock::UnixTime;

use crate::{ItemName, Revocation, Revoked, StoreError, TokenNames};

/// The most revocations of the program.
const MOST: usize = 1024;

/// The most bytes of their names. With those of the operator, the record fits into the store.
const MOST_BYTES: usize = 128 * 1024;

/// The most revocations and items of the operator. They are counted apart, so that the operator can
/// still add entries when the list of the program is full.
const MOST_OF_OPERATOR: usize = 256;

/// The most bytes of their names.
const MOST_BYTES_OF_OPERATOR: usize = 32 * 1024;

/// Until when each revocation is in effect, or `None` until it is lifted.
type Ends = BTreeMap<Revoked, Option<u64>>;

/// One version of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RevocationList {
    /// Each change has a higher number.
    pub(crate) version: u64,
    /// The revocations of the program.
    program: Ends,
    /// The revocations of the operator.
    operator: Ends,
    /// The items that the operator has switched off.
    switched_off: BTreeSet<ItemName>,
}

/// The form of a list in the store.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u64,
    program: Vec<(Revoked, Option<u64>)>,
    operator: Vec<(Revoked, Option<u64>)>,
    switched_off: BTreeSet<ItemName>,
}

impl RevocationList {
    /// Parses a stored list.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        let stored = serde_json::from_slice(bytes);
        let stored: Stored = stored.map_err(|_| StoreError::not_genuine())?;
        Ok(Self {
            version: stored.version,
            program: stored.program.into_iter().collect(),
            operator: stored.operator.into_iter().collect(),
            switched_off: stored.switched_off,
        })
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>, StoreError> {
        let entries = |ends: &Ends| {
            ends.iter()
                .map(|(of, until)| (of.clone(), *until))
                .collect()
        };
        let stored = Stored {
            version: self.version,
            program: entries(&self.program),
            operator: entries(&self.operator),
            switched_off: self.switched_off.clone(),
        };
        serde_json::to_vec(&stored).map_err(StoreError::unavailable)
    }

    /// Adds a revocation. If the same party has revoked the tokens already, the later end applies:
    /// only a lift can shorten a revocation. Returns whether that has changed anything, or `None`
    /// at capacity.
    pub(crate) fn add(&mut self, added: Revocation, now: UnixTime) -> Option<bool> {
        self.drop_ended(now);
        let until = added.until.map(UnixTime::seconds);
        let length = added.revoked.length();
        let has_room = match added.by_operator {
            true => self.has_room_for_operator(length),
            false => self.program.len() < MOST && bytes(&self.program) + length <= MOST_BYTES,
        };
        let ends = self.ends_mut(added.by_operator);
        let has_room = has_room || ends.contains_key(&added.revoked);
        has_room.then(|| keep_longer(ends, added.revoked, until))
    }

    /// Removes a revocation of the operator or of the program. Returns whether it was there.
    pub(crate) fn remove(&mut self, revoked: &Revoked, by_operator: bool, now: UnixTime) -> bool {
        self.drop_ended(now);
        self.ends_mut(by_operator).remove(revoked).is_some()
    }

    /// Switches an item off for the operator. Returns whether it was on, or `None` if the list is
    /// full.
    pub(crate) fn switch_off(&mut self, item: &ItemName, now: UnixTime) -> Option<bool> {
        self.drop_ended(now);
        let is_off = self.switched_off.contains(item);
        let has_room = is_off || self.has_room_for_operator(item.name.len());
        has_room.then(|| self.switched_off.insert(item.clone()))
    }

    /// Switches an item on again. Returns whether the operator had switched it off.
    pub(crate) fn switch_on(&mut self, item: &ItemName) -> bool {
        self.switched_off.remove(item)
    }

    /// Returns the items that the operator has switched off.
    pub(crate) fn switched_off(&self) -> &BTreeSet<ItemName> {
        &self.switched_off
    }

    fn has_room_for_operator(&self, length: usize) -> bool {
        let items: usize = self.switched_off.iter().map(|item| item.name.len()).sum();
        self.operator.len() + self.switched_off.len() < MOST_OF_OPERATOR
            && bytes(&self.operator) + items + length <= MOST_BYTES_OF_OPERATOR
    }

    fn ends_mut(&mut self, by_operator: bool) -> &mut Ends {
        match by_operator {
            true => &mut self.operator,
            false => &mut self.program,
        }
    }

    fn drop_ended(&mut self, now: UnixTime) {
        for ends in [&mut self.program, &mut self.operator] {
            ends.retain(|_, until| is_in_effect(*until, now));
        }
    }

    /// Adds the revocations of another version whose order is not known, because the store has lost
    /// its data or returns an old list. A revocation that only one version has may have been
    /// lifted, but it must not be lost.
    pub(crate) fn merge(&mut self, other: Self) {
        for (ends, others) in [
            (&mut self.program, other.program),
            (&mut self.operator, other.operator),
        ] {
            for (revoked, until) in others {
                keep_longer(ends, revoked, until);
            }
        }
        self.switched_off.extend(other.switched_off);
        self.version = self.version.max(other.version);
    }

    /// Returns whether no token is revoked.
    pub(crate) fn is_empty(&self) -> bool {
        self.program.is_empty() && self.operator.is_empty()
    }

    pub(crate) fn entries_of(&self, now: UnixTime) -> Vec<Revocation> {
        let all = [(&self.program, false), (&self.operator, true)];
        let all = all.into_iter().flat_map(|(ends, by_operator)| {
            let current = ends.iter().filter(|(_, until)| is_in_effect(**until, now));
            current.map(move |(revoked, until)| Revocation {
                revoked: revoked.clone(),
                until: until.map(UnixTime::from_seconds),
                by_operator,
            })
        });
        all.collect()
    }

    /// Returns whether a token is revoked.
    pub(crate) fn revokes(&self, token: TokenNames<'_>, now: UnixTime) -> bool {
        token.revoked_by().any(|revoked| {
            [&self.program, &self.operator].into_iter().any(|ends| {
                let until = ends.get(&revoked);
                until.is_some_and(|until| is_in_effect(*until, now))
            })
        })
    }
}

/// Returns the bytes of all names.
fn bytes(ends: &Ends) -> usize {
    ends.keys().map(Revoked::length).sum()
}

/// Adds a revocation, or extends one. Returns whether that has changed anything.
fn keep_longer(ends: &mut Ends, revoked: Revoked, until: Option<u64>) -> bool {
    match ends.entry(revoked) {
        Entry::Vacant(entry) => {
            entry.insert(until);
            true
        }
        Entry::Occupied(mut entry) => {
            let own = *entry.get();
            let longer = own.and_then(|own| Some(own.max(until?)));
            entry.insert(longer);
            longer != own
        }
    }
}

fn is_in_effect(until: Option<u64>, now: UnixTime) -> bool {
    until.is_none_or(|until| until > now.seconds())
}

#[cfg(test)]
mod tests;
