use super::*;
use crate::{issuer::jwks_cache, start_error::SetupErrors};

fn errors(issuer: Issuer) -> Option<String> {
    let mut errors = SetupErrors::default();
    let keys = jwks_cache(&issuer, &mut errors);
    errors.finish(()).err().map(|errors| {
        assert!(keys.is_none() || issuer.algorithms.is_empty());
        errors.to_string()
    })
}

#[test]
fn an_issuer_is_asked_over_https_or_on_this_machine() {
    for name in [
        "https://as.example",
        "https://as.example/",
        "https://as.example/tenant/x",
        "http://127.0.0.1:9000",
        "http://localhost:9000/x",
        "http://[::1]:9000",
    ] {
        assert_eq!(errors(Issuer::new(name)), None, "{name}");
    }
    for (name, reason) in [
        ("as.example", "not a URL"),
        ("", "empty name"),
        ("http://as.example", "neither https"),
        ("ftp://as.example", "neither https"),
        ("https://as.example?x", "query"),
        ("https://as.example#x", "fragment"),
        ("https://u:p@as.example", "credentials"),
        ("https://10.0.0.1", "private"),
        ("http://10.0.0.1", "neither https"),
    ] {
        let told = errors(Issuer::new(name)).unwrap();
        assert!(told.contains(reason), "{name}: {told}");
    }
}

#[test]
fn private_addresses_are_opened_by_configuration_alone() {
    let issuer = Issuer::new("https://10.0.0.1");
    assert!(errors(issuer.clone()).is_some());
    assert_eq!(errors(issuer.with_private_host("10.0.0.1")), None);
    let issuer = Issuer::new("https://as.example").with_jwks_uri("http://127.0.0.1/keys");
    assert!(errors(issuer.clone()).unwrap().contains("key set"));
    assert_eq!(errors(issuer.with_private_host("127.0.0.1")), None);
    // Compose: keys at another address over http could be replaced in transit.
    let issuer = Issuer::new("http://localhost:8080/realms/mcp")
        .with_jwks_uri("http://keycloak:8080/keys")
        .with_private_host("keycloak");
    assert!(errors(issuer).unwrap().contains("neither https"));
    for (host, proxy) in [("a:1", "http://p:1"), ("a", "socks5://p:1"), ("a", "p")] {
        let issuer = Issuer::new("https://as.example");
        let issuer = issuer.with_private_host(host).with_proxy(proxy);
        assert!(errors(issuer).unwrap().contains("needs"), "{host} {proxy}");
    }
}

#[test]
fn a_fixed_key_set_must_have_a_key() {
    let with = |json: &str| errors(Issuer::new("https://as.example").with_jwks(json));
    assert!(with("x").unwrap().contains("not JSON"));
    assert!(with(r#"{"keys":[]}"#).unwrap().contains("no key"));
    let symmetric = with(r#"{"keys":[{"kty":"oct","k":"AA","kid":"s"}]}"#).unwrap();
    assert!(symmetric.contains("symmetric"), "{symmetric}");
}

#[test]
fn an_issuer_needs_an_algorithm() {
    assert!(errors(Issuer::new("https://as.example").with_algorithms([])).is_some());
}

#[test]
fn an_issuer_prints_without_the_url_of_its_keys() {
    let issuer = Issuer::new("https://as.example").with_jwks_uri("https://k.example/?key=secret");
    assert!(!format!("{issuer:?}").contains("secret"));
}

#[test]
fn keys_are_loaded_and_kept_as_the_settings_say() {
    let lifetime = |refresh, limit| {
        let issuer = Issuer::new("https://as.example")
            .with_refresh_every(Duration::from_secs(refresh))
            .with_outage_limit(Duration::from_secs(limit));
        let keys = jwks_cache(&issuer, &mut SetupErrors::default()).unwrap();
        let (refresh, limit) = keys.lifetime();
        (refresh.as_secs(), limit.as_secs())
    };
    assert_eq!(lifetime(60, 3600), (60, 3600));
    // The refresh interval is at least ten seconds, and the outage limit at least that
    // interval.
    assert_eq!(lifetime(0, 3600), (10, 3600));
    assert_eq!(lifetime(60, 0), (60, 60));
}
