//! The gate alone, before a server that somebody has written with rmcp.
//!
//! - [`needs`]: what one thing of the handler asks of its caller
//! - [`builder`]: what an author says, until the gate is built
//! - [`stated`], [`survey`]: what was said, and what the handler says that it has
//! - [`layer`], [`guard`]: the two halves, before the service and around the handler

use std::sync::Arc;

use axum::{Router, routing::any_service};
use bytes::Bytes;
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        SessionManager, StreamableHttpServerConfig, StreamableHttpService,
    },
};
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower_http::cors::CorsLayer;

use super::{Visibility, protection::Wall, routes};

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
/// use rmcp::{
///     ServerHandler, handler::server::router::tool::ToolRouter, tool, tool_handler, tool_router,
///     transport::streamable_http_server::{
///         StreamableHttpService, session::local::LocalSessionManager,
///     },
/// };
/// use toolgate::{Config, Gate, needs};
/// # #[derive(Clone)]
/// # struct Counter;
/// # impl ServerHandler for Counter {}
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let gate = Gate::builder("counter")
///     .tool("get", needs!(scope = "counter:read"))
///     .tool("add", needs!(scope = "counter:write", step_up))
///     .build(Config::from_env()?, Counter)
///     .await?;
/// let guarded = gate.clone();
/// let service = StreamableHttpService::new(
///     move || Ok(guarded.guard(Counter)),
///     LocalSessionManager::default().into(),
///     gate.transport(),
/// );
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
/// axum::serve(listener, gate.router(service)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Gate(Arc<Standing>);

/// A gate that stands, and what is served beside it.
struct Standing {
    wall: Wall,
    visibility: Visibility,
    asks_for_tokens: bool,
    /// The MCP endpoint's path without a slash at its end; empty for the root.
    path: String,
    metadata: Bytes,
    page: Bytes,
    cors: CorsLayer,
    hosts: Vec<String>,
    body_limit: usize,
    /// Ends sessions.
    everything: CancellationToken,
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

    /// How the service behind the gate has to be set up: hosts and limits are the gate's,
    /// so that rmcp's own checks are a second lock and no other one.
    #[must_use]
    pub fn transport(&self) -> StreamableHttpServerConfig {
        StreamableHttpServerConfig::default()
            .with_allowed_hosts(self.0.hosts.clone())
            .with_max_request_body_bytes(self.0.body_limit)
            .with_cancellation_token(self.0.everything.clone())
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
        let standing = &self.0;
        let served = routes::Served {
            path: standing.path.clone(),
            metadata: standing.metadata.clone(),
            page: standing.page.clone(),
            cors: standing.cors.clone(),
            issuer_routes: standing.wall.issuer_routes.clone(),
        };
        let endpoint = any_service(self.layer().layer(service));
        routes::routes(endpoint, served, standing.wall.readiness.clone())
    }

    /// Ends open streams and sessions, and says at `/readyz` that it is over: for the signal
    /// on which an application stops.
    pub fn stop(&self) {
        self.0.wall.readiness.stop();
        self.0.wall.streams.cancel();
        self.0.everything.cancel();
    }
}
