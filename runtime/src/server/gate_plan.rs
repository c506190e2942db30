//! The gate in front of a server, with or without a handler of rmcp.

use std::sync::Arc;

use axum::Router;
use tokio_util::sync::CancellationToken;
use toolgate_store::{Replicas, Revocations};

use crate::{
    authorization::{EnabledItems, Rules},
    caller::TokenPolicy,
    challenge::Challenges,
    clock::Clock,
    config::{Config, ValidConfig},
    error::{SetupErrors, StartError},
    gate::{
        Authorizer, ChallengeScopes, DecisionPoint, DenialsAsToolResults, Gate, ItemNames,
        Observation, OpenStreams, OriginRules, PendingBodies, RefusalCache, SessionFastPath,
        SessionServices, Sessions, SharedSessions, StatelessFastPath,
    },
    item::{DecisionReporter, RoundSeal},
    observer::Observer,
    scope::ScopeTable,
    throttle::Throttle,
    verify::Proofs,
};

use super::{
    Visibility,
    approval_pages::{ApprovalPages, ApprovalPlan, ApprovalRoutes},
    author_policy::Policy,
    declared_scopes::{described, undeclared},
    dpop_proofs,
    login_timing::Login,
    observers,
    readiness::{Check, Readiness},
    registry::{DescribedScope, ItemAccessRegistry},
    replicas,
    scope_hierarchy::ScopeHierarchy,
    startup_banner::StartupBanner,
    static_documents::StaticDocuments,
    token_issuers::{BuildAuthenticator, DevelopmentIssuerConfig, TokenIssuers},
};

/// A validated protection that is not built yet.
pub(super) struct GatePlan {
    pub(super) settings: ValidConfig,
    pub(super) table: ScopeTable,
    pub(super) rules: Arc<Rules>,
    /// Asks the decision point of the program, if it has one.
    pub(super) decision_point: Option<Arc<DecisionPoint>>,
    /// The roles that the items name, sorted.
    pub(super) roles: Vec<&'static str>,
    item_names: ItemNames,
    throttle: Option<Box<Throttle>>,
    pub(super) login: Login,
    pub(super) visibility: Visibility,
    /// The scopes to publish, each with its description.
    pub(super) scopes: Vec<DescribedScope>,
    /// The scopes of the first login.
    baseline: Vec<&'static str>,
    /// The issuers to publish.
    pub(super) issuers: Vec<String>,
    pub(super) origins: OriginRules,
    takes_tokens: bool,
    pub(super) issuing: TokenIssuers,
    make_authenticator: BuildAuthenticator,
    challenges: Challenges,
    challenge_scopes: ChallengeScopes,
    tool_result_denial: Option<Box<DenialsAsToolResults>>,
    proofs: Option<Proofs>,
    readiness_check: Option<Check<()>>,
    approvals: ApprovalPages,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) clock: Arc<dyn Clock>,
    /// What the server shares with its replicas, if it has a store.
    pub(super) replicas: Option<Arc<Replicas>>,
    pub(super) revocations: Revocations,
}

impl GatePlan {
    /// Validates a configuration, a policy and the offered items. Errors are added to
    /// `faults`. Returns `None` if the settings are unusable.
    pub(super) fn new(
        name: &str,
        offered: &ItemAccessRegistry,
        enabled_items: Arc<EnabledItems>,
        policy: Policy,
        config: &Config,
        faults: &mut SetupErrors,
    ) -> Option<Self> {
        let table = offered.table(&policy.hierarchy, faults);
        undeclared(policy.declared_scopes, &table, faults);
        locked_out(&policy, faults);
        offered.check_conditions(faults);
        let roles = offered.roles(faults);
        let settings = config
            .validate()
            .map_err(|earlier| faults.extend(earlier))
            .ok()?;
        let baseline = offered.baseline(&table);
        let embedding = DevelopmentIssuerConfig {
            name,
            offered,
            scopes: described(policy.declared_scopes, &table),
            baseline: table.names(baseline).collect(),
            roles: &roles,
            clock: &policy.clock,
        };
        let asks_for_tokens = policy.takes_tokens && offered.asks_for_tokens();
        let issuing = TokenIssuers::choose(&settings, asks_for_tokens, &embedding, faults);
        let approvals = ApprovalPlan {
            server_name: name,
            item: offered.approved(),
            settings: &settings,
            trusted: &issuing.trusted,
            login_scopes: table.names(baseline).map(str::to_owned).collect(),
            takes_tokens: policy.takes_tokens,
            has_own_verifier: policy.verifier.is_some(),
            clock: &policy.clock,
        };
        let approvals = ApprovalPages::new(&approvals, faults);
        let make_authenticator = match policy.verifier {
            Some(own) => own,
            None => {
                issuing.check_roles(&roles, faults);
                issuing.check_persons(offered.first_for_persons(), faults);
                issuing.verifier(faults)
            }
        };
        let protected_items = offered.offers(&table, enabled_items, Arc::clone(&policy.clock));
        let login = Login::of(offered, policy.open_handshake);
        let metadata_url = settings.paths().metadata_url();
        let challenged = offered.challenged(&table);
        let dpop = settings.dpop();
        let replicas = replicas::share(&settings, &policy.revocations, &policy.clock, faults);
        let observer = observers::choose(policy.observer, name, &settings, &policy.clock, faults);
        let observed = (observer.as_ref(), &policy.clock);
        let item_names = ItemNames::of(&protected_items);
        let plan = policy.decision_point;
        let decision_point = plan.build(offered, &item_names, &settings, observed, faults);
        let rules = Rules::new(
            table.clone(),
            protected_items,
            baseline,
            login != Login::AtConnection,
        );
        Some(Self {
            item_names,
            throttle: Throttle::new(
                offered.limits(faults),
                settings.rates().clone(),
                Arc::clone(&policy.clock),
            ),
            rules: Arc::new(match &decision_point {
                Some(_) => rules.with_decision_point(),
                None => rules,
            }),
            decision_point,
            roles,
            login,
            visibility: policy.visibility,
            issuers: issuing.published(),
            origins: OriginRules::new(
                settings.hosts(settings.bind()),
                settings.origins(),
                settings.allows_loopback_origins(),
            )
            .with_further_hosts(settings.further_hosts()),
            challenges: Challenges::new(
                &metadata_url,
                issuing.scope_prefix(),
                &table,
                challenged,
                faults,
            )
            .with_algorithms(dpop.algorithms().iter().map(|algorithm| algorithm.name())),
            proofs: dpop_proofs::proofs(&settings, replicas.as_deref(), &policy.clock, faults),
            challenge_scopes: policy.challenge_scopes,
            tool_result_denial: policy.tool_result_denial,
            readiness_check: policy.readiness_check,
            approvals,
            observer,
            clock: policy.clock,
            replicas,
            revocations: policy.revocations,
            takes_tokens: policy.takes_tokens,
            scopes: described(policy.declared_scopes, &table),
            baseline: table.names(baseline).collect(),
            issuing,
            make_authenticator,
            table,
            settings,
        })
    }

    /// Creates what seals the states of rounds. Returns `None` and adds an error if the operating
    /// system has no random numbers.
    pub(super) fn round_seal(&self, faults: &mut SetupErrors) -> Option<Arc<RoundSeal>> {
        let settings = &self.settings;
        let keys = [settings.state_key(), settings.previous_state_key()];
        let resource = settings.resource().as_str().to_owned();
        let reporter = self.observer.as_ref().map(|observer| DecisionReporter {
            observer: Arc::clone(observer),
            clock: Arc::clone(&self.clock),
        });
        self.approvals.report_to(reporter.as_ref());
        let seal = RoundSeal::new(keys, resource, Arc::clone(&self.clock))
            .map(|seal| seal.with_approval_desk(self.approvals.desk()))
            .map(|seal| seal.with_reporter(reporter))
            .map(|seal| {
                seal.with_shared_uses(self.replicas.as_deref().map(|all| all.uses.clone()))
            });
        let reported = seal.map_err(|_| {
            faults.add(
                "the operating system provides no random numbers",
                "run it where the operating system's random number generator is available",
            );
        });
        reported.ok().map(Arc::new)
    }

    /// Returns the prefix of scopes in requests of clients to the issuer.
    pub(super) fn scope_prefix(&self) -> &str {
        self.issuing.scope_prefix()
    }

    /// Returns whether the embedded issuer is used.
    pub(super) fn is_development(&self) -> bool {
        self.issuing.is_development()
    }

    /// Returns the start-up banner of a server with these numbers of tools, prompts and
    /// resources, unless a variable switches it off. Logs its facts and its warnings in any case.
    pub(super) fn banner(
        &self,
        name: &str,
        counts: [usize; 3],
        more_warnings: Vec<String>,
    ) -> Option<StartupBanner> {
        let settings = &self.settings;
        let banner = StartupBanner {
            name: name.to_owned(),
            address: Some(settings.bind()),
            resource: settings.resource().as_str().to_owned(),
            docs: settings.docs_url(false),
            mounted_docs: settings.docs_url(true),
            counts,
            scopes: self.scopes.iter().map(|(name, _)| *name).collect(),
            issuers: self.issuers.clone(),
            is_development: self.issuing.is_development(),
            is_automatic: settings.consents_automatically(),
            login: self.login,
            notes: settings.notes().to_vec(),
            warnings: [settings.warnings().to_vec(), more_warnings].concat(),
        };
        banner.log(settings.bind());
        settings.has_banner().then_some(banner)
    }

    /// Returns the contents of the metadata document and the page of a server.
    pub(super) fn documents<'a>(&'a self, name: &'a str, version: &'a str) -> StaticDocuments<'a> {
        StaticDocuments {
            name,
            version,
            settings: &self.settings,
            issuers: &self.issuers,
            is_development: self.is_development(),
            login: self.login,
            scopes: &self.scopes,
            baseline: &self.baseline,
            scope_prefix: self.scope_prefix(),
        }
    }

    /// Builds the gate in front of a service, which can offer the fast path to its tools.
    /// `has_sessions` states whether that service has sessions, and `authorizer` calls the
    /// `authorize` functions of its items.
    pub(super) fn build(
        self,
        has_sessions: bool,
        authorizer: Option<Arc<Authorizer>>,
        stateless_fast_path: Option<Arc<dyn StatelessFastPath>>,
        session_fast_path: Option<Arc<dyn SessionFastPath>>,
        shared_sessions: Option<Arc<dyn SharedSessions>>,
    ) -> BuiltGate {
        let token_policy = TokenPolicy::new(self.issuing.accepted(), self.settings.audiences())
            .with_leeway(self.settings.leeway());
        let authenticator =
            (self.make_authenticator)(token_policy, Arc::new(self.table), Arc::clone(&self.clock));
        let authenticator = Arc::new(match self.proofs {
            Some(proofs) => authenticator.with_proofs(proofs, self.settings.dpop().is_required()),
            None => authenticator,
        });
        authenticator.start();
        self.revocations.start();
        let approval_routes = self.approvals.routes(&self.settings, &authenticator);
        let streams = CancellationToken::new();
        let limits = self.settings.limits().clone();
        let services = session_fast_path.clone();
        let services = services.map(|sessions| sessions as Arc<dyn SessionServices>);
        let gate = Gate {
            is_local: !self.takes_tokens,
            rules: self.rules,
            item_names: self.item_names,
            throttle: self.throttle,
            authenticator: Arc::clone(&authenticator),
            authorizer,
            decision_point: self.decision_point,
            challenges: self.challenges,
            refusal_cache: RefusalCache::default(),
            challenge_scopes: self.challenge_scopes,
            denials_as_tool_results: self.tool_result_denial,
            origins: self.origins,
            clock: self.clock,
            observation: self.observer.clone().map(Observation::new),
            replicas: self.replicas,
            revocations: self.revocations.clone(),
            pending_bodies: PendingBodies::new(limits.pending_bodies()),
            limits,
            stop: streams.clone(),
            open_streams: OpenStreams::default(),
            sessions: Sessions::new(self.settings.session_limits(), services),
            has_sessions,
            stateless_fast_path,
            session_fast_path,
            shared_sessions,
        };
        let gate = Arc::new(gate);
        gate.attach_observer();
        BuiltGate {
            gate,
            readiness: Readiness::new(authenticator, self.revocations, self.readiness_check),
            streams,
            observer: self.observer,
            issuer_routes: self.issuing.routes,
            approval_routes,
        }
    }
}

/// A built gate and the parts around it.
pub(super) struct BuiltGate {
    pub(super) gate: Arc<Gate>,
    pub(super) readiness: Readiness,
    /// Cancels open streams.
    pub(super) streams: CancellationToken,
    /// What observes the gate.
    pub(super) observer: Option<Arc<dyn Observer>>,
    /// The routes of the embedded issuer, if it is used.
    pub(super) issuer_routes: Option<Router>,
    /// The pages for approvals, if an item needs them.
    pub(super) approval_routes: Option<ApprovalRoutes>,
}

/// With an open handshake, lists filtered by granted scopes show an unauthenticated client
/// only public items. No client would ever get a 401, so no client could log in.
fn locked_out(policy: &Policy, faults: &mut SetupErrors) {
    if policy.open_handshake && policy.visibility == Visibility::Granted {
        faults.add(
            "`open_handshake` is combined with `Visibility::Granted`: a client without a token would see only public items and would never be asked to log in",
            "remove `open_handshake`, so that clients log in when they connect, or show everything with `Visibility::All`",
        );
    }
}

/// Returns the scopes of all offered items, sorted.
pub(super) fn scopes(
    offered: &ItemAccessRegistry,
    hierarchy: &ScopeHierarchy,
    mut faults: SetupErrors,
) -> Result<Vec<&'static str>, StartError> {
    let table = offered.table(hierarchy, &mut faults);
    faults.finish(table.names(table.required()).collect())
}
