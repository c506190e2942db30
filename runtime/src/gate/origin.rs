//! Checks that a request names this server, and that its page may call the server.
//!
//! An attacker can point a name that they control at a server on the user's machine (DNS
//! rebinding). The request of the browser then has the attacker's `Host` or `Origin`. The
//! rules come from the resource's URI; behind a proxy that is the public name.

use http::{HeaderMap, Uri, header};

use crate::{log_text::QuotedText, loopback::is_loopback_origin};

/// The values of `Host` and `Origin` that a server accepts.
#[derive(Debug, Clone)]
pub(crate) struct OriginRules {
    hosts: Vec<String>,
    /// How many of the hosts are the resource's own. Refusals name only these.
    own: usize,
    origins: Vec<String>,
    loopback_origins: bool,
}

/// Why a request is not for this server, with what it names instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OriginError {
    Host(String),
    Origin(String),
}

/// The longest value from a client in an error, in bytes as they are written.
const LONGEST: usize = 120;

/// Quotes the first two values for a message, truncated and escaped.
fn quoted<'value, V: Iterator<Item = &'value [u8]>>(values: V) -> String {
    let quote = |value| QuotedText(&String::from_utf8_lossy(value), LONGEST).to_string();
    let mut quoted: Vec<_> = values.take(2).map(quote).collect();
    quoted.dedup();
    match quoted.is_empty() {
        true => "none".to_owned(),
        false => quoted.join(" and "),
    }
}

impl OriginRules {
    /// `hosts` are authorities (`name` or `name:port`), `origins` serialized origins
    /// (RFC 6454 §6.2); `loopback_origins` allows pages of this machine, on any port.
    pub(crate) fn new(hosts: Vec<String>, origins: Vec<String>, loopback_origins: bool) -> Self {
        let lower = |texts: Vec<String>| {
            texts
                .into_iter()
                .map(|text| text.to_ascii_lowercase())
                .collect()
        };
        Self {
            own: hosts.len(),
            hosts: lower(hosts),
            origins: lower(origins),
            loopback_origins,
        }
    }

    /// Accepts these authorities, too, such as names inside a cluster.
    pub(crate) fn with_further_hosts(mut self, hosts: &[String]) -> Self {
        self.hosts.extend_from_slice(hosts);
        self
    }

    /// Returns the accepted authorities.
    pub(crate) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Returns the authorities that an unauthenticated client may know.
    pub(crate) fn own_hosts(&self) -> &[String] {
        self.hosts.get(..self.own).unwrap_or_default()
    }

    /// Checks one request.
    pub(crate) fn authorize(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), OriginError> {
        if !self.is_our_host(uri, headers) {
            let target = uri.authority().map(|target| target.as_str().as_bytes());
            let hosts = headers.get_all(header::HOST).iter();
            let hosts = hosts.map(http::HeaderValue::as_bytes).chain(target);
            return Err(OriginError::Host(quoted(hosts)));
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            // Only browsers send one.
            (None, _) => Ok(()),
            (Some(origin), None) if self.allows_origin(origin.as_bytes()) => Ok(()),
            _ => {
                let origins = headers.get_all(header::ORIGIN).iter();
                let origins = origins.map(http::HeaderValue::as_bytes);
                Err(OriginError::Origin(quoted(origins)))
            }
        }
    }

    /// Returns whether pages of an origin may call the server.
    pub(crate) fn allows_origin(&self, origin: &[u8]) -> bool {
        let Ok(origin) = std::str::from_utf8(origin) else {
            return false;
        };
        let origin = origin.to_ascii_lowercase();
        self.origins.contains(&origin) || (self.loopback_origins && is_loopback_origin(&origin))
    }

    fn is_our_host(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => Some(host.as_bytes()),
            (None, _) => None,
            (Some(_), Some(_)) => return false,
        };
        let target = uri
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        // RFC 9112 §3.2.2, RFC 9113 §8.3.1: if the target and the header differ, it is unknown
        // which of them a proxy has checked.
        let host = match (named, target) {
            (Some(named), Some(target)) if !named.eq_ignore_ascii_case(target) => return false,
            (Some(host), _) | (None, Some(host)) => host,
            (None, None) => return false,
        };
        self.hosts
            .iter()
            .any(|ours| ours.as_bytes().eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn authorize(uri: &str, fields: &[(&'static str, &str)]) -> Result<(), OriginError> {
        let rules = OriginRules::new(
            vec!["api.example".into(), "localhost:8000".into()],
            vec!["https://app.example".into()],
            true,
        );
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        rules.authorize(&uri.parse().unwrap(), &headers)
    }

    #[test]
    fn a_foreign_host_is_refused() {
        for host in [
            "evil.example",
            "api.example.evil",
            "api.example:81",
            "localhost",
            "",
        ] {
            assert_eq!(
                authorize("/mcp", &[("host", host)]),
                Err(OriginError::Host(format!("{host:?}"))),
                "{host}"
            );
        }
        let none = OriginError::Host("none".to_owned());
        assert_eq!(authorize("/mcp", &[]), Err(none));
        assert_eq!(authorize("/mcp", &[("host", "API.example")]), Ok(()));
        assert_eq!(authorize("/mcp", &[("host", "localhost:8000")]), Ok(()));
    }

    #[test]
    fn a_request_that_names_two_hosts_is_refused() {
        let host = |named: &str| Err(OriginError::Host(named.to_owned()));
        let twice = [("host", "api.example"), ("host", "api.example")];
        assert_eq!(authorize("/mcp", &twice), host(r#""api.example""#));
        assert_eq!(
            authorize("http://evil.example/mcp", &[("host", "api.example")]),
            host(r#""api.example" and "evil.example""#)
        );
        assert_eq!(
            authorize("http://api.example/mcp", &[("host", "evil.example")]),
            host(r#""evil.example" and "api.example""#)
        );
        assert_eq!(
            authorize("http://api.example/mcp", &[("host", "\u{e4}pi.example")]),
            host("\"\u{e4}pi.example\" and \"api.example\"")
        );
        assert_eq!(authorize("http://api.example/mcp", &[]), Ok(()));
    }

    #[test]
    fn a_foreign_origin_is_refused_and_a_missing_one_is_not() {
        let with = |origin| authorize("/mcp", &[("host", "api.example"), ("origin", origin)]);
        for origin in [
            "https://evil.example",
            "http://app.example",
            "https://app.example:444",
            "https://app.example.evil",
            "null",
            "",
            "http://localhost.evil",
            "http://localhost:1@evil",
            "http://127.0.0.1.evil:80",
            "ftp://localhost",
        ] {
            let error = OriginError::Origin(format!("{origin:?}"));
            assert_eq!(with(origin), Err(error), "{origin}");
        }
        for origin in [
            "https://app.example",
            "http://localhost",
            "http://localhost:6274",
            "https://127.0.0.1:1",
            "http://[::1]:5173",
        ] {
            assert_eq!(with(origin), Ok(()), "{origin}");
        }
    }

    #[test]
    fn a_named_value_is_truncated_and_escaped() {
        let long = format!("{}\u{202e}\"{}", "a".repeat(90), "b".repeat(4000));
        let Err(OriginError::Host(named)) = authorize("/mcp", &[("host", &long)]) else {
            panic!("it is accepted");
        };
        assert!(
            named.len() <= LONGEST + 2 && named.contains("\\u{202e}"),
            "{named}"
        );
    }
}
