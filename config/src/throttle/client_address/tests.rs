use http::header::HOST;
use proptest::prelude::*;

use super::*;

fn proxies(list: &[&str]) -> TrustedProxies {
    let mut proxies = TrustedProxies::default();
    for network in list {
        proxies.add(network).unwrap();
    }
    proxies
}

fn headers(all: &[(HeaderName, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        headers.append(name, value.parse().unwrap());
    }
    headers
}

/// Returns the address of a client of a request from `peer`.
#[track_caller]
fn found(trusted: &[&str], peer: &str, all: &[(HeaderName, &str)]) -> String {
    client(&proxies(trusted), peer.parse().unwrap(), &headers(all)).to_string()
}

const PROXY: &[&str] = &["10.0.0.0/8", "2001:db8:ffff::/48"];

#[test]
fn the_headers_of_an_untrusted_peer_are_ignored() {
    for all in [
        [(X_FORWARDED_FOR, "192.0.2.1")],
        [(FORWARDED, "for=192.0.2.1")],
        [(HOST, "192.0.2.1")],
    ] {
        assert_eq!(found(PROXY, "203.0.113.9", &all), "203.0.113.9");
        assert_eq!(found(&[], "10.0.0.1", &all), "10.0.0.1");
    }
}

#[test]
fn a_trusted_proxy_names_the_client() {
    for (header, value, client) in [
        (X_FORWARDED_FOR, "192.0.2.1", "192.0.2.1"),
        (X_FORWARDED_FOR, " 192.0.2.1 ", "192.0.2.1"),
        (X_FORWARDED_FOR, "192.0.2.1:4711", "192.0.2.1"),
        (X_FORWARDED_FOR, "2001:db8::1", "2001:db8::1"),
        (X_FORWARDED_FOR, "[2001:db8::1]:4711", "2001:db8::1"),
        (X_FORWARDED_FOR, "::ffff:192.0.2.1", "192.0.2.1"),
        (FORWARDED, "for=192.0.2.1", "192.0.2.1"),
        (FORWARDED, "For=\"192.0.2.1:4711\"", "192.0.2.1"),
        (
            FORWARDED,
            "for=\"[2001:db8:cafe::17]\"",
            "2001:db8:cafe::17",
        ),
        (
            FORWARDED,
            "for=\"[2001:db8:cafe::17]:4711\"",
            "2001:db8:cafe::17",
        ),
        (
            FORWARDED,
            "for=\"[2001:db8:cafe::17]:_port\"",
            "2001:db8:cafe::17",
        ),
        (
            FORWARDED,
            "proto=https; FOR=192.0.2.1;by=10.0.0.1",
            "192.0.2.1",
        ),
    ] {
        assert_eq!(
            found(PROXY, "10.0.0.1", &[(header, value)]),
            client,
            "{value}"
        );
    }
    // A socket of both versions shows the IPv4 address of a proxy in the form of IPv6.
    let named = headers(&[(X_FORWARDED_FOR, "192.0.2.1")]);
    let peer = "::ffff:10.0.0.1".parse().unwrap();
    let client = "192.0.2.1".parse::<std::net::Ipv4Addr>().unwrap();
    assert_eq!(
        ClientAddress::of(&proxies(PROXY), peer, &named),
        ClientAddress::V4(client.into())
    );
}

/// A client writes a header of its own, and the proxy appends the client's address.
#[test]
fn hops_to_the_left_of_the_address_of_the_client_are_ignored() {
    for (header, value) in [
        (X_FORWARDED_FOR, "192.0.2.1, 203.0.113.9"),
        (X_FORWARDED_FOR, "10.0.0.1, 10.0.0.2, 203.0.113.9, 10.0.0.3"),
        (X_FORWARDED_FOR, "\", 203.0.113.9"),
        (FORWARDED, "for=192.0.2.1, for=203.0.113.9"),
        // A quotation mark that swallows what the proxy appends.
        (FORWARDED, "for=\"192.0.2.1, for=203.0.113.9"),
        (
            FORWARDED,
            "for=192.0.2.1;by=\"x, for=203.0.113.9;by=10.0.0.1",
        ),
    ] {
        assert_eq!(
            found(PROXY, "10.0.0.1", &[(header, value)]),
            "203.0.113.9",
            "{value}"
        );
    }
    let lines = [
        (X_FORWARDED_FOR, "192.0.2.1"),
        (X_FORWARDED_FOR, "192.0.2.2, 203.0.113.9"),
    ];
    assert_eq!(found(PROXY, "10.0.0.1", &lines), "203.0.113.9");
}

#[test]
fn an_unreadable_hop_ends_the_walk_at_the_last_readable_one() {
    for (header, value, client) in [
        (X_FORWARDED_FOR, "192.0.2.1, unknown", "10.0.0.1"),
        (X_FORWARDED_FOR, "192.0.2.1, unknown, 10.0.0.7", "10.0.0.7"),
        (X_FORWARDED_FOR, "", "10.0.0.1"),
        (X_FORWARDED_FOR, "192.0.2.1,", "10.0.0.1"),
        (X_FORWARDED_FOR, "192.0.2.256", "10.0.0.1"),
        (FORWARDED, "for=unknown", "10.0.0.1"),
        (FORWARDED, "for=_hidden", "10.0.0.1"),
        (
            FORWARDED,
            "for=192.0.2.1, for=\"_SEVKISEK\", for=10.0.0.7",
            "10.0.0.7",
        ),
        (FORWARDED, "by=192.0.2.1", "10.0.0.1"),
        (FORWARDED, "for=\"192.0.2.1", "10.0.0.1"),
        // Two parameters `for` in one element name no address.
        (FORWARDED, "for=192.0.2.1;for=192.0.2.2", "10.0.0.1"),
        (FORWARDED, "192.0.2.1", "10.0.0.1"),
    ] {
        assert_eq!(
            found(PROXY, "10.0.0.1", &[(header, value)]),
            client,
            "{value}"
        );
    }
    let not_text = HeaderValue::from_bytes(b"192.0.2.1, \xff").unwrap();
    let all = HeaderMap::from_iter([(X_FORWARDED_FOR, not_text)]);
    let peer = "10.0.0.1".parse().unwrap();
    assert_eq!(client(&proxies(PROXY), peer, &all), peer);
}

/// The proxy writes one of the two headers and passes the other one on.
#[test]
fn a_client_cannot_choose_its_address_by_the_other_header() {
    for own in ["192.0.2.1", "unknown"] {
        let forwarded = format!("for={own}");
        let sent = [(FORWARDED, &*forwarded), (X_FORWARDED_FOR, "203.0.113.9")];
        assert_eq!(found(PROXY, "10.0.0.1", &sent), "10.0.0.1");
        let sent = [(X_FORWARDED_FOR, own), (FORWARDED, "for=203.0.113.9")];
        assert_eq!(found(PROXY, "10.0.0.1", &sent), "10.0.0.1");
    }
}

#[test]
fn a_header_with_ten_thousand_hops_costs_sixteen() {
    let long = vec!["10.0.0.1"; 10_000].join(",");
    assert_eq!(
        found(PROXY, "10.0.0.1", &[(X_FORWARDED_FOR, &long)]),
        "10.0.0.1"
    );
    // The seventeenth hop is not read.
    let far = format!("192.0.2.1, {}", vec!["10.0.0.2"; MOST_HOPS].join(","));
    assert_eq!(
        found(PROXY, "10.0.0.1", &[(X_FORWARDED_FOR, &far)]),
        "10.0.0.2"
    );
    let near = format!("192.0.2.1, {}", vec!["10.0.0.2"; MOST_HOPS - 1].join(","));
    assert_eq!(
        found(PROXY, "10.0.0.1", &[(X_FORWARDED_FOR, &near)]),
        "192.0.2.1"
    );
    let all = headers(&[(X_FORWARDED_FOR, &long)]);
    let proxies = proxies(PROXY);
    let used = allocation_counter::measure(|| {
        client(&proxies, "10.0.0.1".parse().unwrap(), &all);
    });
    assert_eq!(used.count_total, 0, "{used:?}");
}

#[test]
fn the_addresses_of_one_ipv6_network_are_one_client() {
    let of =
        |peer: &str| ClientAddress::of(&proxies(&[]), peer.parse().unwrap(), &HeaderMap::new());
    assert_eq!(of("2001:db8:1:2:aaaa::1"), of("2001:db8:1:2:bbbb:cccc::2"));
    assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
    assert_eq!(
        of("2001:db8:1:2::1"),
        ClientAddress::V6(0x2001_0db8_0001_0002)
    );
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
}

#[test]
fn a_list_of_proxies_that_would_trust_a_client_is_an_error() {
    for (text, remedy) in [
        ("0.0.0.0/0", "name the addresses"),
        ("::/0", "name the addresses"),
        (
            "10.0.0.1/8",
            "write the network as 10.0.0.0/8, or the address as 10.0.0.1",
        ),
        ("::ffff:10.0.0.1", "write it as 10.0.0.1"),
        ("10.0.0.0/33", "10.0.0.0/8"),
        ("proxy.example.com", "write addresses"),
        ("none", "write addresses"),
        ("", "write addresses"),
    ] {
        let (what, told) = TrustedProxies::default().add(text).unwrap_err();
        assert!(told.contains(remedy), "{text} {what}: {told}");
    }
    let both = proxies(&["192.0.2.7", "2001:db8::/32"]);
    assert_eq!(both.networks(), ["192.0.2.7/32", "2001:db8::/32"]);
}

proptest! {
    /// The address that the proxy appends counts, for every text that a client sends.
    #[test]
    fn no_text_of_a_client_hides_its_address(text in "[ -~]{0,60}") {
        for (header, own) in [
            (X_FORWARDED_FOR, "203.0.113.9"),
            (FORWARDED, "for=203.0.113.9;proto=https"),
        ] {
            let value = format!("{text}, {own}");
            prop_assert_eq!(found(PROXY, "10.0.0.1", &[(header, &*value)]), "203.0.113.9");
        }
    }
}
