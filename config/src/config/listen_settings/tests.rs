use crate::config::tests::{ISSUER, PUBLIC, errors, validate};

#[test]
fn a_platforms_port_is_listened_at_where_the_platform_reaches_it() {
    let settings = validate(&[PUBLIC, ISSUER, ("PORT", "8080")]);
    assert_eq!(settings.bind().to_string(), "0.0.0.0:8080");
    let told = settings.warnings().join("\n");
    assert!(told.contains("set TOOLGATE_BIND=127.0.0.1:8080"), "{told}");
}

#[test]
fn a_port_alone_opens_no_server_that_is_not_public_and_protected() {
    let loopback = ("TOOLGATE_RESOURCE", "http://localhost:8080/mcp");
    for variables in [
        &[loopback, ISSUER][..],
        &[loopback],
        &[ISSUER],
        &[],
        &[PUBLIC],
    ] {
        let mut variables = variables.to_vec();
        variables.push(("PORT", "8080"));
        let settings = validate(&variables);
        assert_eq!(
            settings.bind().to_string(),
            "127.0.0.1:8080",
            "{variables:?}"
        );
    }
    let bind = ("TOOLGATE_BIND", "127.0.0.1:8080");
    let settings = validate(&[PUBLIC, ISSUER, bind, ("PORT", "8080")]);
    assert_eq!(settings.bind().to_string(), "127.0.0.1:8080");
    assert!(settings.warnings().is_empty());
    // Without `PORT`, a public resource has a proxy on this machine.
    assert_eq!(
        validate(&[PUBLIC, ISSUER]).bind().to_string(),
        "127.0.0.1:8000"
    );
}

#[test]
fn what_is_no_path_is_reported_with_its_variable() {
    let told = errors(&[
        PUBLIC,
        ("TOOLGATE_LISTEN_PATH", "mcp"),
        ("TOOLGATE_PATH_PREFIX", "/x"),
    ]);
    assert!(told.contains("TOOLGATE_LISTEN_PATH is \"mcp\""), "{told}");
    assert!(told.contains("the path prefix is \"/x\""), "{told}");
}

#[test]
fn paths_behind_a_proxy_are_read() {
    let listen = ("TOOLGATE_LISTEN_PATH", "/mcp");
    let prefix = ("TOOLGATE_PATH_PREFIX", "/svc");
    let settings = validate(&[PUBLIC, ISSUER, listen, prefix]);
    assert_eq!(settings.paths().endpoint, "/mcp");
    assert_eq!(
        settings.paths().metadata_url(),
        "https://mcp.example.com/svc/.well-known/oauth-protected-resource/mcp"
    );
    assert_eq!(settings.resource().as_str(), PUBLIC.1);
    let docs = settings.docs_url(false);
    assert_eq!(docs.as_deref(), Some("https://mcp.example.com/svc/docs"));
}
