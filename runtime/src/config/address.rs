//! Addresses as text: what is published and compared is what was written.
//!
//! Clients and authorization servers compare a resource and an issuer character for
//! character (RFC 8707 §2, RFC 8414 §3.3, RFC 9728 §3.3), and a URL type that writes
//! `http://as` as `http://as/` breaks them. So the type only judges here; the text stays.

use std::net::{IpAddr, SocketAddr};

use url::{Host, Url};

#[cfg(test)]
mod tests;

/// What is wrong with a value, and what mends it. The caller knows its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flaw {
    pub(super) what: String,
    pub(super) remedy: String,
}

fn flaw<T>(what: impl Into<String>, remedy: impl Into<String>) -> Result<T, Flaw> {
    Err(Flaw {
        what: what.into(),
        remedy: remedy.into(),
    })
}

/// A resource URI that holds what RFC 8707 §2 and this server ask of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    text: String,
    origin: String,
    authority: String,
    default_port: Option<u16>,
    path: String,
    loopback: bool,
}

impl Resource {
    /// Reads a resource URI as it is published: absolute, canonical, without query,
    /// fragment and credentials, and `http` on loopback only.
    pub(super) fn read(text: &str) -> Result<Self, Flaw> {
        let url = web_address(text)?;
        if url.query().is_some() {
            return flaw(
                "has a query",
                "leave out the question mark and what follows",
            );
        }
        // `HTTPS://Host:443/a/../mcp` and `https://host/mcp` are one address and two audiences.
        if url.as_str() != text && url.as_str().strip_suffix('/') != Some(text) {
            return flaw(
                "is not written in its canonical form",
                format!("write {}", url.as_str()),
            );
        }
        let loopback = is_loopback(&url);
        if url.scheme() == "http" && !loopback {
            return flaw(
                "is http on an address that is not loopback, where tokens could be read on the way",
                "use https; a proxy in front of the server may end the encryption",
            );
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        judge_path(path)?;
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

    /// The resource of a server that only this machine reaches.
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
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// `scheme://host[:port]`, as a browser writes it (RFC 6454 §6.2).
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The path of the MCP endpoint without a slash at its end; empty for the root.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether the host is `localhost` or a loopback address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether the text ends in a slash, which clients must then write as well.
    pub(super) fn has_trailing_slash(&self) -> bool {
        self.text.ends_with('/')
    }

    /// The values of `Host` that name this resource: RFC 9110 §7.2 lets a client leave
    /// out the default port or write it.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let mut hosts = vec![self.authority.clone()];
        if let Some(port) = self.default_port {
            hosts.push(format!("{}:{port}", self.authority));
        }
        hosts
    }

    /// The addresses at which the endpoint answers: with a slash at its end and without.
    pub(crate) fn addresses(&self) -> [String; 2] {
        let bare = format!("{}{}", self.origin, self.path);
        let with_slash = format!("{bare}/");
        [bare, with_slash]
    }

    /// Where RFC 9728 §3.1 puts the metadata of this resource.
    pub(crate) fn metadata_url(&self) -> String {
        format!("{}{METADATA_PATH}{}", self.origin, self.path)
    }

    /// The resource whose metadata would be at this address.
    pub(super) fn of_metadata_url(text: &str) -> Option<String> {
        let at = text.find(METADATA_PATH)?;
        let (origin, path) = (&text[..at], &text[at + METADATA_PATH.len()..]);
        Some(format!("{origin}{path}"))
    }
}

/// Where RFC 9728 §3 puts metadata, before the resource's own path.
pub(crate) const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";
/// Where a server says that it lives.
pub(crate) const LIVENESS_PATH: &str = "/healthz";
/// Where it says whether it can answer calls.
pub(crate) const READINESS_PATH: &str = "/readyz";
/// Where its page for people is.
pub(crate) const DOCS_PATH: &str = "/docs";

/// Every path that a server answers beside its endpoint. What begins with the first segment
/// of one of them is not free for an endpoint.
const OWN_PATHS: [&str; 4] = [METADATA_PATH, LIVENESS_PATH, READINESS_PATH, DOCS_PATH];

/// The segment that a path begins with; none of the root.
fn first_segment(path: &str) -> Option<&str> {
    path.strip_prefix('/')?.split('/').next()
}

fn judge_path(path: &str) -> Result<(), Flaw> {
    let Some(segments) = path.strip_prefix('/') else {
        return Ok(());
    };
    // The path becomes a route, and a router reads some characters as patterns.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte);
    if !segments
        .split('/')
        .all(|segment| !segment.is_empty() && segment.bytes().all(plain))
    {
        return flaw(
            "has a path with an empty part or a character that no endpoint should have",
            "use letters, digits, '-', '.', '_' and '~' between single slashes",
        );
    }
    match first_segment(path) {
        Some(first)
            if OWN_PATHS
                .iter()
                .any(|own| first_segment(own) == Some(first)) =>
        {
            flaw(
                format!("has a path under /{first}, which the server needs for itself"),
                "choose another path, such as /mcp",
            )
        }
        _ => Ok(()),
    }
}

/// Judges an issuer identifier (RFC 8414 §2): https, or http on loopback; no query, no
/// fragment. A slash at its end is a part of it and stays.
pub(super) fn judge_issuer(text: &str) -> Result<(), Flaw> {
    let url = web_address(text)?;
    if url.query().is_some() {
        return flaw(
            "has a query, which RFC 8414 section 2 forbids",
            "copy `issuer` from the authorization server's metadata",
        );
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return flaw(
            "is http on an address that is not loopback, where keys could be replaced on the way",
            "use the issuer's https address",
        );
    }
    Ok(())
}

/// Judges the address of a page.
pub(super) fn judge_page(text: &str) -> Result<(), Flaw> {
    web_address(text).map(drop)
}

/// Judges an origin as browsers send it (RFC 6454 §6.2): `scheme://host[:port]`.
pub(super) fn judge_origin(text: &str) -> Result<(), Flaw> {
    const REMEDY: &str = "write scheme://host or scheme://host:port in lower case, with nothing after it, such as https://app.example.com";
    if text == "*" || text == "null" {
        return flaw(
            "would let any page call with a visitor's token",
            "list the origins that may",
        );
    }
    let Some((scheme, host)) = text.split_once("://") else {
        return flaw("is no origin", REMEDY);
    };
    let canonical = if matches!(scheme, "http" | "https") {
        !host.contains('*')
            && Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text)
    } else {
        // A desktop application's own scheme, which no URL standard knows an origin of.
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
        flaw("is no origin", REMEDY)
    }
}

/// Reads an address to listen on.
pub(super) fn read_bind(text: &str) -> Result<SocketAddr, Flaw> {
    let Ok(bind) = text.parse::<SocketAddr>() else {
        let meant = text.strip_prefix("localhost:").or(text.strip_prefix(':'));
        let port = meant.unwrap_or(text).parse::<u16>().unwrap_or(8000);
        return flaw(
            "is no address with a port",
            format!("write 127.0.0.1:{port}, or 0.0.0.0:{port} to be reached from elsewhere"),
        );
    };
    Ok(bind)
}

/// Whether a flawless address is of this machine alone.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// Reads an absolute http or https address, and refuses what URL readers only repair.
fn web_address(text: &str) -> Result<Url, Flaw> {
    const REMEDY: &str = "write an address such as https://mcp.example.com/mcp";
    // Challenges are ASCII and quote these addresses (RFC 9110 §5.6.4); a URL reader
    // would drop a tab or a line end without a word.
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\"\\<>^`{|}".contains(&byte))
    {
        return flaw("has a character that no address has", REMEDY);
    }
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return flaw("does not begin with https:// or http://", REMEDY);
    };
    if rest.starts_with('/') {
        return flaw("has no host", REMEDY);
    }
    let Ok(url) = Url::parse(text) else {
        return flaw("is no address", REMEDY);
    };
    if !url.username().is_empty() || url.password().is_some() || url.authority().contains('@') {
        return flaw(
            "has a user name or a password in it",
            "leave out what stands before the @",
        );
    }
    if text.contains('#') {
        return flaw("has a fragment", "leave out the # and what follows it");
    }
    if url.port() == Some(0) {
        return flaw("has port 0, which nobody can reach", "name the port");
    }
    Ok(url)
}

/// A value as a message may show it: short, and without what could be a secret.
pub(super) fn shown(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let start = text[..end].rfind('@').map_or(0, |at| at + 1);
    let mut part: String = text[start..end].chars().take(120).collect();
    if end < text.len() || part.len() < end - start {
        part.push('…');
    }
    if start > 0 {
        part.insert_str(0, "…@");
    }
    format!("{part:?}")
}
