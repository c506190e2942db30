//! [`RecentUses`]: the uses that a replica stores again if the store loses its data.

use std::{collections::VecDeque, time::Duration};

use toolgate_core::clock::UnixTime;

use crate::RecordKey;

/// The most uses that are remembered.
const MOST: usize = 4096;

/// The uses of this replica whose time is ahead of its clock.
///
/// A client whose clock is ahead makes proofs that seem to be newer than the loss of the store, also
/// if they were used before it. The replica that has accepted one stores it again, so that no other
/// replica accepts it.
#[derive(Default)]
pub(crate) struct RecentUses {
    /// The record of the last loss that this replica has seen.
    pub(crate) epoch: Vec<u8>,
    ahead: VecDeque<AheadUse>,
}

/// One use.
#[derive(Clone)]
pub(crate) struct AheadUse {
    pub(crate) key: RecordKey,
    pub(crate) made_at: UnixTime,
    pub(crate) lifetime: Duration,
}

impl RecentUses {
    /// Remembers a use, if its time is ahead of the clock. Beyond the limit it forgets the oldest.
    pub(crate) fn add(&mut self, used: AheadUse, now: UnixTime) {
        if used.made_at <= now {
            return;
        }
        if self.ahead.len() >= MOST {
            self.drop_past(now);
        }
        if self.ahead.len() >= MOST {
            self.ahead.pop_front();
        }
        self.ahead.push_back(used);
    }

    /// Returns the uses whose time is still ahead of the clock, or was a moment ago.
    pub(crate) fn ahead(&mut self, now: UnixTime) -> Vec<AheadUse> {
        self.drop_past(now);
        self.ahead.iter().cloned().collect()
    }

    fn drop_past(&mut self, now: UnixTime) {
        // The clocks of replicas differ a little.
        self.ahead.retain(|used| used.made_at.plus(60) > now);
    }
}
