//! The hosts and the origins whose requests a server accepts.

use super::{Config, Environment, url_validation, variable::items};

pub(super) const HOSTS: &str = "TOOLGATE_ALLOWED_HOSTS";
pub(super) const ORIGINS: &str = "TOOLGATE_ALLOWED_ORIGINS";

/// Values of `Host` and `Origin` in addition to those of the resource.
#[derive(Debug, Clone, Default)]
pub(super) struct AllowedOrigins {
    pub(super) hosts: Vec<String>,
    pub(super) origins: Vec<String>,
}

impl Config {
    /// Accepts requests whose `Host` is this name or address, with the port if clients send
    /// one: for health checks and names inside a cluster. By default, only the resource's own
    /// host is accepted and, on loopback, the loopback names. Nothing that is published changes,
    /// and no refusal names the host.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_host("notes.default.svc.cluster.local:8000");
    /// ```
    #[must_use]
    pub fn with_host(mut self, host: impl Into<String>) -> Self {
        self.add_host("the host", &host.into());
        self
    }

    /// Allows web pages of this origin to call, such as `https://app.example.com`. By
    /// default, a server on loopback allows all loopback origins, and any other server the
    /// origin of its resource.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.add_origin("the origin", &origin.into());
        self
    }

    fn add_host(&mut self, source: &str, text: &str) {
        let value = url_validation::validate_host(text).map(|()| text.to_owned());
        let value = self.parsed(source, text, value);
        self.allowed.hosts.extend(value);
    }

    fn add_origin(&mut self, source: &str, text: &str) {
        let value = url_validation::validate_origin(text).map(|()| text.to_owned());
        let value = self.parsed(source, text, value);
        self.allowed.origins.extend(value);
    }
}

/// Reads the variables of the hosts and the origins.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    for host in items(environment.get(HOSTS).unwrap_or_default()) {
        config.add_host(HOSTS, host);
    }
    for origin in items(environment.get(ORIGINS).unwrap_or_default()) {
        config.add_origin(ORIGINS, origin);
    }
}

#[cfg(test)]
mod tests;
