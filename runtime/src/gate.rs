//! The gate: every request is judged here before anything of the server sees it.
//!
//! - [`service`]: the gate as a tower service
//! - [`accept_header`]: which media types a client accepts
//! - [`message`]: the one reading of a request; [`fast_message`]: the quick one of a plain request
//! - [`authorize`]: the order of the checks, one step each
//! - [`dispatch`]: what happens to a request that was let in
//! - [`origin`]: `Host` and `Origin`
//! - [`body`]: one bounded buffer; [`request_limits`]: the bounds of a request; [`pending_bodies`]: what strangers share
//! - [`message_head`]: the beginning of a message, for a refusal; [`unauthenticated`]: who gets no further
//! - [`message_size`], [`json_size`]: what a message would take in memory, before it is unpacked
//! - [`message_limits`]: what a message is called by; [`log_line_size`]: and how much of it is logged
//! - [`session_revision`]: whether a request needs a session
//! - [`session`]: which principal owns which MCP session
//! - [`challenge`], [`refusal`], [`refusal_context`]: what a refused request is told, [`item_names`]: of which item; [`response_cache`]: and told again
//! - [`stateless_fast_path`]: the short way to a tool, or to the list of them; [`chunked_body`]: its body
//! - [`session_fast_path`]: the short way to a tool in a session
//! - [`tool_result_denial`]: a denial as the result of a call
//! - [`expiring_body`]: streams that end with their token
//! - [`audit`]: one line for each decision

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{authorization::Rules, clock::Clock, scope::ScopeSet, verify::Authenticator};

mod accept_header;
mod audit;
mod authorize;
mod body;
mod challenge;
mod chunked_body;
mod dispatch;
mod expiring_body;
mod fast_message;
mod item_names;
mod json_size;
mod log_line_size;
mod message;
mod message_head;
mod message_limits;
mod message_size;
mod origin;
mod pending_bodies;
mod refusal;
mod refusal_context;
mod request_limits;
mod response_cache;
mod service;
mod session;
mod session_fast_path;
mod session_revision;
mod stateless_fast_path;
mod tool_result_denial;
mod unauthenticated;

pub(crate) use challenge::Challenges;
pub(crate) use dispatch::ListsTools;
pub(crate) use item_names::ItemNames;
pub(crate) use origin::OriginRules;
pub(crate) use pending_bodies::PendingBodies;
pub(crate) use refusal::oauth_error;
#[cfg(feature = "development-issuer")]
pub(crate) use request_limits::BODY_TIME;
pub(crate) use request_limits::Limits;
pub(crate) use response_cache::RefusalCache;
pub(crate) use service::GateService;
pub use session::SessionLimits;
pub(crate) use session::{LatestCaller, Sessions};
pub(crate) use session_fast_path::SessionFastPath;
pub(crate) use stateless_fast_path::StatelessFastPath;
pub(crate) use tool_result_denial::DenialsAsToolResults;
pub use tool_result_denial::DeniedCall;

/// Which scopes a 403 names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ChallengeScopes {
    /// What the operation needs and what the token already has of this server's scopes.
    ///
    /// Some clients replace the scopes they had by those of the challenge; to them this
    /// keeps what they had. It disturbs no other.
    #[default]
    Cumulative,
    /// What the operation needs, alone.
    Needed,
}

/// All that judging a request takes.
pub(crate) struct Gate {
    pub(crate) rules: Arc<Rules>,
    pub(crate) item_names: ItemNames,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) challenges: Challenges,
    /// Refusals that were told before.
    pub(crate) told: RefusalCache,
    pub(crate) challenge_scopes: ChallengeScopes,
    /// To whom a denied call is answered as a result, if to anybody.
    pub(crate) tool_result_denial: Option<Box<DenialsAsToolResults>>,
    pub(crate) origins: OriginRules,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limits: Limits,
    /// The memory of half-sent bodies whose senders have no valid token.
    pub(crate) pending_bodies: PendingBodies,
    /// Ends the open streams.
    pub(crate) stop: CancellationToken,
    pub(crate) sessions: Sessions,
    /// Whether the service behind keeps sessions for the revisions that have them.
    pub(crate) has_sessions: bool,
    /// The short way, where the service behind offers one.
    pub(crate) stateless_fast_path: Option<Arc<dyn StatelessFastPath>>,
    /// The short way into sessions, likewise; none where nobody gets one.
    pub(crate) session_fast_path: Option<Arc<dyn SessionFastPath>>,
}

impl Gate {
    /// The scopes that a 403 asks for.
    fn asked(&self, needed: ScopeSet, held: ScopeSet) -> ScopeSet {
        match self.challenge_scopes {
            ChallengeScopes::Cumulative => needed.union(held),
            ChallengeScopes::Needed => needed,
        }
    }
}
