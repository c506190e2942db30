//! [`SharedUse`]: the use of a request state, in the store of all replicas.

use std::time::Duration;

use toolgate_store::{OneTimeUse, OneTimeUses, Purpose, StoreError, UseOutcome};

use crate::clock::UnixTime;

/// The use of a request state that the other replicas have to know.
pub(in crate::item) struct SharedUse {
    pub(super) uses: OneTimeUses,
    pub(super) id: String,
    pub(super) made_at: UnixTime,
    pub(super) lifetime: Duration,
}

impl SharedUse {
    /// Records the use.
    ///
    /// # Errors
    ///
    /// If the store does not answer in time: another replica may have accepted the state.
    pub(in crate::item) async fn record(self) -> Result<UseOutcome, StoreError> {
        let name = [self.id.as_bytes()];
        let used = OneTimeUse {
            purpose: Purpose::Round,
            name: &name,
            made_at: self.made_at,
            lifetime: self.lifetime,
        };
        self.uses.use_once(used).await
    }
}
