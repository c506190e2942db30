use crate::config::tests::{ISSUER, PUBLIC, errors, validate};

#[test]
fn further_hosts_are_accepted_and_change_nothing_that_is_published() {
    let hosts = (
        "TOOLGATE_ALLOWED_HOSTS",
        "notes.svc:8000, 10.0.0.7:8000,probe",
    );
    let settings = validate(&[PUBLIC, ISSUER, ("TOOLGATE_BIND", "0.0.0.0:8000"), hosts]);
    assert_eq!(
        settings.further_hosts(),
        ["notes.svc:8000", "10.0.0.7:8000", "probe"]
    );
    let own = settings.hosts(settings.bind());
    assert_eq!(own, ["mcp.example.com", "mcp.example.com:443"]);
    assert_eq!(settings.origins(), ["https://mcp.example.com"]);
    assert!(
        settings
            .paths()
            .metadata_url()
            .starts_with("https://mcp.example.com/")
    );
}

#[test]
fn what_is_no_host_is_reported_with_its_variable() {
    for host in [
        "*",
        "*.example",
        "https://a",
        "a/b",
        "a b",
        "u@a",
        "a:x",
        "a:99999",
    ] {
        let told = errors(&[("TOOLGATE_ALLOWED_HOSTS", host)]);
        let named = format!("TOOLGATE_ALLOWED_HOSTS is {host:?}, which is not a host");
        let named = named.replace("\"u@a\"", "\"…@a\"");
        assert!(told.contains(&named), "{told}");
    }
}
