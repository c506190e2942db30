//! The addresses from which an issuer's documents may be fetched (SSRF, RFC 9728 §7.7).
//!
//! An issuer's metadata contains the URL of its keys. If any address were allowed, a
//! manipulated document could make this server send requests into its own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::loopback::{is_loopback_address, is_loopback_name, is_loopback_url};

/// Why an address is refused.
const PRIVATE: &str = "its address is private; if it is inside your own network, name its host in TOOLGATE_PRIVATE_ISSUERS";
/// Why an address is refused although its host may have private addresses.
const RESERVED: &str = "its address is link-local or reserved, and such an address is never used";
/// Why an address of a loopback name is refused (RFC 6761 §6.3).
const NOT_LOOPBACK: &str = "its name is reserved for loopback and leads to another address";

/// The addresses that requests for an issuer's documents may use: public ones over https by
/// default, and what is allowed in addition.
#[derive(Clone, Default)]
pub struct EgressPolicy {
    /// Loopback, also over http: for an issuer on loopback.
    pub(super) loopback: bool,
    /// Hosts that may have addresses of a private network or of loopback, as
    /// [`normalized_host`] returns them.
    pub(super) private_hosts: Vec<String>,
    /// An HTTP proxy. It resolves names itself, so only addresses in URLs are checked here.
    pub(super) proxy: Option<Url>,
}

impl EgressPolicy {
    /// Public addresses over https, and loopback over http too.
    pub const THIS_MACHINE: Self = Self {
        loopback: true,
        private_hosts: Vec::new(),
        proxy: None,
    };

    /// Public addresses over https, loopback over http too, and the private addresses of a host.
    #[must_use]
    pub fn for_service(private_host: Option<String>) -> Self {
        Self {
            private_hosts: private_host.into_iter().collect(),
            ..Self::THIS_MACHINE
        }
    }

    /// Checks whether a connection to this address of a host is permitted. A loopback name
    /// permits http, so it must not lead to any other address.
    ///
    /// # Errors
    ///
    /// The reason why it is not.
    pub(crate) fn permits(&self, host: &str, address: IpAddr) -> Result<(), &'static str> {
        let is_loopback = is_loopback_address(address);
        let is_private_host = self.is_private_host(host);
        if is_loopback_name(host) && !is_loopback {
            return Err(NOT_LOOPBACK);
        }
        match is_public(address)
            || (self.loopback && is_loopback)
            || (is_private_host && (is_loopback || is_private_network(address)))
        {
            true => Ok(()),
            false if is_private_host => Err(RESERVED),
            false => Err(PRIVATE),
        }
    }

    fn is_private_host(&self, host: &str) -> bool {
        let mut hosts = self.private_hosts.iter();
        hosts.any(|private| private.eq_ignore_ascii_case(host))
    }

    /// Parses the URL of a document.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be fetched.
    pub(crate) fn parse_url(&self, text: &str) -> Result<Url, &'static str> {
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
    pub fn permits_url(&self, url: &Url) -> Result<(), &'static str> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its URL contains credentials");
        }
        let Some(host) = url.host_str() else {
            return Err("its URL has no host");
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback_url(url) && (self.loopback || self.is_private_host(host)) => {}
            _ => return Err("its URL is neither https nor http on loopback"),
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.permits(host, address.into()),
            Some(Host::Ipv6(address)) => self.permits(host, address.into()),
            Some(Host::Domain(_)) | None => Ok(()),
        }
    }
}

/// Returns a host as it is written in a URL, or `None` if the text is not a host alone.
pub fn normalized_host(text: &str) -> Option<String> {
    let is_v6 = text.parse::<Ipv6Addr>().is_ok();
    let host = match is_v6 {
        true => format!("[{text}]"),
        false => text.to_owned(),
    };
    let url = Url::parse(&format!("https://{host}/")).ok()?;
    let is_host_alone = url.as_str() == format!("https://{}/", url.host_str()?)
        && !host.contains(['/', '@', '?', '#', '*', '\\'])
        && (host.starts_with('[') || !host.contains(':'));
    is_host_alone.then(|| url.host_str().map(str::to_owned))?
}

/// Returns whether an address is one of a private network (RFC 1918, RFC 4193, RFC 6598).
fn is_private_network(address: IpAddr) -> bool {
    let is_private_v4 = |address: Ipv4Addr| address.is_private() || is_carrier_grade(address);
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => match hidden_v4(address) {
            Some(hidden) => is_private_v4(hidden),
            None => address.is_unique_local(),
        },
    }
}

/// Returns whether an address is one of carrier-grade NAT (RFC 6598).
fn is_carrier_grade(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    a == 100 && b & 0xc0 == 64
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
        || is_carrier_grade(address)
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

    fn within(policy: &EgressPolicy, host: &str, address: IpAddr) -> bool {
        policy.permits(host, address).is_ok()
    }

    fn private(host: &str) -> EgressPolicy {
        EgressPolicy {
            private_hosts: vec![host.to_owned()],
            ..EgressPolicy::default()
        }
    }

    #[test]
    fn a_private_address_is_out_of_reach_however_it_is_written() {
        for address in addresses(PRIVATE) {
            assert!(
                !within(&EgressPolicy::default(), "as.example", address),
                "{address}"
            );
        }
        for address in addresses(PUBLIC) {
            assert!(
                within(&EgressPolicy::default(), "as.example", address),
                "{address}"
            );
        }
    }

    #[test]
    fn an_issuer_on_this_machine_opens_this_machine_and_nothing_more() {
        let policy = EgressPolicy::THIS_MACHINE;
        let local: Vec<_> = addresses(PRIVATE)
            .filter(|address| within(&policy, "as.example", *address))
            .map(|address| address.to_string())
            .collect();
        assert_eq!(local, ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]);
    }

    #[test]
    fn a_named_host_opens_private_networks_for_itself_alone_and_never_link_local() {
        let policy = private("as.internal");
        let opened: Vec<_> = addresses(PRIVATE)
            .filter(|address| within(&policy, "AS.internal", *address))
            .map(|address| address.to_string())
            .collect();
        assert_eq!(
            opened,
            [
                "10.1.2.3",
                "100.64.0.1",
                "127.0.0.1",
                "127.9.9.9",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "::1",
                "::ffff:10.0.0.1",
                "::ffff:127.0.0.1",
                "64:ff9b::a00:1",
                "2002:a00:1::1",
                "fc00::1",
                "fd12::1"
            ]
        );
        for address in addresses(PRIVATE) {
            for other in ["as.example", "as.internal.example", "x.as.internal"] {
                assert!(!within(&policy, other, address), "{other} {address}");
            }
        }
        let metadata_service = addresses("169.254.169.254").next().unwrap();
        let reason = policy.permits("as.internal", metadata_service).unwrap_err();
        assert!(reason.contains("link-local"), "{reason}");
        let reason = EgressPolicy::default().permits("as.internal", metadata_service);
        assert!(reason.unwrap_err().contains("TOOLGATE_PRIVATE_ISSUERS"));
    }

    #[test]
    fn a_name_of_this_machine_leads_nowhere_else() {
        let permits = |name: &str, address: &str| {
            within(&EgressPolicy::THIS_MACHINE, name, address.parse().unwrap())
        };
        for name in ["localhost", "as.localhost"] {
            assert!(permits(name, "127.0.0.1") && permits(name, "::1"), "{name}");
            assert!(
                !permits(name, "1.1.1.1") && !permits(name, "10.0.0.1"),
                "{name}"
            );
            // http is allowed for the name, so naming it does not open a network either.
            let other = "10.0.0.1".parse().unwrap();
            assert!(!within(&private(name), name, other), "{name}");
        }
        assert!(permits("as.example", "1.1.1.1") && permits("as.example", "127.0.0.1"));
        assert!(!permits("as.example", "10.0.0.1"));
        let loopback = "127.0.0.1".parse().unwrap();
        assert!(!within(&EgressPolicy::default(), "localhost", loopback));
    }

    #[test]
    fn http_is_for_this_machine_alone() {
        for (url, public, machine, named) in [
            ("https://as.example/keys", true, true, true),
            ("http://as.example/keys", false, false, false),
            ("http://10.0.0.1/keys", false, false, false),
            ("https://10.0.0.1/keys", false, false, true),
            ("https://[fd00::1]/keys", false, false, true),
            ("https://169.254.169.254/", false, false, false),
            ("https://[fe80::1]/", false, false, false),
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
            let parsed = Url::parse(url).unwrap();
            let permits = |policy: &EgressPolicy| policy.permits_url(&parsed).is_ok();
            assert_eq!(permits(&EgressPolicy::default()), public, "{url}");
            assert_eq!(permits(&EgressPolicy::THIS_MACHINE), machine, "{url}");
            let own = parsed.host_str().unwrap_or_default();
            assert_eq!(permits(&private(own)), named, "{url}");
            // Naming another host changes nothing.
            assert_eq!(permits(&private("other.example")), public, "{url}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_alone() {
        for (text, host) in [
            ("keycloak", "keycloak"),
            ("Keycloak.Internal", "keycloak.internal"),
            ("10.0.0.5", "10.0.0.5"),
            ("fd00::5", "[fd00::5]"),
            ("[fd00::5]", "[fd00::5]"),
        ] {
            assert_eq!(normalized_host(text).as_deref(), Some(host), "{text}");
        }
        for text in [
            "",
            "a:8080",
            "https://a",
            "a/b",
            "*.a",
            "u@a",
            "10.0.0.0/8",
            "a b",
        ] {
            assert_eq!(normalized_host(text), None, "{text}");
        }
    }
}
