//! [`OneTimeUses`]: what may be used once, by any replica.
//!
//! A store can lose its data: it restarts without a copy on disk, or an operator empties it. Then
//! it no longer knows what was used. So the store also has a record of the time of its last loss.
//! A loss deletes this record, too, and each use reads it in the same step: what was made before
//! that time is refused. Proofs of a client whose clock is ahead seem to be newer than a loss, so
//! each replica stores their uses again after a loss.

use std::time::Duration;

use futures_util::future::join_all;
use toolgate_core::clock::UnixTime;

use crate::{Purpose, PutNew, RecordKey, SealedStore, StoreError, recent_uses::AheadUse};

/// How long the record of the last loss is stored. Its expiry has the effect of a loss: the server
/// once refuses proofs and states that were made just before the next use.
const EPOCH_LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// What was made less than this many seconds after a loss is refused: by then every replica has
/// stored its uses again.
const GRACE: u64 = 2;

/// How many uses are stored again at the same time.
const AT_ONCE: usize = 64;

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
        let ahead = AheadUse {
            key,
            made_at: used.made_at,
            lifetime: used.lifetime,
        };
        self.store.recent_uses().add(ahead, self.store.now());
        Ok(match used.made_at >= since.plus(GRACE) {
            true => UseOutcome::First,
            false => UseOutcome::Unknown,
        })
    }

    /// After a loss, stores the uses of this replica that are ahead of its clock again, and writes
    /// the record of the loss if the store has none. Otherwise the next use would write the record,
    /// and the server would refuse that use.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        let epoch = self.store.get_sealed(&self.epoch).await?;
        let ahead = {
            let mut recent = self.store.recent_uses();
            if epoch.as_ref() == Some(&recent.epoch) {
                return Ok(());
            }
            recent.ahead(self.store.now())
        };
        for some in ahead.chunks(AT_ONCE) {
            let putting = some
                .iter()
                .map(|used| self.store.put(&used.key, &[], used.lifetime));
            join_all(putting)
                .await
                .into_iter()
                .collect::<Result<(), _>>()?;
        }
        let epoch = match epoch {
            Some(epoch) => epoch,
            None => self.begin_sealed().await?,
        };
        self.read(&epoch)?;
        self.store.recent_uses().epoch = epoch;
        Ok(())
    }

    /// Writes the record of the last loss: the store has just been emptied, or is new.
    async fn begin(&self) -> Result<UnixTime, StoreError> {
        self.read(&self.begin_sealed().await?)
    }

    async fn begin_sealed(&self) -> Result<Vec<u8>, StoreError> {
        let (epoch, now) = (&self.epoch, self.store.now().seconds().to_be_bytes());
        let put = self.store.put_new(epoch, &now, EPOCH_LIFETIME, epoch);
        // Another replica may have been faster.
        put.await?.witness.ok_or_else(StoreError::not_genuine)
    }

    fn read(&self, sealed: &[u8]) -> Result<UnixTime, StoreError> {
        let content = self.store.open(&self.epoch, sealed)?;
        let time = content.first_chunk().ok_or_else(StoreError::not_genuine)?;
        Ok(UnixTime::from_seconds(u64::from_be_bytes(*time)))
    }
}
