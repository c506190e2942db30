//! Loopback: whether an address, a name, a URL or an origin means this machine.
//!
//! There are two definitions, and they differ on purpose:
//!
//! - For a connection of this server, [`is_loopback_url`] accepts every spelling that can only
//!   lead here. That is safe, because [`is_loopback_address`] checks the resolved address again
//!   before the connection is made.
//! - For text that others resolve or compare ([`is_exact_loopback_url`],
//!   [`is_loopback_origin`]), only the usual spellings count: this server sees no address then,
//!   and a browser or a client may resolve `x.localhost` by DNS (DNS rebinding).

use std::net::IpAddr;

use url::{Host, Url};

/// Returns whether an address is loopback. An IPv4-mapped IPv6 address counts as the IPv4
/// address that it reaches.
pub fn is_loopback_address(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Returns whether a host name is reserved for loopback (RFC 6761 §6.3): `localhost` or a name
/// below it.
pub fn is_loopback_name(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Returns whether a URL that this server connects to has a loopback host: an address
/// ([`is_loopback_address`]) or a name ([`is_loopback_name`]).
pub fn is_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_loopback_address(address.into()),
        Some(Host::Ipv6(address)) => is_loopback_address(address.into()),
        Some(Host::Domain(name)) => is_loopback_name(name),
        None => false,
    }
}

/// Returns whether a configured URL, which clients resolve, has a loopback host: `localhost`
/// itself, `127.0.0.0/8` or `[::1]`. Names below `localhost` and mapped addresses do not count.
pub fn is_exact_loopback_url(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Returns whether an origin in lower case (RFC 6454 §6.2) is a page of this machine: `http`
/// or `https`, the host `localhost`, `127.0.0.1` or `[::1]`, and any port. Other addresses of
/// `127.0.0.0/8` do not count.
pub fn is_loopback_origin(origin: &str) -> bool {
    let Some((_, authority)) = origin
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"))
    else {
        return false;
    };
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_differ_where_their_docs_say() {
        for (url, connects, exact) in [
            ("http://localhost:9/x", true, true),
            ("http://127.0.0.1/", true, true),
            ("http://127.9.9.9/", true, true),
            ("http://[::1]:9/", true, true),
            ("http://as.localhost/", true, false),
            ("http://[::ffff:127.0.0.1]/", true, false),
            ("http://localhost.example/", false, false),
            ("http://10.0.0.1/", false, false),
        ] {
            let parsed = Url::parse(url).unwrap();
            assert_eq!(is_loopback_url(&parsed), connects, "{url}");
            assert_eq!(is_exact_loopback_url(&parsed), exact, "{url}");
        }
        for (origin, expected) in [
            ("http://localhost", true),
            ("https://127.0.0.1:1", true),
            ("http://[::1]:5173", true),
            ("http://127.9.9.9", false),
            ("http://as.localhost", false),
            ("ftp://localhost", false),
            ("http://localhost:1@evil", false),
        ] {
            assert_eq!(is_loopback_origin(origin), expected, "{origin}");
        }
    }
}
