//! How issuers inside your own network are reached.

use std::fmt;

use super::{Config, Environment, ValidIssuer, resource_url, variable::items};
use crate::{
    error::SetupErrors,
    issuer::{is_proxy_url, normalized_host},
};

pub(super) const PRIVATE_ISSUERS: &str = "TOOLGATE_PRIVATE_ISSUERS";
pub(super) const ISSUER_PROXY: &str = "TOOLGATE_ISSUER_PROXY";

/// The hosts of issuers that may have private addresses, and the proxy to all issuers.
#[derive(Clone, Default)]
pub(super) struct PrivateIssuers {
    hosts: Vec<String>,
    /// May contain a password.
    proxy: Option<String>,
}

impl fmt::Debug for PrivateIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateIssuers")
            .field("hosts", &self.hosts)
            .field("has_proxy", &self.proxy.is_some())
            .finish()
    }
}

impl Config {
    /// Lets the configured issuer at this host (a name or an IP address, without a port) have
    /// private addresses: for an issuer inside your own network.
    ///
    /// Only requests for the metadata, the keys and the introspection of that issuer may then
    /// connect to private addresses, only to this host, and only over https, except on
    /// loopback. Link-local addresses, where cloud metadata services are, stay refused.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_issuer("https://keycloak.internal/realms/mcp")
    ///     .with_private_issuer("keycloak.internal");
    /// ```
    #[must_use]
    pub fn with_private_issuer(mut self, host: impl Into<String>) -> Self {
        self.add_private_issuer("the host of a private issuer", &host.into());
        self
    }

    /// Sends requests to all issuers that are not on loopback through this HTTP proxy, such as
    /// `http://proxy.internal:3128`. The proxy then decides which addresses they reach: its
    /// checks replace those of this server. Proxies of the environment (`HTTPS_PROXY`) are
    /// never used.
    #[must_use]
    pub fn with_issuer_proxy(mut self, url: impl Into<String>) -> Self {
        self.set_issuer_proxy("the proxy", &url.into());
        self
    }

    fn add_private_issuer(&mut self, source: &str, text: &str) {
        match normalized_host(text) {
            Some(host) => self.private_issuers.hosts.push(host),
            None => self.add_error(
                format!(
                    "{source} is {}, which is not a host",
                    resource_url::quoted_without_secrets(text)
                ),
                "write the name or the IP address of the issuer, without https:// and without a port",
            ),
        }
    }

    fn set_issuer_proxy(&mut self, source: &str, text: &str) {
        match is_proxy_url(text) {
            true => self.private_issuers.proxy = Some(text.to_owned()),
            // The URL can have a password.
            false => self.add_error(
                format!("{source} is not the URL of an HTTP proxy"),
                "write http:// or https://, the host and the port, such as http://proxy.internal:3128",
            ),
        }
    }
}

/// Reads the variables of private issuers.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    for host in items(environment.get(PRIVATE_ISSUERS).unwrap_or_default()) {
        config.add_private_issuer(PRIVATE_ISSUERS, host);
    }
    if let Some(url) = environment.get(ISSUER_PROXY) {
        config.set_issuer_proxy(ISSUER_PROXY, url);
    }
}

impl PrivateIssuers {
    /// Returns the issuers with these settings. A host of no issuer is an error: it is
    /// misspelled, and the issuer that was meant could not be reached.
    pub(super) fn apply(
        &self,
        issuers: &[ValidIssuer],
        errors: &mut SetupErrors,
    ) -> Vec<ValidIssuer> {
        let mut issuers = issuers.to_vec();
        for host in &self.hosts {
            let mut is_known = false;
            for issuer in &mut issuers {
                if issuer.is_at(host) {
                    issuer.allow_private_host(host);
                    is_known = true;
                }
            }
            if !is_known {
                errors.add(
                    format!("{PRIVATE_ISSUERS} names {host:?}, which is the host of no configured issuer"),
                    "write the host of an issuer as in TOOLGATE_AUTHORIZATION_SERVERS, or remove it",
                );
            }
        }
        if let Some(proxy) = &self.proxy {
            for issuer in &mut issuers {
                issuer.use_proxy(proxy);
            }
        }
        issuers
    }
}

#[cfg(test)]
mod tests;
