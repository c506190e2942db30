//! What an author says of a handler and its callers, until the gate is built.

use std::{collections::HashMap, sync::Arc};

use rmcp::{
    ServerHandler,
    model::{JsonObject, Tool},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::{
    access::Requirement,
    admission::Switches,
    clock::Clock,
    config::Config,
    error::{Faults, StartError},
    gate::ChallengeScopes,
    scope::ScopeDescription,
    server::{
        Visibility,
        documents::Documents,
        issuing,
        login::Login,
        offered::Offered,
        page::ToolEntry,
        protection::{Policy, Protection},
        routes,
        welcome::Welcome,
    },
    tool::schemes,
    verify::TokenVerifier,
};

use super::{Gate, Needs, Standing, stated::Stated, survey::Inventory};

/// A [`Gate`] that is being told what there is behind it. What it is not told of stays shut.
#[must_use = "a gate does nothing until it is built"]
pub struct GateBuilder {
    name: String,
    version: String,
    stated: Stated,
    policy: Policy,
    has_sessions: bool,
}

impl GateBuilder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            version: String::new(),
            stated: Stated::default(),
            policy: Policy::default(),
            has_sessions: true,
        }
    }

    /// Says what a tool needs. To say it twice is a fault.
    pub fn tool(mut self, name: impl Into<String>, needs: Needs) -> Self {
        self.stated.tools.push((name.into(), needs));
        self
    }

    /// Says by a rule what those tools need that are not named one by one. The rule is
    /// asked once for each that the handler lists, when the gate is built. There is one
    /// rule at most.
    ///
    /// ```
    /// use toolgate::{Gate, needs};
    ///
    /// let gate = Gate::builder("notes").tools_by(|tool| {
    ///     let hints = tool.annotations.as_ref();
    ///     match hints.and_then(|hints| hints.read_only_hint) {
    ///         Some(true) => needs!(scope = "notes:read"),
    ///         _ => needs!(scope = "notes:write", step_up),
    ///     }
    /// });
    /// ```
    pub fn tools_by(mut self, rule: impl Fn(&Tool) -> Needs + Send + 'static) -> Self {
        self.stated.tool_rules.push(Box::new(rule));
        self
    }

    /// Says what a prompt needs.
    pub fn prompt(mut self, name: impl Into<String>, needs: Needs) -> Self {
        self.stated.prompts.push((name.into(), needs));
        self
    }

    /// Says what the resource of a URI needs, or those of a template (RFC 6570 levels 1
    /// and 2, written as the handler lists it). A URI that is written out comes before
    /// templates, and of these the first that matches counts.
    pub fn resource(mut self, uri: &'static str, needs: Needs) -> Self {
        self.stated.resources.push((uri, needs));
        self
    }

    /// Sets the version that the page shows.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// As [`Server::verifier`](crate::Server::verifier).
    pub fn verifier(mut self, verifier: impl TokenVerifier) -> Self {
        self.policy.verifier = Some(issuing::make_authenticator(verifier));
        self
    }

    /// As [`Server::clock`](crate::Server::clock).
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.policy.clock = Arc::new(clock);
        self
    }

    /// As [`Server::open_handshake`](crate::Server::open_handshake).
    pub fn open_handshake(mut self) -> Self {
        self.policy.open_handshake = true;
        self
    }

    /// As [`Server::without_sessions`](crate::Server::without_sessions): public items run
    /// without a token in every revision, and [`Gate::transport`] switches rmcp's sessions
    /// off.
    pub fn without_sessions(mut self) -> Self {
        self.has_sessions = false;
        self
    }

    /// As [`Server::challenge_scopes`](crate::Server::challenge_scopes).
    pub fn challenge_scopes(mut self, which: ChallengeScopes) -> Self {
        self.policy.challenge_scopes = which;
        self
    }

    /// As [`Server::visibility`](crate::Server::visibility).
    pub fn visibility(mut self, visibility: Visibility) -> Self {
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

    /// As [`Server::scope_patterns`](crate::Server::scope_patterns).
    pub fn scope_patterns(mut self) -> Self {
        self.policy.hierarchy.allow_patterns();
        self
    }

    /// As [`Server::vocabulary`](crate::Server::vocabulary).
    pub fn vocabulary(mut self, vocabulary: &'static [ScopeDescription]) -> Self {
        self.policy.vocabulary = vocabulary;
        self
    }

    /// Builds the gate, and compares what it was told with what the handler lists.
    ///
    /// The handler is asked for its lists once, without a request; of a list that it does
    /// not give in this way, a warning is logged and nothing compared. What it comes to
    /// have later is refused.
    ///
    /// # Errors
    ///
    /// A [`StartError`] with every fault of the configuration and of what was told: a tool
    /// or prompt that the handler lacks; a tool, prompt or resource that nobody has spoken
    /// of; one of which two things are said.
    pub async fn build<H: ServerHandler>(
        self,
        config: Config,
        handler: H,
    ) -> Result<Gate, StartError> {
        let inventory = Inventory::of(handler).await;
        self.build_from(config, &inventory)
    }

    /// Builds the gate for a handler that cannot be asked, or that has other things each
    /// day. What it has and the gate was not told of is refused.
    ///
    /// # Errors
    ///
    /// As [`GateBuilder::build`], but for what takes the handler.
    pub fn build_unseen(self, config: Config) -> Result<Gate, StartError> {
        self.build_from(config, &Inventory::default())
    }

    fn build_from(self, config: Config, inventory: &Inventory) -> Result<Gate, StartError> {
        let mut faults = Faults::default();
        let offered = self.stated.offered(inventory, &mut faults);
        // Nothing can be switched off: what is behind the gate does not know of switches.
        let switches = Arc::new(Switches::default());
        let plan = Protection::plan(
            &self.name,
            &offered,
            switches,
            self.policy,
            &config,
            &mut faults,
        );
        let Some(plan) = plan else {
            return Err(faults.into_error());
        };
        let plan = faults.finish(plan)?;
        plan.warn();
        let documents = Documents {
            name: &self.name,
            version: &self.version,
            settings: &plan.settings,
            issuers: &plan.issuers,
            is_development: plan.is_development(),
            login: plan.login,
            scopes: &plan.scopes,
            scope_prefix: plan.scope_prefix(),
        };
        let listings = listings(&offered, inventory);
        let entries = listings.iter().map(|(listing, requirement)| ToolEntry {
            listing,
            requirement: *requirement,
        });
        let settings = &plan.settings;
        let welcome = Welcome {
            name: self.name.clone(),
            resource: settings.resource().as_str().to_owned(),
            docs: settings.docs_url().to_owned(),
            tools: offered.tools.len(),
            prompts: offered.prompts.len(),
            resources: offered.resources.len(),
            scopes: plan.scopes.iter().map(|(name, _)| *name).collect(),
            issuers: plan.issuers.clone(),
            is_development: plan.is_development(),
            is_automatic: plan.settings.consents_automatically(),
            login: plan.login,
        };
        let standing = Standing {
            welcome,
            bind: settings.bind(),
            visibility: plan.visibility,
            has_sessions: self.has_sessions,
            asks_for_tokens: offered.asks_for_tokens(),
            schemes: match plan.login {
                Login::AtProtectedCall => schemes_of(&offered),
                Login::AtConnection | Login::Never => HashMap::new(),
            },
            path: settings.resource().path().to_owned(),
            metadata: documents.metadata(),
            page: documents.page_of(entries.collect(), Vec::new(), Vec::new()),
            cors: routes::cors(plan.origins.clone(), Vec::new()),
            hosts: plan.origins.hosts().to_vec(),
            body_limit: settings.limits().body,
            everything: CancellationToken::new(),
            quota: Arc::default(),
            wall: plan.put_up(self.has_sessions, None, None),
        };
        Ok(Gate(Arc::new(standing)))
    }
}

/// What each tool asks for, as `securitySchemes`.
fn schemes_of(offered: &Offered) -> HashMap<String, Value> {
    let tools = offered.tools.iter();
    let schemes = tools.map(|(name, terms)| {
        let schemes = schemes(terms.requirement, &terms.demands);
        (name.clone(), schemes)
    });
    schemes.collect()
}

/// What the page shows of each tool: as the handler lists it, else by its name.
fn listings(offered: &Offered, inventory: &Inventory) -> Vec<(Tool, Requirement)> {
    let known = inventory.tools.as_deref().unwrap_or_default();
    let tools = offered.tools.iter().map(|(name, terms)| {
        let listed = known.iter().find(|tool| *tool.name == **name).cloned();
        let listing =
            listed.unwrap_or_else(|| Tool::new(name.clone(), "", Arc::new(JsonObject::new())));
        (listing, terms.requirement)
    });
    tools.collect()
}
