//! [`ClientAddress`]: the address of a client, for the rates of requests without a valid token.
//!
//! It is used for limits only, never as a host, a scheme or an identity.

use std::net::{IpAddr, Ipv6Addr};

use http::{
    HeaderMap, HeaderName,
    header::{FORWARDED, HeaderValue},
};

use crate::TrustedProxies;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// How many hops are read. A request passes a few proxies of one operator.
const MOST_HOPS: usize = 16;

/// An IPv4 address, or the upper 64 bits of an IPv6 address: one internet connection has a /64, so
/// an attacker can send each request from another address of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientAddress {
    /// An IPv4 address.
    V4(u32),
    /// The network of an IPv6 address.
    V6(u64),
}

impl ClientAddress {
    /// Returns the address of the client that sent a request: the peer, or the address that a
    /// trusted peer names.
    pub(super) fn of(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> Self {
        match client(proxies, peer.to_canonical(), headers) {
            IpAddr::V4(address) => Self::V4(address.into()),
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64;
                Self::V6(u64::try_from(network).unwrap_or_default())
            }
        }
    }
}

/// Walks from the peer to the client, from the right to the left of the header: each proxy appends
/// the address that it got the request from, so the client has written everything to the left of
/// the first hop that is not trusted.
fn client(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    if !proxies.contains(peer) {
        return peer;
    }
    let is_sent = |name: &HeaderName| headers.contains_key(name);
    let (name, read): (_, fn(&str) -> Option<IpAddr>) =
        match (is_sent(&FORWARDED), is_sent(&X_FORWARDED_FOR)) {
            (true, false) => (FORWARDED, forwarded_for),
            (false, true) => (X_FORWARDED_FOR, address),
            // A proxy writes one of them and passes on the other one, which the client wrote. The
            // server does not know which one that is, so the request counts for the proxy.
            (true, true) | (false, false) => return peer,
        };
    let mut client = peer;
    for hop in hops(headers, &name).take(MOST_HOPS) {
        let Some(address) = hop.and_then(read) else {
            break;
        };
        client = address;
        if !proxies.contains(client) {
            break;
        }
    }
    client
}

/// Returns the elements of a list header, the last one first. `None` is an element that is not
/// text.
///
/// The list is split at each comma, also within quotation marks: no address has one, and the
/// quotation mark that a client opens on the left must not swallow what the proxy appends.
fn hops<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = Option<&'h str>> {
    let values = headers.get_all(name).iter().rev();
    let elements =
        values.flat_map(|value: &HeaderValue| value.as_bytes().rsplit(|&byte| byte == b','));
    elements.map(|element| std::str::from_utf8(element).ok().map(str::trim))
}

/// Reads the parameter `for` of one element (RFC 7239 §4). `unknown` and obfuscated identifiers are
/// not addresses.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut named = element.split(';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("for")
            .then_some(value.trim())
    });
    let (value, None) = (named.next()?, named.next()) else {
        return None;
    };
    match value.strip_prefix('"') {
        Some(quoted) => address(quoted.strip_suffix('"')?),
        None => address(value),
    }
}

/// Reads an address, with or without a port; an IPv6 address also in brackets (RFC 7239 §6).
fn address(text: &str) -> Option<IpAddr> {
    // An obfuscated port (§6.3) begins with an underscore.
    let text = text.split_once(":_").map_or(text, |(address, _)| address);
    let bracketed = || {
        text.strip_prefix('[')?
            .strip_suffix(']')?
            .parse::<Ipv6Addr>()
            .ok()
    };
    let with_port = || Some(text.parse::<std::net::SocketAddr>().ok()?.ip());
    let plain = text.parse::<IpAddr>().ok();
    let address = plain
        .or_else(|| bracketed().map(IpAddr::V6))
        .or_else(with_port);
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests;
