//! What the bodies of callers without a valid token share.
//!
//! They share memory for those that are half sent: else each connection that stops within its
//! body would hold memory of its own, and their number has no bound here (CWE-400). And they
//! share a pace at which what is not kept is discarded: else strangers who send at full speed
//! keep every processor busy with copying what nobody reads.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// How many bytes are discarded in a second, of all bodies together. A client with an expired
/// token and an argument of 1 MiB sees its 401 after 16 ms.
const DISCARDED_PER_SECOND: f64 = 64.0 * 1024.0 * 1024.0;

/// The memory and the pace.
#[derive(Debug)]
pub(crate) struct PendingBodies {
    memory: Semaphore,
    /// When the next bytes may be discarded.
    next: Mutex<Instant>,
}

impl PendingBodies {
    /// With this many bytes of memory.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            memory: Semaphore::new(bytes.min(Semaphore::MAX_PERMITS)),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Memory for a body, until what this gives is dropped; `None` when too little is left.
    pub(super) fn reserve(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        let bytes = u32::try_from(bytes).ok()?;
        self.memory.try_acquire_many(bytes).ok()
    }

    /// How long whoever discarded these bytes has to wait before it reads on; `None` when it
    /// need not wait. Each sender waits for one frame at a time, so all get the same share.
    pub(super) fn turn(&self, bytes: u32) -> Option<Instant> {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(now);
        *next = turn + Duration::from_secs_f64(f64::from(bytes) / DISCARDED_PER_SECOND);
        (turn > now).then_some(turn)
    }

    /// The memory that is left, in bytes.
    #[cfg(test)]
    pub(super) fn available(&self) -> usize {
        self.memory.available_permits()
    }
}
