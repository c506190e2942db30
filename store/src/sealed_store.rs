//! [`SealedStore`]: a store whose answers are authentic, and which answers in time.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::error::Unspecified;
use tokio::time::timeout;
use toolgate_core::clock::{Clock, UnixTime};

use crate::{
    Purpose, PutNew, RateRule, RecordKey, SharedStore, StoreError, StoreFuture,
    recent_uses::RecentUses, record_seal::RecordSeal,
};

/// The longest time that an operation may take.
const DEADLINE: Duration = Duration::from_millis(500);

/// How often a change is tried while other replicas change the same record.
const CHANGES: usize = 3;

/// The largest value in bytes.
const LARGEST: usize = 256 * 1024;

/// A store with the keys of one server.
#[derive(Clone)]
pub struct SealedStore(Arc<Inner>);

struct Inner {
    store: Arc<dyn SharedStore>,
    seal: RecordSeal,
    clock: Arc<dyn Clock>,
    /// Whether the last operation failed. The log says when that changes.
    is_away: AtomicBool,
    /// Whether the last record was not genuine.
    lies: AtomicBool,
    recent: Mutex<RecentUses>,
}

impl SealedStore {
    /// Uses a store for the server of a resource, with the current state key and the other key of
    /// a rotation.
    ///
    /// # Errors
    ///
    /// If the cryptography fails.
    pub fn new(
        store: Arc<dyn SharedStore>,
        key: &[u8; 32],
        other: Option<&[u8; 32]>,
        resource: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Unspecified> {
        Ok(Self(Arc::new(Inner {
            store,
            seal: RecordSeal::new(key, other, resource)?,
            clock,
            is_away: AtomicBool::new(false),
            lies: AtomicBool::new(false),
            recent: Mutex::default(),
        })))
    }

    /// Returns the key of a record. Names with different parts have different keys.
    pub fn record_key(&self, purpose: Purpose, name: &[&[u8]]) -> RecordKey {
        self.0.seal.record_key(purpose, name)
    }

    /// Returns the content of a record, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time, or its answer is not authentic.
    pub async fn get(&self, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.get_sealed(key).await?;
        value.map(|value| self.open(key, &value)).transpose()
    }

    /// Stores a record until its lifetime ends.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time.
    pub async fn put(
        &self,
        key: &RecordKey,
        content: &[u8],
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        let value = self.close(key, content, lifetime)?;
        let putting = self.0.store.put(key.as_str(), value, lifetime);
        self.in_time(putting).await
    }

    /// Stores a record for another lifetime. Returns its content, or `None` if it was removed.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time, or its answer is not authentic.
    pub async fn extend(
        &self,
        key: &RecordKey,
        lifetime: Duration,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.change(key, lifetime, Ok).await
    }

    /// Changes a record, for another lifetime. Returns its content, or `None` if it was removed.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time, or its answer is not authentic, or the change fails.
    pub async fn change(
        &self,
        key: &RecordKey,
        lifetime: Duration,
        change: impl Fn(Vec<u8>) -> Result<Vec<u8>, StoreError> + Send,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        for _ in 0..CHANGES {
            let Some(sealed) = self.get_sealed(key).await? else {
                return Ok(None);
            };
            let content = change(self.open(key, &sealed)?)?;
            let replaced = self.replace(key, Some(sealed), &content, lifetime).await?;
            if replaced.is_some() {
                return Ok(Some(content));
            }
            // Another replica has changed it at the same time, or its client has removed it.
        }
        Err(StoreError::because(
            "other replicas change the record all the time",
        ))
    }

    /// Returns the uses that this replica stores again after a loss.
    pub(crate) fn recent_uses(&self) -> MutexGuard<'_, RecentUses> {
        self.0.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes a record.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time.
    pub async fn remove(&self, key: &RecordKey) -> Result<(), StoreError> {
        self.in_time(self.0.store.remove(key.as_str())).await
    }

    pub(crate) async fn get_sealed(&self, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.in_time(self.0.store.get(key.as_str())).await?;
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// Stores a record under a key that has none, and reads a witness.
    pub(crate) async fn put_new(
        &self,
        key: &RecordKey,
        content: &[u8],
        lifetime: Duration,
        witness: &RecordKey,
    ) -> Result<PutNew, StoreError> {
        let value = self.close(key, content, lifetime)?;
        let store = &self.0.store;
        let putting = store.put_new(key.as_str(), value, lifetime, witness.as_str());
        self.in_time(putting).await
    }

    /// Replaces the record if it is still `expected`. Returns the new sealed record, or `None` if
    /// the store had another record.
    pub(crate) async fn replace(
        &self,
        key: &RecordKey,
        expected: Option<Vec<u8>>,
        content: &[u8],
        lifetime: Duration,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.close(key, content, lifetime)?;
        let store = &self.0.store;
        let replacing = store.replace(key.as_str(), expected, value.clone(), lifetime);
        let is_replaced = self.in_time(replacing).await?;
        Ok(is_replaced.then_some(value))
    }

    pub(crate) async fn take(
        &self,
        rates: Vec<RateRule>,
    ) -> Result<Option<(usize, Duration)>, StoreError> {
        self.in_time(self.0.store.take(rates)).await
    }

    /// Opens a record that the store has returned.
    pub(crate) fn open(&self, key: &RecordKey, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let opened = self.0.seal.open(key, sealed, self.now());
        match &opened {
            Ok(_) => self.0.lies.store(false, Ordering::Relaxed),
            Err(error) => log_failure(&self.0.lies, error),
        }
        opened
    }

    pub(crate) fn now(&self) -> UnixTime {
        self.0.clock.now()
    }

    fn close(
        &self,
        key: &RecordKey,
        content: &[u8],
        lifetime: Duration,
    ) -> Result<Vec<u8>, StoreError> {
        if content.len() > LARGEST {
            return Err(StoreError::because("the record is too large for the store"));
        }
        // A fraction of a second counts as a whole one.
        let seconds = lifetime.as_secs() + u64::from(lifetime.subsec_nanos() > 0);
        self.0.seal.close(key, content, self.now().plus(seconds))
    }

    /// Waits for an answer until the deadline. A slow store is treated like one that is away, so
    /// that no request waits long for it.
    async fn in_time<T>(&self, operation: StoreFuture<'_, T>) -> Result<T, StoreError> {
        let end = match timeout(DEADLINE, operation).await {
            Ok(end) => end,
            Err(_) => Err(StoreError::too_slow()),
        };
        match &end {
            Ok(_) if self.0.is_away.swap(false, Ordering::Relaxed) => {
                tracing::info!("the shared store answers again");
            }
            Ok(_) => {}
            Err(error) => log_failure(&self.0.is_away, error),
        }
        end
    }
}

/// Logs the first of several failures.
fn log_failure(has_failed: &AtomicBool, error: &StoreError) {
    if !has_failed.swap(true, Ordering::Relaxed) {
        let source = std::error::Error::source(error).map(ToString::to_string);
        tracing::error!(%error, source, "the shared store does not work");
    }
}

impl fmt::Debug for SealedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStore").finish_non_exhaustive()
    }
}
