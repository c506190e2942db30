//! [`WaitingRecord`]: the record of an allowed decision, before it is written.

use super::NotRecordedError;
use crate::clock::UnixTime;

/// Records of allowed decisions that one write records. A request writes its batch, or finds that
/// another request has written it.
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
