//! A server: what it offers, its state, and everything that protects it, in one builder.
//!
//! - [`admitted`]: the second check, at dispatch
//! - [`adoption`]: the gate alone, before somebody else's handler
//! - [`browser`]: a person who opens the endpoint
//! - [`catalogue`], [`listing`]: its tools, prompts and resources, and who sees which;
//!   [`lists`]: that as bytes
//! - [`assembly`]: from a builder and a configuration to what serves, with every fault
//! - [`changes`], [`listening`]: what changes while it runs, and who is told
//! - [`quota`]: how much memory a caller's listeners may take
//! - [`cors`]: CORS for requests of pages, and nothing for others
//! - [`direct`]: the short way to a tool
//! - [`documents`]: metadata and page, made once
//! - [`handler`]: the server as rmcp sees it, and the second check
//! - [`hierarchy`]: which scope implies which
//! - [`issuing`]: who issues tokens, and how they are verified
//! - [`login`]: when a client meets the login
//! - [`offered`], [`protection`]: what is offered, and what stands before it
//! - [`preface`]: how long a new connection may be silent
//! - [`rounds`]: requests of several rounds
//! - [`routes`]: the paths
//! - [`schemes`]: what a list of tools says of access
//! - [`serve`]: listening, and stopping without losing a call
//! - [`sessions`], [`transport`]: rmcp's sessions, and how it is set up
//! - [`visibility`]: what lists show to whom
//! - [`log_writer`]: log lines of a bounded length
//! - [`welcome`]: what a person at the terminal reads

use std::sync::Arc;

use crate::{
    clock::Clock,
    error::StartError,
    gate::{ChallengeScopes, DeniedCall},
    prompt::PromptSet,
    resource::ResourceSet,
    scope::ScopeDescription,
    tool::ToolSet,
    verify::TokenVerifier,
};

mod activity;
mod admitted;
mod adoption;
mod assembly;
mod at_once;
mod browser;
mod catalogue;
mod changes;
mod connection;
mod connections;
mod cors;
mod direct;
mod documents;
mod entrance;
mod handler;
mod hierarchy;
mod in_session;
mod issuing;
mod listening;
mod listing;
mod lists;
mod log_writer;
mod login;
mod observed;
mod offered;
mod page;
mod protection;
mod quota;
mod rounds;
mod routes;
mod schemes;
mod serve;
mod sessions;
mod transport;
mod visibility;
mod welcome;

pub use adoption::{Gate, GateBuilder, GateLayer, Gated, Guarded, IsGuarded, Needs};
pub use changes::{Changes, NotOffered};
pub use log_writer::LogWriter;
pub use sessions::LocalSessions;
pub use visibility::Visibility;

use {catalogue::Sets, protection::Policy};

/// A protected MCP server, before it runs.
///
/// ```no_run
/// use toolgate::{Config, Server, mcp_tool, tools};
///
/// /// Says hello.
/// #[mcp_tool(scope = "hello:say")]
/// fn hello(
///     /// Whom to greet.
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
pub struct Server<S> {
    name: String,
    title: Option<String>,
    version: String,
    instructions: Option<String>,
    state: S,
    sets: Sets<S>,
    policy: Policy,
    changes: Option<Changes>,
    has_sessions: bool,
    quiet: bool,
}

impl Server<()> {
    /// A server without state, by the name that clients show.
    pub fn new(name: impl Into<String>) -> Self {
        Self::with_state(name, ())
    }
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// A server whose functions can take [`State`](crate::State) from `state`.
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
            has_sessions: true,
            quiet: false,
        }
    }

    /// Sets the version that clients show; `env!("CARGO_PKG_VERSION")`, say.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Sets a name for people, where the server's own is one for machines.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Tells models how to use together what the server offers.
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// Adds tools: `tools![a, b]`, `Desk::tools` of a `#[mcp_tools] impl Desk`, or a
    /// function of one's own over the [`ToolSet`]. Can be called more than once.
    pub fn tools(mut self, add: impl FnOnce(&mut ToolSet<S>)) -> Self {
        add(&mut self.sets.tools);
        self
    }

    /// Adds prompts: `prompts![a, b]`, `Desk::prompts` of a `#[mcp_tools] impl Desk`, or a
    /// function of one's own over the [`PromptSet`]. Can be called more than once.
    pub fn prompts(mut self, add: impl FnOnce(&mut PromptSet<S>)) -> Self {
        add(&mut self.sets.prompts);
        self
    }

    /// Adds resources: `resources![a, b]`, `Desk::resources` of a `#[mcp_tools] impl Desk`,
    /// or a function of one's own over the [`ResourceSet`]. Can be called more than once;
    /// of templates that have a URI in common the one that was added first is meant.
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
    pub fn resources(mut self, add: impl FnOnce(&mut ResourceSet<S>)) -> Self {
        add(&mut self.sets.resources);
        self
    }

    /// Replaces the verification of JWTs by a verifier of one's own.
    ///
    /// It says whether a token is authentic and what it claims. Issuer, audience and
    /// expiry are judged by the server all the same.
    pub fn verifier(mut self, verifier: impl TokenVerifier) -> Self {
        self.policy.verifier = Some(issuing::make_authenticator(verifier));
        self
    }

    /// Takes the time of day from another clock than the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.policy.clock = Arc::new(clock);
        self
    }

    /// Lets callers without a token connect and list everything: for servers that are meant
    /// for strangers.
    ///
    /// Without it, one protected tool, prompt or resource is enough for `initialize`,
    /// `server/discover`, `ping`, lists, notifications, `GET` and `DELETE` to need a token.
    /// Many clients decide when they connect whether a login is needed, and never ask again.
    /// A public item still runs without a token in one request of revision 2026-07-28, or of
    /// any revision [without sessions](Self::without_sessions). A server whose items are all
    /// public needs no token anywhere.
    ///
    /// With it, lists show strangers the names, schemas and scopes of everything, which the
    /// start says, and the call of a protected item is answered by a 401 with the scopes of
    /// that item. Together with [`Visibility::Granted`] it is a fault when the server starts.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.open_handshake();
    /// ```
    pub fn open_handshake(mut self) -> Self {
        self.policy.open_handshake = true;
        self
    }

    /// Chooses which scopes a 403 names.
    pub fn challenge_scopes(mut self, which: ChallengeScopes) -> Self {
        self.policy.challenge_scopes = which;
        self
    }

    /// Answers a denied call of a tool as a result, to the callers of which `to` says so:
    /// status 200, `isError`, and the challenge in `_meta["mcp/www_authenticate"]`, which
    /// is where the OpenAI Apps SDK looks for it.
    ///
    /// Everybody else gets the real 401 or 403, without which no other client logs in or
    /// steps up. That holds for all other requests as well, and where no challenge helps.
    /// The tool runs in neither case. Off by default.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.denials_in_results(|call| {
    ///     call.client_id() == Some("the-id-that-the-issuer-gave-it")
    ///         || call.user_agent().is_some_and(|agent| agent.starts_with("openai-mcp"))
    /// });
    /// ```
    pub fn denials_in_results(
        mut self,
        to: impl Fn(&DeniedCall<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.policy.in_result = Some(Box::new(to));
        self
    }

    /// Chooses what the lists of tools, prompts and resources show to whom.
    pub fn visibility(mut self, visibility: Visibility) -> Self {
        self.policy.visibility = visibility;
        self
    }

    /// Lets a [`Changes`] switch tools, prompts and resources off and on, and tell clients
    /// what changed; clients can then subscribe to resources.
    pub fn changes(mut self, changes: &Changes) -> Self {
        self.changes = Some(changes.clone());
        self
    }

    /// Declares that whoever holds a scope has others as well.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.scope_implies("todo:admin", ["todo:read", "todo:write"]);
    /// ```
    ///
    /// It is honoured when a token is judged (the MCP authorization specification obliges
    /// a server that has a hierarchy to do so), and never widens a challenge: that names
    /// what a tool asks for. A scope that nothing asks for, on the right side, is a fault
    /// when the server starts.
    pub fn scope_implies<const N: usize>(
        mut self,
        holder: &'static str,
        implied: [&'static str; N],
    ) -> Self {
        self.policy.hierarchy.add(holder, &implied);
        self
    }

    /// Describes the scopes, for the page and for the consent that the development issuer
    /// asks for, and closes the list: what asks for another is a fault when the server
    /// starts. [`scopes!`](crate::scopes) makes one.
    pub fn vocabulary(mut self, vocabulary: &'static [ScopeDescription]) -> Self {
        self.policy.vocabulary = vocabulary;
        self
    }

    /// Lets a token's scope that ends in `*` stand for every scope of this server that
    /// begins like it: `todo:*` for `todo:read` and `todo:write`.
    pub fn scope_patterns(mut self) -> Self {
        self.policy.hierarchy.allow_patterns();
        self
    }

    /// Answers every request by itself, so that each can come to another replica: no client
    /// gets an `Mcp-Session-Id` (which a server may leave out: MCP 2025-11-25, Transports,
    /// Session Management).
    ///
    /// Revision 2026-07-28 has no sessions in any case, and loses nothing. Clients of those
    /// before it lose what needs one: they cannot be asked for anything while a call waits,
    /// subscribe to resources, hear of changes or be sent log messages. Progress comes with
    /// the answer to its call. Where tools ask their clients, give each replica the same
    /// `TOOLGATE_STATE_KEY`.
    ///
    /// ```
    /// # let server = toolgate::Server::new("todo");
    /// let server = server.without_sessions();
    /// ```
    pub fn without_sessions(mut self) -> Self {
        self.has_sessions = false;
        self
    }

    /// Keeps [`Server::serve`] from telling a person at the terminal what to do next.
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The same with the state in all that it offers.
    fn bound(self) -> Server<()> {
        Server {
            name: self.name,
            title: self.title,
            version: self.version,
            instructions: self.instructions,
            state: (),
            sets: self.sets.bound(&self.state),
            policy: self.policy,
            changes: self.changes,
            has_sessions: self.has_sessions,
            quiet: self.quiet,
        }
    }

    /// The scopes of all that it offers, sorted: what to register at a provider.
    ///
    /// # Errors
    ///
    /// A [`StartError`] when something that it offers has faults.
    pub fn scopes(self) -> Result<Vec<&'static str>, StartError> {
        assembly::scopes(self.sets.bound(&self.state), &self.policy.hierarchy)
    }
}
