//! The declarations about a handler and its callers, until the gate is built.

use std::{collections::HashMap, fmt::Display, sync::Arc};

use rmcp::{
    ServerHandler,
    model::{JsonObject, Tool},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    authorization::EnabledItems,
    clock::Clock,
    config::Config,
    error::{SetupErrors, StartError},
    gate::{Authorizer, ChallengeScopes},
    item::{AuthorizeReturn, schemes},
    scope::ScopeDescription,
    server::{
        Visibility,
        access_table::AccessTable,
        access_watch::AccessWatch,
        author_policy::Policy,
        changes::Changes,
        gate_plan::GatePlan,
        login_timing::Login,
        page_entries::tool_entry,
        readiness,
        registry::{AccessTerms, ItemAccessRegistry},
        routes::{self, Served},
        token_issuers,
    },
    verify::TokenVerifier,
};

use super::{
    Access, HandlerCall, HandlerGate, HandlerGateInner, access_table,
    declared::Declared,
    handler_authorize::{DeclaredFunctions, boxed},
    inventory::Inventory,
    user_checks::UserChecks,
};

/// Builds a [`HandlerGate`]. Declare the handler's items here: anything not declared is denied.
#[must_use = "a gate does nothing until it is built"]
pub struct HandlerGateBuilder {
    name: String,
    version: String,
    stated: Declared,
    functions: DeclaredFunctions,
    pub(in crate::server) policy: Policy,
    has_sessions: bool,
    without_banner: bool,
}

impl HandlerGateBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            version: String::new(),
            stated: Declared::default(),
            functions: DeclaredFunctions::default(),
            policy: Policy::default(),
            has_sessions: true,
            without_banner: false,
        }
    }

    /// Declares the access of a tool. Declaring it twice is an error.
    pub fn tool(mut self, name: impl Into<String>, needs: Access) -> Self {
        self.stated.tools.push((name.into(), needs));
        self
    }

    /// Sets a rule for the access of tools that are not declared by name. The rule is called
    /// once for each such tool that the handler lists, when the gate is built. Only one rule
    /// is allowed.
    ///
    /// ```
    /// use toolgate::{access, gate::HandlerGate};
    ///
    /// let gate = HandlerGate::builder("notes").tools_by(|tool| {
    ///     let hints = tool.annotations.as_ref();
    ///     match hints.and_then(|hints| hints.read_only_hint) {
    ///         Some(true) => access!(scope = "notes:read"),
    ///         _ => access!(scope = "notes:write", step_up),
    ///     }
    /// });
    /// ```
    pub fn tools_by(mut self, rule: impl Fn(&Tool) -> Access + Send + 'static) -> Self {
        self.stated.tool_rules.push(Box::new(rule));
        self
    }

    /// Declares the access of a prompt. Declaring it twice is an error.
    pub fn prompt(mut self, name: impl Into<String>, needs: Access) -> Self {
        self.stated.prompts.push((name.into(), needs));
        self
    }

    /// Declares the access of a resource by its URI, or of all resources of a template (RFC
    /// 6570 levels 1 and 2, written as the handler lists it). An exact URI takes precedence
    /// over templates. Among templates, the first match applies.
    pub fn resource(mut self, uri: &'static str, needs: Access) -> Self {
        self.stated.resources.push((uri, needs));
        self
    }

    /// Adds a function that authorizes calls of a tool by the caller and the arguments, as
    /// `authorize = …` does for a tool of a [`Server`](crate::Server). It can be `async`. The
    /// access of the tool must be declared, too, with the scopes that the function can demand
    /// ([`Access::authorize_scopes`]).
    ///
    /// An update of a resource that the handler sends is not authorized again: the handler decides
    /// whom it notifies.
    ///
    /// ```
    /// use toolgate::{access, auth::AuthorizeError, gate::{HandlerCall, HandlerGate}};
    ///
    /// async fn is_own(call: HandlerCall) -> Result<(), AuthorizeError> {
    ///     let owner: String = call.argument("owner")?;
    ///     match call.caller().and_then(|caller| caller.subject()) {
    ///         Some(subject) if subject == owner => Ok(()),
    ///         _ => Err(AuthorizeError::denied("only the owner may do this")),
    ///     }
    /// }
    ///
    /// let gate = HandlerGate::builder("notes")
    ///     .tool("delete", access!(scope = "notes:write"))
    ///     .authorize_tool("delete", is_own);
    /// ```
    pub fn authorize_tool<How, R>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(HandlerCall) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: AuthorizeReturn<How>,
        R::Decision: Send + 'static,
    {
        self.functions.tools.push((name.into(), boxed(function)));
        self
    }

    /// As [`authorize_tool`](Self::authorize_tool), for a prompt.
    pub fn authorize_prompt<How, R>(
        mut self,
        name: impl Into<String>,
        function: impl Fn(HandlerCall) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: AuthorizeReturn<How>,
        R::Decision: Send + 'static,
    {
        self.functions.prompts.push((name.into(), boxed(function)));
        self
    }

    /// As [`authorize_tool`](Self::authorize_tool), for a resource or a template, by the URI or the
    /// template in [`resource`](Self::resource). It runs before each read and subscription.
    pub fn authorize_resource<How, R>(
        mut self,
        uri: impl Into<String>,
        function: impl Fn(HandlerCall) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: AuthorizeReturn<How>,
        R::Decision: Send + 'static,
    {
        self.functions.resources.push((uri.into(), boxed(function)));
        self
    }

    /// Sets the version that the documentation page shows.
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// As [`Server::with_verifier`](crate::Server::with_verifier).
    pub fn with_verifier(mut self, verifier: impl TokenVerifier) -> Self {
        self.policy.verifier = Some(token_issuers::make_authenticator(verifier));
        self
    }

    /// As [`Server::with_clock`](crate::Server::with_clock).
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.policy.clock = Arc::new(clock);
        self
    }

    /// As [`Server::with_open_handshake`](crate::Server::with_open_handshake).
    pub fn with_open_handshake(mut self) -> Self {
        self.policy.open_handshake = true;
        self
    }

    /// As [`Server::without_sessions`](crate::Server::without_sessions): public items run
    /// without a token in every revision, and [`HandlerGate::transport`] switches off rmcp's
    /// sessions.
    pub fn without_sessions(mut self) -> Self {
        self.has_sessions = false;
        self
    }

    /// As [`Server::without_banner`](crate::Server::without_banner).
    pub fn without_banner(mut self) -> Self {
        self.without_banner = true;
        self
    }

    /// As [`Server::with_readiness`](crate::Server::with_readiness), without a state.
    pub fn with_readiness<F, E>(mut self, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.policy.readiness_check = Some(readiness::check(move |()| check()));
        self
    }

    /// As [`Server::with_challenge_scopes`](crate::Server::with_challenge_scopes).
    pub fn with_challenge_scopes(mut self, which: ChallengeScopes) -> Self {
        self.policy.challenge_scopes = which;
        self
    }

    /// As [`Server::with_visibility`](crate::Server::with_visibility).
    pub fn with_visibility(mut self, visibility: Visibility) -> Self {
        self.policy.visibility = visibility;
        self
    }

    /// As [`Server::scope_implies`](crate::Server::scope_implies).
    pub fn scope_implies<const N: usize>(
        mut self,
        holder: &'static str,
        implied: [&'static str; N],
    ) -> Self {
        self.policy.hierarchy.add(holder, &implied);
        self
    }

    /// As [`Server::with_scope_patterns`](crate::Server::with_scope_patterns).
    pub fn with_scope_patterns(mut self) -> Self {
        self.policy.hierarchy.allow_patterns();
        self
    }

    /// As [`Server::declared_scopes`](crate::Server::declared_scopes).
    pub fn declared_scopes(mut self, declared_scopes: &'static [ScopeDescription]) -> Self {
        self.policy.declared_scopes = declared_scopes;
        self
    }

    /// Builds the gate, and compares the declared items with those that the handler lists.
    ///
    /// The handler is asked for its lists once, without a request. If it does not return a
    /// list, a warning is logged and that list is not compared. Items that it adds later are
    /// refused.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] with every error of the configuration and the declarations: a
    /// declared tool or prompt that the handler does not have; a tool, prompt or resource
    /// that is not declared; an item that is declared twice.
    pub async fn build<H: ServerHandler>(
        self,
        config: Config,
        handler: H,
    ) -> Result<HandlerGate, StartError> {
        let inventory = Inventory::of(handler).await;
        self.build_from(config, &inventory)
    }

    /// Builds the gate for a handler that cannot be asked for its lists, or whose items
    /// change. Items that are not declared are refused.
    ///
    /// # Errors
    ///
    /// As [`HandlerGateBuilder::build`], without the errors that need the handler's lists.
    pub fn build_unseen(self, config: Config) -> Result<HandlerGate, StartError> {
        self.build_from(config, &Inventory::default())
    }

    fn build_from(self, config: Config, inventory: &Inventory) -> Result<HandlerGate, StartError> {
        let mut faults = SetupErrors::default();
        let offered = self.stated.offered(inventory, &mut faults);
        let functions = self.functions.resolve(&offered, &mut faults);
        let decisions = UserChecks::of(&offered, inventory, &mut faults);
        // Nothing can be switched off: the handler behind the gate has no switches.
        let enabled_items = Arc::new(EnabledItems::default());
        let policy = &self.policy;
        let access =
            access_table::with_offered(AccessTable::new(policy), &offered, functions.as_ref());
        let plan = GatePlan::new(
            &self.name,
            &offered,
            enabled_items,
            self.policy,
            &config,
            &mut faults,
        );
        let Some(plan) = plan else {
            return Err(faults.into_error());
        };
        plan.settings.admin().check_handler_gate(&mut faults);
        let decisions = decisions.and_then(|all| all.sealed_by(&plan, &mut faults));
        let plan = faults.finish(plan)?;
        let documents = plan.documents(&self.name, &self.version);
        let listings = listings(&offered, inventory);
        let entries = listings.iter();
        let entries = entries.map(|(listing, terms)| {
            tool_entry(
                listing,
                terms.requirement,
                (terms.conditions, terms.question, terms.limits),
            )
        });
        let settings = &plan.settings;
        let mut warnings = Vec::new();
        let metadata = documents.metadata(&mut warnings);
        let counts = [
            offered.tools.len(),
            offered.prompts.len(),
            offered.resources.len(),
        ];
        let banner = plan.banner(&self.name, counts, warnings);
        let banner = banner.filter(|_| !self.without_banner);
        let has_sessions = settings.has_sessions() && self.has_sessions;
        let resource = settings.resource().as_str().to_owned();
        let paths = settings.paths().clone();
        let (bind, drain, body_limit) = (settings.bind(), settings.drain(), settings.limits().body);
        let documentation = documents.documentation_of(entries.collect(), Vec::new(), Vec::new());
        let cors = routes::cors(plan.origins.clone(), Vec::new());
        let (login, visibility) = (plan.login, plan.visibility);
        let hosts = plan.origins.hosts().to_vec();
        let timeout = plan.settings.limits().authorize_timeout;
        let authorizer = functions.map(|all| Arc::new(Authorizer::new(Arc::new(all), timeout)));
        let built_gate = plan.build(has_sessions, authorizer, None, None, None);
        let inner = HandlerGateInner {
            access,
            watch: AccessWatch::new(&built_gate.gate.revocations, &Changes::new()),
            decisions,
            banner,
            bind,
            drain,
            visibility,
            has_sessions,
            asks_for_tokens: offered.asks_for_tokens(),
            schemes: match login {
                Login::AtProtectedCall => schemes_of(&offered),
                Login::AtConnection | Login::Never => HashMap::new(),
            },
            served: Served {
                resource,
                paths,
                metadata,
                documentation,
                cors,
                issuer_routes: built_gate.issuer_routes.clone(),
                approval_routes: built_gate.approval_routes.clone(),
                readiness: built_gate.readiness.clone(),
            },
            hosts,
            body_limit,
            session_shutdown: CancellationToken::new(),
            quota: Arc::default(),
            built_gate,
        };
        Ok(HandlerGate(Arc::new(inner)))
    }
}

/// Returns the `securitySchemes` of each tool.
fn schemes_of(offered: &ItemAccessRegistry) -> HashMap<String, Value> {
    let tools = offered.tools.iter();
    let schemes = tools.map(|(name, terms)| {
        let schemes = schemes(terms.requirement, &terms.authorize_scopes);
        (name.clone(), schemes)
    });
    schemes.collect()
}

/// Returns what the page shows of each tool: as the handler lists it, otherwise only its
/// name.
fn listings<'o>(
    offered: &'o ItemAccessRegistry,
    inventory: &Inventory,
) -> Vec<(Tool, &'o AccessTerms)> {
    let known = inventory.tools.as_deref().unwrap_or_default();
    let tools = offered.tools.iter().map(|(name, terms)| {
        let listed = known.iter().find(|tool| *tool.name == **name).cloned();
        let listing =
            listed.unwrap_or_else(|| Tool::new(name.clone(), "", Arc::new(JsonObject::new())));
        (listing, terms)
    });
    tools.collect()
}
