use super::*;

fn read(variables: &[(&str, &str)]) -> Config {
    Config::from_environment(&variables.iter().copied().collect(), PORT).unwrap()
}

/// A public server, and an issuer.
pub(super) const PUBLIC: (&str, &str) = ("TOOLGATE_RESOURCE", "https://mcp.example.com/svc/mcp");
pub(super) const ISSUER: (&str, &str) =
    ("TOOLGATE_AUTHORIZATION_SERVERS", "https://as.example.com");

pub(super) fn validate(variables: &[(&str, &str)]) -> ValidConfig {
    read(variables).validate().unwrap()
}

/// Returns every error that keeps a server with these variables from starting, or no text. The
/// default port is 9000.
pub(super) fn start_errors(variables: &[(&str, &str)]) -> String {
    let environment = variables.iter().copied().collect();
    let config = Config::from_environment(&environment, 9000);
    let valid = config.and_then(|config| config.validate());
    valid
        .err()
        .map_or_else(String::new, |error| error.to_string())
}

pub(super) fn errors(variables: &[(&str, &str)]) -> String {
    let environment = variables.iter().copied().collect();
    Config::from_environment(&environment, PORT)
        .and_then(|config| config.validate())
        .unwrap_err()
        .to_string()
}

fn issuers(settings: &ValidConfig) -> Vec<&str> {
    settings.issuers().iter().map(ValidIssuer::issuer).collect()
}

/// The variables of the guide that secures a news server, as the guide writes them.
const GUIDE: [(&str, &str); 9] = [
    ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.dev/"),
    ("SCALEKIT_CLIENT_ID", "skc_1"),
    ("SCALEKIT_CLIENT_SECRET", "geheim"),
    (
        "SCALEKIT_RESOURCE_METADATA_URL",
        "http://localhost:10000/.well-known/oauth-protected-resource/mcp",
    ),
    (
        "SCALEKIT_AUTHORIZATION_SERVERS",
        "https://acme.scalekit.dev/resources/res_88056357768398086",
    ),
    ("SCALEKIT_AUDIENCE_NAME", "http://localhost:10000/mcp/"),
    ("SCALEKIT_RESOUCE_NAME", "http://localhost:10000/mcp/"),
    (
        "SCALEKIT_RESOUCE_DOCS_URL",
        "http://localhost:10000/mcp/docs",
    ),
    ("PORT", "10000"),
];

const DOCUMENT: &str = r#"{
  "authorization_servers": ["https://acme.scalekit.dev/resources/res_88056357768398086"],
  "bearer_methods_supported": ["header"],
  "resource": "http://localhost:10000/mcp/",
  "resource_documentation": "http://localhost:10000/mcp/docs",
  "scopes_supported": ["news:read"]
}"#;

#[test]
fn nothing_set_is_a_server_on_loopback_that_may_issue_for_itself() {
    let settings = validate(&[]);
    assert_eq!(settings.bind().to_string(), "127.0.0.1:8000");
    assert_eq!(settings.resource().as_str(), "http://127.0.0.1:8000/mcp");
    assert_eq!(settings.audiences(), ["http://127.0.0.1:8000/mcp"]);
    assert_eq!(
        settings.docs_url(false).as_deref(),
        Some("http://127.0.0.1:8000/docs")
    );
    assert_eq!(settings.leeway(), Duration::from_secs(30));
    assert_eq!(settings.limits().body, 4 << 20);
    assert!(settings.allows_loopback_origins() && settings.origins().is_empty());
    assert!(settings.may_issue_for_development());
    assert!(settings.warnings().is_empty());
}

#[test]
fn our_variables_are_read() {
    let settings = validate(&[
        ("TOOLGATE_BIND", "0.0.0.0:9000"),
        ("TOOLGATE_RESOURCE", "https://mcp.example.com/a"),
        ("TOOLGATE_AUDIENCES", "res_1, urn:x,"),
        (
            "TOOLGATE_AUTHORIZATION_SERVERS",
            "https://a.example/ ,https://b.example",
        ),
        ("TOOLGATE_DOCS_URL", "https://docs.example.com/x?y"),
        ("TOOLGATE_ALLOWED_ORIGINS", "https://app.example.com"),
    ]);
    assert_eq!(settings.bind().to_string(), "0.0.0.0:9000");
    assert_eq!(
        settings.audiences(),
        ["https://mcp.example.com/a", "res_1", "urn:x"]
    );
    assert_eq!(
        issuers(&settings),
        ["https://a.example/", "https://b.example"]
    );
    assert_eq!(
        settings.docs_url(false).as_deref(),
        Some("https://docs.example.com/x?y")
    );
    assert_eq!(settings.origins(), ["https://app.example.com"]);
    assert!(!settings.allows_loopback_origins());
}

#[test]
fn every_error_is_reported_together_by_the_name_of_its_variable() {
    let told = errors(&[
        ("TOOLGATE_BIND", "localhost"),
        ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp/"),
        ("TOOLGATE_AUTHORIZATION_SERVERS", "http://as.example.com"),
        ("TOOLGATE_DOCS_URL", "docs"),
        ("TOOLGATE_ALLOWED_ORIGINS", "*"),
        ("PORT", "0"),
        ("METADATA_JSON_RESPONSE", "{"),
        ("SCALEKIT_ENVIRONMENT_URL", "<YOUR_ENVIRONMENT_URL>"),
    ]);
    assert!(told.contains("for 8 reasons"), "{told}");
    for part in [
        "TOOLGATE_BIND is \"localhost\"",
        "TOOLGATE_RESOURCE is \"https://mcp.example.com/mcp/\", which ends in a slash",
        "write https://mcp.example.com/mcp;",
        "TOOLGATE_AUTHORIZATION_SERVERS is",
        "TOOLGATE_DOCS_URL is",
        "TOOLGATE_ALLOWED_ORIGINS is \"*\"",
        "PORT is \"0\"",
        "METADATA_JSON_RESPONSE is not a JSON object",
        "SCALEKIT_ENVIRONMENT_URL is",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_server_for_others_must_say_where_it_is_and_who_logs_in() {
    let told = errors(&[("TOOLGATE_BIND", "0.0.0.0:8000")]);
    assert!(
        told.contains("TOOLGATE_RESOURCE") && told.contains("0.0.0.0:8000"),
        "{told}"
    );

    for variables in [
        [
            ("TOOLGATE_BIND", "0.0.0.0:8000"),
            ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
        ],
        // Behind a proxy, which makes the loopback socket public.
        [
            ("TOOLGATE_BIND", "127.0.0.1:8000"),
            ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
        ],
        [
            ("TOOLGATE_BIND", "0.0.0.0:8000"),
            ("TOOLGATE_RESOURCE", "http://localhost:8000/mcp"),
        ],
    ] {
        let settings = validate(&variables);
        assert!(!settings.may_issue_for_development());
        let mut errors = SetupErrors::default();
        settings.add_no_issuer_error(&mut errors);
        let told = errors.finish(()).unwrap_err().to_string();
        assert!(told.contains("TOOLGATE_AUTHORIZATION_SERVERS"), "{told}");
        assert!(told.contains("loopback only"), "{told}");
    }
    let trusting = validate(&[("TOOLGATE_AUTHORIZATION_SERVERS", "https://a.example")]);
    assert!(!trusting.may_issue_for_development());
}

#[test]
fn the_guides_variables_work_as_they_stand() {
    let settings = validate(&GUIDE);
    assert_eq!(settings.bind().to_string(), "127.0.0.1:10000");
    assert_eq!(settings.resource().as_str(), "http://localhost:10000/mcp/");
    assert_eq!(settings.resource().path(), "/mcp");
    assert_eq!(
        settings.audiences(),
        ["http://localhost:10000/mcp/", "res_88056357768398086"]
    );
    let [issuer] = settings.issuers() else {
        panic!("{:?}", settings.issuers())
    };
    assert_eq!(issuer.issuer(), GUIDE[4].1);
    assert_eq!(issuer.spellings(), ["https://acme.scalekit.dev"]);
    assert_eq!(
        settings.docs_url(false).as_deref(),
        Some("http://localhost:10000/mcp/docs")
    );
    assert!(!settings.may_issue_for_development());
    let [note] = settings.warnings() else {
        panic!("{:?}", settings.warnings())
    };
    assert!(note.contains("slash"), "{note}");
}

#[test]
fn the_document_alone_is_enough() {
    let settings = validate(&[("METADATA_JSON_RESPONSE", DOCUMENT), ("PORT", "10000")]);
    assert_eq!(settings.resource().as_str(), "http://localhost:10000/mcp/");
    assert_eq!(issuers(&settings), [GUIDE[4].1]);
    assert_eq!(
        settings.issuers()[0].spellings(),
        ["https://acme.scalekit.dev"]
    );
    assert!(settings.document().is_some());
}

#[test]
fn the_environment_alone_is_the_issuer() {
    let settings = validate(&[("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.dev")]);
    assert_eq!(issuers(&settings), ["https://acme.scalekit.dev"]);
    assert!(settings.issuers()[0].spellings().is_empty());
}

#[test]
fn a_foreign_issuer_is_spelled_one_way() {
    let settings = validate(&[(
        "TOOLGATE_AUTHORIZATION_SERVERS",
        "https://a.example/resources/res_1",
    )]);
    assert!(settings.issuers()[0].spellings().is_empty());
    assert_eq!(settings.audiences().len(), 1);
}

#[test]
fn our_variables_win_over_theirs_and_it_is_reported() {
    let mut variables = GUIDE.to_vec();
    variables.extend([
        ("TOOLGATE_RESOURCE", "http://127.0.0.1:10000/mcp"),
        ("TOOLGATE_AUTHORIZATION_SERVERS", "https://a.example"),
        ("TOOLGATE_AUDIENCES", "mine"),
        ("TOOLGATE_DOCS_URL", "https://docs.example.com"),
        ("TOOLGATE_BIND", "127.0.0.1:7000"),
    ]);
    let settings = validate(&variables);
    assert_eq!(settings.resource().as_str(), "http://127.0.0.1:10000/mcp");
    assert_eq!(issuers(&settings), ["https://a.example"]);
    assert_eq!(settings.audiences(), ["http://127.0.0.1:10000/mcp", "mine"]);
    assert_eq!(settings.bind().port(), 7000);
    let told = settings.warnings().join("\n");
    for name in [
        "SCALEKIT_RESOUCE_NAME is",
        "SCALEKIT_AUTHORIZATION_SERVERS is",
        "SCALEKIT_AUDIENCE_NAME is",
        "SCALEKIT_RESOUCE_DOCS_URL is",
        "SCALEKIT_RESOURCE_METADATA_URL is",
        "PORT is",
    ] {
        assert!(told.contains(name), "{name}: {told}");
    }
    assert!(
        told.contains("TOOLGATE_RESOURCE takes precedence"),
        "{told}"
    );
}

#[test]
fn a_resource_name_can_be_a_name() {
    let settings = validate(&[("SCALEKIT_RESOURCE_NAME", "Finance news")]);
    assert_eq!(settings.resource_name(), Some("Finance news"));
    assert_eq!(settings.resource().as_str(), "http://127.0.0.1:8000/mcp");
}

#[test]
fn the_metadata_address_names_the_resource_if_nothing_else_does() {
    let settings = validate(&[(
        "SCALEKIT_RESOURCE_METADATA_URL",
        "https://mcp.example.com/.well-known/oauth-protected-resource/a",
    )]);
    assert_eq!(settings.resource().as_str(), "https://mcp.example.com/a");
    assert!(settings.warnings().is_empty());
}

#[test]
fn an_unknown_name_of_ours_is_noted() {
    let config = read(&[("TOOLGATE_X", "1")]);
    let told = config.warnings().join("\n");
    assert!(
        told.contains("\"TOOLGATE_X\" is unknown and has no effect; the known variables are"),
        "{told}"
    );
}

#[test]
fn hosts_are_the_resources_and_on_loopback_this_machines() {
    let settings = validate(&GUIDE);
    assert_eq!(
        settings.hosts(settings.bind()),
        ["127.0.0.1:10000", "[::1]:10000", "localhost:10000"]
    );
    let public = validate(&[
        ("TOOLGATE_BIND", "0.0.0.0:8000"),
        ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
    ]);
    assert_eq!(
        public.hosts(public.bind()),
        ["mcp.example.com", "mcp.example.com:443"]
    );
}

#[test]
fn pages_of_this_machine_may_not_call_a_server_for_others() {
    let settings = validate(&[("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp")]);
    assert!(!settings.allows_loopback_origins());
    assert_eq!(settings.origins(), ["https://mcp.example.com"]);
}

#[test]
fn what_is_set_by_code_is_validated_at_the_start() {
    let flawed = Config::new("mcp")
        .with_audience(" ")
        .with_issuer("http://as.example.com")
        .with_origin("*")
        .with_docs_url("docs")
        .with_leeway(Duration::from_secs(301))
        .with_body_limit(0);
    let told = flawed.validate().unwrap_err();
    assert_eq!(told.errors().len(), 7, "{told}");

    let settings = Config::new("https://mcp.example.com/mcp")
        .with_bind(([0, 0, 0, 0], 80).into())
        .with_audience("res_1")
        .with_issuer("https://as.example.com")
        .with_issuer("https://as.example.com")
        .with_origin("https://app.example.com")
        .with_resource_name("News")
        .with_leeway(Duration::from_secs(300))
        .with_body_limit(1)
        .validate()
        .unwrap();
    assert_eq!(settings.issuers().len(), 1);
    assert_eq!(settings.leeway(), Duration::from_secs(300));
    assert_eq!(settings.limits().body, 1);
    assert_eq!(settings.resource_name(), Some("News"));
}

#[test]
fn no_secret_is_printed() {
    let config = read(&GUIDE);
    let printed = format!("{config:?} {:?}", config.validate().unwrap());
    assert!(
        printed.contains("skc_1") && !printed.contains("geheim"),
        "{printed}"
    );
}

#[test]
fn no_note_is_long() {
    let long = format!("https://h/{}", "x".repeat(99_999));
    let config = read(&[
        ("TOOLGATE_DOCS_URL", "https://docs.example.com"),
        ("SCALEKIT_RESOUCE_DOCS_URL", &long),
        ("SCALEKIT_RESOURCE_METADATA_URL", &long),
        ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
    ]);
    assert_eq!(config.warnings().len(), 2);
    assert!(config.warnings().iter().all(|note| note.len() < 600));
}

#[test]
fn a_key_that_is_none_is_an_error_that_does_not_tell_it() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let config = read(&[("TOOLGATE_STATE_KEY", key)]);
    let settings = config.validate().unwrap();
    assert_eq!(settings.state_key().map(|key| key[31]), Some(31));
    assert!(!format!("{config:?} {settings:?}").contains("30, 31"));
    let sevens = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    for (text, what) in [
        ("too short", "is not the base64 of 32 bytes"),
        (sevens, "repeated 32 times"),
    ] {
        let bad = [("TOOLGATE_STATE_KEY", text)].into_iter().collect();
        let told = Config::from_environment(&bad, PORT).unwrap_err();
        let told = told.to_string();
        for part in ["TOOLGATE_STATE_KEY", what, "openssl rand -base64 32"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains(text), "{told}");
    }
    let config = Config::new("https://mcp.example.com/mcp").with_issuer("https://login.example");
    let told = config.with_state_key([7; 32]).validate().unwrap_err();
    assert!(told.to_string().contains("the state key"), "{told}");
}
