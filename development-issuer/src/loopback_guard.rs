//! The guard that accepts requests from loopback only.
//!
//! A socket on loopback refuses packets from other machines, but it does not stop a page in
//! the person's own browser whose name was rebound to 127.0.0.1 (DNS rebinding; the `Host`
//! header reveals it), nor a tunnel or proxy that forwards remote requests to a loopback port
//! (forwarding headers reveal it, or HTTP/1.0, which nginx uses by default).

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, StatusCode, Version, header::HOST},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::json_response::OAuthError;

/// Forwards a request only if it comes directly from loopback and is addressed to loopback.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let why = match peer {
        // A mounted router does not know the address that the application listens on, so a
        // request without a peer address can come from any machine.
        None => {
            "the development issuer does not know the peer address: serve the application by into_make_service_with_connect_info::<SocketAddr>()"
        }
        Some(ConnectInfo(peer)) if is_local(*peer, &request) => return next.run(request).await,
        Some(_) => "the development issuer answers loopback addresses only",
    };
    // No challenge: some clients treat any challenge on a 403 as a missing scope.
    OAuthError::new("invalid_request", why)
        .with_status(StatusCode::FORBIDDEN)
        .into_response()
}

fn is_local(peer: SocketAddr, request: &Request) -> bool {
    if !peer.ip().to_canonical().is_loopback() {
        return false;
    }
    let mut named = 0;
    let in_uri = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    for host in request.headers().get_all(HOST) {
        named += 1;
        if !host.to_str().is_ok_and(is_authority) {
            return false;
        }
    }
    if in_uri.is_some_and(|authority| !is_authority(authority)) {
        return false;
    }
    // No current browser or client uses HTTP/1.0.
    request.version() > Version::HTTP_10
        && (named == 1 || (named == 0 && in_uri.is_some()))
        && !is_forwarded(request.headers())
}

/// Returns whether a proxy header says that the request comes from another machine.
fn is_forwarded(headers: &HeaderMap) -> bool {
    let every = |name: &str, local: fn(&str) -> bool| {
        headers.get_all(name).iter().all(|value| {
            let value = value.to_str().unwrap_or("?");
            value.split(',').all(|part| local(part.trim()))
        })
    };
    let is_here = |address: &str| {
        let address = address.parse::<IpAddr>();
        address.is_ok_and(|address| address.to_canonical().is_loopback())
    };
    // These two are refused unparsed: nothing on a developer's machine sends them.
    headers.contains_key("forwarded")
        || headers.contains_key("via")
        || !ADDRESSES.iter().all(|name| every(name, is_here))
        || !HOSTS.iter().all(|name| every(name, is_authority))
}

/// The headers in which proxies and tunnels send the client address, and the requested host.
const ADDRESSES: [&str; 5] = [
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "cf-connecting-ip",
    "true-client-ip",
];
const HOSTS: [&str; 2] = ["x-forwarded-host", "x-original-host"];

/// Returns whether an origin is `http://host[:port]` on loopback and nothing more.
pub(crate) fn is_origin(origin: &str) -> bool {
    origin.strip_prefix("http://").is_some_and(is_authority)
}

/// Returns whether an authority (RFC 3986 §3.2) is a loopback host, with or without a port.
pub(crate) fn is_authority(authority: &str) -> bool {
    split(authority).is_some_and(|(host, _)| is_host(host))
}

/// Returns whether a host is `localhost`, in `127.0.0.0/8`, or `[::1]`.
pub(crate) fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return address == "::1";
    }
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Splits an authority into host and port. Returns `None` for user information, which serves
/// only to disguise a host.
pub(crate) fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let host_end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(host_end);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    let is_host = match host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.bytes().all(is_name),
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok()?)
        }
        _ => return None,
    };
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_loopback() {
        for authority in [
            "localhost",
            "LocalHost:1",
            "127.0.0.1:10000",
            "127.9.9.9",
            "[::1]:8000",
        ] {
            assert!(is_authority(authority), "{authority}");
        }
        for authority in [
            "",
            ":80",
            "localhost.evil.example",
            "evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "0.0.0.0:8000",
            "10.0.0.1",
            "[::]:1",
            "[::1",
            "[::1]x",
            "::1",
            "127.1",
            "0x7f.0.0.1",
            "localhost:",
            "localhost:+1",
            "localhost:99999",
            "localhost:1:2",
            "local host",
            "localhost.",
        ] {
            assert!(!is_authority(authority), "{authority}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_no_other_scheme() {
        assert!(is_origin("http://127.0.0.1:10000"));
        for origin in [
            "http://127.0.0.1:10000/",
            "https://127.0.0.1",
            "127.0.0.1:1",
            "http://example.com",
        ] {
            assert!(!is_origin(origin), "{origin}");
        }
    }
}
