//! The gate alone, in front of a server that is written with rmcp.
//!
//! - [`access`]: the access of one item of the handler; [`access_table`]: of all
//! - [`handler_authorize`]: the `authorize` functions of its items
//! - [`user_decisions`]: the questions that users answer before an item runs
//! - [`builder`], [`revocations`]: the declarations and the policy, until the gate is built
//! - [`declared`], [`inventory`]: the declared items, and the items that the handler lists
//! - [`gate_layer`], [`guarded_handler`]: the two halves, in front of the service and around the handler

use std::{collections::HashMap, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use http::request::Parts;
use rmcp::{
    RoleServer, ServerHandler,
    service::RequestContext,
    transport::streamable_http_server::{
        SessionManager, StreamableHttpServerConfig, StreamableHttpService,
    },
};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::Layer;

use crate::{authorization::Permit, caller::Caller, error::Error};

use super::{
    Visibility, access_table::AccessTable, access_watch::AccessWatch, assembly::Assembled,
    gate_plan::BuiltGate, http_entry::with_cors, listener_quota::Quota,
    local_sessions::LocalSessions, routes::Served, serve, startup_banner::StartupBanner, transport,
};

mod access;
mod access_table;
mod builder;
mod declared;
mod gate_layer;
mod guarded_handler;
mod handler_authorize;
mod inventory;
mod revocations;
mod user_checks;

pub use access::Access;
pub use builder::HandlerGateBuilder;
pub use gate_layer::{GatedService, GuardedService, HandlerGateLayer};
pub use guarded_handler::GuardedHandler;
pub use handler_authorize::HandlerCall;
use user_checks::SealedUserChecks;

/// The gate alone, in front of a server that you wrote with rmcp's own `#[tool]` or
/// [`ServerHandler`].
///
/// It uses the same code as a [`Server`](crate::Server): tokens, scopes, sessions and origins are
/// checked in the same way, and refusals look the same. Both halves are needed: the layer
/// authorizes requests, and the [`GuardedHandler`] answers only requests that the layer has
/// authorized. Declare the access of each tool, prompt and resource here. Anything not
/// declared is denied.
///
/// ```no_run
/// use rmcp::transport::streamable_http_server::StreamableHttpService;
/// use toolgate::{Config, access, gate::HandlerGate};
/// # struct Counter;
/// # impl rmcp::ServerHandler for Counter {}
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let gate = HandlerGate::builder("counter")
///     .tool("get", access!(scope = "counter:read"))
///     .tool("add", access!(scope = "counter:write", step_up))
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
pub struct HandlerGate(Arc<HandlerGateInner>);

/// A built gate, and what is served with it.
struct HandlerGateInner {
    access: AccessTable,
    /// Ends running work whose authorization is taken away.
    watch: AccessWatch,
    built_gate: BuiltGate,
    /// The questions of `confirm` and `approve`, if any item has one.
    decisions: Option<SealedUserChecks>,
    visibility: Visibility,
    has_sessions: bool,
    asks_for_tokens: bool,
    /// The `securitySchemes` of each tool by name, if lists show them to unauthenticated
    /// clients.
    schemes: HashMap<String, Value>,
    served: Served,
    banner: Option<StartupBanner>,
    /// The address to listen on.
    bind: SocketAddr,
    /// How long `/readyz` answers 503 before the port closes.
    drain: Duration,
    hosts: Vec<String>,
    body_limit: usize,
    /// Cancels sessions.
    session_shutdown: CancellationToken,
    /// Counts the subscriptions of callers, with or without a session.
    quota: Arc<Quota>,
}

impl HandlerGate {
    /// Starts a gate for a server with this display name.
    pub fn builder(name: impl Into<String>) -> HandlerGateBuilder {
        HandlerGateBuilder::new(name.into())
    }

    /// Returns the caller of a request to a guarded handler, or `None` if the request has no
    /// token or passed no gate.
    ///
    /// It is the caller of this request: in a session the next request may bring another
    /// token.
    #[must_use]
    pub fn caller(request: &RequestContext<RoleServer>) -> Option<Caller> {
        let parts = request.extensions.get::<Parts>()?;
        parts.extensions.get::<Permit>()?.caller().cloned()
    }

    /// Wraps a handler in the second half of the gate. Call it where the service creates its
    /// handlers, once for each session or request.
    pub fn guard<H: ServerHandler>(&self, handler: H) -> GuardedHandler<H> {
        GuardedHandler::new(handler, self.clone())
    }

    /// Wraps a function that creates handlers, for `StreamableHttpService::new`.
    pub fn guard_each<H, F>(
        &self,
        make: F,
    ) -> impl Fn() -> io::Result<GuardedHandler<H>> + use<H, F>
    where
        H: ServerHandler,
        F: Fn() -> io::Result<H>,
    {
        let gate = self.clone();
        move || Ok(gate.guard(make()?))
    }

    /// Returns the transport settings for the service behind the gate. Hosts and limits are
    /// those of the gate, so rmcp's own checks repeat the gate's checks and never differ from
    /// them. Outside of sessions the service answers in JSON, unless the handler sends
    /// something before its result.
    #[must_use]
    pub fn transport(&self) -> StreamableHttpServerConfig {
        let inner = &self.0;
        transport::service(
            &inner.hosts,
            inner.body_limit,
            inner.session_shutdown.clone(),
        )
        .with_legacy_session_mode(inner.has_sessions)
    }

    /// Creates a new session manager for the service behind the gate.
    ///
    /// rmcp's own `LocalSessionManager::default()` ends a session after five minutes without
    /// a message, even during a call, and sends clients of revisions before 2025-11-25 an
    /// event that makes them fail. These sessions stay open while a request or a stream is
    /// open, and the gate ends idle ones ([`SessionLimits`](crate::gate::SessionLimits)).
    #[must_use]
    pub fn sessions(&self) -> Arc<LocalSessions> {
        Arc::default()
    }

    /// Returns the first half of the gate, for a service that you mount yourself. Also serve
    /// the other paths of [`HandlerGate::router`]: clients need them to find the issuer.
    #[must_use]
    pub fn layer(&self) -> HandlerGateLayer {
        HandlerGateLayer(Arc::clone(&self.0.built_gate.gate))
    }

    /// Returns a router with the service at the path of the configured resource, and with the
    /// same other paths as [`Server::into_router`](crate::Server::into_router). It prints the
    /// start-up banner, unless `TOOLGATE_BANNER` is `off`.
    pub fn router<H, M>(&self, service: StreamableHttpService<GuardedHandler<H>, M>) -> Router
    where
        H: ServerHandler,
        M: SessionManager,
    {
        let mut routes = self.assembled(service).mounted();
        routes.announce();
        routes.into_router()
    }

    pub(super) fn assembled<H, M>(
        &self,
        service: StreamableHttpService<GuardedHandler<H>, M>,
    ) -> Assembled
    where
        H: ServerHandler,
        M: SessionManager,
    {
        let inner = &self.0;
        Assembled {
            // The application's own handlers may read the peer address.
            needs_peer_address: true,
            endpoint: with_cors(self.layer().layer(service), inner.served.cors.clone()),
            served: inner.served.clone(),
            banner: inner.banner.clone(),
            bind: inner.bind,
            drain: inner.drain,
            streams: inner.built_gate.streams.clone(),
            observer: inner.built_gate.observer.clone(),
            session_shutdown: inner.session_shutdown.clone(),
            #[cfg(feature = "admin")]
            _admin: None,
        }
    }

    /// Listens on the configured address and serves the service behind the gate, as
    /// [`Server::serve`](crate::Server::serve) does.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] if the server cannot listen on the address, [`Error::Serve`] if
    /// listening fails later.
    pub async fn serve<H, M>(
        &self,
        service: StreamableHttpService<GuardedHandler<H>, M>,
    ) -> Result<(), Error>
    where
        H: ServerHandler,
        M: SessionManager,
    {
        let stop_signal = serve::stop_signal();
        let listener = serve::listen(self.0.bind).await?;
        let mut assembled = self.assembled(service);
        assembled.announce(&listener);
        serve::serve(listener, assembled, stop_signal).await
    }

    /// Serves on a socket that is already listening, until `stop` completes.
    ///
    /// Dropping the future closes its connections and cancels the calls on them. Only `stop`
    /// lets running calls finish.
    ///
    /// # Errors
    ///
    /// As [`HandlerGate::serve`], without [`Error::Bind`].
    pub async fn serve_on<H, M>(
        &self,
        service: StreamableHttpService<GuardedHandler<H>, M>,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send,
    ) -> Result<(), Error>
    where
        H: ServerHandler,
        M: SessionManager,
    {
        serve::serve(listener, self.assembled(service), Box::pin(stop)).await
    }

    /// Ends open streams and sessions, and makes `/readyz` answer 503. Call it at shutdown if
    /// your application serves the [`router`](Self::router) itself.
    pub fn stop(&self) {
        self.0.served.readiness.stop();
        self.0.built_gate.streams.cancel();
        self.0.session_shutdown.cancel();
    }
}
