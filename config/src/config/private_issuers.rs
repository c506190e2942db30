//! Issuers inside your own network.

use super::{Config, ValidIssuer, redacted_value};
use crate::{issuer::normalized_host, start_error::SetupErrors};

pub(super) const PRIVATE_ISSUERS: &str = "TOOLGATE_PRIVATE_ISSUERS";

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

    pub(super) fn add_private_issuer(&mut self, source: &str, text: &str) {
        match normalized_host(text) {
            Some(host) => self.private_issuers.push(host),
            None => self.add_error(
                format!(
                    "{source} is {}, which is not a host",
                    redacted_value::quoted_without_secrets(text)
                ),
                "write the name or the IP address of the issuer, without https:// and without a port",
            ),
        }
    }

    /// Returns the issuers, with the private ones among them marked. A host of no issuer is an
    /// error: it is misspelled, and the issuer that was meant could not be reached.
    pub(super) fn issuers_with_private_hosts(&self, errors: &mut SetupErrors) -> Vec<ValidIssuer> {
        let host_of = |issuer: &ValidIssuer| issuer.settings().host();
        for host in &self.private_issuers {
            if !self
                .issuers
                .iter()
                .any(|one| host_of(one).as_ref() == Some(host))
            {
                errors.add(
                    format!("{PRIVATE_ISSUERS} names {host:?}, which is the host of no configured issuer"),
                    "write the host of an issuer as in TOOLGATE_AUTHORIZATION_SERVERS, or remove it",
                );
            }
        }
        let marked = self.issuers.iter().map(|issuer| {
            let host = host_of(issuer).filter(|host| self.private_issuers.contains(host));
            match host {
                Some(host) => ValidIssuer::new(issuer.settings().clone().with_private_host(host)),
                None => issuer.clone(),
            }
        });
        marked.collect()
    }
}

#[cfg(test)]
mod tests;
