//! [`ServerPlace`]: the host and the port of a configured URL.

use url::Url;

use crate::span::Value;

/// The host and the port of a configured URL. They never come from the headers of a request, which
/// can name any host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlace {
    host: String,
    port: Option<u16>,
}

impl ServerPlace {
    /// Reads the host and the port of a URL. Returns `None` if it has no host.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        Some(Self {
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default(),
        })
    }

    /// Adds `server.address` and `server.port`.
    pub(crate) fn describe(&self, attributes: &mut Vec<(&'static str, Value)>) {
        attributes.push(("server.address", Value::clipped(&self.host)));
        if let Some(port) = self.port {
            attributes.push(("server.port", i64::from(port).into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_no_credentials_and_no_path() {
        let place = ServerPlace::of("https://user:hunter2@mcp.example.com/a?b=c").unwrap();
        assert_eq!(place.host, "mcp.example.com");
        assert_eq!(place.port, Some(443));
        assert_eq!(ServerPlace::of("urn:a"), None);
    }
}
