//! The open sessions, their owners, and which of them ends for a new one.

use std::{
    cmp::Reverse,
    collections::{HashMap, hash_map},
    sync::Arc,
    time::Duration,
};

use tokio::{task::JoinHandle, time::Instant};

use crate::{caller::Identity, config::SessionLimits};

use super::{Close, LatestCaller, SessionLimitReached, open_requests::Activity};

/// An open session.
pub(super) struct Entry {
    pub(super) owner: Option<Identity>,
    pub(super) latest_caller: LatestCaller,
    pub(super) activity: Arc<Activity>,
    pub(super) weight: usize,
    /// When the life of its record in the shared store was extended.
    pub(super) extended: Instant,
    /// Ends the session in rmcp.
    pub(super) close: Close,
}

/// A session that was removed and has to be ended in rmcp.
pub(super) type Removed = (String, Entry);

/// The open sessions, and their weight.
#[derive(Default)]
pub(super) struct Table {
    entries: HashMap<String, Entry>,
    /// The weight of the sessions of each owner, and of callers without a token, with the weights
    /// of unfinished handshakes, so that parallel handshakes cannot exceed a limit.
    taken: HashMap<Option<Identity>, usize>,
    /// The weight of the sessions of all owners.
    owned: usize,
    /// The task that ends idle sessions, while there are sessions.
    pub(super) watch: Option<JoinHandle<()>>,
}

impl Table {
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.get_mut(id)
    }

    /// Returns the ids and activities of all sessions.
    pub(super) fn activities(&self) -> impl Iterator<Item = (&str, &Arc<Activity>)> {
        let entries = self.entries.iter();
        entries.map(|(id, entry)| (id.as_str(), &entry.activity))
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes the weight of a session that is about to be opened, and removes idle sessions if
    /// necessary. If that is not enough, no session is removed.
    pub(super) fn take(
        &mut self,
        owner: Option<&Identity>,
        weight: usize,
        limits: &SessionLimits,
    ) -> Result<Vec<Removed>, SessionLimitReached> {
        let mut removed = Vec::new();
        let taken = self.reserve(owner, weight, limits, &mut removed);
        if let Err(full) = taken {
            for (id, entry) in removed {
                self.insert(id, entry);
            }
            return Err(full);
        }
        self.add(owner.cloned(), weight);
        Ok(removed)
    }

    fn reserve(
        &mut self,
        owner: Option<&Identity>,
        weight: usize,
        limits: &SessionLimits,
        removed: &mut Vec<Removed>,
    ) -> Result<(), SessionLimitReached> {
        let (share, full) = match owner {
            Some(_) => (limits.per_caller(), SessionLimitReached::OfCaller),
            None => (limits.anonymous(), SessionLimitReached::OfServer),
        };
        while self.taken_by(owner) + weight > share {
            let theirs = |entry: &Entry| (entry.owner.as_ref() == owner).then_some(());
            removed.push(self.remove_idle_one(theirs).ok_or(full)?);
        }
        while owner.is_some() && self.owned + weight > limits.owned() {
            // A session of the owner with most weight ends; of several owners, the session
            // that has been idle for longest. The caller counts with the weight it requests,
            // so a caller that opens session after session ends its own.
            let least = self.taken_by(owner) + weight;
            let taken = &self.taken;
            let share = |entry: &Entry| {
                entry.owner.as_ref()?;
                let is_callers = entry.owner.as_ref() == owner;
                let added = if is_callers { weight } else { 0 };
                let share = taken.get(&entry.owner).copied().unwrap_or_default() + added;
                (share >= least).then_some(share)
            };
            let id = self.idle_one(share).ok_or(SessionLimitReached::OfServer)?;
            removed.extend(self.remove(&id));
        }
        Ok(())
    }

    fn remove_idle_one<R: Ord>(&mut self, rank: impl Fn(&Entry) -> Option<R>) -> Option<Removed> {
        let id = self.idle_one(rank)?;
        self.remove(&id)
    }

    /// Returns the idle session with the highest rank; of several, the one that has been idle
    /// for longest.
    fn idle_one<R: Ord>(&self, rank: impl Fn(&Entry) -> Option<R>) -> Option<String> {
        let ranked = self.entries.iter().filter_map(|(id, entry)| {
            let since = entry.activity.idle_since()?;
            Some(((rank(entry)?, Reverse(since)), id))
        });
        ranked.max().map(|(_, id)| id.clone())
    }

    /// Releases the weight of a session that was not opened.
    pub(super) fn give_back(&mut self, owner: Option<Identity>, weight: usize) {
        if owner.is_some() {
            self.owned = self.owned.saturating_sub(weight);
        }
        if let hash_map::Entry::Occupied(mut taken) = self.taken.entry(owner) {
            *taken.get_mut() = taken.get().saturating_sub(weight);
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }

    /// Adds a session whose weight is already taken.
    pub(super) fn put(&mut self, id: String, entry: Entry) {
        self.remove(&id);
        self.entries.insert(id, entry);
    }

    fn insert(&mut self, id: String, entry: Entry) {
        self.add(entry.owner.clone(), entry.weight);
        self.entries.insert(id, entry);
    }

    fn add(&mut self, owner: Option<Identity>, weight: usize) {
        if owner.is_some() {
            self.owned += weight;
        }
        *self.taken.entry(owner).or_default() += weight;
    }

    /// Gives a session without an owner to a caller, if the caller's limit allows it.
    pub(super) fn claim(&mut self, id: &str, owner: Identity, limits: &SessionLimits) -> bool {
        let Some(weight) = self.entries.get(id).map(|entry| entry.weight) else {
            return false;
        };
        let has_capacity = self.taken_by(Some(&owner)) + weight <= limits.per_caller()
            && self.owned + weight <= limits.owned();
        if has_capacity && let Some((id, mut entry)) = self.remove(id) {
            entry.owner = Some(owner);
            self.insert(id, entry);
        }
        has_capacity
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Removed> {
        let (id, entry) = self.entries.remove_entry(id)?;
        self.give_back(entry.owner.clone(), entry.weight);
        Some((id, entry))
    }

    /// Removes and returns the sessions that have been idle for `time`. Also returns when the next
    /// idle session reaches that limit.
    pub(super) fn remove_idle(
        &mut self,
        now: Instant,
        time: Duration,
    ) -> (Vec<Removed>, Option<Instant>) {
        let mut next = None::<Instant>;
        let mut idle = Vec::new();
        for (id, entry) in &self.entries {
            match entry.activity.idle_since().map(|since| since + time) {
                Some(end) if end <= now => idle.push(id.clone()),
                Some(end) => next = Some(next.map_or(end, |next| next.min(end))),
                None => {}
            }
        }
        let removed = idle.iter().filter_map(|id| self.remove(id)).collect();
        (removed, next)
    }

    /// Returns the weight of the sessions of an owner, or of callers without a token.
    fn taken_by(&self, owner: Option<&Identity>) -> usize {
        self.taken.get(&owner.cloned()).copied().unwrap_or_default()
    }
}
