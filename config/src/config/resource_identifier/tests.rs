use super::*;

fn what<T: std::fmt::Debug>(judged: Result<T, ConfigError>) -> String {
    judged.unwrap_err().what
}

#[test]
fn a_resource_keeps_its_text() {
    for text in [
        "https://mcp.example.com/mcp",
        "https://mcp.example.com",
        "https://mcp.example.com:8443/a/b-c.d~e_f",
        "http://localhost:10000/mcp/",
        "http://127.0.0.1:8000/mcp",
        "http://[::1]:8000/mcp",
    ] {
        assert_eq!(ResourceIdentifier::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn a_resource_that_clients_would_compare_otherwise_is_refused() {
    for (text, expected) in [
        ("mcp.example.com/mcp", "does not begin"),
        ("HTTPS://mcp.example.com/mcp", "does not begin"),
        ("ftp://mcp.example.com/mcp", "does not begin"),
        ("https:///mcp", "no host"),
        ("https://", "not a valid URL"),
        ("https://mcp.example.com/mcp#a", "fragment"),
        ("https://mcp.example.com/mcp#", "fragment"),
        ("https://mcp.example.com/mcp?a=b", "query"),
        ("https://mcp.example.com/mcp?", "query"),
        ("https://me:word@mcp.example.com/mcp", "user name"),
        ("https://me@mcp.example.com/mcp", "user name"),
        ("https://@mcp.example.com/mcp", "canonical"),
        ("https://MCP.example.com/mcp", "canonical"),
        ("https://mcp.example.com:443/mcp", "canonical"),
        ("https://mcp.example.com/a/../mcp", "canonical"),
        ("http://127.1:8000/mcp", "canonical"),
        ("https://mcp.example.com/m\tcp", "character"),
        ("https://mcp.example.com/m\"cp", "character"),
        ("https://mcp.example.com/{id}", "character"),
        ("https://bücher.example/mcp", "character"),
        ("https://mcp.example.com//mcp", "path"),
        ("https://mcp.example.com/mcp//", "path"),
        ("https://mcp.example.com/*mcp", "path"),
        ("https://mcp.example.com/:mcp", "path"),
        ("https://mcp.example.com/docs", "/docs"),
        ("https://mcp.example.com/.well-known/mcp", "/.well-known"),
        ("http://mcp.example.com/mcp", "not loopback"),
        ("http://localhost.example.com/mcp", "not loopback"),
        ("http://0.0.0.0:8000/mcp", "not loopback"),
        ("http://127.0.0.1:0/mcp", "port 0"),
    ] {
        let told = what(ResourceIdentifier::parse(text));
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn what_follows_from_a_resource() {
    let resource = ResourceIdentifier::parse("https://mcp.example.com/a/mcp").unwrap();
    assert_eq!(resource.origin(), "https://mcp.example.com");
    assert_eq!(resource.path(), "/a/mcp");
    assert_eq!(resource.hosts(), ["mcp.example.com", "mcp.example.com:443"]);
    assert_eq!(
        resource.metadata_url(),
        "https://mcp.example.com/.well-known/oauth-protected-resource/a/mcp"
    );
    assert!(!resource.is_loopback());

    let local = ResourceIdentifier::parse("http://localhost:10000/mcp/").unwrap();
    assert_eq!(local.path(), "/mcp");
    assert_eq!(local.hosts(), ["localhost:10000"]);
    assert_eq!(
        local.metadata_url(),
        "http://localhost:10000/.well-known/oauth-protected-resource/mcp"
    );
    assert!(local.is_loopback());

    let root = ResourceIdentifier::parse("https://mcp.example.com").unwrap();
    assert_eq!(root.path(), "");
    assert_eq!(
        root.metadata_url(),
        "https://mcp.example.com/.well-known/oauth-protected-resource"
    );
}

#[test]
fn a_metadata_address_names_its_resource() {
    assert_eq!(
        ResourceIdentifier::resource_of_metadata_url(
            "https://h/.well-known/oauth-protected-resource/mcp"
        ),
        Some("https://h/mcp".to_owned())
    );
    assert_eq!(
        ResourceIdentifier::resource_of_metadata_url("https://h/mcp"),
        None
    );
}
