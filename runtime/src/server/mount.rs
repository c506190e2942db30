//! Several servers in one application.

use std::collections::BTreeMap;

use axum::Router;
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{SessionManager, StreamableHttpService},
};

use crate::{
    config::Config,
    error::{SetupErrors, StartError},
};

use super::{
    GuardedHandler, HandlerGate, Server,
    assembly::assemble,
    routes::{self, MountedRoutes},
};

/// Mounts several servers in one axum application, each with its own resource and issuers.
///
/// The router has, for each server, the endpoint and the paths of its metadata.
/// [`Config::with_docs_page`] and [`Config::with_health_paths`] add paths; `/readyz` is then ready
/// when all servers with that setting are. All other paths are free for the application.
///
/// ```
/// use toolgate::{Config, Mount, Server, mcp_tool, tools};
///
/// /// Reads.
/// #[mcp_tool(scope = "notes:read")]
/// fn read() {}
///
/// let at = |resource| Config::new(resource).with_issuer("https://login.example.com");
/// let servers = Mount::new()
///     .server(Server::new("notes").tools(tools![read]), at("https://api.example.com/notes/mcp"))
///     .server(Server::new("more").tools(tools![read]), at("https://api.example.com/more/mcp"))
///     .into_router()?;
/// let app: axum::Router = axum::Router::new().merge(servers);
/// # Ok::<(), toolgate::StartError>(())
/// ```
#[derive(Default)]
#[must_use = "a mount does nothing until it is a router"]
pub struct Mount {
    servers: Vec<MountedRoutes>,
    errors: SetupErrors,
}

impl Mount {
    /// Creates a mount without servers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a server. Its errors are reported by [`into_router`](Self::into_router).
    pub fn server<S: Clone + Send + Sync + 'static>(
        mut self,
        server: Server<S>,
        config: Config,
    ) -> Self {
        match assemble(server.bound(), config, None) {
            Ok(assembled) => self.servers.push(assembled.mounted()),
            Err(errors) => self.errors.extend(errors),
        }
        self
    }

    /// Adds a handler written with rmcp, behind its gate.
    pub fn handler_gate<H, M>(
        mut self,
        gate: &HandlerGate,
        service: StreamableHttpService<GuardedHandler<H>, M>,
    ) -> Self
    where
        H: ServerHandler,
        M: SessionManager,
    {
        self.servers.push(gate.assembled(service).mounted());
        self
    }

    /// Returns the routes of all servers, to merge into your own axum application. The start-up
    /// banner of each is printed, as by [`Server::into_router`].
    ///
    /// # Errors
    ///
    /// Returns a [`StartError`] with every error of the servers and their configurations, and
    /// with every path that two servers need.
    pub fn into_router(mut self) -> Result<Router, StartError> {
        let mut owners = BTreeMap::new();
        for server in &self.servers {
            for path in &server.paths {
                // An endpoint without a slash stands for both of its paths.
                let earlier = owners.insert(path, &server.resource);
                if let Some(earlier) = earlier.filter(|_| !path.ends_with('/') || path == "/") {
                    self.errors.add(
                        format!(
                            "the servers of {earlier:?} and {:?} both serve the path {path}",
                            server.resource
                        ),
                        "give each server a resource with its own path and an issuer, and, if both have items with `approve`, its own path prefix; of several servers, only one can have the development issuer",
                    );
                }
            }
        }
        let servers = self.errors.finish(self.servers)?;
        let (mut router, mut ready) = (Router::new(), Vec::new());
        for mut server in servers {
            server.announce();
            router = router.merge(server.router);
            if server.has_health_paths {
                ready.push(server.readiness);
            }
        }
        Ok(match ready.is_empty() {
            true => router,
            false => router.merge(routes::health(ready)),
        })
    }
}
