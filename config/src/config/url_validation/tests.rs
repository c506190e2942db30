use super::*;

fn what<T: std::fmt::Debug>(judged: Result<T, ConfigError>) -> String {
    judged.unwrap_err().what
}

#[test]
fn an_issuer_is_https_or_loopback_and_may_end_in_a_slash() {
    for text in [
        "https://tenant.auth0.com/",
        "https://login.example.com/t/v2.0",
        "https://as.example.com:443",
        "http://127.0.0.1:9000",
        "http://localhost:9000/realms/A",
    ] {
        assert_eq!(validate_issuer(text), Ok(()), "{text}");
    }
    for (text, expected) in [
        ("http://as.example.com", "not loopback"),
        ("https://as.example.com?x", "query"),
        ("https://as.example.com/#x", "fragment"),
        ("https://a:b@as.example.com", "user name"),
        ("as.example.com", "does not begin"),
        ("https://as.example.com\\evil", "character"),
    ] {
        let told = what(validate_issuer(text));
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn an_origin_is_scheme_host_and_port_alone() {
    for text in [
        "https://app.example.com",
        "http://localhost:5173",
        "http://[::1]:5173",
        "app://editor.example",
    ] {
        assert_eq!(validate_origin(text), Ok(()), "{text}");
    }
    for text in [
        "*",
        "null",
        "app.example.com",
        "https://app.example.com/",
        "https://App.example.com",
        "https://app.example.com:443",
        "https://*.example.com",
        "https://app.example.com/x",
        "https://app.example.com?x",
        "https://",
        "://x",
    ] {
        assert!(validate_origin(text).is_err(), "{text}");
    }
}

#[test]
fn an_address_to_listen_on_has_a_port() {
    assert_eq!(parse_bind("[::1]:80").unwrap().port(), 80);
    for (text, expected) in [
        ("9000", "127.0.0.1:9000"),
        (":9000", "127.0.0.1:9000"),
        ("localhost:9000", "127.0.0.1:9000"),
        ("127.0.0.1", "127.0.0.1:8000"),
    ] {
        let remedy = parse_bind(text).unwrap_err().remedy;
        assert!(remedy.contains(expected), "{text}: {remedy}");
    }
}
