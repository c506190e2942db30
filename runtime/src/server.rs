//! Builds a server: its tools, prompts and resources, its state, and its protection.
//!
//! - [`connection`]: connections, and how a slow client is disconnected
//! - [`dispatch_check`]: the second check, at dispatch; [`access_watch`]: ends what runs
//! - [`handler_gate`]: the gate alone, in front of a handler written with rmcp
//! - [`access_table`], [`explanation`], [`registry`], [`page_entries`], [`list_visibility`]: access
//! - [`approval_pages`]: the page for `approve`; [`startup_banner`]: the start-up banner
//! - [`assembly`]: builds what serves, or reports every error; `private_socket`: its other sockets
//! - [`catalogue`]: the registered items; [`changes`], [`subscriptions`]: changes at run time
//! - [`static_documents`]: the metadata document and the page; [`serve`]: listens, and shuts down
//! - [`http_entry`]: the entry for HTTP requests, and CORS; [`handler`]: rmcp's handler
//! - [`shared`]: the state that all requests share; [`scope_hierarchy`]: which scope implies which
//! - [`stateless_fast_path`], [`session_fast_path`], [`session_records`], [`shared_sessions`]: calls without rmcp
//! - [`token_issuers`]: the trusted issuers, and how their tokens are verified
//! - [`list_handlers`], [`tool_list_cache`], [`security_schemes`]: the lists for each caller
//! - [`login_timing`], [`readiness`]: logs and readiness; [`replicas`], [`dpop_proofs`]: what they share
//! - [`gate_plan`], [`author_policy`], [`listener_quota`]: the gate, and the parts around it
//! - [`policy_plan`], [`policy_setters`], [`item_inputs`], `cedar_schema`: its decision point
//! - [`multi_round`]: requests of several rounds; [`answer_limits`]: answers
//! - [`routes`], [`not_found`], [`browser_redirect`]: the paths, and all others
//! - [`mount`], [`nest_check`]: several servers in one application, and servers that it nests
//! - [`local_sessions`], [`event_form`], [`transport`], [`stream_events`]: rmcp's sessions, its
//!   settings and events, and the records of events
//! - `stdio`, `stream_end`: standard input and output in place of HTTP

use std::sync::Arc;

use crate::{
    clock::Clock,
    gate::{ChallengeScopes, DeniedCall},
    item::RegistersItems,
    prompt::PromptKind,
    resource::ResourceKind,
    scope::ScopeDescription,
    tool::ToolKind,
    verify::TokenVerifier,
};

mod access_table;
mod access_watch;
mod answer_limits;
mod approval_pages;
mod assembly;
#[cfg(feature = "audit")]
mod audit_log;
mod author_policy;
mod browser_redirect;
mod catalogue;
#[cfg(feature = "cedar")]
mod cedar_schema;
mod changes;
mod connection;
mod declared_scopes;
mod dispatch_check;
mod dpop_proofs;
mod event_form;
mod explanation;
mod gate_plan;
mod handler;
mod handler_gate;
mod http_entry;
mod item_inputs;
mod list_handlers;
mod list_visibility;
mod listener_quota;
mod local_sessions;
mod login_timing;
#[cfg(feature = "metrics")]
mod metrics_listener;
mod mount;
mod multi_round;
mod nest_check;
mod not_found;
mod observers;
mod page_entries;
mod policy_plan;
mod policy_setters;
#[cfg(any(feature = "admin", feature = "metrics"))]
mod private_socket;
mod readiness;
mod registry;
mod replicas;
mod routes;
mod run_reports;
mod scope_hierarchy;
mod security_schemes;
mod serve;
mod session_fast_path;
mod session_records;
mod shared;
mod shared_sessions;
mod startup_banner;
mod stateless_fast_path;
mod static_documents;
#[cfg(feature = "stdio")]
mod stdio;
#[cfg(feature = "stdio")]
mod stream_end;
mod stream_events;
mod subscriptions;
mod token_issuers;
mod tool_list_cache;
mod transport;
mod with_observer;

pub use access_table::{AccessTable, ItemAccess};
use answer_limits::AnswerLimits;
pub use changes::{Changes, UnknownItemError};
pub use explanation::{ExplainedStep, Explanation, Verdict};
pub use handler_gate::{
    Access, GatedService, GuardedHandler, GuardedService, HandlerCall, HandlerGate,
    HandlerGateBuilder, HandlerGateLayer,
};
pub use list_visibility::Visibility;
pub use local_sessions::LocalSessions;
pub use mount::Mount;
#[cfg(feature = "stdio")]
pub use stdio::LocalCaller;

use {author_policy::Policy, catalogue::Sets, readiness::Check};

/// A protected MCP server, before it runs.
///
/// ```no_run
/// use toolgate::{Config, Server, mcp_tool, tools};
///
/// /// Says hello.
/// #[mcp_tool(scope = "hello:say")]
/// fn hello(
///     /// The name of the person to greet.
///     name: String,
/// ) -> String {
///     format!("Hello, {name}!")
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), toolgate::Error> {
///     Server::new("hello")
///         .tools(tools![hello])
///         .serve(Config::from_env()?)
///         .await
/// }
/// ```
#[must_use = "a server does nothing until it is served"]
#[doc(alias = "OAuth")]
#[doc(alias = "MCP")]
pub struct Server<S> {
    name: String,
    title: Option<String>,
    version: String,
    instructions: Option<String>,
    state: S,
    sets: Sets<S>,
    policy: Policy,
    changes: Option<Changes>,
    limits: AnswerLimits,
    has_sessions: bool,
    without_banner: bool,
    readiness_check: Option<Check<S>>,
}

impl Server<()> {
    /// Creates a server without state. Clients show `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self::with_state(name, ())
    }
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Creates a server whose functions can take [`State`](crate::State) from `state`.
    pub fn with_state(name: impl Into<String>, state: S) -> Self {
        Self {
            name: name.into(),
            title: None,
            version: "0.0.0".to_owned(),
            instructions: None,
            state,
            sets: Sets::new(),
            policy: Policy::default(),
            changes: None,
            limits: AnswerLimits::default(),
            has_sessions: true,
            without_banner: false,
            readiness_check: None,
        }
    }

    /// Sets the version that clients show, for example `env!("CARGO_PKG_VERSION")`.
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets a display name for people.
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets instructions for models: how to use the server's items together.
    pub fn with_instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Adds tools: `tools![a, b]`, `Desk::tools` of a `#[mcp_tools] impl Desk`, or your own function
    /// over the [`ToolSet`](crate::ToolSet).
    pub fn tools<How>(mut self, add: impl RegistersItems<S, ToolKind, How>) -> Self {
        add(&mut self.sets.tools);
        self
    }

    /// Adds prompts: `prompts![a, b]`, `Desk::prompts` of a `#[mcp_tools] impl Desk`, or your own
    /// function over the [`PromptSet`](crate::PromptSet).
    pub fn prompts<How>(mut self, add: impl RegistersItems<S, PromptKind, How>) -> Self {
        add(&mut self.sets.prompts);
        self
    }

    /// Adds resources: `resources![a, b]`, `Desk::resources` of a `#[mcp_tools] impl Desk`, or your own
    /// function over the [`ResourceSet`](crate::ResourceSet). The first template that matches is used.
    ///
    /// ```
    /// use toolgate::{Server, mcp_resource, resources};
    ///
    /// /// One note.
    /// #[mcp_resource(uri = "notes://{id}", scope = "notes:read")]
    /// fn note(id: u32) -> String {
    ///     format!("This is note {id}.")
    /// }
    ///
    /// let server = Server::new("notes").resources(resources![note]);
    /// ```
    pub fn resources<How>(mut self, add: impl RegistersItems<S, ResourceKind, How>) -> Self {
        add(&mut self.sets.resources);
        self
    }

    /// Replaces the verification of JWTs by your own verifier.
    ///
    /// It decides whether a token is authentic. The server validates issuer, audience and expiry.
    pub fn with_verifier(mut self, verifier: impl TokenVerifier) -> Self {
        self.policy.verifier = Some(token_issuers::make_authenticator(verifier));
        self
    }

    /// Reads the time from `clock` instead of the system clock.
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.policy.clock = Arc::new(clock);
        self
    }

    /// Lets unauthenticated clients connect and list everything. Use it for servers that are
    /// open to unknown clients.
    ///
    /// Without it, one protected tool, prompt or resource is enough to require a token for
    /// `initialize`, `server/discover`, `ping`, lists, notifications, `GET` and `DELETE`.
    /// Many clients decide when they connect whether a login is needed, and do not log in
    /// later. A public item still runs without a token in one request of revision 2026-07-28,
    /// or of any revision [without sessions](Self::without_sessions). If all items are
    /// public, no request needs a token.
    ///
    /// With it, lists show the names, schemas and scopes of all items to unauthenticated
    /// clients; a warning at start-up says so. A call of a protected item is answered with a
    /// 401 that names the scopes of that item. The combination with [`Visibility::Granted`]
    /// is an error at start-up.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.with_open_handshake();
    /// ```
    pub fn with_open_handshake(mut self) -> Self {
        self.policy.open_handshake = true;
        self
    }

    /// Sets which scopes a 403 names.
    pub fn with_challenge_scopes(mut self, which: ChallengeScopes) -> Self {
        self.policy.challenge_scopes = which;
        self
    }

    /// Answers a denied tool call with a tool result if `to` returns `true` for the call:
    /// status 200, `isError`, a text that says what is missing and what would help, and the
    /// challenge in `_meta["mcp/www_authenticate"]`, where the OpenAI Apps SDK reads it.
    /// `_meta["toolgate/denial"]` has the code and the remedy
    /// ([`DenialReason`](crate::auth::DenialReason)).
    ///
    /// All other clients and requests get the real 401 or 403, without which a client neither logs
    /// in nor steps up. Only the form of the answer changes: a tool that is denied at the gate does
    /// not run. Off by default.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.denials_as_tool_results(|call| {
    ///     call.client_id() == Some("the-id-that-the-issuer-gave-it")
    ///         || call.user_agent().is_some_and(|agent| agent.starts_with("openai-mcp"))
    /// });
    /// ```
    pub fn denials_as_tool_results(
        mut self,
        to: impl Fn(&DeniedCall<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.policy.tool_result_denial = Some(Box::new(to));
        self
    }

    /// Sets which tools, prompts and resources the lists show to a caller.
    pub fn with_visibility(mut self, visibility: Visibility) -> Self {
        self.policy.visibility = visibility;
        self
    }

    /// Lets a [`Changes`] switch tools, prompts and resources off and on and notify clients.
    /// Clients can then subscribe to resources.
    pub fn with_changes(mut self, changes: &Changes) -> Self {
        self.changes = Some(changes.clone());
        self
    }

    /// Declares that a token with the scope `holder` also has the `implied` scopes.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.scope_implies("todo:admin", ["todo:read", "todo:write"]);
    /// ```
    ///
    /// The hierarchy applies when a token is validated: the MCP authorization specification
    /// requires this of a server that has a hierarchy. It never widens a challenge, which
    /// names the scopes that a tool requires. An implied scope that no item requires is an
    /// error at start-up.
    pub fn scope_implies<const N: usize>(
        mut self,
        holder: &'static str,
        implied: [&'static str; N],
    ) -> Self {
        self.policy.hierarchy.add(holder, &implied);
        self
    }

    /// Declares all scopes of the server, with descriptions for the documentation page and
    /// for the consent page of the development issuer. An item that requires a scope outside
    /// this list is an error at start-up. [`scopes!`](crate::scopes) builds the list.
    pub fn declared_scopes(mut self, declared_scopes: &'static [ScopeDescription]) -> Self {
        self.policy.declared_scopes = declared_scopes;
        self
    }

    /// Lets a scope that ends in `*` grant every scope of this server with the same prefix:
    /// `todo:*` grants `todo:read` and `todo:write`.
    pub fn with_scope_patterns(mut self) -> Self {
        self.policy.hierarchy.allow_patterns();
        self
    }

    /// Answers every request independently, so that requests of one client can go to
    /// different replicas. No client gets an `Mcp-Session-Id`, which is optional (MCP
    /// 2025-11-25, Transports, Session Management).
    ///
    /// Revision 2026-07-28 has no sessions and loses nothing. Clients of earlier revisions
    /// lose what needs a session: the server cannot send them requests during a call,
    /// resource subscriptions, change notifications or log messages. Progress notifications
    /// arrive with the answer to the call. If tools send requests to clients, set the same
    /// `TOOLGATE_STATE_KEY` on each replica.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.without_sessions();
    /// ```
    pub fn without_sessions(mut self) -> Self {
        self.has_sessions = false;
        self
    }

    /// Applies the state to every item.
    fn bound(mut self) -> Server<()> {
        if let Some(check) = self.readiness_check {
            let state = self.state.clone();
            self.policy.readiness_check = Some(Box::new(move |()| check(state.clone())));
        }
        Server {
            name: self.name,
            title: self.title,
            version: self.version,
            instructions: self.instructions,
            state: (),
            sets: self.sets.with_state_applied(&self.state),
            policy: self.policy,
            changes: self.changes,
            limits: self.limits,
            has_sessions: self.has_sessions,
            without_banner: self.without_banner,
            readiness_check: None,
        }
    }
}
