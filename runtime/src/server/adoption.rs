//! The gate alone, before a server that somebody has written with rmcp.
//!
//! - [`needs`]: what one thing of the handler asks of its caller
//! - [`builder`]: what an author says, until the gate is built
//! - [`stated`], [`survey`]: what was said, and what the handler says that it has
//! - [`layer`], [`guard`]: the two halves, before the service and around the handler

use std::{collections::HashMap, io, net::SocketAddr, sync::Arc};

use axum::Router;
use bytes::Bytes;
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        SessionManager, StreamableHttpServerConfig, StreamableHttpService,
    },
};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower_http::cors::CorsLayer;

use crate::error::Error;

use super::{
    Visibility,
    assembly::Assembled,
    entrance::Entrance,
    protection::Wall,
    quota::Quota,
    routes, serve,
    sessions::LocalSessions,
    transport,
    welcome::{self, Welcome},
};

mod builder;
mod guard;
mod layer;
mod needs;
mod stated;
mod survey;

pub use builder::GateBuilder;
pub use guard::Guarded;
pub use layer::{GateLayer, Gated, IsGuarded};
pub use needs::Needs;

/// The gate alone, before a server that you have written with rmcp's own `#[tool]` or
/// [`ServerHandler`].
///
/// It judges as a [`Server`](crate::Server) does, by the same code: tokens, scopes,
/// sessions, origins, and what is refused is told in the same way. Its two halves belong
/// together: the layer judges requests, and the [`Guarded`] handler demands of each that
/// it was judged. What each tool, prompt and resource needs is said beside the handler;
/// what is not said is refused.
///
/// ```no_run
/// use rmcp::transport::streamable_http_server::StreamableHttpService;
/// use toolgate::{Config, Gate, needs};
/// # struct Counter;
/// # impl rmcp::ServerHandler for Counter {}
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let gate = Gate::builder("counter")
///     .tool("get", needs!(scope = "counter:read"))
///     .tool("add", needs!(scope = "counter:write", step_up))
///     .build(Config::from_env()?, Counter)
///     .await?;
/// let service = StreamableHttpService::new(
///     gate.guard_each(|| Ok(Counter)),
///     gate.sessions(),
///     gate.transport(),
/// );
/// gate.serve(service).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gate(Arc<Standing>);

/// A gate that stands, and what is served beside it.
struct Standing {
    wall: Wall,
    visibility: Visibility,
    has_sessions: bool,
    asks_for_tokens: bool,
    /// What each tool asks for, by its name, where the lists show it to strangers.
    schemes: HashMap<String, Value>,
    /// The MCP endpoint's path without a slash at its end; empty for the root.
    path: String,
    metadata: Bytes,
    page: Bytes,
    cors: CorsLayer,
    welcome: Welcome,
    /// The address to listen on.
    bind: SocketAddr,
    hosts: Vec<String>,
    body_limit: usize,
    /// Ends sessions.
    everything: CancellationToken,
    /// What callers listen to counts here, by session or not.
    quota: Arc<Quota>,
}

impl Gate {
    /// Begins a gate before a server of this name, which people read.
    pub fn builder(name: impl Into<String>) -> GateBuilder {
        GateBuilder::new(name.into())
    }

    /// Puts a handler behind the gate: the second half. It is made anew for each session
    /// or request, where the service makes its handlers.
    pub fn guard<H: ServerHandler>(&self, handler: H) -> Guarded<H> {
        Guarded::new(handler, self.clone())
    }

    /// The same in the place where a service makes its handlers.
    pub fn guard_each<H, F>(&self, make: F) -> impl Fn() -> io::Result<Guarded<H>> + use<H, F>
    where
        H: ServerHandler,
        F: Fn() -> io::Result<H>,
    {
        let gate = self.clone();
        move || Ok(gate.guard(make()?))
    }

    /// How the service behind the gate has to be set up: hosts and limits are the gate's,
    /// so that rmcp's own checks are a second lock and no other one. Outside of sessions it
    /// answers in JSON, unless the handler sends something before its result.
    #[must_use]
    pub fn transport(&self) -> StreamableHttpServerConfig {
        let standing = &self.0;
        transport::service(
            &standing.hosts,
            standing.body_limit,
            standing.everything.clone(),
        )
        .with_legacy_session_mode(standing.has_sessions)
    }

    /// Sessions for the service behind the gate, made anew by each call.
    ///
    /// rmcp's own `LocalSessionManager::default()` ends a session after five minutes without a
    /// message, in the midst of a call as well, and sends clients of revisions before
    /// 2025-11-25 an event at which they fail. In these nothing ends while a request or a
    /// stream is open, and the gate ends what is idle
    /// ([`SessionLimits`](crate::SessionLimits)).
    #[must_use]
    pub fn sessions(&self) -> Arc<LocalSessions> {
        Arc::default()
    }

    /// The gate's first half, for a service that is mounted in a way of one's own. The rest
    /// of what [`Gate::router`] serves has to be served as well: clients find their way by it.
    #[must_use]
    pub fn layer(&self) -> GateLayer {
        GateLayer(Arc::clone(&self.0.wall.gate))
    }

    /// The service behind the gate, at the path of the configuration's resource, and all
    /// that belongs to it, as [`Server::into_router`](crate::Server::into_router) has it.
    pub fn router<H, M>(&self, service: StreamableHttpService<Guarded<H>, M>) -> Router
    where
        H: ServerHandler,
        M: SessionManager,
    {
        self.entrance(service).into_router()
    }

    fn entrance<H, M>(&self, service: StreamableHttpService<Guarded<H>, M>) -> Entrance
    where
        H: ServerHandler,
        M: SessionManager,
    {
        let standing = &self.0;
        let served = routes::Served {
            path: standing.path.clone(),
            metadata: standing.metadata.clone(),
            page: standing.page.clone(),
            cors: standing.cors.clone(),
            issuer_routes: standing.wall.issuer_routes.clone(),
        };
        let endpoint = self.layer().layer(service);
        routes::routes(endpoint, served, standing.wall.readiness.clone())
    }

    /// Listens where the configuration says and serves the service behind the gate, and all
    /// that belongs to it, as [`Server::serve`](crate::Server::serve) does.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] when the address cannot be listened on, [`Error::Serve`] when
    /// listening fails later.
    pub async fn serve<H, M>(
        &self,
        service: StreamableHttpService<Guarded<H>, M>,
    ) -> Result<(), Error>
    where
        H: ServerHandler,
        M: SessionManager,
    {
        let told_to_stop = serve::told_to_stop();
        let listener = serve::listen(self.0.bind).await?;
        welcome::print(&self.0.welcome);
        self.serve_on(service, listener, told_to_stop).await
    }

    /// The same on a socket that listens already, until `stop` is ready.
    ///
    /// A future that is dropped before takes its connections, and what runs on them, with it:
    /// only `stop` lets running calls finish.
    ///
    /// # Errors
    ///
    /// As [`Gate::serve`], without [`Error::Bind`].
    pub async fn serve_on<H, M>(
        &self,
        service: StreamableHttpService<Guarded<H>, M>,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), Error>
    where
        H: ServerHandler,
        M: SessionManager,
    {
        let standing = &self.0;
        let assembled = Assembled {
            // The application's own handlers may ask.
            is_told_peers: true,
            entrance: self.entrance(service),
            cors: standing.cors.clone(),
            welcome: standing.welcome.clone(),
            bind: standing.bind,
            ready: standing.wall.readiness.clone(),
            streams: standing.wall.streams.clone(),
            everything: standing.everything.clone(),
        };
        serve::serve(listener, assembled, Box::pin(stop)).await
    }

    /// Ends open streams and sessions, and says at `/readyz` that it is over: for an
    /// application that serves the [`router`](Self::router) itself, when it is told to stop.
    pub fn stop(&self) {
        self.0.wall.readiness.stop();
        self.0.wall.streams.cancel();
        self.0.everything.cancel();
    }
}
