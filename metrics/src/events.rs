//! What the metrics count, and what they read at each scrape.

use std::{sync::Arc, time::Duration};

/// A decision of the gate.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The method, or `None` if it is unknown.
    pub method: Option<&'static str>,
    /// The registered name of the item, or `None` if the request names no registered item.
    pub item: Option<&'a Arc<str>>,
    /// `admitted`, or why not: one of a fixed number of words.
    pub outcome: &'static str,
    /// The stable code of a denial.
    pub reason: Option<&'static str>,
    /// The declared scopes that are missing.
    pub missing: &'a [&'static str],
    /// Whether an item runs.
    pub runs: bool,
}

/// The state of the audit log.
#[derive(Debug, Clone, Copy)]
pub struct AuditState {
    /// The records of the log.
    pub records: u64,
    /// The records that this process has lost.
    pub lost: u64,
    /// Whether the last write has failed.
    pub is_failing: bool,
}

/// The verification of the token of a request.
#[derive(Debug, Clone, Copy)]
pub struct Verification {
    /// Whether the token was in the cache. `None` for a verifier whose results are not cached.
    pub is_cached: Option<bool>,
    /// The kind of verification: one of a fixed set of words.
    pub kind: &'static str,
    /// The outcome: one of a fixed set of words.
    pub outcome: &'static str,
    /// The time that it took.
    pub duration: Duration,
}

/// The values that the server reads at each scrape.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The state of the audit log, if there is one.
    pub audit: Option<AuditState>,
    /// The number of open sessions.
    pub sessions: usize,
    /// The number of open streams.
    pub open_streams: usize,
    /// How long ago the keys of each configured issuer were loaded.
    pub key_ages: Vec<(String, Duration)>,
}
