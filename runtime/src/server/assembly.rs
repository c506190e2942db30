//! Builds what serves from a builder and a configuration, or reports every error.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use http::HeaderName;
use rmcp::{
    model::{Implementation, ServerConfig},
    transport::streamable_http_server::StreamableHttpService,
};
use tokio_util::sync::CancellationToken;
use toolgate_store::SharedSessionRecords;

use crate::{
    authorization::EnabledItems,
    config::Config,
    error::{SetupErrors, StartError},
    gate::{Authorizer, GateService, SessionFastPath, SharedSessions},
    item::Item,
    observer::Observer,
    tool::ToolKind,
};

#[cfg(feature = "admin")]
mod admin_listener;

#[cfg(feature = "admin")]
pub(super) use admin_listener::AdminListener;

use super::{
    Server,
    access_watch::AccessWatch,
    catalogue::{Catalogue, Sets},
    changes::Changes,
    gate_plan::{self, GatePlan},
    handler::Handler,
    http_entry::{Endpoint, HttpEntry, with_cors},
    routes::{self, MountedRoutes, Served},
    scope_hierarchy::ScopeHierarchy,
    security_schemes::{AddSecuritySchemes, SessionsWithSecuritySchemes},
    session_fast_path::OpenSessions,
    session_records::SessionRecords,
    shared::Shared,
    shared_sessions::ReplicatedSessions,
    startup_banner::StartupBanner,
    stream_events,
    subscriptions::ChangeNotifier,
    tool_list_cache::ToolListCache,
    transport,
};

/// A server that is ready to be served.
pub(super) struct Assembled {
    pub(super) endpoint: Endpoint,
    /// The contents of the other routes.
    pub(super) served: Served,
    /// The start-up banner, unless it is switched off.
    pub(super) banner: Option<StartupBanner>,
    /// Whether a route reads the peer address of a connection.
    pub(super) needs_peer_address: bool,
    /// The address to listen on.
    pub(super) bind: SocketAddr,
    /// How long `/readyz` answers 503 before the port closes.
    pub(super) drain: Duration,
    /// Cancels open streams.
    pub(super) streams: CancellationToken,
    /// What observes the server.
    pub(super) observer: Option<Arc<dyn Observer>>,
    /// Cancels sessions.
    pub(super) session_shutdown: CancellationToken,
    /// The listener of the operator.
    #[cfg(feature = "admin")]
    pub(super) _admin: Option<AdminListener>,
}

impl Assembled {
    /// Returns the routes for an application.
    pub(super) fn mounted(self) -> MountedRoutes {
        routes::mounted(self.endpoint, self.served, self.banner)
    }

    /// Returns the entry of a server without an application around it.
    pub(super) fn entry(&self) -> HttpEntry {
        routes::alone(Arc::clone(&self.endpoint), self.served.clone())
    }
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Returns the scopes of all items, sorted. These are the scopes to register at a
    /// provider.
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] if an item has errors.
    pub fn scopes(self) -> Result<Vec<&'static str>, StartError> {
        scopes(
            self.sets.with_state_applied(&self.state),
            &self.policy.hierarchy,
        )
    }
}

/// Returns the scopes of all registered items, sorted.
fn scopes(sets: Sets<()>, hierarchy: &ScopeHierarchy) -> Result<Vec<&'static str>, StartError> {
    let mut faults = SetupErrors::default();
    let offered = sets.finish(&mut faults).offered(false);
    gate_plan::scopes(&offered, hierarchy, faults)
}

/// A server whose items and settings are valid, before it has a transport.
pub(super) struct Prepared {
    pub(super) name: String,
    version: String,
    pub(super) without_banner: bool,
    pub(super) plan: GatePlan,
    pub(super) shared: Arc<Shared>,
}

/// Validates everything and assembles the server.
pub(super) fn assemble(
    server: Server<()>,
    config: Config,
    bound: Option<SocketAddr>,
) -> Result<Assembled, StartError> {
    // The address of a listening socket replaces the configured one.
    let config = match bound {
        Some(address) => config.with_bind(address),
        None => config,
    };
    let Prepared {
        name,
        version,
        without_banner,
        plan,
        shared,
    } = prepare(server, &config)?;
    #[cfg(feature = "admin")]
    let admin = {
        let mut faults = SetupErrors::default();
        let admin = AdminListener::start(&plan, shared.watch.changes(), &mut faults);
        faults.finish(admin)?
    };
    let documents = plan.documents(&name, &version);
    let settings = &plan.settings;
    let catalogue = &shared.catalogue;
    let mut warnings = catalogue.warnings();
    let metadata = documents.metadata(&mut warnings);
    let counts = [
        catalogue.tools.len(),
        catalogue.prompts.len(),
        catalogue.resources.len(),
    ];
    let banner = plan.banner(&name, counts, warnings);
    let banner = banner.filter(|_| !without_banner);
    let (bind, drain) = (settings.bind(), settings.drain());
    let knows_clients = settings.rates().proxies.is_some();
    let session_shutdown = CancellationToken::new();
    let hosts = plan.origins.hosts();
    let transport = transport::service(hosts, settings.limits().body, session_shutdown.clone())
        .with_legacy_session_mode(shared.has_sessions);
    let transport = transport::with_records(transport, Arc::clone(&shared.records) as _);
    let (resource, paths) = (
        settings.resource().as_str().to_owned(),
        settings.paths().clone(),
    );
    let documentation = documents.documentation(catalogue);
    let cors = routes::cors(plan.origins.clone(), parameter_headers(&catalogue.tools));
    let replicas = plan.replicas.as_ref().filter(|_| shared.has_sessions);
    let streams = replicas.map(|replicas| stream_events::records(&replicas.store));
    let sessions = Arc::new(SessionsWithSecuritySchemes::new(streams.clone()));
    let (has_sessions, authorizer) = (shared.has_sessions, shared.authorizer.clone());
    let session_fast_path = has_sessions.then(|| -> Arc<dyn SessionFastPath> {
        Arc::new(OpenSessions {
            sessions: Arc::clone(&sessions),
            stop: session_shutdown.clone(),
        })
    });
    let shared_sessions = replicas.zip(streams);
    let shared_sessions = shared_sessions.map(|(replicas, streams)| -> Arc<dyn SharedSessions> {
        Arc::new(ReplicatedSessions {
            shared: SharedSessionRecords::new(
                replicas.store.clone(),
                plan.settings.session_limits().record_lifetime(),
            ),
            streams,
            records: Arc::clone(&shared.records),
            sessions: Arc::clone(&sessions),
        })
    });
    let stateless_fast_path = Arc::clone(&shared);
    let built_gate = plan.build(
        has_sessions,
        authorizer,
        Some(stateless_fast_path),
        session_fast_path,
        shared_sessions,
    );
    let service = StreamableHttpService::new(
        move || Ok(Handler::new(Arc::clone(&shared))),
        sessions,
        transport,
    );
    let gated = GateService::new(built_gate.gate, AddSecuritySchemes(Arc::new(service)));
    Ok(Assembled {
        needs_peer_address: built_gate.issuer_routes.is_some() || knows_clients,
        endpoint: with_cors(gated, cors.clone()),
        served: Served {
            resource,
            paths,
            metadata,
            documentation,
            cors,
            issuer_routes: built_gate.issuer_routes,
            approval_routes: built_gate.approval_routes,
            readiness: built_gate.readiness,
        },
        banner,
        bind,
        drain,
        streams: built_gate.streams,
        observer: built_gate.observer,
        session_shutdown,
        #[cfg(feature = "admin")]
        _admin: admin,
    })
}

/// Validates everything.
pub(super) fn prepare(server: Server<()>, config: &Config) -> Result<Prepared, StartError> {
    let mut faults = SetupErrors::default();
    let mut catalogue = server.sets.finish(&mut faults);
    catalogue.limit_results(server.limits.result_bytes);
    if server.limits.page_items == 0 {
        faults.add(
            "the page size of lists is 0, so a list would never end",
            "give `with_page_size` at least 1",
        );
    }
    // The operator switches items, also if the program never does.
    let changes = server.changes.clone();
    let changes = changes.or_else(|| config.has_admin().then(Changes::new));
    let offered = catalogue.offered(changes.is_some());
    let enabled_items = catalogue.enabled_items();
    // The operator of another replica can switch items without a listener of this one.
    let switched = changes.clone().unwrap_or_default();
    attach(&switched, &catalogue, &enabled_items, &mut faults);
    let plan = GatePlan::new(
        &server.name,
        &offered,
        enabled_items,
        server.policy,
        config,
        &mut faults,
    );
    let Some(plan) = plan else {
        return Err(faults.into_error());
    };
    let Some(rounds) = plan.round_seal(&mut faults) else {
        return Err(faults.into_error());
    };
    let plan = faults.finish(plan)?;
    let operators = switched.clone();
    let switch = move |items: &_| operators.set_operators(items);
    plan.revocations.on_switched(switch);
    let has_sessions = plan.settings.has_sessions() && server.has_sessions;
    let mut identity = Implementation::new(&server.name, &server.version);
    identity.title = server.title;
    let capabilities = catalogue.capabilities(offered.changes);
    let catalogue = Arc::new(catalogue);
    let authorizer = catalogue.has_authorize().then(|| {
        let timeout = plan.settings.limits().authorize_timeout;
        Arc::new(Authorizer::new(Arc::clone(&catalogue) as _, timeout))
    });
    let records = Arc::new(SessionRecords::new(changes.clone()));
    let notifier = changes.map(|changes| {
        Arc::new(ChangeNotifier {
            changes,
            rules: Arc::clone(&plan.rules),
            authorizer: authorizer.clone(),
            decision_point: plan.decision_point.clone(),
            clock: Arc::clone(&plan.clock),
            revocations: plan.revocations.clone(),
            capabilities: capabilities.clone(),
            quota: Arc::default(),
        })
    });
    let mut info = ServerConfig::new(capabilities).with_server_info(identity);
    info.instructions = server.instructions;
    let shared = Arc::new(Shared {
        info,
        catalogue,
        rules: Arc::clone(&plan.rules),
        watch: AccessWatch::new(&plan.revocations, &switched),
        authorizer,
        decision_point: plan.decision_point.clone(),
        visibility: plan.visibility,
        page_items: server.limits.page_items,
        has_sessions,
        records,
        notifier,
        rounds,
        tool_lists: ToolListCache::new(plan.roles.clone()),
    });
    Ok(Prepared {
        name: server.name,
        version: server.version,
        without_banner: server.without_banner,
        plan,
        shared,
    })
}

/// Attaches the handle on changes to the items that it switches.
fn attach(
    changes: &Changes,
    catalogue: &Catalogue,
    enabled_items: &Arc<EnabledItems>,
    faults: &mut SetupErrors,
) {
    if !changes.attach(catalogue.names(), enabled_items) {
        faults.add(
            "one `Changes` was given to two servers",
            "create one `Changes::new()` for each server",
        );
    }
}

/// Returns the headers in which clients repeat arguments, for CORS.
fn parameter_headers(tools: &[Item<(), ToolKind>]) -> Vec<HeaderName> {
    let names = tools.iter().flat_map(Item::parameter_headers);
    let names = names.map(|name| format!("mcp-param-{}", name.to_ascii_lowercase()));
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
        .iter()
        .filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok())
        .collect()
}
