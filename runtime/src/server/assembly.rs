//! Builds what serves from a builder and a configuration, or reports every error.

use std::{net::SocketAddr, sync::Arc};

use http::HeaderName;
use rmcp::{
    model::{Implementation, ServerConfig},
    transport::streamable_http_server::StreamableHttpService,
};
use tokio_util::sync::CancellationToken;

use crate::{
    authorization::Switches,
    config::Config,
    error::{SetupErrors, StartError},
    gate::{GateService, SessionFastPath},
    item::{Item, RoundSeal},
    tool::ToolKind,
};

use super::{
    Server,
    catalogue::{Catalogue, Sets},
    changes::Changes,
    cors::with_cors,
    gate_plan::{self, GatePlan},
    handler::Handler,
    http_entry::HttpEntry,
    response_future::Endpoint,
    routes::{self, MountedRoutes, Served},
    scope_hierarchy::ScopeHierarchy,
    security_schemes::{AddSecuritySchemes, SessionsWithSecuritySchemes},
    session_fast_path::OpenSessions,
    shared::Shared,
    startup_banner::StartupBanner,
    static_documents::StaticDocuments,
    subscriptions::ChangeNotifier,
    tool_list_cache::ToolListCache,
    transport,
};

/// A server that is ready to be served.
pub(super) struct Assembled {
    pub(super) endpoint: Endpoint,
    /// The contents of the other routes.
    pub(super) served: Served,
    pub(super) welcome: StartupBanner,
    /// Whether a route reads the peer address of a connection.
    pub(super) is_told_peers: bool,
    /// The address to listen on.
    pub(super) bind: SocketAddr,
    /// Cancels open streams.
    pub(super) streams: CancellationToken,
    /// Cancels sessions.
    pub(super) everything: CancellationToken,
}

impl Assembled {
    /// Returns the routes for an application.
    pub(super) fn mounted(self) -> MountedRoutes {
        routes::mounted(self.endpoint, self.served)
    }

    /// Returns the entry of a server without an application around it.
    pub(super) fn entry(&self) -> HttpEntry {
        routes::alone(Arc::clone(&self.endpoint), self.served.clone())
    }
}

/// Returns the scopes of all registered items, sorted.
pub(super) fn scopes(
    sets: Sets<()>,
    hierarchy: &ScopeHierarchy,
) -> Result<Vec<&'static str>, StartError> {
    let mut faults = SetupErrors::default();
    let offered = sets.finish(&mut faults).offered(false);
    gate_plan::scopes(&offered, hierarchy, faults)
}

/// Validates everything and assembles the server.
pub(super) fn assemble(
    server: Server<()>,
    config: Config,
    bound: Option<SocketAddr>,
) -> Result<Assembled, StartError> {
    let mut faults = SetupErrors::default();
    // The address of a listening socket replaces the configured one.
    let config = match bound {
        Some(address) => config.with_bind(address),
        None => config,
    };
    let catalogue = server.sets.finish(&mut faults);
    let offered = catalogue.offered(server.changes.is_some());
    let switches = catalogue.switches();
    attach(server.changes.as_ref(), &catalogue, &switches, &mut faults);
    let plan = GatePlan::new(
        &server.name,
        &offered,
        switches,
        server.policy,
        &config,
        &mut faults,
    );
    let Some(plan) = plan else {
        return Err(faults.into_error());
    };
    let rounds = RoundSeal::new(
        plan.settings.state_key(),
        plan.settings.resource().as_str().to_owned(),
        Arc::clone(&plan.clock),
    );
    let Ok(rounds) = rounds else {
        faults.add(
            "the operating system provides no random numbers",
            "run it where the operating system's random number generator is available",
        );
        return Err(faults.into_error());
    };
    let plan = faults.finish(plan)?;
    plan.warn();
    catalogue.warn_of_undescribed_arguments();

    let documents = StaticDocuments {
        name: &server.name,
        version: &server.version,
        settings: &plan.settings,
        issuers: &plan.issuers,
        is_development: plan.is_development(),
        login: plan.login,
        scopes: &plan.scopes,
        scope_prefix: plan.scope_prefix(),
    };
    let settings = &plan.settings;
    let welcome = StartupBanner {
        name: server.name.clone(),
        resource: settings.resource().as_str().to_owned(),
        address: None,
        docs: settings.docs_url(false).unwrap_or_default(),
        tools: catalogue.tools.len(),
        prompts: catalogue.prompts.len(),
        resources: catalogue.resources.len(),
        scopes: plan.scopes.iter().map(|(name, _)| *name).collect(),
        issuers: plan.issuers.clone(),
        is_development: plan.is_development(),
        is_automatic: plan.settings.consents_automatically(),
        login: plan.login,
    };
    let bind = settings.bind();
    let everything = CancellationToken::new();
    let hosts = plan.origins.hosts();
    let transport = transport::service(hosts, settings.limits().body, everything.clone())
        .with_legacy_session_mode(server.has_sessions);
    let (resource, paths) = (
        settings.resource().as_str().to_owned(),
        settings.paths().clone(),
    );
    let (metadata, page) = (documents.metadata(), documents.page(&catalogue));
    let cors = routes::cors(plan.origins.clone(), parameter_headers(&catalogue.tools));
    let mut identity = Implementation::new(&server.name, &server.version);
    identity.title = server.title;
    let capabilities = catalogue.capabilities(offered.changes);
    let notifier = server.changes.map(|changes| {
        Arc::new(ChangeNotifier {
            changes,
            rules: Arc::clone(&plan.rules),
            clock: Arc::clone(&plan.clock),
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
        visibility: plan.visibility,
        has_sessions: server.has_sessions,
        notifier,
        rounds: Arc::new(rounds),
        tool_lists: ToolListCache::default(),
    });
    let sessions = Arc::new(SessionsWithSecuritySchemes::default());
    let session_fast_path = server.has_sessions.then(|| -> Arc<dyn SessionFastPath> {
        Arc::new(OpenSessions {
            sessions: Arc::clone(&sessions),
            stop: everything.clone(),
        })
    });
    let stateless_fast_path = Arc::clone(&shared);
    let wall = plan.build(
        server.has_sessions,
        Some(stateless_fast_path),
        session_fast_path,
    );
    let service = StreamableHttpService::new(
        move || Ok(Handler::new(Arc::clone(&shared))),
        sessions,
        transport,
    );
    let gated = GateService::new(wall.gate, AddSecuritySchemes(Arc::new(service)));
    Ok(Assembled {
        is_told_peers: wall.issuer_routes.is_some(),
        endpoint: with_cors(gated, cors.clone()),
        served: Served {
            resource,
            paths,
            metadata,
            page,
            cors,
            issuer_routes: wall.issuer_routes,
            readiness: wall.readiness,
        },
        welcome,
        bind,
        streams: wall.streams,
        everything,
    })
}

/// Attaches the handle on changes to the items that it switches.
fn attach(
    changes: Option<&Changes>,
    catalogue: &Catalogue,
    switches: &Arc<Switches>,
    faults: &mut SetupErrors,
) {
    let is_taken = changes.is_some_and(|changes| !changes.attach(catalogue.names(), switches));
    if is_taken {
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
