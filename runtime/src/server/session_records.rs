//! The records of sessions, from which rmcp restores their services.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::transport::streamable_http_server::session::{
    SessionState, SessionStore, SessionStoreError,
};

use super::changes::Changes;

/// The record of each session in the memory of this process. The gate owns the sessions and ends
/// them, so the gate bounds their number and the size of a record.
#[derive(Debug, Default)]
pub(super) struct SessionRecords {
    records: Mutex<HashMap<Box<str>, SessionRecord>>,
    changes: Option<Changes>,
}

#[derive(Debug)]
struct SessionRecord {
    /// What the client said at `initialize`, as JSON: it is smaller than the value.
    handshake: Box<[u8]>,
    /// The number of changes of the lists when the session was opened.
    changes: u64,
}

impl SessionRecords {
    pub(super) fn new(changes: Option<Changes>) -> Self {
        Self {
            records: Mutex::default(),
            changes,
        }
    }

    /// Returns whether a list has changed since the session was opened. The release of a service
    /// loses the notifications that it had not sent.
    pub(super) fn missed_changes(&self, id: &str) -> bool {
        let now = self.list_changes();
        self.lock()
            .get(id)
            .is_some_and(|record| record.changes != now)
    }

    /// Adds the record of a session that another replica has opened. It counts as having missed
    /// changes, because the list changes at the other replica are not known.
    pub(super) fn adopt(&self, id: &str, handshake: String) {
        let record = SessionRecord {
            handshake: handshake.into_bytes().into(),
            changes: u64::MAX,
        };
        self.lock().insert(id.into(), record);
    }

    /// Returns what the client said at `initialize`, as JSON.
    pub(super) fn handshake(&self, id: &str) -> Option<String> {
        let records = self.lock();
        let record = records.get(id)?;
        String::from_utf8(record.handshake.to_vec()).ok()
    }

    fn list_changes(&self) -> u64 {
        self.changes.as_ref().map_or(0, Changes::of_lists)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Box<str>, SessionRecord>> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        let records = self.lock();
        let record = records.get(id);
        let state = record.map(|record| serde_json::from_slice(&record.handshake));
        Ok(state.transpose()?)
    }

    fn put(&self, id: &str, state: &SessionState) -> Result<(), SessionStoreError> {
        let record = SessionRecord {
            handshake: serde_json::to_vec(state)?.into(),
            changes: self.list_changes(),
        };
        self.lock().insert(id.into(), record);
        Ok(())
    }

    fn remove(&self, id: &str) {
        self.lock().remove(id);
    }
}

type Stored<'s, T> = BoxFuture<'s, Result<T, SessionStoreError>>;

impl SessionStore for SessionRecords {
    fn load<'s, 'i, 'f>(&'s self, id: &'i str) -> Stored<'f, Option<SessionState>>
    where
        's: 'f,
        'i: 'f,
    {
        std::future::ready(self.find(id)).boxed()
    }

    fn store<'s, 'i, 't, 'f>(&'s self, id: &'i str, state: &'t SessionState) -> Stored<'f, ()>
    where
        's: 'f,
        'i: 'f,
        't: 'f,
    {
        std::future::ready(self.put(id, state)).boxed()
    }

    fn delete<'s, 'i, 'f>(&'s self, id: &'i str) -> Stored<'f, ()>
    where
        's: 'f,
        'i: 'f,
    {
        self.remove(id);
        std::future::ready(Ok(())).boxed()
    }
}

#[cfg(test)]
mod tests;
