//! [`Batch`]: decisions that one write to the file records.

use std::{
    fmt,
    sync::{
        Weak,
        atomic::{AtomicU8, Ordering},
    },
};

use super::{Inner, NotWrittenError};
use crate::{event::RunEnd, record};

const WAITING: u8 = 0;
const WRITTEN: u8 = 1;
const FAILED: u8 = 2;

/// Decisions accepted by [`AuditLog::decide_later`](crate::AuditLog::decide_later) that one write
/// records together. A decision takes effect only after [`write`](Self::write) has returned `Ok`.
pub struct Batch {
    log: Weak<Inner>,
    state: AtomicU8,
}

impl Batch {
    pub(super) fn new(log: Weak<Inner>) -> Self {
        Self {
            log,
            state: AtomicU8::new(WAITING),
        }
    }

    /// Writes the batch, unless it is already written.
    ///
    /// # Errors
    ///
    /// [`NotWrittenError`] if the batch could not be written and its operations must not run
    /// without their records. The records then do not count as lost.
    pub fn write(&self) -> Result<(), NotWrittenError> {
        if self.state.load(Ordering::Acquire) == WAITING
            && let Some(log) = self.log.upgrade()
        {
            log.lock().flush();
        }
        match self.state.load(Ordering::Acquire) {
            WRITTEN => Ok(()),
            // A log that was dropped has written its batch before.
            _ => Err(NotWrittenError),
        }
    }

    /// Writes the batch, and then the end of an allowed run that never began: its client
    /// disconnected. If the write of the batch fails, the end of the run is not written either.
    pub fn abandon(&self, end: &RunEnd<'_>) {
        if self.write().is_ok()
            && let Some(log) = self.log.upgrade()
        {
            let line = record::run(&log.key, log.start, end);
            let mut state = log.lock();
            if !state.write(&log.key, end.time, &line) {
                state.lose(1);
            }
        }
    }

    /// Stores the result of the write. With `OnFailure::Continue`, `may_run` is always true.
    pub(super) fn end(&self, may_run: bool) {
        let state = if may_run { WRITTEN } else { FAILED };
        self.state.store(state, Ordering::Release);
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").finish_non_exhaustive()
    }
}
