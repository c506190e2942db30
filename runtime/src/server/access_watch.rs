//! [`AccessWatch`]: ends running work whose authorization is taken away.
//!
//! The gate authorizes a request before it runs. The running work can wait for seconds or minutes:
//! for another service, for its client, for the decision of its user. It must not go on if its
//! token is revoked meanwhile, or if the operator switches its item off.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::BoxFuture};
use pin_project_lite::pin_project;
use rmcp::ErrorData;
use toolgate_store::{Revocations, StaleRevocationsError};

use crate::{
    authorization::{Permit, Target},
    caller::Caller,
    gate,
    item::CallError,
    observer::RunReport,
};

use super::changes::Changes;

/// Watches what can end the authorization of a running request: revocations and switches.
#[derive(Clone, Default)]
pub(super) struct AccessWatch(Arc<Sources>);

#[derive(Default)]
struct Sources {
    revocations: Revocations,
    changes: Changes,
}

/// Why an authorization has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Withdrawn {
    /// The token was revoked.
    Revoked,
    /// The list of revocations is too old to know whether the token was revoked.
    Unknown,
    /// The operator has switched the item off.
    SwitchedOff,
}

impl Withdrawn {
    /// Returns the reason in the records.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Revoked => "token_revoked",
            Self::Unknown => "store_unavailable",
            Self::SwitchedOff => "switched_off",
        }
    }
}

impl fmt::Display for Withdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Revoked => "the request was cancelled: its access token was revoked",
            Self::Unknown => {
                "the request was cancelled: the server cannot know now whether its access token was revoked"
            }
            Self::SwitchedOff => "the request was cancelled: the operator has switched the item off",
        })
    }
}

impl From<Withdrawn> for ErrorData {
    fn from(withdrawn: Withdrawn) -> Self {
        Self::invalid_request(withdrawn.to_string(), None)
    }
}

impl From<Withdrawn> for CallError {
    fn from(withdrawn: Withdrawn) -> Self {
        Self::failed(withdrawn.to_string())
    }
}

impl AccessWatch {
    /// Watches these revocations, and what the operator switches off.
    pub(super) fn new(revocations: &Revocations, changes: &Changes) -> Self {
        Self(Arc::new(Sources {
            revocations: revocations.clone(),
            changes: changes.clone(),
        }))
    }

    /// Returns what the operator switches.
    #[cfg(feature = "admin")]
    pub(super) fn changes(&self) -> &Changes {
        &self.0.changes
    }

    /// Returns whether the authorization of a caller for an item has ended, and why.
    pub(super) fn withdrawn(
        &self,
        caller: Option<&Caller>,
        target: Option<Target>,
    ) -> Option<Withdrawn> {
        if target.is_some_and(|target| self.0.changes.is_off_by_operator(target)) {
            return Some(Withdrawn::SwitchedOff);
        }
        match gate::is_revoked(&self.0.revocations, caller?) {
            Ok(false) => None,
            Ok(true) => Some(Withdrawn::Revoked),
            Err(StaleRevocationsError) => Some(Withdrawn::Unknown),
        }
    }

    /// Runs work until its end, or until the authorization of this permit ends. Then the work is
    /// dropped and the report says why. Work whose authorization has ended already does not start.
    pub(super) fn during<F: Future>(
        &self,
        permit: &Permit,
        report: Option<&Arc<RunReport>>,
        running: F,
    ) -> Watched<F> {
        Watched {
            running,
            watch: self.clone(),
            caller: permit.caller().cloned(),
            target: permit.target(),
            report: report.cloned(),
            ended: None,
            has_started: false,
        }
    }

    async fn until_withdrawn(self, caller: Option<Caller>, target: Option<Target>) -> Withdrawn {
        let caller = caller.as_ref();
        let is_over = |_: &Revocations| self.withdrawn(caller, target).is_some();
        self.0.revocations.until_revoked(is_over).await;
        self.withdrawn(caller, target).unwrap_or(Withdrawn::Unknown)
    }
}

pin_project! {
    /// Work that ends with its authorization.
    pub(super) struct Watched<F> {
        #[pin]
        running: F,
        watch: AccessWatch,
        caller: Option<Caller>,
        target: Option<Target>,
        report: Option<Arc<RunReport>>,
        // Absent until the work waits: most work never does, and needs no allocation.
        ended: Option<BoxFuture<'static, Withdrawn>>,
        has_started: bool,
    }
}

impl<F: Future> Future for Watched<F> {
    type Output = Result<F::Output, Withdrawn>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (caller, target) = (this.caller, *this.target);
        // Before the work continues: the revocation can precede the event that wakes the work.
        let mut withdrawn = match this.ended {
            Some(ended) => ended.poll_unpin(cx),
            // Time may have passed since the gate's check, for example to ask a decision point.
            None if !*this.has_started => match this.watch.withdrawn(caller.as_ref(), target) {
                Some(withdrawn) => Poll::Ready(withdrawn),
                None => Poll::Pending,
            },
            None => Poll::Pending,
        };
        *this.has_started = true;
        if withdrawn.is_pending() {
            if let Poll::Ready(end) = this.running.poll(cx) {
                return Poll::Ready(Ok(end));
            }
            if this.ended.is_none() {
                let watch = this.watch.clone();
                let mut ended = watch.until_withdrawn(caller.clone(), target).boxed();
                withdrawn = ended.poll_unpin(cx);
                *this.ended = Some(ended);
            }
        }
        let withdrawn = std::task::ready!(withdrawn);
        if let Some(report) = this.report {
            report.cancel(withdrawn.as_str());
        }
        Poll::Ready(Err(withdrawn))
    }
}
