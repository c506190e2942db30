//! [`Replicas`]: what the replicas of one server share.

use crate::{OneTimeUses, SealedStore, SharedRates};

/// What the replicas of one server share, in addition to its revocations.
#[derive(Debug)]
pub struct Replicas {
    /// The store itself, for records.
    pub store: SealedStore,
    /// The record of what was used once.
    pub uses: OneTimeUses,
    /// The rates of callers.
    pub rates: SharedRates,
}

impl Replicas {
    /// Shares through this store.
    pub fn new(store: SealedStore) -> Self {
        Self {
            uses: OneTimeUses::new(store.clone()),
            rates: SharedRates::new(store.clone()),
            store,
        }
    }
}
