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

/// Decisions that [`AuditLog::decide_later`](crate::AuditLog::decide_later) has accepted and that
/// one write records. None of them may take effect before [`write`](Self::write) returns `Ok`.
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

    /// Writes the batch, unless a request with a decision in it has written it.
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

    /// Writes the batch, and the end of a run that one of its decisions has allowed and that never
    /// began: the client disconnected meanwhile. Without its decision the end has no record.
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

    /// Notes the end of the write. With `Continue` the operations run even if it has failed.
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
