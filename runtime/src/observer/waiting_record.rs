//! [`WaitingRecord`]: the record of an allowed decision, before it is written.

use super::NotRecordedError;
use crate::clock::UnixTime;

/// The record of an allowed decision that is written together with the records of other requests.
/// The first call of [`write`](Self::write) writes all of them.
pub trait WaitingRecord: Send + Sync {
    /// Writes the record, unless it is written.
    ///
    /// # Errors
    ///
    /// Returns an error if the decision must not take effect without a record of it.
    fn write(&self) -> Result<(), NotRecordedError>;

    /// Writes the record of a decision, and that its operation did not run: the client disconnected
    /// before the record was written.
    fn abandon(&self, decision: u64, time: UnixTime);
}
