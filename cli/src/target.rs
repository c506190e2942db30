//! The server under test, identified by the URL on the command line.

use url::{Host, Position, Url};

/// An MCP endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    typed: String,
    url: Url,
}

impl Target {
    /// Parses a URL as a user enters it.
    ///
    /// # Errors
    ///
    /// Returns a sentence that says what is wrong with it.
    pub(crate) fn read(typed: &str) -> Result<Self, String> {
        // Otherwise `localhost:8000` would parse as a URL with the scheme `localhost`.
        if !typed.contains("://") {
            return Err(format!(
                "`{typed}` is not a URL; write http://{typed} or https://{typed}"
            ));
        }
        let url = Url::parse(typed).map_err(|error| format!("`{typed}` is not a URL: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(format!("`{typed}` is not an http or https URL"));
        }
        if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("the URL must have no fragment and no user name".to_owned());
        }
        Ok(Self {
            typed: typed.to_owned(),
            url,
        })
    }

    /// Returns the URL exactly as the user entered it.
    pub(crate) fn typed(&self) -> &str {
        &self.typed
    }

    /// Returns `scheme://host:port`.
    pub(crate) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Returns `host[:port]`, as clients send it in `Host`.
    pub(crate) fn authority(&self) -> &str {
        &self.url[Position::BeforeHost..Position::AfterPort]
    }

    /// Returns the URL of another path at the same origin.
    pub(crate) fn place(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// Returns the metadata URL for this resource (RFC 9728 §3.1): the well-known segment goes
    /// between the host and the path.
    pub(crate) fn metadata_by_path(&self) -> String {
        let path = self.url.path().trim_end_matches('/');
        let query = self.url.query().map(|query| format!("?{query}"));
        self.place(&format!(
            "/.well-known/oauth-protected-resource{path}{}",
            query.unwrap_or_default()
        ))
    }

    /// Returns the metadata URL for a resource without a path.
    pub(crate) fn metadata_at_root(&self) -> String {
        self.place("/.well-known/oauth-protected-resource")
    }

    /// Returns the URL with a trailing slash added or removed, or `None` at the root.
    pub(crate) fn other_slash(&self) -> Option<String> {
        if self.url.path() == "/" {
            return None;
        }
        let mut other = self.url.clone();
        let path = match self.url.path().strip_suffix('/') {
            Some(path) => path.to_owned(),
            None => format!("{}/", self.url.path()),
        };
        other.set_path(&path);
        Some(other.into())
    }

    /// Returns the URL with one more query parameter.
    pub(crate) fn with_query(&self, name: &str, value: &str) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair(name, value);
        url.into()
    }
}

/// Parses an absolute URL that a client may use: https, or http on loopback.
///
/// # Errors
///
/// Returns a sentence that says why the URL is not acceptable.
pub(crate) fn secure(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| format!("`{text}` is not an absolute URL"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(format!("`{text}` is http but not on loopback")),
        _ => Err(format!("`{text}` is neither http nor https")),
    }
}

/// Whether a URL names this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_well_known_segment_goes_between_host_and_path() {
        for (typed, place) in [
            (
                "https://a.example",
                "https://a.example/.well-known/oauth-protected-resource",
            ),
            (
                "https://a.example/",
                "https://a.example/.well-known/oauth-protected-resource",
            ),
            (
                "https://a.example/x/mcp",
                "https://a.example/.well-known/oauth-protected-resource/x/mcp",
            ),
            (
                "https://a.example:8443/mcp/?t=1",
                "https://a.example:8443/.well-known/oauth-protected-resource/mcp?t=1",
            ),
        ] {
            assert_eq!(Target::read(typed).unwrap().metadata_by_path(), place);
        }
    }

    #[test]
    fn the_typed_url_is_kept_unchanged() {
        let target = Target::read("HTTPS://A.example:443/mcp").unwrap();
        assert_eq!(target.typed(), "HTTPS://A.example:443/mcp");
        assert_eq!(target.origin(), "https://a.example");
    }

    #[test]
    fn the_authority_is_what_clients_send() {
        for (typed, authority) in [
            ("HTTPS://A.example:443/mcp", "a.example"),
            ("https://a.example:8443?x=/", "a.example:8443"),
            ("http://[::1]:8000", "[::1]:8000"),
        ] {
            assert_eq!(Target::read(typed).unwrap().authority(), authority);
        }
    }

    #[test]
    fn the_other_slash_is_the_other_one() {
        let other = |typed| Target::read(typed).unwrap().other_slash();
        assert_eq!(
            other("http://localhost/mcp").unwrap(),
            "http://localhost/mcp/"
        );
        assert_eq!(
            other("http://localhost/mcp/").unwrap(),
            "http://localhost/mcp"
        );
        assert_eq!(other("http://localhost"), None);
    }

    #[test]
    fn http_is_for_loopback_alone() {
        for good in [
            "https://a.example/x",
            "http://localhost:1/",
            "http://127.0.0.7",
            "http://[::1]:80",
            "http://x.localhost",
        ] {
            assert!(secure(good).is_ok(), "{good}");
        }
        for bad in [
            "http://a.example",
            "/relative",
            "ftp://localhost",
            "http://localhost.example",
            "",
        ] {
            assert!(secure(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_invalid_endpoint_url_is_refused() {
        for bad in [
            "mcp",
            "ftp://a.example",
            "https://a.example/#x",
            "https://u:p@a.example",
        ] {
            assert!(Target::read(bad).is_err(), "{bad}");
        }
    }
}
