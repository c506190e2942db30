//! What observes a gate: the audit log, the metrics, and an observer that was attached to it.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::ValidConfig,
    error::SetupErrors,
    observer::{DecisionEvent, NotRecordedError, Observer, OutcomeEvent},
};

/// Several observers. The first that cannot record a decision refuses it, and the others do not
/// get it: they get the refusal instead.
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

    fn ended(&self, end: &OutcomeEvent<'_>) {
        self.0.iter().for_each(|one| one.ended(end));
    }
}

/// Returns what observes a gate with these settings, or `None` if nothing does. Errors are added
/// to `faults`.
pub(super) fn choose(
    attached: Option<Arc<dyn Observer>>,
    settings: &ValidConfig,
    clock: &Arc<dyn Clock>,
    faults: &mut SetupErrors,
) -> Option<Arc<dyn Observer>> {
    // The metrics are the last: they count what no other observer refuses.
    let mut all: Vec<Arc<dyn Observer>> = attached.into_iter().collect();
    #[cfg(feature = "audit")]
    let audit = settings
        .audit()
        .and_then(|audit| super::audit_log::AuditObserver::open(audit, clock, faults));
    #[cfg(feature = "audit")]
    if let Some(audit) = &audit {
        all.push(Arc::clone(audit) as _);
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
    // Only the optional parts read them.
    let _ = (settings, clock, faults);
    match all.len() {
        0 | 1 => all.pop(),
        _ => Some(Arc::new(All(all))),
    }
}
