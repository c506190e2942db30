//! The gate in front of a server: it authorizes every request before anything else sees it.
//!
//! [`Server`](crate::Server) builds its own gate. [`HandlerGate`] puts the same gate in front of
//! a handler that you wrote with rmcp: declare the [`Access`] of each tool, prompt and resource
//! with [`access!`](macro@crate::access). [`ChallengeScopes`], [`SessionLimits`], [`Rate`] and [`Visibility`]
//! are settings of both.

// How it works: request → authorize → dispatch → response. It authorizes every request before
// anything of the server sees it.
//
// Request:
// - `service`: the gate as a tower service, and the nonces of DPoP
// - `origin`: `Host` and `Origin`
// - `body`: one bounded buffer;
//   `pending_bodies`: the memory that requests without a token share
// - `message`: the message of a request; `request_head`, `fast_message`: the fast reader;
//   `message_error`: why a message is refused; `local_request`: a message on standard input
// - `message_head`: the beginning of a message, for a refusal
// - `decoded_size`, `json_memory_estimate`: the memory that a message takes, before it is unpacked
// - `message_limits`, `log_line_size`: limits of what is logged and stored
//
// Authorize:
// - `authorize`: the order of the checks
// - `authorizer`: the items' own `authorize` functions; `pending_decisions`: how many may wait
// - `decision_point`: the engine of the program; `policy_note`: what the records say of it
// - `session`: which caller owns which MCP session
// - `accept_header`: which media types a client accepts
// - `audit`: one log line for each decision; `observation`: the same for an observer
// - `request_id`: the id that connects the records of a request; `request_tracing`: its trace
//
// Dispatch:
// - `execution_path`: which way an authorized request takes
// - `dispatch`: runs it; `stateless_fast_path`, `direct_session_call`, `session_fast_path`,
//   `rmcp_forward`: the execution paths; `slow_answer`: an event stream for an answer that takes
//   long
//
// Response:
// - `refusal`, `refusal_context`: the answer to a refused request;
//   `refusal_item_names`: the item that it names; `response_envelope`: what it repeats;
//   `prepared_response`, `response_cache`: responses that can be sent again
// - `tool_result_denial`: a denial as the result of a call; `late_denial`: of a call that runs
// - `chunked_body`, `expiring_body`: bodies

use std::sync::Arc;

use http::HeaderMap;
use tokio_util::sync::CancellationToken;
use toolgate_store::{Replicas, Revocations};

use crate::{
    authorization::Rules, challenge::Challenges, clock::Clock, config::RequestLimits,
    scope::ScopeSet, throttle::Throttle, verify::Authenticator,
};

use {
    audit::AuditContext,
    refusal::{Refusal, RefusedRequest},
    refusal_context::RefusalContext,
    response_envelope::ResponseEnvelope,
};

mod accept_header;
pub(crate) mod audit;
mod authorize;
mod authorizer;
mod body;
mod chunked_body;
mod decision_point;
mod decoded_size;
mod direct_session_call;
mod dispatch;
mod execution_path;
mod expiring_body;
mod fast_message;
mod json_memory_estimate;
mod late_denial;
#[cfg(feature = "stdio")]
mod local_request;
mod log_line_size;
mod message;
mod message_error;
mod message_head;
mod message_limits;
mod observation;
mod origin;
mod pending_bodies;
mod pending_decisions;
mod policy_note;
mod prepared_response;
mod refusal;
mod refusal_context;
mod refusal_item_names;
mod request_head;
mod request_id;
mod request_tracing;
mod response_cache;
mod response_envelope;
mod rmcp_forward;
mod service;
mod session;
mod session_fast_path;
mod slow_answer;
mod stateless_fast_path;
mod stream_resume;
mod tool_result_denial;
mod waiting_decision;

pub use crate::config::SessionLimits;
pub use crate::rate::{Rate, RateError};
pub use crate::server::{
    Access, GatedService, GuardedHandler, GuardedService, HandlerCall, HandlerGate,
    HandlerGateBuilder, HandlerGateLayer, LocalSessions, Visibility,
};
pub(crate) use authorize::{Admission, is_revoked};
pub(crate) use authorizer::{AuthorizeQuestion, Authorizer, AuthorizingItems, NotAuthorized};
pub(crate) use decision_point::{DecisionPoint, PolicyFault, PolicyQuestion};
pub(crate) use direct_session_call::StartedCall;
pub(crate) use expiring_body::OpenStreams;
pub(crate) use late_denial::LateDenials;
#[cfg(feature = "stdio")]
pub(crate) use local_request::{LocalConnection, StreamsEnd};
pub(crate) use observation::Observation;
pub(crate) use origin::OriginRules;
pub(crate) use pending_bodies::PendingBodies;
pub(crate) use refusal::oauth_error;
pub(crate) use refusal_item_names::ItemNames;
pub(crate) use response_cache::RefusalCache;
pub(crate) use rmcp_forward::ListsTools;
pub(crate) use service::GateService;
pub(crate) use session::{
    LatestCaller, Resumption, SESSION_ID, SessionGuard, SessionServices, Sessions, SharedSessions,
};
pub(crate) use session_fast_path::SessionFastPath;
pub(crate) use slow_answer::{COMMENT, KEEP_ALIVE, event_stream};
pub(crate) use stateless_fast_path::{RunningCall, StatelessFastPath};
pub use tool_result_denial::DeniedCall;
pub(crate) use tool_result_denial::{DenialsAsToolResults, DeniedAnswer};

/// Which scopes a 403 names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
#[doc(alias = "WWW-Authenticate")]
pub enum ChallengeScopes {
    /// The scopes that the operation needs and the scopes of this server that the token has.
    ///
    /// Some clients replace their scopes by those of the challenge. With this setting they
    /// keep the earlier ones; other clients are not affected.
    #[default]
    Cumulative,
    /// Only the scopes that the operation needs.
    Needed,
}

/// Everything that authorizing a request needs.
pub(crate) struct Gate {
    pub(crate) rules: Arc<Rules>,
    pub(crate) item_names: ItemNames,
    pub(crate) authenticator: Arc<Authenticator>,
    /// Whether the program states its only caller, who has no token and cannot get one.
    pub(crate) is_local: bool,
    /// Calls the `authorize` functions, if any item behind the gate has one.
    pub(crate) authorizer: Option<Arc<Authorizer>>,
    /// Asks the decision point of the program, if it has one.
    pub(crate) decision_point: Option<Arc<DecisionPoint>>,
    pub(crate) challenges: Challenges,
    pub(crate) refusal_cache: RefusalCache,
    pub(crate) challenge_scopes: ChallengeScopes,
    /// Chooses the denied calls that are answered by a tool result.
    pub(crate) denials_as_tool_results: Option<Box<DenialsAsToolResults>>,
    pub(crate) origins: OriginRules,
    pub(crate) clock: Arc<dyn Clock>,
    /// Gets every decision, if anything observes the gate.
    pub(crate) observation: Option<Observation>,
    /// What the replicas of the server share, if it has a store.
    pub(crate) replicas: Option<Arc<Replicas>>,
    /// The tokens that are no longer accepted.
    pub(crate) revocations: Revocations,
    pub(crate) limits: RequestLimits,
    /// How often a caller may use what, if anything is limited.
    pub(crate) throttle: Option<Box<Throttle>>,
    /// The memory of incomplete bodies whose senders have no valid token.
    pub(crate) pending_bodies: PendingBodies,
    /// Ends the open streams.
    pub(crate) stop: CancellationToken,
    pub(crate) open_streams: OpenStreams,
    pub(crate) sessions: Sessions,
    /// Whether the service behind the gate has sessions for the revisions that know them.
    pub(crate) has_sessions: bool,
    /// The fast path without a session, if the service behind the gate offers one.
    pub(crate) stateless_fast_path: Option<Arc<dyn StatelessFastPath>>,
    /// The fast path into sessions, if the service behind the gate offers one.
    pub(crate) session_fast_path: Option<Arc<dyn SessionFastPath>>,
    /// The sessions of all replicas, if they share a store.
    pub(crate) shared_sessions: Option<Arc<dyn SharedSessions>>,
}

impl Gate {
    /// Returns the scopes that a 403 names.
    fn challenged_scopes(&self, needed: ScopeSet, held: ScopeSet) -> ScopeSet {
        match self.challenge_scopes {
            ChallengeScopes::Cumulative => needed.union(held),
            ChallengeScopes::Needed => needed,
        }
    }

    /// Refuses a request: writes the audit line and collects what the answer depends on.
    fn refuse(
        &self,
        context: AuditContext<'_>,
        refusal: Refusal,
        headers: &HeaderMap,
        envelope: ResponseEnvelope,
    ) -> Box<RefusedRequest<'_>> {
        let context = context.of_request(headers);
        let needed = self.needed(context, &refusal);
        let refusal = self.audited(context, refusal);
        let is_chosen = |chooses: &DenialsAsToolResults| {
            let caller = context.caller;
            chooses(&DeniedCall { headers, caller })
        };
        let is_tool_result = envelope.is_call
            && refusal.can_be_tool_result()
            && self
                .denials_as_tool_results
                .as_deref()
                .is_some_and(is_chosen);
        let target = context.operation.and_then(|of| self.rules.target(of));
        let item = target.and_then(|target| Some((target, self.item_names.get(target)?)));
        Box::new(RefusedRequest {
            refusal,
            envelope,
            is_tool_result,
            item,
            needed,
        })
    }

    /// Returns the scopes that the refused operation needs.
    fn needed(&self, context: AuditContext<'_>, refusal: &Refusal) -> ScopeSet {
        match (refusal, context.operation) {
            (Refusal::InsufficientScope { needed, .. }, _) => *needed,
            (_, Some(operation)) => self.rules.needed(operation, ScopeSet::EMPTY),
            (_, None) => ScopeSet::EMPTY,
        }
    }

    /// Writes the audit line of a refusal, and reports it.
    fn audited(&self, context: AuditContext<'_>, refusal: Refusal) -> Refusal {
        let needed = self.needed(context, &refusal);
        let missing = match refusal {
            Refusal::InsufficientScope { missing, .. } => missing,
            // The token has the scopes.
            Refusal::InsufficientAuthentication { .. } => ScopeSet::EMPTY,
            _ if refusal.is_challenge() => needed,
            _ => ScopeSet::EMPTY,
        };
        let reason = || refusal.description(self.refusal_context(false));
        let table = self.rules.table();
        let cause = audit::Cause {
            outcome: refusal.outcome(),
            code: refusal.reason(),
            detail: refusal.detail(),
        };
        audit::refused(context, cause, reason, needed, missing, table);
        self.report_refused(context, cause, needed, missing);
        refusal
    }

    /// Returns what an answer to a refused request is rendered from. `dpop` states whether the
    /// request used the scheme `DPoP`.
    fn refusal_context(&self, dpop: bool) -> RefusalContext<'_> {
        RefusalContext {
            challenges: &self.challenges,
            cache: &self.refusal_cache,
            table: self.rules.table(),
            hosts: self.origins.own_hosts(),
            dpop: dpop || self.authenticator.takes_only_bound(),
            is_local: self.is_local,
        }
    }
}
