//! The shared limits of bodies from clients without a valid token.
//!
//! Incomplete bodies share memory: otherwise each connection that stops within its body would
//! hold memory, and the number of connections is not limited here (CWE-400). Discarded bytes
//! share a rate: otherwise clients that send at full speed would keep every processor busy with
//! copying bytes that are never used.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// The number of bytes that are discarded per second, of all bodies together. A client with an
/// expired token and an argument of 1 MiB gets its 401 after 16 ms.
const DISCARDED_PER_SECOND: f64 = 64.0 * 1024.0 * 1024.0;

/// The memory and the rate.
#[derive(Debug)]
pub(crate) struct PendingBodies {
    memory: Semaphore,
    /// When the next bytes may be discarded.
    next: Mutex<Instant>,
}

impl PendingBodies {
    /// Creates limits with this many bytes of memory.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            memory: Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Reserves memory for a body until the permit is dropped. Returns `None` if too little is
    /// left.
    pub(super) fn reserve(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let bytes = u32::try_from(bytes).ok()?;
        self.memory.try_acquire_many(bytes).ok()
    }

    /// Returns when the reader of a body may continue after it has discarded these bytes, or
    /// `None` if it need not wait. Each reader waits for one frame at a time, so all get the
    /// same share.
    pub(super) fn resume_at(&self, bytes: u32) -> Option<Instant> {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let resume_at = (*next).max(now);
        *next = resume_at + Duration::from_secs_f64(f64::from(bytes) / DISCARDED_PER_SECOND);
        (resume_at > now).then_some(resume_at)
    }

    /// Returns the memory that is left, in bytes.
    #[cfg(test)]
    pub(super) fn available(&self) -> usize {
        self.memory.available_permits()
    }
}
