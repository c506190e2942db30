//! Where a server is reached: the address that it listens on, and its paths.

use std::net::{Ipv4Addr, SocketAddr};

use super::{
    Config, Environment, redacted_value,
    url_validation::{self, ConfigError},
    variable::PORT,
};

pub(super) const BIND: &str = "TOOLGATE_BIND";
pub(super) const LISTEN_PATH: &str = "TOOLGATE_LISTEN_PATH";
pub(super) const PATH_PREFIX: &str = "TOOLGATE_PATH_PREFIX";

/// The settings of the address and the paths.
#[derive(Debug, Clone, Default)]
pub(super) struct ListenSettings {
    pub(super) bind: Option<SocketAddr>,
    /// Whether a hosting platform, or a person, has set `PORT`.
    has_port: bool,
    /// Paths have no slash at their end.
    pub(super) listen_path: Option<String>,
    pub(super) path_prefix: Option<String>,
    pub(super) nested_path: Option<String>,
    pub(super) has_docs_page: bool,
    pub(super) has_health_paths: bool,
    pub(super) docs_url: Option<String>,
}

impl Config {
    /// Listens on this address.
    #[must_use]
    pub fn with_bind(mut self, address: SocketAddr) -> Self {
        self.listening.bind = Some(address);
        self
    }

    /// Answers MCP requests at this path instead of the path of the resource: for a proxy that
    /// rewrites the path. Nothing that is published changes.
    ///
    /// ```
    /// // The proxy forwards https://api.example.com/notes/mcp to /mcp here.
    /// let config = toolgate::Config::new("https://api.example.com/notes/mcp")
    ///     .with_listen_path("/mcp");
    /// ```
    #[must_use]
    pub fn with_listen_path(mut self, path: impl Into<String>) -> Self {
        self.listening.listen_path = self.parsed_path("the listen path", &path.into());
        self
    }

    /// Publishes the metadata and `/docs` below this path of the resource's origin: for a proxy
    /// that forwards only requests below the path. The path of the resource must begin with it.
    ///
    /// RFC 9728 §5.1 allows any URL in a challenge. A client that ignores challenges looks for
    /// the metadata at the root of the origin; forward
    /// `/.well-known/oauth-protected-resource<path of the resource>` too if you can.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://api.example.com/notes/mcp")
    ///     .with_path_prefix("/notes");
    /// ```
    #[must_use]
    pub fn with_path_prefix(mut self, path: impl Into<String>) -> Self {
        self.listening.path_prefix = self.parsed_path("the path prefix", &path.into());
        self
    }

    /// States that the application nests the server's router under this path
    /// (`axum::Router::nest`). The path of the resource must begin with it.
    ///
    /// The endpoint is then at the rest of the resource's path, and the metadata is published
    /// below the path, as with [`Config::with_path_prefix`].
    ///
    /// ```
    /// # use toolgate::{Config, Server};
    /// # fn mount(server: Server<()>) -> Result<axum::Router, toolgate::StartError> {
    /// let config = Config::new("https://api.example.com/notes/mcp")
    ///     .with_issuer("https://login.example.com")
    ///     .with_nested_path("/notes");
    /// let app = axum::Router::new().nest("/notes", server.into_router(config)?);
    /// # Ok(app)
    /// # }
    /// ```
    #[must_use]
    pub fn with_nested_path(mut self, path: impl Into<String>) -> Self {
        self.listening.nested_path = self.parsed_path("the nested path", &path.into());
        self
    }

    /// Makes a mounted router serve the documentation page, which
    /// `Server::serve` always serves: at `/docs`, and for programs as
    /// Markdown at `/docs.md` and as JSON at `/docs.json`, below the
    /// [path prefix](Config::with_path_prefix) if there is one.
    #[must_use]
    pub fn with_docs_page(mut self) -> Self {
        self.listening.has_docs_page = true;
        self
    }

    /// Makes a mounted router serve `/healthz` and `/readyz`, which
    /// `Server::serve` always serves.
    #[must_use]
    pub fn with_health_paths(mut self) -> Self {
        self.listening.has_health_paths = true;
        self
    }

    /// Publishes this URL as `resource_documentation` (RFC 9728 §2) instead of the server's
    /// `/docs`.
    #[must_use]
    pub fn with_docs_url(mut self, url: impl Into<String>) -> Self {
        self.set_docs_url("the documentation URL", &url.into());
        self
    }

    fn parsed_path(&mut self, source: &str, text: &str) -> Option<String> {
        self.parsed(source, text, url_validation::parse_path(text))
    }

    /// Returns a value, or stores the error in it under the name of the setting.
    pub(super) fn parsed<T>(
        &mut self,
        source: &str,
        text: &str,
        value: Result<T, ConfigError>,
    ) -> Option<T> {
        value
            .map_err(|error| self.add_value_error(source, text, error))
            .ok()
    }

    pub(super) fn set_docs_url(&mut self, source: &str, text: &str) {
        let value = url_validation::validate_page_url(text).map(|()| text.to_owned());
        self.listening.docs_url = self.parsed(source, text, value);
    }

    /// Returns the address to listen on.
    pub(super) fn bind(&self) -> SocketAddr {
        let ip = match self.has_platform_port() {
            true => Ipv4Addr::UNSPECIFIED,
            false => Ipv4Addr::LOCALHOST,
        };
        let default = SocketAddr::from((ip, self.default_port));
        self.listening.bind.unwrap_or(default)
    }

    /// Returns whether a hosting platform sets the port. It connects from another machine,
    /// which is allowed only if the resource is public and an issuer is configured.
    fn has_platform_port(&self) -> bool {
        let ListenSettings { bind, has_port, .. } = self.listening;
        let resource = self.resource.as_ref();
        let is_public = resource.is_some_and(|resource| !resource.is_loopback());
        has_port && bind.is_none() && is_public && !self.issuers.is_empty()
    }

    /// Returns the warning about an address that only `PORT` sets.
    pub(super) fn platform_port_warning(&self) -> Option<String> {
        let (bind, port) = (self.bind(), self.default_port);
        self.has_platform_port().then(|| {
            format!("{PORT} is set and {BIND} is not, so the server listens on {bind}, which other machines can reach; set {BIND}=127.0.0.1:{port} to listen on loopback only")
        })
    }
}

/// Reads the variables of the address and the paths.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    if let Some(text) = environment.get(BIND) {
        match url_validation::parse_bind(text) {
            Ok(bind) => config.listening.bind = Some(bind),
            Err(error) => config.add_value_error(BIND, text, error),
        }
    }
    let mut path = |name| config.parsed_path(name, environment.get(name)?);
    let (listen_path, path_prefix) = (path(LISTEN_PATH), path(PATH_PREFIX));
    config.listening.listen_path = listen_path;
    config.listening.path_prefix = path_prefix;
    read_port(config, environment);
}

/// Reads `PORT`, which sets the port of the default address.
fn read_port(config: &mut Config, environment: &Environment) {
    let Some(text) = environment.get(PORT) else {
        return;
    };
    match text.parse::<u16>() {
        Ok(port) if port > 0 => {
            config.default_port = port;
            config.listening.has_port = true;
        }
        _ => config.add_error(
            format!(
                "{PORT} is {}, which is not a port number",
                redacted_value::quoted_without_secrets(text)
            ),
            "write a number from 1 to 65535",
        ),
    }
    if let Some(bind) = config.listening.bind
        && bind.port() != config.default_port
    {
        config.warnings.push(format!(
            "{PORT} is {}, but {BIND} is {bind}; {BIND} takes precedence",
            config.default_port
        ));
    }
}

#[cfg(test)]
mod tests;
