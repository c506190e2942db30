//! The observers of a gate: the audit log, the traces, the metrics, and an attached observer.

use std::sync::{Arc, Weak};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};

use crate::{
    clock::Clock,
    config::ValidConfig,
    error::SetupErrors,
    observer::{
        DecisionEvent, GateState, NotRecordedError, Observer, OperatorEvent, OutcomeEvent,
        PolicyEvent, RequestHead, RequestTrace, UserDecisionEvent, VerificationEvent,
        WaitingRecord,
    },
};

#[cfg(feature = "traces")]
mod trace_observer;

/// Several observers. If an observer cannot record an allowed operation, the later observers do not
/// get that decision: they get the refusal instead.
struct All(Vec<Arc<dyn Observer>>);

impl Observer for All {
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        let mut all = self.0.iter();
        match decision.is_allowed {
            true => all.try_for_each(|one| one.decided(decision)),
            // Every observer gets a refusal, whether the others can record it or not.
            false => {
                let mut end = Ok(());
                for one in all {
                    end = one.decided(decision).and(end);
                }
                end
            }
        }
    }

    fn defers(&self) -> bool {
        self.0.first().is_some_and(|first| first.defers())
    }

    /// Only the first observer can defer: it gets a decision before all others.
    fn defer(&self, decision: &DecisionEvent<'_>) -> Option<Arc<dyn WaitingRecord>> {
        self.0.first()?.defer(decision)
    }

    fn recorded(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        self.0.iter().try_for_each(|one| one.recorded(decision))
    }

    fn ended(&self, end: &OutcomeEvent<'_>) {
        self.0.iter().for_each(|one| one.ended(end));
    }

    fn verified(&self, verification: &VerificationEvent<'_>) {
        self.0.iter().for_each(|one| one.verified(verification));
    }

    fn policy_asked(&self, asked: &PolicyEvent) {
        self.0.iter().for_each(|one| one.policy_asked(asked));
    }

    fn traces(&self) -> bool {
        self.0.iter().any(|one| one.traces())
    }

    fn begin(&self, request: &RequestHead<'_>) -> Option<Arc<dyn RequestTrace>> {
        self.0.iter().find_map(|one| one.begin(request))
    }

    fn finish(&self) -> BoxFuture<'_, ()> {
        let all = self.0.iter().map(|one| one.finish());
        join_all(all).map(drop).boxed()
    }

    fn user_decided(&self, decision: &UserDecisionEvent<'_>) {
        self.0.iter().for_each(|one| one.user_decided(decision));
    }

    fn operator_acts(&self, event: &OperatorEvent<'_>) -> Result<(), NotRecordedError> {
        self.0.iter().try_for_each(|one| one.operator_acts(event))
    }

    fn attached(&self, gate: Weak<dyn GateState>) {
        self.0.iter().for_each(|one| one.attached(gate.clone()));
    }
}

/// Returns the observer of a gate with these settings, if there is one. Errors are added to
/// `faults`.
pub(super) fn choose(
    attached: Option<Arc<dyn Observer>>,
    server: &str,
    settings: &ValidConfig,
    clock: &Arc<dyn Clock>,
    faults: &mut SetupErrors,
) -> Option<Arc<dyn Observer>> {
    // The metrics are last: they count an allowed operation only if the others have recorded it.
    let mut all: Vec<Arc<dyn Observer>> = attached.into_iter().collect();
    #[cfg(feature = "audit")]
    let audit = settings
        .audit()
        .and_then(|audit| super::audit_log::AuditObserver::open(audit, clock, faults));
    #[cfg(feature = "audit")]
    if let Some(audit) = &audit {
        all.push(Arc::clone(audit) as _);
    }
    #[cfg(feature = "traces")]
    if let Some(traces) = settings.traces()
        && let Some(traces) = trace_observer::TraceObserver::start(
            traces,
            server,
            settings.resource().as_str(),
            clock,
            faults,
        )
    {
        all.push(traces);
    }
    #[cfg(feature = "metrics")]
    if let Some(address) = settings.metrics()
        && let Some(metrics) = super::metrics_listener::MetricsObserver::listen(
            address,
            #[cfg(feature = "audit")]
            audit,
            faults,
        )
    {
        all.push(metrics);
    }
    // Only the optional features read these parameters.
    let _ = (server, settings, clock, faults);
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(Arc::new(All(all))),
    }
}
