//! [`RunningItems`]: how many requests of each caller for each item run.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The number of running requests of each key. A key without running requests has no entry, so the
/// number of all requests bounds the memory.
#[derive(Default)]
pub(super) struct RunningItems(Mutex<Counts>);

type Counts = HashMap<u64, u32, BuildHasherDefault<KeyItself>>;

/// The key is a keyed hash, so it needs no other hash.
#[derive(Default)]
struct KeyItself(u64);

impl Hasher for KeyItself {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// One running request. It is counted until this is dropped. An extension of the request holds it,
/// so it is dropped when the handler is done, whether its client waits or not.
pub struct RunningItem {
    all: Arc<RunningItems>,
    key: u64,
}

impl RunningItems {
    /// Counts one more request, unless `most` requests run.
    pub(super) fn begin(self: &Arc<Self>, key: u64, most: u32) -> Option<Arc<RunningItem>> {
        let mut counts = self.lock();
        let count = counts.entry(key).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        let all = Arc::clone(self);
        Some(Arc::new(RunningItem { all, key }))
    }

    /// Returns whether nothing runs.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RunningItem {
    fn drop(&mut self) {
        let mut counts = self.all.lock();
        if let Some(count) = counts.get_mut(&self.key) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
