//! The message that a person reads for each common misconfiguration.

use std::time::Duration;

use support::{
    MockIssuer,
    snapshot::assert_unchanged,
    tool_server::{self, Runs},
};
use toolgate::{
    Config, Environment,
    auth::{BearerToken, IssuerVerifier, TokenVerifier},
    issuer::Issuer,
};

const SNAPSHOT: &str = "tests/development/misconfigurations.txt";

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const PUBLIC: (&str, &str) = ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp");
const EVERYWHERE: (&str, &str) = ("TOOLGATE_BIND", "0.0.0.0:8000");

/// Variables that prevent the start.
const ERRORS: &[&[(&str, &str)]] = &[
    &[("TOOLGATE_AUTHORIZATION_SERVER", "https://login.example.com")],
    &[("TOOLGATE_ISSUER", "https://login.example.com")],
    &[("TOOLGATE_PORT", "8000")],
    &[("toolgate_bind", "0.0.0.0:8000")],
    &[("TOOLGATE_BIND", "localhost:8000")],
    &[("TOOLGATE_BIND", "8000")],
    &[("PORT", "http")],
    &[EVERYWHERE],
    &[EVERYWHERE, PUBLIC],
    &[("TOOLGATE_RESOURCE", "\"https://mcp.example.com/mcp\"")],
    &[(
        "TOOLGATE_RESOURCE",
        "https://mcp.example.com/mcp, https://b.example/mcp",
    )],
    &[(
        "TOOLGATE_RESOURCE",
        "https://mcp.example.com/mcp,https://b.example/mcp",
    )],
    &[("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp/")],
    &[("TOOLGATE_RESOURCE", "http://mcp.example.com/mcp")],
    &[("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp?key=1")],
    &[("TOOLGATE_RESOURCE", "https://mcp.example.com/docs")],
    &[("TOOLGATE_RESOURCE", "mcp.example.com/mcp")],
    &[(
        "TOOLGATE_AUTHORIZATION_SERVERS",
        "https://login.example.com/.well-known/openid-configuration",
    )],
    &[(
        "TOOLGATE_AUTHORIZATION_SERVERS",
        "https://a.example https://b.example",
    )],
    &[("TOOLGATE_AUTHORIZATION_SERVERS", "http://login.example.com")],
    &[(
        "TOOLGATE_AUTHORIZATION_SERVERS",
        "https://<tenant>.example.com",
    )],
    &[("TOOLGATE_ALLOWED_ORIGINS", "*")],
    &[("TOOLGATE_ALLOWED_ORIGINS", "https://app.example.com/")],
    &[("TOOLGATE_DOCS_URL", "/docs")],
    &[("TOOLGATE_STATE_KEY", "secret")],
    &[(
        "TOOLGATE_STATE_KEY",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    )],
    &[("TOOLGATE_STATE_KEY_FILE", "/nowhere/state-key")],
    &[
        ("TOOLGATE_STATE_KEY_FILE", "/nowhere/state-key"),
        ("TOOLGATE_STATE_KEY", KEY),
    ],
    &[("TOOLGATE_SESSIONS", "false")],
    &[("TOOLGATE_DRAIN_SECONDS", "10s")],
    &[("TOOLGATE_INTROSPECTION_CLIENT_ID", "news")],
    &[("SCALEKIT_ENVIROMENT_URL", "https://acme.scalekit.dev")],
    &[("SCALEKIT_ENVIRONMENT_URL", "<YOUR_ENVIRONMENT_URL>")],
    &[("METADATA_JSON_RESPONSE", "{")],
];

/// Returns what a person reads of the start with these variables.
fn start_error(variables: &[(&str, &str)]) -> String {
    let environment: Environment = variables.iter().copied().collect();
    let server = tool_server::unverified_server(&Runs::default());
    let started =
        Config::from_environment(&environment, 8000).and_then(|config| server.into_router(config));
    match started {
        Ok(_) => panic!("{variables:?} must not start"),
        Err(errors) => errors.to_string(),
    }
}

/// Returns what the log says of a token, without the port of the issuer.
async fn token_error(issuer: &MockIssuer, configured: String, token: &str) -> String {
    let verifier = IssuerVerifier::new([Issuer::new(configured)]).expect("good settings");
    let token = BearerToken::new(token).expect("a token");
    let error = verifier.verify(&token).await.expect_err("it is refused");
    without_port(issuer, error.reason())
}

fn without_port(issuer: &MockIssuer, text: &str) -> String {
    text.replace(issuer.url(), "https://login.example.com")
}

/// Returns why an issuer is not ready.
async fn readiness_error(issuer: &MockIssuer, configured: String) -> String {
    let verifier = IssuerVerifier::new([Issuer::new(configured)]).expect("good settings");
    verifier.start();
    for _ in 0..150 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let error = verifier
            .readiness()
            .expect_err("it is not ready")
            .to_string();
        if !error.ends_with("yet") {
            return without_port(issuer, &error);
        }
    }
    panic!("{verifier:?} has not tried");
}

#[tokio::test]
async fn each_misconfiguration_has_a_message_that_names_value_and_remedy() {
    let mut table = String::new();
    let mut add = |what: &str, message: &str| {
        assert!(message.contains(';') || message.contains(':'), "{message}");
        table += &format!("{what}\n    {message}\n");
    };
    assert!(ERRORS.len() >= 30);
    for variables in ERRORS {
        let assignments: Vec<_> = variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        add(&assignments.join(" "), &start_error(variables));
    }
    let issuer = MockIssuer::start().await;
    let slash = format!("{}/", issuer.url());
    for (what, configured, token) in [
        (
            "a token whose iss has no slash at the end",
            slash.clone(),
            issuer.token().build(),
        ),
        (
            "an opaque token where JWTs are expected",
            issuer.url().to_owned(),
            "an-opaque-token".to_owned(),
        ),
        (
            "a token of an issuer that is not trusted",
            issuer.url().to_owned(),
            issuer
                .token()
                .claim("iss", "https://other.example".into())
                .build(),
        ),
    ] {
        add(what, &token_error(&issuer, configured, &token).await);
    }
    for (what, configured) in [
        ("an issuer whose metadata has no slash at the end", slash),
        (
            "an issuer whose name does not resolve",
            "https://login.invalid".to_owned(),
        ),
    ] {
        add(what, &readiness_error(&issuer, configured).await);
    }
    assert_unchanged(&table, SNAPSHOT);
}
