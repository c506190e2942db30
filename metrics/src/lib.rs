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
        Arc, OnceLock,
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

mod events;
mod labels;
mod registered_items;

pub use events::{AuditState, Decision, Reading, Verification};
use labels::{ItemLabels, Label, OutcomeLabels, VerificationLabels};
use registered_items::{RegisteredItem, RegisteredItems};

/// The value of a label for unknown methods and for items that are not registered.
const OTHER: &str = "other";

/// The outcome of a decision that allows an operation.
const ADMITTED: &str = "admitted";

/// The outcome of a run that has returned a result.
const RAN: &str = "ran";

/// The outcome of the verification of a valid token.
const ACCEPTED: &str = "accepted";

/// The media type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics of a server.
pub struct Metrics {
    registry: Registry,
    other: Arc<str>,
    items: OnceLock<RegisteredItems>,
    /// The histogram of accepted tokens in the cache, and their kind: nearly every server accepts
    /// one kind.
    cached: OnceLock<(&'static str, Histogram)>,
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
            items: OnceLock::new(),
            cached: OnceLock::new(),
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

    /// Names the items of the server, each with the method that runs it. Later calls that pass
    /// these same `Arc`s find their metrics faster. Only the first call has an effect.
    pub fn register_items(&self, items: impl IntoIterator<Item = (&'static str, Arc<str>)>) {
        self.items.get_or_init(|| RegisteredItems::new(items));
    }

    /// Counts a decision.
    pub fn decided(&self, decision: &Decision<'_>) {
        let is_admitted = decision.outcome == ADMITTED;
        let method = decision.method.unwrap_or(OTHER);
        let name = decision.item.unwrap_or(&self.other);
        match self.item(method, name).filter(|_| is_admitted) {
            Some(item) => {
                let count = || self.decision(method, name, ADMITTED);
                item.admitted.get_or_init(count).inc();
            }
            None => {
                self.decision(method, name, decision.outcome).inc();
            }
        }
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

    fn item(&self, method: &str, name: &Arc<str>) -> Option<&RegisteredItem> {
        self.items.get()?.get(method, name)
    }

    fn decision(&self, method: &'static str, item: &Arc<str>, outcome: &'static str) -> Counter {
        let item = Arc::clone(item);
        self.decisions.get_or_create_owned(&OutcomeLabels {
            method,
            item,
            outcome,
        })
    }

    fn run(&self, method: &'static str, item: &Arc<str>, outcome: &'static str) -> Counter {
        let item = Arc::clone(item);
        self.runs.get_or_create_owned(&OutcomeLabels {
            method,
            item,
            outcome,
        })
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
        let labels = || ItemLabels {
            method,
            item: Arc::clone(item),
        };
        let seconds = duration.as_secs_f64();
        match self.item(method, item) {
            Some(known) => {
                let histogram = || self.durations.get_or_create_owned(&labels());
                known.duration.get_or_init(histogram).observe(seconds);
            }
            None => self.durations.get_or_create(&labels()).observe(seconds),
        }
        match self.item(method, item).filter(|_| outcome == RAN) {
            Some(known) => {
                known.ran.get_or_init(|| self.run(method, item, RAN)).inc();
            }
            None => {
                self.run(method, item, outcome).inc();
            }
        }
        if outcome == "panic" {
            self.panics.inc();
        }
    }

    /// Counts the verification of a token.
    pub fn verified(&self, verification: &Verification) {
        let is_cached = verification.is_cached == Some(true);
        let find = || {
            self.verifications.get_or_create_owned(&VerificationLabels {
                cached: if is_cached { "true" } else { "false" },
                kind: verification.kind,
                outcome: verification.outcome,
            })
        };
        let seconds = verification.duration.as_secs_f64();
        let found = (is_cached && verification.outcome == ACCEPTED)
            .then(|| self.cached.get_or_init(|| (verification.kind, find())));
        match found.filter(|(kind, _)| *kind == verification.kind) {
            Some((_, histogram)) => histogram.observe(seconds),
            None => find().observe(seconds),
        }
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
