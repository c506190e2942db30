//! [`RunReport`]: reports the end of a permitted run exactly once, on every code path.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::time::Instant;

use super::{Observer, OutcomeEvent, RequestTrace, within};

/// How a permitted run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunOutcome {
    /// The item has returned a result, which may ask the client for input.
    Ran,
    /// The item has returned an error.
    ToolError,
    /// The item does not take the arguments, so it did not run.
    SchemaRefusal,
    /// The code of the item has panicked.
    Panic,
    /// The run was dropped: the client cancelled it or disconnected, or the server stopped.
    Cancelled,
    /// The item was stopped at its timeout, or the client did not answer its question in time.
    TimedOut,
    /// The item has denied the request while it ran.
    LateDenial,
    /// The item did not run: the protocol refused the request, or the client had disconnected.
    NotRun,
}

impl RunOutcome {
    /// Every outcome.
    pub const ALL: [Self; 8] = [
        Self::Ran,
        Self::ToolError,
        Self::SchemaRefusal,
        Self::Panic,
        Self::Cancelled,
        Self::TimedOut,
        Self::LateDenial,
        Self::NotRun,
    ];

    /// Returns the word for records and labels. It never changes its meaning.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::ToolError => "tool_error",
            Self::SchemaRefusal => "schema_refusal",
            Self::Panic => "panic",
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::LateDenial => "late_denial",
            Self::NotRun => "not_run",
        }
    }
}

/// Reports how one permitted run ended. The gate passes it, with the permit, to the code that runs.
/// `finish` reports the last noted outcome, and so does dropping the report.
///
/// A request that fails earlier, in this library or in rmcp, drops the report, so no code path can
/// forget it. A task of the item that holds a `Context` can outlive the run. It does not delay
/// the report, because the code that runs the item calls `finish`.
pub struct RunReport {
    observer: Arc<dyn Observer>,
    /// The trace of the request. The item can run in another task.
    trace: Option<Arc<dyn RequestTrace>>,
    decision: u64,
    method: &'static str,
    item: Arc<str>,
    started: Instant,
    /// The outcome noted last, and its reason, or `None` once it was reported.
    noted: Mutex<Option<(RunOutcome, Option<&'static str>)>>,
}

impl RunReport {
    pub(crate) fn new(
        observer: Arc<dyn Observer>,
        decision: u64,
        method: &'static str,
        item: Arc<str>,
    ) -> Self {
        Self {
            observer,
            trace: None,
            decision,
            method,
            item,
            started: Instant::now(),
            noted: Mutex::new(Some((RunOutcome::NotRun, None))),
        }
    }

    /// Adds the trace of the request.
    pub(crate) fn in_trace(mut self, trace: Option<Arc<dyn RequestTrace>>) -> Self {
        self.trace = trace;
        self
    }

    /// Notes that the code of the item starts or waits. A run that is dropped after this was
    /// cancelled.
    pub(crate) fn begin(&self) {
        self.note(RunOutcome::Cancelled);
    }

    /// Runs an item and notes the outcome of the run. If the future is dropped earlier, the outcome is
    /// cancelled.
    pub(crate) async fn during<T>(
        &self,
        running: impl Future<Output = T>,
        outcome: impl FnOnce(&T) -> RunOutcome,
    ) -> T {
        self.begin();
        let end = match &self.trace {
            None => running.await,
            // Boxed: this future is part of those of all requests.
            Some(trace) => Box::pin(within(Arc::clone(trace), running)).await,
        };
        self.note(outcome(&end));
        end
    }

    /// Notes how the run ends. A later round of the same request replaces it.
    pub(crate) fn note(&self, outcome: RunOutcome) {
        self.note_with(outcome, None);
    }

    /// Notes that the server has cancelled the run, and why.
    pub(crate) fn cancel(&self, reason: &'static str) {
        self.note_with(RunOutcome::Cancelled, Some(reason));
    }

    fn note_with(&self, outcome: RunOutcome, reason: Option<&'static str>) {
        if let Some(noted) = &mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner) {
            *noted = (outcome, reason);
        }
    }

    /// Reports the noted outcome, unless it was already reported.
    pub(crate) fn finish(&self) {
        // Code that no `catch_unwind` surrounds, such as a handler written with rmcp.
        if std::thread::panicking() {
            self.note(RunOutcome::Panic);
        }
        let noted = self.noted.lock();
        let Some((outcome, reason)) = noted.unwrap_or_else(PoisonError::into_inner).take() else {
            return;
        };
        let end = OutcomeEvent {
            id: self.decision,
            method: self.method,
            item: &self.item,
            outcome,
            reason,
            duration: self.started.elapsed(),
        };
        self.observer.ended(&end);
        if let Some(trace) = &self.trace {
            trace.ended(&end);
        }
    }
}

impl Drop for RunReport {
    fn drop(&mut self) {
        self.finish();
    }
}

impl fmt::Debug for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunReport")
            .field("decision", &self.decision)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::*, *};

    #[derive(Default)]
    struct Ends(Mutex<Vec<(u64, RunOutcome)>>);

    impl Observer for Ends {
        fn decided(&self, _: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
            Ok(())
        }

        fn ended(&self, end: &OutcomeEvent<'_>) {
            self.0.lock().unwrap().push((end.id, end.outcome));
        }
    }

    fn ends(run: impl FnOnce(Arc<RunReport>)) -> Vec<(u64, RunOutcome)> {
        let ends = Arc::new(Ends::default());
        let observer: Arc<dyn Observer> = Arc::clone(&ends) as _;
        run(Arc::new(RunReport::new(
            observer,
            7,
            "tools/call",
            "ping".into(),
        )));
        let ends = ends.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.clone()
    }

    #[test]
    fn a_dropped_report_shows_whether_the_run_had_begun() {
        assert_eq!(ends(drop), [(7, RunOutcome::NotRun)]);
        assert_eq!(ends(|report| report.begin()), [(7, RunOutcome::Cancelled)]);
    }

    #[test]
    fn the_last_outcome_is_reported_and_nothing_after_it() {
        let reported = ends(|report| {
            report.begin();
            report.note(RunOutcome::Ran);
            report.note(RunOutcome::ToolError);
            report.finish();
            report.note(RunOutcome::Panic);
            report.finish();
        });
        assert_eq!(reported, [(7, RunOutcome::ToolError)]);
    }

    #[test]
    fn clones_report_together() {
        let reported = ends(|report| {
            let other = Arc::clone(&report);
            drop(report);
            other.note(RunOutcome::Ran);
        });
        assert_eq!(reported, [(7, RunOutcome::Ran)]);
    }

    #[test]
    fn a_panic_that_drops_the_report_is_a_panic() {
        let reported = ends(|report| {
            let run = std::panic::AssertUnwindSafe(move || {
                report.begin();
                std::panic::resume_unwind(Box::new("as a handler"));
            });
            assert!(std::panic::catch_unwind(run).is_err());
        });
        assert_eq!(reported, [(7, RunOutcome::Panic)]);
    }
}
