//! From a builder and a configuration to what serves, or to every fault at once.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::any_service};
use http::HeaderName;
use rmcp::{
    model::{Implementation, ServerCapabilities, ServerConfig},
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    access::{Access, Requirement},
    admission::{Offers, Rules, Switches},
    config::Config,
    error::{Faults, StartError},
    gate::{Challenges, Direct, Gate, GateService, OriginRules, Sessions},
    principal::Acceptance,
    scope::{ScopeSet, ScopeTable},
    tool::{Tool, ToolSet},
    verify::Authenticator,
};

use super::{
    Server,
    documents::Documents,
    handler::{Handler, Shared},
    hierarchy::Hierarchy,
    issuing::{Embedding, Issuing},
    routes,
    welcome::Welcome,
};

/// How long a client may take to send a body.
const BODY_TIME: Duration = Duration::from_secs(60);

/// A server that is ready to be served.
pub(super) struct Assembled {
    pub(super) router: Router,
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

/// Whether calls can be answered.
#[derive(Clone)]
pub(super) struct Readiness {
    authenticator: Arc<Authenticator>,
    stopping: Arc<AtomicBool>,
}

impl Readiness {
    pub(super) fn judge(&self) -> Result<(), String> {
        if self.stopping.load(Ordering::Relaxed) {
            return Err("the server is stopping".to_owned());
        }
        self.authenticator.readiness()
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

/// The scopes of a tool set, sorted.
pub(super) fn scopes<S>(
    tools: ToolSet<S>,
    hierarchy: &Hierarchy,
) -> Result<Vec<&'static str>, StartError> {
    let mut faults = Faults::default();
    let tools = tools.finish(&mut faults);
    let table = table_of(&tools, hierarchy, &mut faults);
    faults.finish(table.names(table.asked_for()).collect())
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
    let tools = server.tools.finish(&mut faults);
    let table = table_of(&tools, &server.hierarchy, &mut faults);
    // What listens already counts, whatever was to listen.
    let config = match bound {
        Some(address) => config.with_bind(address),
        None => config,
    };
    let settings = match config.settle() {
        Ok(settings) => settings,
        Err(earlier) => {
            faults.extend(earlier);
            return Err(faults.into_error());
        }
    };
    for note in settings.notes() {
        tracing::warn!("{note}");
    }
    warn_of_undescribed_arguments(&tools);

    let resource = settings.resource();
    let origins = OriginRules::new(
        settings.hosts(settings.bind()),
        settings.origins(),
        settings.allows_loopback_origins(),
    );
    let asks_for_tokens = tools
        .iter()
        .any(|tool| tool.requirement() != Requirement::Public);
    let accesses: Vec<Access> = tools
        .iter()
        .map(|tool| tool.requirement().resolve(&table))
        .collect();
    let baseline = baseline(&tools, &accesses);
    let embedding = Embedding {
        name: &server.name,
        scopes: table.names(table.asked_for()).collect(),
        baseline: table.names(baseline).collect(),
        clock: &server.clock,
    };
    let issuing = Issuing::choose(&settings, asks_for_tokens, &embedding, &mut faults);
    let make_authenticator = match server.verifier {
        Some(own) => own,
        None => issuing.verifier(&mut faults),
    };
    let issuers = issuing.published();
    let is_open = !server.protect_handshake && accesses.contains(&Access::Public);
    let names = tools.iter().map(|tool| Box::from(tool.name()));
    let switches = Arc::new(Switches::new(tools.len()));
    if let Some(changes) = &server.changes {
        let names = tools.iter().map(|tool| tool.name().to_owned()).collect();
        if !changes.attach(names, &switches) {
            faults.add(
                "one `Changes` was given to two servers",
                "make a `Changes::new()` for each",
            );
        }
    }
    let offers = Offers {
        tools: names.zip(accesses.iter().cloned()).collect(),
        changes: server.changes.is_some(),
        switches,
        ..Offers::default()
    };
    let rules = Arc::new(Rules::new(table.clone(), offers, baseline, is_open));
    let ahead = accesses
        .iter()
        .map(|access| access.wanted(ScopeSet::EMPTY))
        .chain([baseline, ScopeSet::EMPTY]);
    let metadata_url = resource.metadata_url();
    let challenges = Challenges::new(&metadata_url, &table, ahead, &mut faults);
    let documents = Documents {
        name: &server.name,
        version: &server.version,
        settings: &settings,
        issuers: &issuers,
        is_development: issuing.is_development(),
        table: &table,
    };
    let metadata = documents.metadata();
    let page = documents.page(&tools);
    let parameter_headers = parameter_headers(&tools);
    let tool_count = tools.len();
    let issuing = faults.finish(issuing)?;

    let acceptance =
        Acceptance::new(issuing.accepted(), settings.audiences()).with_leeway(settings.leeway());
    let authenticator = Arc::new(make_authenticator(
        acceptance,
        Arc::new(table.clone()),
        Arc::clone(&server.clock),
    ));
    authenticator.start();
    let streams = CancellationToken::new();
    let everything = CancellationToken::new();
    let mut identity = Implementation::new(&server.name, &server.version);
    identity.title = server.title;
    let capabilities = ServerCapabilities::builder().enable_tools();
    let capabilities = match server.changes {
        Some(_) => capabilities.enable_tool_list_changed().build(),
        None => capabilities.build(),
    };
    let mut info = ServerConfig::new(capabilities).with_server_info(identity);
    info.instructions = server.instructions;
    let shared = Arc::new(Shared {
        info,
        state: server.state,
        tools,
        rules: Arc::clone(&rules),
        visibility: server.visibility,
        changes: server.changes,
    });
    let gate = Arc::new(Gate {
        rules,
        authenticator: Arc::clone(&authenticator),
        challenges,
        challenge_scopes: server.challenge_scopes,
        origins: origins.clone(),
        clock: server.clock,
        body_limit: settings.body_limit(),
        body_time: BODY_TIME,
        stop: streams.clone(),
        sessions: Sessions::default(),
        direct: Some(Arc::clone(&shared) as Arc<dyn Direct>),
    });
    let service = StreamableHttpService::new(
        move || Ok(Handler::new(Arc::clone(&shared))),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default()
            // The gate has judged both; rmcp is told the same, as a second lock.
            .with_allowed_hosts(origins.hosts())
            .with_json_response(true)
            .with_max_request_body_bytes(settings.body_limit())
            .with_cancellation_token(everything.clone()),
    );
    let readiness = Readiness {
        authenticator,
        stopping: Arc::default(),
    };
    let mut router = routes::routes(
        any_service(GateService::new(gate, service)),
        routes::Served {
            path: resource.path().to_owned(),
            metadata,
            page,
            readiness: readiness.clone(),
            origins,
            parameter_headers,
        },
    );
    let is_development = issuing.is_development();
    if let Some(development) = issuing.routes {
        router = router.merge(development);
    }
    Ok(Assembled {
        router,
        welcome: Welcome {
            name: server.name,
            resource: resource.as_str().to_owned(),
            docs: settings.docs_url().to_owned(),
            tools: tool_count,
            scopes: table.names(table.asked_for()).collect(),
            issuers,
            is_development,
        },
        bind: settings.bind(),
        ready: readiness,
        streams,
        everything,
        connections: TaskTracker::new(),
    })
}

fn table_of<S>(tools: &[Tool<S>], hierarchy: &Hierarchy, faults: &mut Faults) -> ScopeTable {
    let scopes: Vec<_> = tools
        .iter()
        .flat_map(|tool| tool.requirement().scopes())
        .collect();
    hierarchy.table(scopes, faults).unwrap_or_else(|fault| {
        faults.add(
            fault.to_string(),
            "use fewer, broader scopes: a person has to read them on a consent page",
        );
        ScopeTable::default()
    })
}

/// The scopes to ask for at first: those of every tool that is not to be stepped up to.
fn baseline<S>(tools: &[Tool<S>], accesses: &[Access]) -> ScopeSet {
    tools
        .iter()
        .zip(accesses)
        .filter(|(tool, _)| !tool.is_step_up())
        .fold(ScopeSet::EMPTY, |set, (_, access)| {
            set.union(access.wanted(set))
        })
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
