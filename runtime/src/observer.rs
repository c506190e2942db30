//! The events that the gate reports: the verification of each token, each decision before it takes
//! effect, and the end of each permitted run.
//!
//! Hidden: the events hold personal data, and their fields change with the gate. The audit log
//! and the metrics, which are optional, implement [`Observer`].

use std::{
    fmt,
    sync::{Arc, Weak},
};

use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::{
    claims::Actor,
    clock::UnixTime,
    denial::DenialReason,
    scope::{ScopeSet, ScopeTable},
};

mod request_ids;
mod request_trace;
mod run_report;
pub(crate) mod trace_context;
mod waiting_record;

pub use request_ids::RequestIds;
pub(crate) use request_trace::{AnswerGuard, current, within, write};
pub use request_trace::{RequestHead, RequestTrace, UpstreamTrace};
pub use run_report::{RunOutcome, RunReport};
pub use waiting_record::WaitingRecord;

/// The header with the id of a request, in the request and in its answer.
pub(crate) const REQUEST_ID: &str = "x-request-id";

/// The method of a message that was not read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// Gets every decision and every end of a permitted run. The methods run on the threads that serve
/// requests, so they must return soon.
pub trait Observer: Send + Sync {
    /// Gets a decision before it takes effect.
    ///
    /// # Errors
    ///
    /// Returns an error if the decision must not take effect without a record of it. The gate then
    /// refuses the request with a 503. The error of a refusal has no effect.
    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError>;

    /// Returns whether [`defer`](Self::defer) accepts decisions.
    fn defers(&self) -> bool {
        false
    }

    /// Accepts an allowed decision, to write its record together with those of other requests. After
    /// it is written, [`recorded`](Self::recorded) gets the decision. Returns `None` if the record
    /// does not wait: then [`decided`](Self::decided) gets the decision. The default never waits.
    fn defer(&self, _decision: &DecisionEvent<'_>) -> Option<Arc<dyn WaitingRecord>> {
        None
    }

    /// Gets a decision whose deferred record is written, before it takes effect.
    ///
    /// # Errors
    ///
    /// As [`decided`](Self::decided), which is the default.
    fn recorded(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        self.decided(decision)
    }

    /// Gets the end of a run that a decision has permitted: exactly once for each decision with
    /// [`DecisionEvent::runs`].
    fn ended(&self, end: &OutcomeEvent<'_>);

    /// Gets the verification of the token of a request: once for each request with a well-formed
    /// token, before its decision, unless the client disconnects first. The default does nothing.
    fn verified(&self, _verification: &VerificationEvent<'_>) {}

    /// Returns whether this observer traces requests.
    fn traces(&self) -> bool {
        false
    }

    /// Starts the trace of a request, before anything is checked. The default traces nothing.
    fn begin(&self, _request: &RequestHead<'_>) -> Option<Arc<dyn RequestTrace>> {
        None
    }

    /// Sends the queued data within two seconds. A server that stops waits for this.
    fn finish(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }

    /// Gets what a decision point has answered. The default does nothing.
    fn policy_asked(&self, _asked: &PolicyEvent) {}

    /// Gets the decision of a user about a request (`confirm`, `approve`). The default does nothing.
    fn user_decided(&self, _decision: &UserDecisionEvent<'_>) {}

    /// Gets an action of the operator before it takes effect. The default does nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if it cannot be recorded.
    fn operator_acts(&self, _event: &OperatorEvent<'_>) -> Result<(), NotRecordedError> {
        Ok(())
    }

    /// Gets the gate that reports to this observer, before its first request. The default does
    /// nothing.
    fn attached(&self, _gate: Weak<dyn GateState>) {}
}

/// The state of a gate, for metrics that are read when they are scraped.
pub trait GateState: Send + Sync {
    /// Returns the registered names of all items, as the events share them, each with the method
    /// that runs the item.
    fn items(&self) -> Vec<(&'static str, Arc<str>)>;

    /// Returns how many sessions are open.
    fn sessions(&self) -> usize;

    /// Returns how many streams without an end are open: of `GET` and of `subscriptions/listen`.
    fn open_streams(&self) -> usize;

    /// Returns how long ago the keys of each issuer were loaded, except for fixed keys.
    fn key_ages(&self) -> Vec<(String, std::time::Duration)>;
}

/// A decision could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotRecordedError;

impl fmt::Display for NotRecordedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the decision could not be recorded")
    }
}

impl std::error::Error for NotRecordedError {}

/// A decision of the gate. Text that comes from the request or the token is not shortened.
#[derive(Debug, Clone, Copy)]
pub struct DecisionEvent<'a> {
    /// The number of the decision, from 1, for this gate.
    pub id: u64,
    /// The time of the decision.
    pub time: UnixTime,
    /// The ids of the request, its trace and its session.
    pub ids: RequestIds<'a>,
    /// The issuer of the token, if the token is authentic.
    pub issuer: Option<&'a str>,
    /// The subject of the token.
    pub subject: Option<&'a str>,
    /// The client that the token was issued to.
    pub client: Option<&'a str>,
    /// Who acts for the subject, the current actor first.
    pub actors: &'a [Actor],
    /// The method of the message. A method without a rule is as the client wrote it.
    pub method: &'a str,
    /// The method, if the server knows it.
    pub known_method: Option<&'static str>,
    /// The tool, the prompt or the resource that the request names.
    pub item: Option<&'a str>,
    /// The registered name of that item, if it is registered.
    pub registered_item: Option<&'a Arc<str>>,
    /// The scopes that the operation needs.
    pub required_scopes: ScopeNames<'a>,
    /// The scopes of this server that the token names.
    pub token_scopes: ScopeNames<'a>,
    /// The needed scopes that the caller lacks.
    pub missing_scopes: ScopeNames<'a>,
    /// Whether the operation is allowed.
    pub is_allowed: bool,
    /// The `decision` in the audit line: `admitted`, or the kind of a refusal.
    pub outcome: &'static str,
    /// The stable code of a denial.
    pub reason: Option<DenialReason>,
    /// The author's own code of a denial.
    pub detail: Option<&'a str>,
    /// Whether the item itself denied the request while it ran.
    pub is_late: bool,
    /// Whether an item will run: an [`OutcomeEvent`] with the same id follows.
    pub runs: bool,
    /// The policy by which the decision point has decided.
    pub policy: Option<&'a str>,
    /// The version of the policies.
    pub policy_version: Option<&'a str>,
}

/// A set of scopes by name.
#[derive(Clone, Copy)]
pub struct ScopeNames<'a> {
    set: ScopeSet,
    table: &'a ScopeTable,
}

impl<'a> ScopeNames<'a> {
    pub(crate) fn new(set: ScopeSet, table: &'a ScopeTable) -> Self {
        Self { set, table }
    }

    /// Returns the names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> + use<'a> {
        self.table.names(self.set)
    }
}

/// The names, separated by spaces.
impl fmt::Display for ScopeNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, scope) in self.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

impl fmt::Debug for ScopeNames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The decision of a user about a request.
#[derive(Debug, Clone, Copy)]
pub struct UserDecisionEvent<'a> {
    /// The time of the decision.
    pub time: UnixTime,
    /// The kind and the registered name of the item, such as `tool delete`.
    pub item: &'a str,
    /// How the decision arrived: `client` if the client reports the answer of its user (`confirm`),
    /// `page` if the user decides on the server's own page (`approve`).
    pub channel: &'static str,
    /// The decision, in one word. `redeemed` and `refused` report that a request came back from
    /// the page.
    pub answer: &'static str,
    /// The random id of the question. With `page` it is a secret of the page.
    pub question: &'a str,
    /// The issuer of the caller's token.
    pub issuer: Option<&'a str>,
    /// The subject of the caller's token.
    pub subject: Option<&'a str>,
}

/// What a decision point has answered about one request.
#[derive(Debug, Clone, Copy)]
pub struct PolicyEvent {
    /// The answer: `allowed`, `denied`, `unavailable`, `failed` or `timed_out`.
    pub outcome: &'static str,
    /// How many questions it had: one for each item of a list.
    pub questions: usize,
    /// The time that the answer took.
    pub duration: std::time::Duration,
}

/// An action of the operator (`admin`).
#[derive(Debug, Clone, Copy)]
pub struct OperatorEvent<'a> {
    /// The time of the action.
    pub time: UnixTime,
    /// `switch_off`, `switch_on`, `revoke` or `lift`.
    pub action: &'static str,
    /// The kind of target: `tool`, `prompt`, `resource`, `issuer`, `subject`, `client` or `jti`.
    pub kind: &'static str,
    /// The name of the target.
    pub name: &'a str,
    /// The issuer of revoked tokens.
    pub issuer: Option<&'a str>,
    /// For how many seconds tokens are revoked.
    pub seconds: Option<u64>,
    /// The address that sent it.
    pub peer: std::net::SocketAddr,
}

/// The verification of the token of one request.
#[derive(Debug, Clone, Copy)]
pub struct VerificationEvent<'a> {
    /// The ids of the request, and of the trace that its headers name.
    pub ids: RequestIds<'a>,
    /// Whether the token was in the cache of verified tokens.
    pub is_cached: bool,
    /// What verified the token, now or when it was cached: `signature`, `introspection`, or
    /// `custom` for the verifier of the program.
    pub kind: &'static str,
    /// Whether the token was accepted.
    pub outcome: VerificationOutcome,
    /// The time that the verification took, with its proof of possession.
    pub duration: std::time::Duration,
}

/// How the verification of a token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VerificationOutcome {
    /// The token is accepted.
    Accepted,
    /// The token or its proof of possession is not valid.
    Refused,
    /// The token cannot be verified now.
    Unavailable,
}

impl VerificationOutcome {
    /// Returns the word for labels. It never changes its meaning.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The end of a run that a decision has permitted.
#[derive(Debug, Clone, Copy)]
pub struct OutcomeEvent<'a> {
    /// The number of the decision.
    pub id: u64,
    /// The method of the message.
    pub method: &'static str,
    /// The registered name of the item.
    pub item: &'a Arc<str>,
    /// How the run ended.
    pub outcome: RunOutcome,
    /// Why the server has cancelled it.
    pub reason: Option<&'static str>,
    /// The time from the decision to the end.
    pub duration: std::time::Duration,
}
