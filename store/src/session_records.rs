//! [`SharedSessionRecords`]: the sessions that replicas share.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Purpose, RecordKey, SealedStore, SessionOwner, StoreError, store_pause::StorePause};

/// The records of sessions in the store.
#[derive(Debug, Clone)]
pub struct SharedSessionRecords {
    store: SealedStore,
    lifetime: Duration,
    /// Whether the store may be asked for a session.
    pause: Arc<StorePause>,
}

/// What any replica needs to continue a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Whose session it is.
    pub owner: SessionOwner,
    /// What the client said at `initialize`, as JSON.
    pub handshake: String,
    /// The number of the lowest level of log messages, if the client has set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_level: Option<u8>,
}

impl SharedSessionRecords {
    /// Keeps records for this time after each use of their sessions.
    pub fn new(store: SealedStore, lifetime: Duration) -> Self {
        Self {
            store,
            lifetime,
            pause: Arc::default(),
        }
    }

    /// Returns the record of a session, if the session has this owner. For one second after a
    /// failure it does not ask the store, because any client with a token can name sessions.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time, has just failed, or its answer is not authentic.
    pub async fn find(
        &self,
        session: &str,
        owner: &SessionOwner,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let content = self.pause.get(&self.store, &self.key(session)).await?;
        let record = content.as_deref().map(read).transpose()?;
        Ok(record.filter(|record| record.owner == *owner))
    }

    /// Stores a record.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time.
    pub async fn put(&self, session: &str, record: &SessionRecord) -> Result<(), StoreError> {
        let (key, content) = (self.key(session), write(record)?);
        self.store.put(&key, &content, self.lifetime).await
    }

    /// Extends the life of a record, and returns it, or `None` if its session has ended.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn extend(&self, session: &str) -> Result<Option<SessionRecord>, StoreError> {
        let key = self.key(session);
        let content = self.store.extend(&key, self.lifetime).await?;
        content.as_deref().map(read).transpose()
    }

    /// Sets the level in a record, if there is one.
    ///
    /// # Errors
    ///
    /// As [`find`](Self::find).
    pub async fn set_log_level(&self, session: &str, level: u8) -> Result<(), StoreError> {
        let set = |content: Vec<u8>| {
            let mut record = read(&content)?;
            record.log_level = Some(level);
            write(&record)
        };
        let (key, lifetime) = (self.key(session), self.lifetime);
        self.store.change(&key, lifetime, set).await.map(drop)
    }

    /// Removes a record.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time.
    pub async fn remove(&self, session: &str) -> Result<(), StoreError> {
        self.store.remove(&self.key(session)).await
    }

    fn key(&self, session: &str) -> RecordKey {
        let name = [session.as_bytes()];
        self.store.record_key(Purpose::Session, &name)
    }
}

fn read(content: &[u8]) -> Result<SessionRecord, StoreError> {
    serde_json::from_slice(content).map_err(StoreError::unavailable)
}

fn write(record: &SessionRecord) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(record).map_err(StoreError::unavailable)
}
