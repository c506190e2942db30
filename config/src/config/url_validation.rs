//! Validates URLs, hosts, origins, addresses and paths as text, and says how to fix an error.

use std::net::SocketAddr;

use url::Url;

use super::{Config, redacted_value::quoted_without_secrets, well_known_paths::OWN_PATHS};
use crate::loopback::is_exact_loopback_url;

#[cfg(test)]
mod tests;

/// An error in a value, and its remedy. The caller of the function adds the name of the
/// setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConfigError {
    pub(super) what: String,
    pub(super) remedy: String,
}

pub(super) fn error<T>(
    what: impl Into<String>,
    remedy: impl Into<String>,
) -> Result<T, ConfigError> {
    Err(ConfigError {
        what: what.into(),
        remedy: remedy.into(),
    })
}

impl Config {
    /// Stores an error under the name of the setting.
    pub(super) fn add_value_error(&mut self, source: &str, text: &str, error: ConfigError) {
        let shown = quoted_without_secrets(text);
        self.add_error(
            format!("{source} is {shown}, which {}", error.what),
            error.remedy,
        );
    }
}

/// Returns the first segment of a path, or `None` for the root.
fn first_segment(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split('/').next()
}

/// Checks the path of an endpoint.
pub(super) fn check_path(path: &str) -> Result<(), ConfigError> {
    let Some(segments) = path.strip_prefix('/') else {
        return Ok(());
    };
    // The path becomes a route, and the router reads some characters as patterns.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    let bad = |c: &char| *c != '/' && !u8::try_from(*c).is_ok_and(plain);
    let what = match segments.chars().find(bad) {
        Some(bad) => Some(format!("has the character {bad:?} in its path")),
        None => (segments.split('/').any(str::is_empty))
            .then(|| "has a path with an empty segment".to_owned()),
    };
    if let Some(what) = what {
        return error(
            what,
            "write one URL, with letters, digits, '-', '.', '_' and '~' between single slashes",
        );
    }
    match first_segment(path) {
        Some(first)
            if OWN_PATHS
                .iter()
                .any(|own| first_segment(own) == Some(first)) =>
        {
            error(
                format!("has a path under /{first}, which is reserved for the server"),
                "choose another path, such as /mcp",
            )
        }
        _ => Ok(()),
    }
}

/// Parses a path, and returns it without a slash at its end: the root is empty.
pub(super) fn parse_path(text: &str) -> Result<String, ConfigError> {
    if !text.starts_with('/') {
        return error("does not begin with a slash", "write a path such as /mcp");
    }
    let path = text.strip_suffix('/').unwrap_or(text);
    check_path(path)?;
    Ok(path.to_owned())
}

/// Validates a value of `Host` (RFC 9110 §7.2): a name or an address, and a port unless it is
/// the default port.
pub(super) fn validate_host(text: &str) -> Result<(), ConfigError> {
    let remedy =
        "write a name or an address, and the port if clients send it, such as notes.internal:8000";
    let url = Url::parse(&format!("ws://{text}/"));
    let is_host = url.is_ok_and(|url| {
        // `ws` and `wss` have the default ports of `http` and `https`, which clients may write.
        let without_port = text.strip_suffix(":80").unwrap_or(text);
        url.as_str() == format!("ws://{}/", without_port.to_ascii_lowercase())
    });
    match is_host && !text.contains(['*', '@', '/']) {
        true => Ok(()),
        false => error("is not a host", remedy),
    }
}

/// Validates an issuer identifier (RFC 8414 §2): https, or http on loopback; no query and no
/// fragment. A trailing slash is part of the identifier.
pub(super) fn validate_issuer(text: &str) -> Result<(), ConfigError> {
    let url = web_address(text)?;
    if url.query().is_some() {
        return error(
            "has a query, which RFC 8414 section 2 forbids",
            "copy `issuer` from the authorization server's metadata",
        );
    }
    if url.scheme() == "http" && !is_exact_loopback_url(&url) {
        return error(
            "uses http on an address that is not loopback, where keys can be replaced in transit",
            "use the https URL of the issuer, also inside your own network",
        );
    }
    Ok(())
}

/// Validates the URL of a page.
pub(super) fn validate_page_url(text: &str) -> Result<(), ConfigError> {
    web_address(text).map(drop)
}

/// Validates an origin as browsers send it (RFC 6454 §6.2): `scheme://host[:port]`.
pub(super) fn validate_origin(text: &str) -> Result<(), ConfigError> {
    const REMEDY: &str = "write scheme://host or scheme://host:port in lower case with nothing after it, such as https://app.example.com";
    if text == "*" || text == "null" {
        return error(
            "would let any web page call with a visitor's token",
            "list the allowed origins",
        );
    }
    let Some((scheme, host)) = text.split_once("://") else {
        return error("is not an origin", REMEDY);
    };
    let canonical = if matches!(scheme, "http" | "https") {
        !host.contains('*')
            && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
    } else {
        // The private scheme of a desktop application: the URL standard gives it no tuple
        // origin.
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        !scheme.is_empty()
            && !host.is_empty()
            && scheme
                .bytes()
                .all(|byte| plain(byte) || b"+-.".contains(&byte))
            && host
                .bytes()
                .all(|byte| plain(byte) || b"-._:".contains(&byte))
    };
    if canonical {
        Ok(())
    } else {
        error("is not an origin", REMEDY)
    }
}

/// Parses an address to listen on.
pub(super) fn parse_bind(text: &str) -> Result<SocketAddr, ConfigError> {
    let Ok(bind) = text.parse::<SocketAddr>() else {
        let meant = text.strip_prefix("localhost:").or(text.strip_prefix(':'));
        let port = meant.unwrap_or(text).parse::<u16>().unwrap_or(8000);
        return error(
            "is not an IP address with a port",
            format!(
                "write 127.0.0.1:{port}, or 0.0.0.0:{port} to accept connections from other machines"
            ),
        );
    };
    Ok(bind)
}

/// Parses an absolute http or https URL, and refuses text that URL parsers would silently
/// repair.
pub(super) fn web_address(text: &str) -> Result<Url, ConfigError> {
    const REMEDY: &str = "write a URL such as https://mcp.example.com/mcp";
    // Challenges are ASCII and quote these URLs (RFC 9110 §5.6.4), and a URL parser would
    // silently drop a tab or a line end.
    let is_bad = |c: &char| !c.is_ascii_graphic() || "\"\\<>^`{|}".contains(*c);
    if let Some(bad) = text.chars().find(is_bad) {
        return error(
            format!("has the character {bad:?}, which is not allowed in a URL"),
            match bad {
                ' ' => "remove the space; commas separate the values of a list",
                '<' | '>' => "replace the placeholder with your own value",
                '"' => "remove the quotation marks",
                _ => REMEDY,
            },
        );
    }
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return error("does not begin with https:// or http://", REMEDY);
    };
    if rest.starts_with('/') {
        return error("has no host", REMEDY);
    }
    let Ok(url) = Url::parse(text) else {
        return error("is not a valid URL", REMEDY);
    };
    if !url.username().is_empty() || url.password().is_some() || url.authority().contains('@') {
        return error(
            "contains a user name or a password",
            "remove the part before the @",
        );
    }
    if text.contains('#') {
        return error("has a fragment", "remove the # and everything after it");
    }
    if url.port() == Some(0) {
        return error(
            "has port 0, which clients cannot reach",
            "write the port that clients use",
        );
    }
    Ok(url)
}
