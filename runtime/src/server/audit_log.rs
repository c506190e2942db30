//! Writes the decisions and the ends of runs to the audit log.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::future::{BoxFuture, FutureExt, ready};
use tokio::{
    runtime::Handle,
    sync::Notify,
    time::{interval, sleep},
};
use toolgate_audit::{
    AuditKey, AuditLog, Batch, Decision, OnFailure, OperatorAction, RunEnd, Settings, Status,
    Subjects, UserDecision, Verdict,
};

use crate::{
    clock::{Clock, UnixTime},
    config::ValidAudit,
    denial::DenialReason,
    error::SetupErrors,
    observer::{
        DecisionEvent, NotRecordedError, Observer, OperatorEvent, OutcomeEvent, RunOutcome,
        UNREADABLE, UserDecisionEvent, WaitingRecord,
    },
};

/// The interval at which the head is written to the log of the program. An operator can store it
/// elsewhere.
const HEAD_INTERVAL: Duration = Duration::from_secs(60);

/// How long the outcome of a run can wait to be written with the next record: one write for both
/// costs a busy server half as much. A decision is written before its request runs.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// The observer that writes the audit log.
pub(super) struct AuditObserver {
    log: AuditLog,
    clock: Arc<dyn Clock>,
    was_failing: AtomicBool,
    /// Wakes [`write_waiting`] when an outcome begins to wait. `None` without a runtime.
    waiting: Option<Arc<Notify>>,
}

impl AuditObserver {
    /// Opens the log. Returns `None` and adds an error if that fails.
    pub(super) fn open(
        settings: ValidAudit<'_>,
        clock: &Arc<dyn Clock>,
        faults: &mut SetupErrors,
    ) -> Option<Arc<Self>> {
        let shown = settings.file.display();
        let how = Settings {
            on_failure: match settings.continues {
                true => OnFailure::Continue,
                false => OnFailure::Refuse,
            },
            subjects: match settings.is_pseudonymous {
                true => Subjects::Pseudonymous,
                false => Subjects::Plain,
            },
        };
        let key = AuditKey::new(settings.key)
            .map_err(|error| faults.add(format!("the audit key {error}"), "generate another one"))
            .ok()?;
        let opened = AuditLog::open(settings.file, key, how, clock.now().seconds());
        let log = opened
            .map_err(|error| {
                faults.add(
                    format!("the audit log {shown:?} {error}"),
                    "name a file that this user can write and no other program writes, with the key that has written it; move away the file of another key",
                );
            })
            .ok()?;
        // Without a runtime the file is not opened again; it is still written.
        let runtime = Handle::try_current().ok();
        let waiting = Arc::new(Notify::new());
        let observer = Arc::new(Self {
            log,
            clock: Arc::clone(clock),
            was_failing: AtomicBool::new(false),
            waiting: runtime.is_some().then(|| Arc::clone(&waiting)),
        });
        if let Some(runtime) = runtime {
            runtime.spawn(maintain(Arc::downgrade(&observer)).boxed());
            runtime.spawn(write_waiting(Arc::downgrade(&observer), waiting).boxed());
        }
        Some(observer)
    }

    /// Returns the state of the log, for metrics.
    #[cfg(feature = "metrics")]
    pub(super) fn state(&self) -> toolgate_metrics::AuditState {
        let status = self.log.status();
        toolgate_metrics::AuditState {
            records: status.head.count,
            lost: status.lost,
            is_failing: status.failure.is_some(),
        }
    }

    /// Logs once that the log cannot be written, and once that it can be written again.
    fn note_failure(&self) {
        let is_failing = self.log.is_failing();
        if self.was_failing.load(Ordering::Relaxed) == is_failing
            || self.was_failing.swap(is_failing, Ordering::Relaxed) == is_failing
        {
            return;
        }
        let status = self.log.status();
        if is_failing {
            let error = status.failure.unwrap_or_default();
            tracing::error!(target: "toolgate::audit", error, "the audit log cannot be written");
        } else {
            let lost = status.lost;
            tracing::warn!(target: "toolgate::audit", lost, "the audit log can be written again");
        }
    }

    fn write_waiting(&self) {
        self.log.flush();
        self.note_failure();
    }

    fn log_head(&self) {
        self.log.flush();
        self.log.write_refusals(self.clock.now().seconds());
        self.note_failure();
        let Status { head, lost, .. } = self.log.status();
        tracing::info!(target: "toolgate::audit", %head, lost, "audit log head");
    }

    #[cfg(unix)]
    fn reopen(&self) {
        let reopened = self.log.reopen(self.clock.now().seconds());
        self.note_failure();
        match reopened {
            Ok(true) => {
                tracing::info!(target: "toolgate::audit", "the audit log continues in a new file");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(target: "toolgate::audit", %error, "the audit log cannot be opened again; the earlier file is still written");
            }
        }
    }
}

impl Observer for AuditObserver {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        let written = with_record(decision, |decision| self.log.decide(decision));
        self.note_failure();
        written.map_err(|_| NotRecordedError)
    }

    fn defers(&self) -> bool {
        true
    }

    fn defer(&self, decision: &DecisionEvent<'_>) -> Option<Arc<dyn WaitingRecord>> {
        let batch = with_record(decision, |decision| self.log.decide_later(decision))?;
        Some(batch)
    }

    fn recorded(&self, _decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        self.note_failure();
        Ok(())
    }

    fn ended(&self, end: &OutcomeEvent<'_>) {
        let run = RunEnd {
            id: end.id,
            time: self.clock.now().seconds(),
            result: end.outcome.as_str(),
            reason_code: end.reason,
            duration: end.duration,
        };
        match &self.waiting {
            Some(waiting) if self.log.end_later(&run) => waiting.notify_one(),
            Some(_) => {}
            None => self.log.end(&run),
        }
        self.note_failure();
    }

    fn finish(&self) -> BoxFuture<'_, ()> {
        self.write_waiting();
        ready(()).boxed()
    }

    fn user_decided(&self, decision: &UserDecisionEvent<'_>) {
        self.log.user_decided(&UserDecision {
            time: decision.time.seconds(),
            item: decision.item,
            channel: decision.channel,
            answer: decision.answer,
            question: decision.question,
            issuer: decision.issuer,
            subject: decision.subject,
        });
        self.note_failure();
    }

    fn operator_acts(&self, event: &OperatorEvent<'_>) -> Result<(), NotRecordedError> {
        let written = self.log.operator_acts(&OperatorAction {
            time: event.time.seconds(),
            action: event.action,
            kind: event.kind,
            name: event.name,
            issuer: event.issuer,
            seconds: event.seconds,
            peer: event.peer,
        });
        self.note_failure();
        written.map_err(|_| NotRecordedError)
    }
}

impl WaitingRecord for Batch {
    fn write(&self) -> Result<(), NotRecordedError> {
        Self::write(self).map_err(|_| NotRecordedError)
    }

    fn abandon(&self, decision: u64, time: UnixTime) {
        Self::abandon(
            self,
            &RunEnd {
                id: decision,
                time: time.seconds(),
                result: RunOutcome::NotRun.as_str(),
                reason_code: None,
                duration: Duration::ZERO,
            },
        );
    }
}

/// Builds the record of a decision for a method of the log.
fn with_record<R>(decision: &DecisionEvent<'_>, write: impl FnOnce(&Decision<'_>) -> R) -> R {
    // The issuer of the token names an actor that has no issuer of its own.
    let issuer = decision.issuer.unwrap_or_default();
    let actors: Vec<_> = decision
        .actors
        .iter()
        .map(|actor| (actor.issuer().unwrap_or(issuer), actor.subject()))
        .collect();
    write(&Decision {
        id: decision.id,
        time: decision.time.seconds(),
        request_id: decision.ids.request(),
        trace_id: decision.ids.trace(),
        session: decision.ids.session(),
        issuer: decision.issuer,
        subject: decision.subject,
        client: decision.client,
        actors: &actors,
        method: decision.method,
        item: decision.item,
        decision: decision.outcome,
        required_scopes: &decision.required_scopes,
        token_scopes: &decision.token_scopes,
        missing_scopes: &decision.missing_scopes,
        verdict: match decision.is_allowed {
            true => Verdict::Allowed {
                runs: decision.runs,
            },
            false if !decision.is_late && is_aggregated(decision) => Verdict::Aggregated {
                reason_code: decision.reason.map(DenialReason::code),
            },
            false => Verdict::Denied {
                reason_code: decision.reason.map(DenialReason::code),
                detail: decision.detail,
                is_late: decision.is_late,
            },
        },
        policy: decision.policy,
        policy_version: decision.policy_version,
    })
}

impl Drop for AuditObserver {
    /// Ends the task that writes waiting outcomes. The log writes them when it is dropped.
    fn drop(&mut self) {
        if let Some(waiting) = &self.waiting {
            waiting.notify_one();
        }
    }
}

/// Returns whether no limit bounds the number of these refusals: the message was not read, a limit
/// refuses the request itself, or the token is not accepted, for example a token for another server
/// (RFC 9068 §4). A weak sign-in is a 401 for an accepted token, which the rate of its caller counts.
fn is_aggregated(decision: &DecisionEvent<'_>) -> bool {
    match decision.reason {
        None => decision.method == UNREADABLE,
        Some(DenialReason::InsufficientAuthentication) => false,
        Some(reason) => matches!(reason.status(), 401 | 429),
    }
}

/// Writes the outcomes that have waited for [`LONGEST_WAIT`], until the observer is dropped.
async fn write_waiting(observer: Weak<AuditObserver>, waiting: Arc<Notify>) {
    loop {
        // The observer notifies when it is dropped.
        waiting.notified().await;
        sleep(LONGEST_WAIT).await;
        match observer.upgrade() {
            Some(observer) => observer.write_waiting(),
            None => return,
        }
    }
}

/// Opens the file again at each SIGHUP, and logs the head, until the observer is dropped.
async fn maintain(observer: Weak<AuditObserver>) {
    let mut heads = interval(HEAD_INTERVAL);
    #[cfg(unix)]
    let mut hangup = {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = signal(SignalKind::hangup());
        hangup
            .inspect_err(|error| {
                tracing::error!(target: "toolgate::audit", %error, "SIGHUP cannot be received: the audit log cannot be rotated");
            })
            .ok()
    };
    loop {
        #[cfg(unix)]
        let is_hangup = tokio::select! {
            _ = heads.tick() => false,
            Some(()) = async { hangup.as_mut()?.recv().await } => true,
        };
        #[cfg(not(unix))]
        let is_hangup = {
            heads.tick().await;
            false
        };
        let Some(observer) = observer.upgrade() else {
            return;
        };
        match is_hangup {
            #[cfg(unix)]
            true => observer.reopen(),
            _ => observer.log_head(),
        }
    }
}
