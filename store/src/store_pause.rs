//! [`StorePause`]: the pause after a failure of the store, in which requests do not ask it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{RecordKey, SealedStore, StoreError};

/// How long requests do not ask the store after a failure. Otherwise each request would wait for
/// the deadline.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether a store may be asked.
#[derive(Debug, Default)]
pub(crate) struct StorePause(Mutex<Option<Instant>>);

impl StorePause {
    /// Returns whether the store may be asked. After a failure one request in each pause tries it.
    pub(crate) fn may_ask(&self) -> bool {
        let mut resumes = self.lock();
        let now = Instant::now();
        match *resumes {
            Some(at) if at > now => false,
            Some(_) => {
                *resumes = Some(now + PAUSE);
                true
            }
            None => true,
        }
    }

    /// Returns the content of a record, as [`SealedStore::get`] does, unless the store has just
    /// failed.
    ///
    /// # Errors
    ///
    /// Also if the store has just failed.
    pub(crate) async fn get(
        &self,
        store: &SealedStore,
        key: &RecordKey,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.may_ask() {
            return Err(StoreError::because("the store has just failed"));
        }
        let sealed = store.get_sealed(key).await;
        self.note(sealed.is_err());
        sealed?.map(|sealed| store.open(key, &sealed)).transpose()
    }

    /// Notes whether the store has failed.
    pub(crate) fn note(&self, has_failed: bool) {
        *self.lock() = has_failed.then(|| Instant::now() + PAUSE);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
