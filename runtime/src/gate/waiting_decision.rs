//! [`WaitingDecision`]: an allowed decision whose record is not written yet.

use std::{fmt, sync::Arc};

use tokio::task::yield_now;

use crate::{
    clock::UnixTime,
    observer::{NotRecordedError, WaitingRecord},
};

/// An allowed decision whose record is written together with the records of other requests. If the
/// client disconnects before this write, the log also records that the run did not begin.
pub(super) struct WaitingDecision {
    record: Option<Arc<dyn WaitingRecord>>,
    id: u64,
    time: UnixTime,
    runs: bool,
}

impl WaitingDecision {
    pub(super) fn new(record: Arc<dyn WaitingRecord>, id: u64, time: UnixTime, runs: bool) -> Self {
        Self {
            record: Some(record),
            id,
            time,
            runs,
        }
    }

    /// Lets other ready requests of this thread add their decisions, so that one write of a busy
    /// server records all of them. The first request that continues writes.
    pub(super) async fn join(&self) {
        yield_now().await;
    }

    /// Writes the record, unless another request has written it. Returns the number of the decision.
    ///
    /// # Errors
    ///
    /// Returns an error if the operation must not run without the record.
    pub(super) fn write(mut self) -> Result<u64, NotRecordedError> {
        match self.record.take() {
            Some(record) => record.write().map(|()| self.id),
            None => Err(NotRecordedError),
        }
    }
}

impl Drop for WaitingDecision {
    fn drop(&mut self) {
        match self.record.take() {
            Some(record) if self.runs => record.abandon(self.id, self.time),
            // No item runs for this decision, so no end of a run follows.
            Some(record) => drop(record.write()),
            None => {}
        }
    }
}

impl fmt::Debug for WaitingDecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitingDecision")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
