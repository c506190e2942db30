//! Reports verifications and decisions to the observer of a gate, if it has one.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::HeaderMap;
use tokio::time::Instant;

use crate::{
    authorization::Target,
    caller::Caller,
    clock::UnixTime,
    denial::DenialReason,
    observer::{
        self, DecisionEvent, GateState, Observer, RequestHead, RequestIds, RequestTrace, RunReport,
        ScopeNames, UNREADABLE, VerificationEvent, VerificationOutcome,
    },
    operation::Operation,
    scope::ScopeSet,
    verify::{AuthenticationError, VerificationPath},
};

use super::{
    Gate,
    audit::{AuditContext, Cause},
    policy_note::PolicyNote,
    refusal::Refusal,
    waiting_decision::WaitingDecision,
};

/// The time after which a client tries again if a decision cannot be recorded.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The observer of a gate, and the number of its next decision.
pub(crate) struct Observation {
    observer: Arc<dyn Observer>,
    next: AtomicU64,
    /// Whether the observer traces requests. If not, a trace of the current task belongs to another
    /// gate in front of this one, and this gate does not use it.
    traces: bool,
    /// Whether the observer writes records of several requests together.
    defers: bool,
}

impl Observation {
    pub(crate) fn new(observer: Arc<dyn Observer>) -> Self {
        Self {
            traces: observer.traces(),
            defers: observer.defers(),
            observer,
            next: AtomicU64::new(1),
        }
    }

    /// Starts the trace of a request.
    pub(super) fn begin(&self, request: &RequestHead<'_>) -> Option<Arc<dyn RequestTrace>> {
        self.traces.then(|| self.observer.begin(request))?
    }

    /// Returns the trace of the request that this task serves.
    pub(super) fn trace(&self) -> Option<Arc<dyn RequestTrace>> {
        self.traces.then(observer::current)?
    }
}

impl fmt::Debug for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observation").finish_non_exhaustive()
    }
}

/// The parts of a decision that its [`AuditContext`] does not contain.
struct Verdict<'a> {
    is_allowed: bool,
    registered_item: Option<&'a Arc<str>>,
    cause: Cause<'a>,
    needed: ScopeSet,
    missing: ScopeSet,
    runs: bool,
}

impl GateState for Gate {
    fn items(&self) -> Vec<(&'static str, Arc<str>)> {
        self.item_names.all().collect()
    }

    fn sessions(&self) -> usize {
        self.sessions.count()
    }

    fn open_streams(&self) -> usize {
        self.open_streams.count()
    }

    fn key_ages(&self) -> Vec<(String, Duration)> {
        self.authenticator.key_ages()
    }
}

impl Gate {
    /// Gives this gate to its observer. The observer must not keep the gate alive.
    pub(crate) fn attach_observer(self: &Arc<Self>) {
        if let Some(observation) = &self.observation {
            let gate: Arc<dyn GateState> = Arc::clone(self) as _;
            observation.observer.attached(Arc::downgrade(&gate));
        }
    }

    /// Reports the verification of a token, if anything observes the gate.
    pub(super) fn report_verified<T>(
        &self,
        headers: &HeaderMap,
        started: Instant,
        path: VerificationPath,
        verified: &Result<T, AuthenticationError>,
    ) {
        let Some(observation) = &self.observation else {
            return;
        };
        observation.observer.verified(&VerificationEvent {
            ids: RequestIds::of(Some(headers)),
            is_cached: path.is_cached,
            kind: path.kind.as_str(),
            outcome: match verified {
                Ok(_) => VerificationOutcome::Accepted,
                Err(AuthenticationError::Unavailable { .. }) => VerificationOutcome::Unavailable,
                Err(_) => VerificationOutcome::Refused,
            },
            duration: started.elapsed(),
        });
    }

    /// Gives an allowed operation to an observer that writes its record together with those of other
    /// requests. Returns `None` if no record waits.
    pub(super) fn defer_allowed(
        &self,
        context: AuditContext<'_>,
        is_known: bool,
        target: Option<Target>,
    ) -> Option<WaitingDecision> {
        let observation = self.observation.as_ref().filter(|one| one.defers)?;
        let verdict = self.allowed(context, is_known, target);
        let id = observation.next.fetch_add(1, Ordering::Relaxed);
        let time = self.clock.now();
        let event = self.event(id, time, context, &verdict);
        let record = observation.observer.defer(&event)?;
        Some(WaitingDecision::new(record, id, time, verdict.runs))
    }

    /// Reports that an operation is allowed, before anything runs, and writes its record if it
    /// waits. Returns the report for the code that runs it.
    ///
    /// # Errors
    ///
    /// Returns the refusal if the operation must not run without a record of the decision.
    pub(super) fn report_allowed(
        &self,
        context: AuditContext<'_>,
        is_known: bool,
        target: Option<Target>,
        waiting: Option<WaitingDecision>,
    ) -> Result<Option<Arc<RunReport>>, Refusal> {
        let Some(observation) = &self.observation else {
            return Ok(None);
        };
        let operation = context.operation;
        let verdict = self.allowed(context, is_known, target);
        let observer = &observation.observer;
        let reported = match waiting {
            Some(waiting) => waiting.write().and_then(|id| {
                let event = self.event(id, self.clock.now(), context, &verdict);
                observer.recorded(&event).map(|()| id)
            }),
            None => {
                let id = observation.next.fetch_add(1, Ordering::Relaxed);
                let event = self.event(id, self.clock.now(), context, &verdict);
                observer.decided(&event).map(|()| id)
            }
        };
        let id = reported.map_err(|_| Refusal::Unavailable {
            reason: DenialReason::AuditUnavailable,
            retry_after: RETRY_AFTER,
            description: "the server cannot record the request now; try again later",
        })?;
        Ok(operation.filter(|_| verdict.runs).map(|operation| {
            let item = (verdict.registered_item).map_or_else(|| Arc::from(""), Arc::clone);
            let report = RunReport::new(Arc::clone(observer), id, operation.kind(), item);
            Arc::new(report.in_trace(observation.trace()))
        }))
    }

    fn allowed(
        &self,
        context: AuditContext<'_>,
        is_known: bool,
        target: Option<Target>,
    ) -> Verdict<'_> {
        let operation = context.operation;
        let granted = context.caller.map_or(ScopeSet::EMPTY, Caller::granted);
        Verdict {
            is_allowed: true,
            registered_item: target.and_then(|target| self.item_names.shared(target)),
            cause: Cause {
                outcome: if is_known { "admitted" } else { "not_found" },
                ..Cause::default()
            },
            needed: operation.map_or(ScopeSet::EMPTY, |of| self.rules.needed(of, granted)),
            missing: ScopeSet::EMPTY,
            runs: is_known && operation.is_some_and(runs_code),
        }
    }

    /// Reports a refusal.
    pub(super) fn report_refused(
        &self,
        context: AuditContext<'_>,
        cause: Cause<'_>,
        needed: ScopeSet,
        missing: ScopeSet,
    ) {
        if let Some(observation) = &self.observation {
            let verdict = Verdict {
                is_allowed: false,
                registered_item: self.registered_item(context.operation),
                cause,
                needed,
                missing,
                runs: false,
            };
            let id = observation.next.fetch_add(1, Ordering::Relaxed);
            let event = self.event(id, self.clock.now(), context, &verdict);
            // The request is refused in any case. The observer counts the records that it loses.
            let _ = observation.observer.decided(&event);
        }
    }

    fn event<'a>(
        &'a self,
        id: u64,
        time: UnixTime,
        context: AuditContext<'a>,
        verdict: &Verdict<'a>,
    ) -> DecisionEvent<'a> {
        let (operation, claims) = (context.operation, context.claims());
        let table = self.rules.table();
        let held = context.caller.map_or(ScopeSet::EMPTY, Caller::held);
        DecisionEvent {
            id,
            time,
            ids: context.ids(),
            issuer: claims.map(|claims| claims.issuer()),
            subject: claims.and_then(|claims| claims.subject()),
            client: claims.and_then(|claims| claims.client_id()),
            actors: claims.map_or(&[], |claims| claims.actors()),
            method: operation.map_or(UNREADABLE, Operation::method),
            known_method: operation
                .filter(|of| !matches!(of, Operation::Unruled(_)))
                .map(Operation::kind),
            item: operation.and_then(Operation::item_name),
            registered_item: verdict.registered_item,
            required_scopes: ScopeNames::new(verdict.needed, table),
            token_scopes: ScopeNames::new(held, table),
            missing_scopes: ScopeNames::new(verdict.missing, table),
            is_allowed: verdict.is_allowed,
            outcome: verdict.cause.outcome,
            reason: verdict.cause.code,
            detail: verdict.cause.detail,
            is_late: context.is_late,
            runs: verdict.runs,
            policy: context.policy.and_then(PolicyNote::id),
            policy_version: context.policy.and_then(PolicyNote::version),
        }
    }

    fn registered_item(&self, operation: Option<Operation<'_>>) -> Option<&Arc<str>> {
        self.item_names.shared(self.rules.target(operation?)?)
    }
}

/// Returns whether an operation runs code of its item. A subscription does not.
fn runs_code(operation: Operation<'_>) -> bool {
    matches!(
        operation,
        Operation::CallTool(_)
            | Operation::GetPrompt(_)
            | Operation::ReadResource(_)
            | Operation::CompletePrompt(_)
            | Operation::CompleteResource(_)
    )
}
