//! [`Refusals`]: refusals that are counted, and not written one by one.
//!
//! Any client can cause them as often as the network allows. If each had a record, one client could
//! fill the disk, and with `refuse` the server would then refuse every caller (CWE-400, CWE-779).

use std::collections::BTreeMap;

/// The most reasons with a count of their own. There are fewer codes; this bounds the line.
const MOST_REASONS: usize = 48;

/// The name of the count of all further reasons.
const OTHER: &str = "other";

/// If the clock was set back by more than this many seconds, a record may be written again.
const CLOCK_SET_BACK: u64 = 60;

/// Refusals of one kind since the last record.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: BTreeMap<String, u64>,
    /// When the first and the last of them were refused.
    since: u64,
    latest: u64,
    /// The second of the last record.
    written_at: Option<u64>,
}

impl Refusals {
    /// Counts a refusal.
    pub(crate) fn count(&mut self, reason: &str, time: u64) {
        if self.counts.is_empty() {
            self.since = time;
        }
        self.latest = time;
        let has_room = self.counts.len() < MOST_REASONS || self.counts.contains_key(reason);
        let reason = if has_room { reason } else { OTHER };
        let count = self.counts.entry(reason.to_owned()).or_default();
        *count = count.saturating_add(1);
    }

    /// Returns whether a record may be written in this second, and marks the second as used. A
    /// record that then fails is not repeated in the same second.
    pub(crate) fn take_second(&mut self, time: u64) -> bool {
        let is_free = self
            .written_at
            .is_none_or(|written| time > written || written.saturating_sub(time) > CLOCK_SET_BACK);
        if is_free {
            self.written_at = Some(time);
        }
        is_free
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the counts by reason.
    pub(crate) fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    /// Returns when the first of them was refused.
    pub(crate) fn since(&self) -> u64 {
        self.since
    }

    /// Returns when the last of them was refused.
    pub(crate) fn latest(&self) -> u64 {
        self.latest
    }

    /// Removes the counts, after a record with them was written.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }
}
