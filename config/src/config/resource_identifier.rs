//! [`ResourceIdentifier`]: the URL of a resource, published and compared exactly as it was written.
//!
//! Clients and authorization servers compare a resource and an issuer character by character
//! (RFC 8707 §2, RFC 8414 §3.3, RFC 9728 §3.3). A URL type that writes `http://as` as
//! `http://as/` breaks the comparison, so it only validates here and the text is stored.

use std::net::SocketAddr;

use super::{
    url_validation::{ConfigError, check_path, error, web_address},
    well_known_paths::METADATA_PATH,
};
use crate::loopback::is_exact_loopback_url;

#[cfg(test)]
mod tests;

/// A resource URI that meets the rules of RFC 8707 §2 and of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceIdentifier {
    text: String,
    origin: String,
    authority: String,
    default_port: Option<u16>,
    path: String,
    loopback: bool,
}

impl ResourceIdentifier {
    /// Parses a resource URI: absolute, canonical, without query, fragment and credentials,
    /// and `http` only on loopback.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let url = web_address(text)?;
        if url.query().is_some() {
            return error(
                "has a query",
                "remove the question mark and everything after it",
            );
        }
        // `HTTPS://Host:443/a/../mcp` and `https://host/mcp` are one address but two
        // audiences.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return error(
                "is not in canonical form",
                format!("write {}", url.as_str()),
            );
        }
        let loopback = is_exact_loopback_url(&url);
        if url.scheme() == "http" && !loopback {
            return error(
                "uses http on an address that is not loopback, where tokens can be read in transit",
                "use https; a proxy in front of the server may terminate TLS",
            );
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        check_path(path)?;
        let origin = url.origin().ascii_serialization();
        Ok(Self {
            text: text.to_owned(),
            authority: url.authority().to_owned(),
            default_port: url
                .port()
                .is_none()
                .then(|| url.port_or_known_default())
                .flatten(),
            path: path.to_owned(),
            origin,
            loopback,
        })
    }

    /// Builds the default resource of a server that is bound to this address.
    pub(super) fn local(bind: SocketAddr) -> Self {
        Self {
            text: format!("http://{bind}/mcp"),
            origin: format!("http://{bind}"),
            authority: bind.to_string(),
            default_port: None,
            path: "/mcp".to_owned(),
            loopback: bind.ip().is_loopback(),
        }
    }

    /// The resource as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `scheme://host[:port]`, as a browser writes it (RFC 6454 §6.2).
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path of the MCP endpoint without a slash at its end; empty for the root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the host is `localhost` or a loopback address.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether the text ends in a slash, which clients must then send too.
    pub(super) fn has_trailing_slash(&self) -> bool {
        self.text.ends_with('/')
    }

    /// Returns the values of `Host` that name this resource. RFC 9110 §7.2 lets a client omit
    /// or write the default port.
    pub fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![self.authority.clone()];
        if let Some(port) = self.default_port {
            hosts.push(format!("{}:{port}", self.authority));
        }
        hosts
    }

    /// Returns the two URLs of the endpoint: without and with a trailing slash.
    pub fn addresses(&self) -> [String; 2] {
        let bare = format!("{}{}", self.origin, self.path);
        let with_slash = format!("{bare}/");
        [bare, with_slash]
    }

    /// Returns the URL of the metadata of this resource (RFC 9728 §3.1).
    pub fn metadata_url(&self) -> String {
        format!("{}{METADATA_PATH}{}", self.origin, self.path)
    }

    /// Returns the resource whose metadata has this URL.
    pub(super) fn resource_of_metadata_url(text: &str) -> Option<String> {
        let at = text.find(METADATA_PATH)?;
        let (origin, path) = (&text[..at], &text[at + METADATA_PATH.len()..]);
        Some(format!("{origin}{path}"))
    }
}
