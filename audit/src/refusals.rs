//! [`CountedRefusals`]: refusals that are counted, and not written one by one.
//!
//! Any client can cause them as often as the network allows. If each had a record, one client could
//! fill the disk, and with `refuse` the server would then refuse every caller (CWE-400, CWE-779).

use std::collections::BTreeMap;

use crate::{
    event::{Decision, Verdict},
    key::AuditKey,
    once_per_second::OncePerSecond,
    record,
};

/// The most reasons with a count of their own. There are fewer codes; this bounds the line.
const MOST_REASONS: usize = 48;

/// The name of the count of all further reasons.
const OTHER: &str = "other";

/// The refusals since the last records of their counts.
#[derive(Debug)]
pub(crate) struct CountedRefusals {
    /// Refusals of requests without an authentic token.
    unauthenticated: Refusals,
    /// Refusals by a limit, and refusals of authentic tokens that are not accepted.
    authenticated: Refusals,
    /// Permits one `decision` record per second for these refusals, because it names the caller.
    authenticated_decision: OncePerSecond,
}

impl Default for CountedRefusals {
    fn default() -> Self {
        Self {
            unauthenticated: Refusals::new("refused_unauthenticated"),
            authenticated: Refusals::new("refused_authenticated"),
            authenticated_decision: OncePerSecond::default(),
        }
    }
}

impl CountedRefusals {
    /// Counts a decision that gets no record of its own. Returns whether it has counted it.
    pub(crate) fn count(&mut self, decision: &Decision<'_>) -> bool {
        let (reason_code, is_aggregated) = match decision.verdict {
            // An allowed decision has a record of its own. It precedes a late denial.
            Verdict::Allowed { .. } | Verdict::Denied { is_late: true, .. } => return false,
            Verdict::Denied { reason_code, .. } => (reason_code, false),
            Verdict::Aggregated { reason_code } => (reason_code, true),
        };
        let time = decision.time;
        let counts = match decision.issuer {
            None => &mut self.unauthenticated,
            Some(_) if is_aggregated && !self.authenticated_decision.take(time) => {
                &mut self.authenticated
            }
            Some(_) => return false,
        };
        counts.count(reason_code.unwrap_or(decision.decision), time);
        true
    }

    /// Returns the kinds of refusals that have counts.
    pub(crate) fn counts(&mut self) -> impl Iterator<Item = &mut Refusals> {
        let both = [&mut self.unauthenticated, &mut self.authenticated];
        both.into_iter().filter(|one| !one.counts.is_empty())
    }

    /// Returns whether nothing is counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.unauthenticated.counts.is_empty() && self.authenticated.counts.is_empty()
    }

    /// Returns the time of the last counted refusal.
    pub(crate) fn latest(&self) -> u64 {
        self.unauthenticated.latest.max(self.authenticated.latest)
    }
}

/// Refusals of one kind since the last record.
#[derive(Debug)]
pub(crate) struct Refusals {
    record_type: &'static str,
    counts: BTreeMap<String, u64>,
    /// When the first and the last of them were refused.
    since: u64,
    latest: u64,
    record: OncePerSecond,
}

impl Refusals {
    fn new(record_type: &'static str) -> Self {
        Self {
            record_type,
            counts: BTreeMap::new(),
            since: 0,
            latest: 0,
            record: OncePerSecond::default(),
        }
    }

    fn count(&mut self, reason: &str, time: u64) {
        if self.counts.is_empty() {
            self.since = time;
        }
        self.latest = time;
        let has_room = self.counts.len() < MOST_REASONS || self.counts.contains_key(reason);
        let reason = if has_room { reason } else { OTHER };
        if let Some(count) = self.counts.get_mut(reason) {
            *count = count.saturating_add(1);
        } else {
            self.counts.insert(reason.to_owned(), 1);
        }
    }

    /// Returns whether a record may be written in this second, and marks the second as used. A
    /// record that then fails is not repeated in the same second.
    pub(crate) fn take_second(&mut self, time: u64) -> bool {
        self.record.take(time)
    }

    /// Returns the record of the counts.
    pub(crate) fn line(&self, key: &AuditKey, time: u64) -> Vec<u8> {
        record::refusals(key, self.record_type, time, self.since, &self.counts)
    }

    /// Removes the counts, after a record with them was written.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }
}
