//! [`StreamRecords`]: the streams of requests in sessions, for clients that were cut off.
//!
//! The process that runs a request keeps the record of its stream. While the request runs, the
//! record expires within seconds unless it is written again: a replica that has ended leaves no
//! record that another one would wait for. The record of an answer is kept for minutes.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    Purpose, RecordKey, SealedStore, SessionOwner, StoreError, StreamEvent, StreamName,
    stream_record::StreamRecord,
};

mod replay;

pub use replay::{Replayed, StreamReplay};

/// How long the record of a running request is valid, and how often it is written at least.
const RUNNING: Duration = Duration::from_secs(15);
const REFRESH: Duration = Duration::from_secs(5);

/// How long the record of a request that has ended is kept.
const KEPT: Duration = Duration::from_secs(300);

/// The shortest time between two records of a stream, except for the last one.
const SPACING: Duration = Duration::from_millis(250);

/// When a record that could not be written is written again, and how often the last one is.
const RETRY: Duration = Duration::from_secs(1);
const RETRIES: usize = 60;

/// How many ended streams wait for a store that is away. Further ones are lost at once, so that
/// memory is bounded.
const MOST_WAITING: usize = 256;

/// The most records of one session and process (CWE-400). Later streams reuse those that ended.
const PLACES: u64 = 16;

/// The records of all replicas, and the streams of this process.
#[derive(Clone)]
pub struct StreamRecords(Arc<Inner>);

struct Inner {
    store: SealedStore,
    process: String,
    running: Mutex<HashMap<RecordKey, watch::Receiver<StreamRecord>>>,
    waiting: AtomicUsize,
}

/// What is known of the rest of a stream.
#[derive(Debug)]
pub enum StreamSearch {
    /// The events after the one that the client has got.
    Found(StreamReplay),
    /// The stream belongs to another caller.
    OtherOwner,
    /// This process has run the request, and has no record of it.
    Unknown,
}

impl StreamRecords {
    /// Keeps records in this store. `process` names this process, and no other has the same name.
    pub fn new(store: SealedStore, process: String) -> Self {
        Self(Arc::new(Inner {
            store,
            process,
            running: Mutex::default(),
            waiting: AtomicUsize::new(0),
        }))
    }

    /// Returns the name of this process.
    pub fn process(&self) -> &str {
        &self.0.process
    }

    /// Begins the record of a stream of this process. Returns `None` if an earlier stream that uses
    /// the same record still runs.
    pub fn begin(&self, owner: SessionOwner, name: &StreamName) -> Option<StreamRecorder> {
        let key = self.key(name);
        let (sender, record) = watch::channel(StreamRecord::new(owner, name));
        {
            let mut running = self.running();
            if running.contains_key(&key) {
                return None;
            }
            running.insert(key.clone(), record.clone());
        }
        // Boxed like all background tasks, so that they are one type to compile.
        tokio::spawn(self.clone().keep(key, record).boxed());
        Some(StreamRecorder(sender))
    }

    /// Finds the events of a stream after the one with this number.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time, or its answer is not authentic.
    pub async fn find(
        &self,
        owner: &SessionOwner,
        name: &StreamName,
        after: u64,
    ) -> Result<StreamSearch, StoreError> {
        let key = self.key(name);
        let local = self.running().get(&key).cloned();
        let local = local.filter(|record| record.borrow().is_of(name));
        let record = match &local {
            Some(record) => Some(record.borrow().clone()),
            None => self.read(&key, name).await?,
        };
        let is_own = |record: &StreamRecord| record.belongs_to(owner, name);
        Ok(match record {
            Some(record) if !is_own(&record) => StreamSearch::OtherOwner,
            None if name.process == self.process() => StreamSearch::Unknown,
            _ => {
                let name = name.clone();
                let replay = StreamReplay::new(self.clone(), key, name, after, local);
                StreamSearch::Found(replay)
            }
        })
    }

    /// Reads the record of a stream of another replica, or of one that has ended.
    async fn read(
        &self,
        key: &RecordKey,
        name: &StreamName,
    ) -> Result<Option<StreamRecord>, StoreError> {
        let Some(content) = self.0.store.get(key).await? else {
            return Ok(None);
        };
        let record: StreamRecord =
            serde_json::from_slice(&content).map_err(StoreError::unavailable)?;
        Ok(Some(record).filter(|record| record.is_of(name)))
    }

    /// Writes the record of a stream until it has ended.
    async fn keep(self, key: RecordKey, mut record: watch::Receiver<StreamRecord>) {
        // A quick request is written once, when it has ended.
        ended(&record, SPACING).await;
        let mut retries = RETRIES;
        loop {
            let (content, has_ended) = {
                let record = record.borrow_and_update();
                (serde_json::to_vec(&*record), record.has_ended)
            };
            let lifetime = if has_ended { KEPT } else { RUNNING };
            let is_written = match &content {
                Ok(content) => self.0.store.put(&key, content, lifetime).await.is_ok(),
                Err(_) => false,
            };
            match (has_ended, is_written) {
                (true, true) => break,
                (true, false) => {
                    let Some(_waiting) = self.wait_for_store().filter(|_| retries > 0) else {
                        tracing::warn!("the answer of a request in a session was not stored");
                        break;
                    };
                    retries -= 1;
                    sleep(RETRY).await;
                }
                (false, true) => {
                    ended(&record, SPACING).await;
                    let _ = timeout(REFRESH, record.changed()).await;
                }
                (false, false) => ended(&record, RETRY).await,
            }
        }
        self.running().remove(&key);
    }

    fn wait_for_store(&self) -> Option<Waiting<'_>> {
        let waiting = Waiting(&self.0.waiting);
        (waiting.0.fetch_add(1, Ordering::Relaxed) < MOST_WAITING).then_some(waiting)
    }

    fn key(&self, name: &StreamName) -> RecordKey {
        let place = u64::from(name.service).wrapping_add(name.request) % PLACES;
        let name = [
            name.session.as_bytes(),
            name.process.as_bytes(),
            &place.to_be_bytes(),
        ];
        self.0.store.record_key(Purpose::Event, &name)
    }

    fn running(&self) -> MutexGuard<'_, HashMap<RecordKey, watch::Receiver<StreamRecord>>> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.0
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a stream has ended, for at most this time.
async fn ended(record: &watch::Receiver<StreamRecord>, most: Duration) {
    let mut record = record.clone();
    let _ = timeout(most, record.wait_for(|record| record.has_ended)).await;
}

/// Counts a stream that waits for the store.
struct Waiting<'w>(&'w AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Records the events of one stream, which has ended when this is dropped.
pub struct StreamRecorder(watch::Sender<StreamRecord>);

impl StreamRecorder {
    /// Adds an event.
    pub fn push(&self, event: StreamEvent) {
        self.0.send_modify(|record| record.push(event));
    }
}

impl Drop for StreamRecorder {
    fn drop(&mut self) {
        self.0.send_modify(|record| record.has_ended = true);
    }
}

impl fmt::Debug for StreamRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRecorder").finish_non_exhaustive()
    }
}

impl fmt::Debug for StreamRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamRecords").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
