//! [`OneTimeUses`]: what may be used once, by any replica.
//!
//! A store can lose its data: it restarts without a copy on disk, or an operator empties it. It then
//! no longer knows what was used, and an attacker could use it again. So the store also has a record
//! of when it was empty, which disappears with the other data, and each use reads it in the same
//! step. What was made before that time cannot be used.

use std::time::Duration;

use toolgate_core::clock::UnixTime;

use crate::{Purpose, PutNew, RecordKey, SealedStore, StoreError};

/// How long the record of the last loss is stored. After it has expired, the server once refuses
/// proofs and states that were made just before the next use.
const EPOCH_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// What may be used once, in a store that all replicas share.
#[derive(Debug, Clone)]
pub struct OneTimeUses {
    store: SealedStore,
    epoch: RecordKey,
}

/// One use.
#[derive(Debug, Clone, Copy)]
pub struct OneTimeUse<'u> {
    /// What is used: a proof, or the state of a round.
    pub purpose: Purpose,
    /// The parts of its name. Names with different parts are different names.
    pub name: &'u [&'u [u8]],
    /// When it was made.
    pub made_at: UnixTime,
    /// How long it could be used again.
    pub lifetime: Duration,
}

/// The result of a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UseOutcome {
    /// It was not used before, and is used now.
    First,
    /// It was used before.
    Repeated,
    /// It was made before the store lost its data, and may have been used.
    Unknown,
}

impl OneTimeUses {
    /// Stores uses here.
    pub fn new(store: SealedStore) -> Self {
        Self {
            epoch: store.record_key(Purpose::Epoch, &[]),
            store,
        }
    }

    /// Uses something once.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time. The server then cannot know whether it was used.
    pub async fn use_once(&self, used: OneTimeUse<'_>) -> Result<UseOutcome, StoreError> {
        let key = self.store.record_key(used.purpose, used.name);
        let put = self.store.put_new(&key, &[], used.lifetime, &self.epoch);
        let PutNew { is_new, witness } = put.await?;
        if !is_new {
            return Ok(UseOutcome::Repeated);
        }
        let since = match witness {
            Some(epoch) => self.read(&epoch)?,
            None => self.begin().await?,
        };
        Ok(match used.made_at >= since {
            true => UseOutcome::First,
            false => UseOutcome::Unknown,
        })
    }

    /// Writes the record of the last loss if the store is empty. Otherwise the first use would
    /// write it, and would be refused.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        match self.store.get(&self.epoch).await? {
            Some(_) => Ok(()),
            None => self.begin().await.map(drop),
        }
    }

    /// Writes the record of the last loss: the store has just been emptied, or is new.
    async fn begin(&self) -> Result<UnixTime, StoreError> {
        let (epoch, now) = (&self.epoch, self.store.now().seconds().to_be_bytes());
        let put = self.store.put_new(epoch, &now, EPOCH_LIFETIME, epoch);
        // Another replica may have been faster.
        let found = put.await?.witness.ok_or_else(StoreError::not_genuine)?;
        self.read(&found)
    }

    fn read(&self, sealed: &[u8]) -> Result<UnixTime, StoreError> {
        let content = self.store.open(&self.epoch, sealed)?;
        let time = content.first_chunk().ok_or_else(StoreError::not_genuine)?;
        Ok(UnixTime::from_seconds(u64::from_be_bytes(*time)))
    }
}
