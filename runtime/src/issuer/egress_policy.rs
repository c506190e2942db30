//! The addresses from which an issuer's documents may be fetched (SSRF, RFC 9728 §7.7).
//!
//! An issuer's metadata contains the URL of its keys. If any address were allowed, a
//! manipulated document could make this server send requests into its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::loopback::{is_loopback_address, is_loopback_name, is_loopback_url};

/// The addresses that requests for an issuer's documents may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EgressPolicy {
    /// Public addresses, over https.
    Public,
    /// Public addresses over https, and loopback over http too. For an issuer on loopback.
    ThisMachine,
    /// Any address over https, and loopback over http too. Set by configuration, for an
    /// issuer in a private network.
    Anywhere,
}

impl EgressPolicy {
    /// Returns whether connections to this address are permitted.
    pub(crate) fn permits(self, address: IpAddr) -> bool {
        match self {
            Self::Anywhere => true,
            Self::ThisMachine => is_public(address) || is_loopback_address(address),
            Self::Public => is_public(address),
        }
    }

    /// Returns whether connections to this address are permitted if a name resolved to it. A
    /// loopback name (RFC 6761 §6.3) permits http, so it must not resolve to any other
    /// address.
    pub(crate) fn permits_for(self, name: &str, address: IpAddr) -> bool {
        self.permits(address) && (!is_loopback_name(name) || is_loopback_address(address))
    }

    /// Parses the URL of a document.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be fetched.
    pub(crate) fn parse_url(self, text: &str) -> Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| "it is not a URL")?;
        self.permits_url(&url)?;
        Ok(url)
    }

    /// Checks whether a document may be fetched from this URL, by its text. The
    /// addresses of a name are checked when it is resolved.
    ///
    /// # Errors
    ///
    /// The reason why it may not.
    pub(crate) fn permits_url(self, url: &Url) -> Result<(), &'static str> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its URL contains credentials");
        }
        match url.scheme() {
            "https" => {}
            "http" if self != Self::Public && is_loopback_url(url) => {}
            _ => return Err("its URL is neither https nor http on loopback"),
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err("its URL has no host"),
        };
        match literal.is_none_or(|address| self.permits(address)) {
            true => Ok(()),
            false => Err("its address is private"),
        }
    }
}

/// Returns whether an address is public, by the registries of special-purpose addresses (RFC
/// 6890). An IPv6 address that embeds an IPv4 address is checked by the latter.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match hidden_v4(address) {
            Some(hidden) => is_public_v4(hidden),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(a == 0 // this network
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local() // cloud metadata services live here
        || address.is_documentation()
        || (a == 100 && b & 0xc0 == 64) // carrier-grade NAT (RFC 6598)
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 198 && b & 0xfe == 18) // benchmarks (RFC 2544)
        || a >= 224) // multicast, reserved, broadcast
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is global unicast (RFC 4291 §2.4), except:
    a & 0xe000 == 0x2000
        && !(a == 0x2001 && b < 0x0200) // protocol assignments, Teredo among them
        && !(a == 0x2001 && b == 0x0db8) // documentation
        && !(a == 0x3fff && b < 0x1000) // documentation (RFC 9637)
}

/// Returns the IPv4 address in a mapped, translated (RFC 6052) or 6to4 (RFC 3056) address.
fn hidden_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return Some(mapped);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    let joined = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => Some(joined(g, h)),
        (0x2002, _) => Some(joined(b, c)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIVATE: &str = "0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 \
        172.31.255.255 192.0.0.8 192.0.2.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 \
        240.0.0.1 255.255.255.255 :: ::1 ::7f00:1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 64:ff9b::10.0.0.1 \
        64:ff9b:1::1 2001::1 2001:db8::1 2002:a00:1::1 3fff::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1";
    const PUBLIC: &str = "1.1.1.1 9.9.9.9 100.128.0.1 172.32.0.1 192.0.1.1 198.20.0.1 223.255.255.255 \
        2606:4700::1111 2a00:1450::1 64:ff9b::8.8.8.8 ::ffff:8.8.8.8 2002:808:808::1 2001:4860::1";

    fn addresses(list: &str) -> impl Iterator<Item = IpAddr> {
        list.split_whitespace().map(|text| text.parse().unwrap())
    }

    #[test]
    fn a_private_address_is_out_of_reach_however_it_is_written() {
        for address in addresses(PRIVATE) {
            assert!(!EgressPolicy::Public.permits(address), "{address}");
            assert!(EgressPolicy::Anywhere.permits(address), "{address}");
        }
        for address in addresses(PUBLIC) {
            assert!(EgressPolicy::Public.permits(address), "{address}");
        }
    }

    #[test]
    fn an_issuer_on_this_machine_opens_this_machine_and_nothing_more() {
        let local: Vec<_> = addresses(PRIVATE)
            .filter(|address| EgressPolicy::ThisMachine.permits(*address))
            .map(|address| address.to_string())
            .collect();
        assert_eq!(local, ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]);
    }

    #[test]
    fn a_name_of_this_machine_leads_nowhere_else() {
        let permits = |name: &str, address: &str| {
            EgressPolicy::ThisMachine.permits_for(name, address.parse().unwrap())
        };
        for name in ["localhost", "as.localhost"] {
            assert!(permits(name, "127.0.0.1") && permits(name, "::1"), "{name}");
            assert!(
                !permits(name, "1.1.1.1") && !permits(name, "10.0.0.1"),
                "{name}"
            );
        }
        assert!(permits("as.example", "1.1.1.1") && permits("as.example", "127.0.0.1"));
        assert!(!permits("as.example", "10.0.0.1"));
        assert!(!EgressPolicy::Public.permits_for("localhost", "127.0.0.1".parse().unwrap()));
    }

    fn permits(egress: EgressPolicy, url: &str) -> bool {
        egress.permits_url(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn http_is_for_this_machine_alone() {
        for (url, public, machine, anywhere) in [
            ("https://as.example/keys", true, true, true),
            ("http://as.example/keys", false, false, false),
            ("http://10.0.0.1/keys", false, false, false),
            ("https://10.0.0.1/keys", false, false, true),
            ("https://[fd00::1]/keys", false, false, true),
            ("https://169.254.169.254/", false, false, true),
            ("http://127.0.0.1:9/keys", false, true, true),
            ("https://127.0.0.1:9/keys", false, true, true),
            ("http://localhost:9/keys", false, true, true),
            ("http://as.localhost:9/keys", false, true, true),
            ("http://[::1]:9/keys", false, true, true),
            ("http://localhost.example/keys", false, false, false),
            // Other spellings of 127.0.0.1, which the URL standard normalizes.
            ("https://2130706433/", false, true, true),
            ("https://0x7f.1/", false, true, true),
            ("https://user@as.example/", false, false, false),
            ("https://:pw@as.example/", false, false, false),
            ("file:///etc/passwd", false, false, false),
            ("data:application/json,{}", false, false, false),
        ] {
            assert_eq!(permits(EgressPolicy::Public, url), public, "{url}");
            assert_eq!(permits(EgressPolicy::ThisMachine, url), machine, "{url}");
            assert_eq!(permits(EgressPolicy::Anywhere, url), anywhere, "{url}");
        }
    }
}
