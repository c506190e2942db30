//! The metrics of toolgate, and their text for Prometheus.
//!
//! Every label has a bounded number of values: an item that is not registered and an unknown method
//! are `other`.
//!
//! ```
//! use toolgate_metrics::{Decision, Metrics, Reading};
//!
//! let metrics = Metrics::new("1.2.3");
//! metrics.decided(&Decision {
//!     method: None,
//!     item: None,
//!     outcome: "no_token",
//!     reason: Some("no_token"),
//!     missing: &[],
//!     runs: false,
//! });
//! let text = metrics.text(&Reading::default());
//! assert!(text.contains(r#"toolgate_denials_total{reason="no_token"} 1"#), "{text}");
//! ```

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry},
};

mod labels;

use labels::{ItemLabels, Label, OutcomeLabels, VerificationLabels};

/// The value of a label for unknown methods and for items that are not registered.
const OTHER: &str = "other";

/// The media type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

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

/// All metrics of a server.
pub struct Metrics {
    registry: Registry,
    other: Arc<str>,
    decisions: Family<OutcomeLabels, Counter>,
    denials: Family<Label<&'static str>, Counter>,
    missing_scopes: Family<Label<&'static str>, Counter>,
    runs: Family<OutcomeLabels, Counter>,
    durations: Family<ItemLabels, Histogram, fn() -> Histogram>,
    running: Gauge,
    panics: Counter,
    verifications: Family<VerificationLabels, Histogram, fn() -> Histogram>,
    policies: Family<Label<&'static str>, Histogram, fn() -> Histogram>,
    cache_hits: Counter,
    cache_misses: Counter,
    sessions: Gauge,
    open_streams: Gauge,
    key_ages: Family<Label<String>, Gauge>,
    audit_records: Counter<u64, AtomicU64>,
    audit_lost: Counter<u64, AtomicU64>,
    audit_failing: Gauge,
}

/// Buckets from half a millisecond to 16 seconds.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
}

/// Buckets from ten microseconds, for a cached token, to 2.6 seconds, for a request to an issuer.
fn verification_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.00001, 4.0, 10))
}

/// Registers a metric and returns it.
fn register<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// Creates the metrics of a server with this version of the library.
    #[must_use]
    pub fn new(version: &'static str) -> Self {
        let mut registry = Registry::with_prefix("toolgate");
        let all = &mut registry;
        let build: Family<Label<&'static str>, Gauge> = register(
            all,
            "build_info",
            "The version of the library",
            Family::default(),
        );
        build.get_or_create(&[("version", version)]).set(1);
        Self {
            other: OTHER.into(),
            decisions: register(
                all,
                "decisions",
                "Decisions by method, item and outcome",
                Family::default(),
            ),
            denials: register(all, "denials", "Denials by reason", Family::default()),
            missing_scopes: register(
                all,
                "missing_scopes",
                "Denials by each scope that was missing",
                Family::default(),
            ),
            runs: register(
                all,
                "runs",
                "Runs of items by method, item and outcome",
                Family::default(),
            ),
            durations: register(
                all,
                "run_duration_seconds",
                "Time from the decision to the end of a run",
                Family::new_with_constructor(histogram),
            ),
            running: register(
                all,
                "runs_in_progress",
                "Runs that have not ended",
                Gauge::default(),
            ),
            panics: register(all, "panics", "Runs that have panicked", Counter::default()),
            verifications: register(
                all,
                "verification_seconds",
                "Time that the verification of a token took",
                Family::new_with_constructor(verification_histogram),
            ),
            policies: register(
                all,
                "policy_seconds",
                "Time that an answer of the decision point took",
                Family::new_with_constructor(verification_histogram),
            ),
            cache_hits: register(
                all,
                "token_cache_hits",
                "Tokens that were verified before",
                Counter::default(),
            ),
            cache_misses: register(
                all,
                "token_cache_misses",
                "Tokens that had to be verified, also refused ones",
                Counter::default(),
            ),
            sessions: register(all, "sessions", "Open sessions", Gauge::default()),
            open_streams: register(
                all,
                "open_streams",
                "Open streams of GET and of subscriptions",
                Gauge::default(),
            ),
            key_ages: register(
                all,
                "key_age_seconds",
                "Time since the keys of an issuer were loaded",
                Family::default(),
            ),
            audit_records: register(
                all,
                "audit_records",
                "Records of the audit log: the count of its head",
                Counter::default(),
            ),
            audit_lost: register(
                all,
                "audit_lost_records",
                "Records that could not be written since the start",
                Counter::default(),
            ),
            audit_failing: register(
                all,
                "audit_failing",
                "Whether the audit log cannot be written",
                Gauge::default(),
            ),
            registry,
        }
    }

    /// Counts a decision.
    pub fn decided(&self, decision: &Decision<'_>) {
        let labels = OutcomeLabels {
            method: decision.method.unwrap_or(OTHER),
            item: Arc::clone(decision.item.unwrap_or(&self.other)),
            outcome: decision.outcome,
        };
        self.decisions.get_or_create(&labels).inc();
        if let Some(reason) = decision.reason {
            let labels = [("reason", reason)];
            self.denials.get_or_create(&labels).inc();
        }
        for scope in decision.missing {
            let labels = [("scope", *scope)];
            self.missing_scopes.get_or_create(&labels).inc();
        }
        if decision.runs {
            self.running.inc();
        }
    }

    /// Counts the end of a run of a registered item.
    pub fn ended(
        &self,
        method: &'static str,
        item: &Arc<str>,
        outcome: &'static str,
        duration: Duration,
    ) {
        self.running.dec();
        let labels = ItemLabels {
            method,
            item: Arc::clone(item),
        };
        let seconds = duration.as_secs_f64();
        self.durations.get_or_create(&labels).observe(seconds);
        let labels = OutcomeLabels {
            method,
            item: labels.item,
            outcome,
        };
        self.runs.get_or_create(&labels).inc();
        if outcome == "panic" {
            self.panics.inc();
        }
    }

    /// Counts the verification of a token.
    pub fn verified(&self, verification: &Verification) {
        let is_cached = verification.is_cached == Some(true);
        let labels = VerificationLabels {
            cached: if is_cached { "true" } else { "false" },
            kind: verification.kind,
            outcome: verification.outcome,
        };
        let seconds = verification.duration.as_secs_f64();
        self.verifications.get_or_create(&labels).observe(seconds);
        match verification.is_cached {
            Some(true) => {
                self.cache_hits.inc();
            }
            Some(false) => {
                self.cache_misses.inc();
            }
            None => {}
        }
    }

    /// Counts an answer of the decision point, or that there was none. `outcome` is one of a fixed
    /// set of words.
    pub fn policy_asked(&self, outcome: &'static str, duration: Duration) {
        let labels = [("outcome", outcome)];
        let seconds = duration.as_secs_f64();
        self.policies.get_or_create(&labels).observe(seconds);
    }

    /// Returns the text for Prometheus.
    #[must_use]
    pub fn text(&self, reading: &Reading) -> String {
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.sessions.set(gauge(reading.sessions));
        self.open_streams.set(gauge(reading.open_streams));
        for (issuer, age) in &reading.key_ages {
            let labels = [("issuer", issuer.clone())];
            let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
            self.key_ages.get_or_create(&labels).set(seconds);
        }
        if let Some(audit) = reading.audit {
            // The log counts them itself.
            let counters = [
                (&self.audit_records, audit.records),
                (&self.audit_lost, audit.lost),
            ];
            for (counter, count) in counters {
                counter.inner().store(count, Ordering::Relaxed);
            }
            self.audit_failing.set(i64::from(audit.is_failing));
        }
        let mut text = String::new();
        // Writing into memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
