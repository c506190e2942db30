//! From a builder and a configuration to what serves, or to every fault at once.

use std::{collections::BTreeSet, net::SocketAddr, sync::Arc};

use axum::{Router, routing::any_service};
use http::HeaderName;
use rmcp::{
    model::{Implementation, ServerCapabilities, ServerConfig},
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower_http::cors::CorsLayer;

use crate::{
    admission::Switches,
    config::Config,
    error::{Faults, StartError},
    gate::{Direct, GateService},
    tool::{Tool, ToolSet},
};

use super::{
    Server,
    changes::Changes,
    documents::Documents,
    handler::{Handler, Shared},
    hierarchy::Hierarchy,
    offered::{Offered, Terms},
    protection::{self, Protection, Readiness},
    routes,
    schemes::{Publishing, PublishingSessions},
    welcome::Welcome,
};

/// A server that is ready to be served.
pub(super) struct Assembled {
    pub(super) router: Router,
    /// What goes around the answer for all other paths.
    pub(super) cors: CorsLayer,
    pub(super) welcome: Welcome,
    /// The address to listen on.
    pub(super) bind: SocketAddr,
    pub(super) ready: Readiness,
    /// Ends the open streams.
    pub(super) streams: CancellationToken,
    /// Ends sessions and connections.
    pub(super) everything: CancellationToken,
    pub(super) connections: TaskTracker,
}

/// The scopes of a tool set, sorted.
pub(super) fn scopes<S>(
    tools: ToolSet<S>,
    hierarchy: &Hierarchy,
) -> Result<Vec<&'static str>, StartError> {
    let mut faults = Faults::default();
    let offered = offered(&tools.finish(&mut faults), None);
    protection::scopes(&offered, hierarchy, faults)
}

/// Judges everything and puts it together.
pub(super) fn assemble<S>(
    server: Server<S>,
    config: Config,
    bound: Option<SocketAddr>,
) -> Result<Assembled, StartError>
where
    S: Clone + Send + Sync + 'static,
{
    let mut faults = Faults::default();
    // What listens already counts, whatever was to listen.
    let config = match bound {
        Some(address) => config.with_bind(address),
        None => config,
    };
    let tools = server.tools.finish(&mut faults);
    let offered = offered(&tools, server.changes.as_ref());
    let switches = Arc::new(Switches::new(tools.len()));
    attach(server.changes.as_ref(), &tools, &switches, &mut faults);
    let plan = Protection::plan(
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
    let plan = faults.finish(plan)?;
    for note in plan.settings.notes() {
        tracing::warn!("{note}");
    }
    warn_of_undescribed_arguments(&tools);

    let documents = Documents {
        name: &server.name,
        version: &server.version,
        settings: &plan.settings,
        issuers: &plan.issuers,
        is_development: plan.is_development(),
        scopes: &plan.scopes,
    };
    let settings = &plan.settings;
    let welcome = Welcome {
        name: server.name.clone(),
        resource: settings.resource().as_str().to_owned(),
        docs: settings.docs_url().to_owned(),
        tools: tools.len(),
        scopes: plan.scopes.iter().map(|(name, _)| *name).collect(),
        issuers: plan.issuers.clone(),
        is_development: plan.is_development(),
    };
    let bind = settings.bind();
    let everything = CancellationToken::new();
    let transport = StreamableHttpServerConfig::default()
        // The gate has judged both; rmcp is told the same, as a second lock.
        .with_allowed_hosts(plan.origins.hosts())
        .with_json_response(true)
        .with_max_request_body_bytes(settings.body_limit())
        .with_cancellation_token(everything.clone());
    let mut served = routes::Served {
        path: settings.resource().path().to_owned(),
        metadata: documents.metadata(),
        page: documents.page(&tools),
        cors: routes::cors(plan.origins.clone(), parameter_headers(&tools)),
        issuer_routes: None,
    };
    let mut identity = Implementation::new(&server.name, &server.version);
    identity.title = server.title;
    let mut info = ServerConfig::new(capabilities(&offered)).with_server_info(identity);
    info.instructions = server.instructions;
    let shared = Arc::new(Shared {
        info,
        state: server.state,
        tools,
        rules: Arc::clone(&plan.rules),
        visibility: server.visibility,
        changes: server.changes,
    });
    let wall = plan.put_up(Some(Arc::clone(&shared) as Arc<dyn Direct>));
    let service = StreamableHttpService::new(
        move || Ok(Handler::new(Arc::clone(&shared))),
        Arc::new(PublishingSessions::default()),
        transport,
    );
    served.issuer_routes = wall.issuer_routes;
    let endpoint = any_service(GateService::new(wall.gate, Publishing(service)));
    Ok(Assembled {
        cors: served.cors.clone(),
        router: routes::routes(endpoint, served, wall.readiness.clone()),
        welcome,
        bind,
        ready: wall.readiness,
        streams: wall.streams,
        everything,
        connections: TaskTracker::new(),
    })
}

fn offered<S>(tools: &[Tool<S>], changes: Option<&Changes>) -> Offered {
    let terms = |tool: &Tool<S>| Terms {
        requirement: tool.requirement(),
        step_up: tool.is_step_up(),
        demands: tool.demands().collect(),
    };
    Offered {
        tools: tools
            .iter()
            .map(|tool| (tool.name().to_owned(), terms(tool)))
            .collect(),
        changes: changes.is_some(),
        ..Offered::default()
    }
}

/// Gives a handle on changes the tools that it switches.
fn attach<S>(
    changes: Option<&Changes>,
    tools: &[Tool<S>],
    switches: &Arc<Switches>,
    faults: &mut Faults,
) {
    let names = tools.iter().map(|tool| tool.name().to_owned());
    let is_taken = changes.is_some_and(|changes| !changes.attach(names.collect(), switches));
    if is_taken {
        faults.add(
            "one `Changes` was given to two servers",
            "make a `Changes::new()` for each",
        );
    }
}

fn capabilities(offered: &Offered) -> ServerCapabilities {
    let capabilities = ServerCapabilities::builder().enable_tools();
    if offered.changes {
        capabilities.enable_tool_list_changed().build()
    } else {
        capabilities.build()
    }
}

/// The headers in which clients repeat arguments, for CORS.
fn parameter_headers<S>(tools: &[Tool<S>]) -> Vec<HeaderName> {
    let names: BTreeSet<String> = tools
        .iter()
        .flat_map(Tool::parameter_headers)
        .map(|name| format!("mcp-param-{}", name.to_ascii_lowercase()))
        .collect();
    names
        .iter()
        .filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok())
        .collect()
}

fn warn_of_undescribed_arguments<S>(tools: &[Tool<S>]) {
    for tool in tools {
        let arguments = tool.undescribed_arguments();
        if !arguments.is_empty() {
            tracing::warn!(
                tool = tool.name(),
                arguments = arguments.join(", "),
                "arguments without a description: write a doc comment on the parameter, so that a model knows what to pass"
            );
        }
    }
}
