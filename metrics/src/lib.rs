//! The metrics of toolgate, and their text for Prometheus.
//!
//! Every label has a bounded number of values: an item that is not registered and an unknown method
//! are `other`.
//!
//! ```
//! use toolgate_metrics::{Decision, Metrics};
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
//! let text = metrics.text(None);
//! assert!(text.contains(r#"toolgate_denials_total{reason="no_token"} 1"#), "{text}");
//! ```

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
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

/// The value of a label for unknown methods and for items that are not registered.
const OTHER: &str = "other";

/// The media type of [`Metrics::text`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, String); N];

/// A decision of the gate.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The method, or `None` if it is unknown.
    pub method: Option<&'a str>,
    /// The registered name of the item, or `None` if the request names no registered item.
    pub item: Option<&'a str>,
    /// `admitted`, or why not: one of a fixed number of words.
    pub outcome: &'a str,
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

/// All metrics of a server.
pub struct Metrics {
    registry: Registry,
    decisions: Family<Labels<3>, Counter>,
    denials: Family<Labels<1>, Counter>,
    missing_scopes: Family<Labels<1>, Counter>,
    runs: Family<Labels<3>, Counter>,
    durations: Family<Labels<2>, Histogram, fn() -> Histogram>,
    running: Gauge,
    panics: Counter,
    audit_records: Counter<u64, AtomicU64>,
    audit_lost: Counter<u64, AtomicU64>,
    audit_failing: Gauge,
}

/// Buckets from half a millisecond to 16 seconds.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 16))
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
        let build: Family<Labels<1>, Gauge> = register(
            all,
            "build_info",
            "The version of the library",
            Family::default(),
        );
        build
            .get_or_create(&[("version", version.to_owned())])
            .set(1);
        Self {
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
        let labels = [
            ("method", decision.method.unwrap_or(OTHER).to_owned()),
            ("item", decision.item.unwrap_or(OTHER).to_owned()),
            ("outcome", decision.outcome.to_owned()),
        ];
        self.decisions.get_or_create(&labels).inc();
        if let Some(reason) = decision.reason {
            let labels = [("reason", reason.to_owned())];
            self.denials.get_or_create(&labels).inc();
        }
        for scope in decision.missing {
            let labels = [("scope", (*scope).to_owned())];
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
        item: &str,
        outcome: &'static str,
        duration: Duration,
    ) {
        self.running.dec();
        let [method, item] = [("method", method.to_owned()), ("item", item.to_owned())];
        let labels = [method.clone(), item.clone()];
        let seconds = duration.as_secs_f64();
        self.durations.get_or_create(&labels).observe(seconds);
        let labels = [method, item, ("outcome", outcome.to_owned())];
        self.runs.get_or_create(&labels).inc();
        if outcome == "panic" {
            self.panics.inc();
        }
    }

    /// Returns the text for Prometheus, with the state of the audit log, if there is one.
    #[must_use]
    pub fn text(&self, audit: Option<AuditState>) -> String {
        if let Some(audit) = audit {
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
mod tests {
    use super::*;

    #[test]
    fn a_run_is_counted_timed_and_no_longer_in_progress() {
        let metrics = Metrics::new("1");
        let decision = Decision {
            method: Some("tools/call"),
            item: Some("ping"),
            outcome: "admitted",
            reason: None,
            missing: &[],
            runs: true,
        };
        metrics.decided(&decision);
        assert!(metrics.text(None).contains("toolgate_runs_in_progress 1\n"));
        metrics.ended("tools/call", "ping", "panic", Duration::from_millis(3));
        let text = metrics.text(None);
        for line in [
            r#"toolgate_build_info{version="1"} 1"#,
            r#"toolgate_decisions_total{method="tools/call",item="ping",outcome="admitted"} 1"#,
            r#"toolgate_runs_total{method="tools/call",item="ping",outcome="panic"} 1"#,
            r#"toolgate_run_duration_seconds_count{method="tools/call",item="ping"} 1"#,
            "toolgate_runs_in_progress 0",
            "toolgate_panics_total 1",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}: {text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn a_denial_names_each_missing_scope_and_the_audit_log_its_losses() {
        let metrics = Metrics::new("1");
        metrics.decided(&Decision {
            method: Some("tools/call"),
            item: None,
            outcome: "insufficient_scope",
            reason: Some("missing_scope"),
            missing: &["a:read", "a:write"],
            runs: false,
        });
        let audit = AuditState {
            records: 7,
            lost: 2,
            is_failing: true,
        };
        let text = metrics.text(Some(audit));
        for line in [
            r#"toolgate_decisions_total{method="tools/call",item="other",outcome="insufficient_scope"} 1"#,
            r#"toolgate_denials_total{reason="missing_scope"} 1"#,
            r#"toolgate_missing_scopes_total{scope="a:read"} 1"#,
            r#"toolgate_missing_scopes_total{scope="a:write"} 1"#,
            "# TYPE toolgate_audit_records counter",
            "toolgate_audit_records_total 7",
            "# TYPE toolgate_audit_lost_records counter",
            "toolgate_audit_lost_records_total 2",
            "toolgate_audit_failing 1",
        ] {
            assert!(text.lines().any(|one| one == line), "{line}: {text}");
        }
    }
}
