//! What the user must consent to, and when no consent is needed.

use reqwest::{Url, redirect::Policy};
use serde_json::json;
use support::{
    running_server::RunningServer,
    simulated_browser::Browser,
    tool_server::{self, Runs},
    unsigned_tokens,
};

use crate::existence::start_error;

const CALLBACK: &str = "http://127.0.0.1:3119/callback";
/// RFC 7636 appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Returns the authorization URL of a client that registers itself at a server.
async fn authorization(running: &RunningServer, scope: &str) -> Url {
    let registration = json!({"client_name": "A test", "redirect_uris": [CALLBACK]});
    let registered = reqwest::Client::new()
        .post(running.url("/development/register"))
        .json(&registration);
    let registered = registered.send().await.expect("an answer");
    let registered: serde_json::Value = registered.json().await.expect("JSON");
    let parameters = [
        ("response_type", "code"),
        (
            "client_id",
            registered["client_id"].as_str().expect("an id"),
        ),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", scope),
    ];
    let url = running.url("/development/authorize");
    Url::parse_with_params(&url, parameters).expect("a URL")
}

#[tokio::test]
async fn a_scope_that_nobody_has_described_says_what_asks_for_it() {
    let server = tool_server::unverified_server(&Runs::default());
    let running = RunningServer::start(server, |config| config).await;
    let url = authorization(&running, "desk:read desk:write desk:admin").await;
    let page = Browser::default().open(url.as_str()).await;
    let choices = page.choices();
    let label = |scope: &str| {
        let choice = choices.iter().find(|choice| choice.value == scope);
        choice.expect(scope).label.clone()
    };
    assert_eq!(label("desk:admin"), "Use purge desk:admin");
    assert_eq!(
        label("desk:write"),
        "Use purge, rewrite and write desk:write"
    );
    assert_eq!(
        label("desk:read"),
        "Use echo, explode, read and 2 more desk:read"
    );
}

#[tokio::test]
async fn consent_is_automatic_where_the_program_says_so_and_nowhere_else() {
    for is_automatic in [false, true] {
        let server = tool_server::unverified_server(&Runs::default());
        let running = RunningServer::start(server, |config| match is_automatic {
            true => config.with_automatic_consent(),
            false => config,
        })
        .await;
        let browser = reqwest::Client::builder().redirect(Policy::none());
        let browser = browser.build().expect("a browser");
        let url = authorization(&running, "desk:read").await;
        let answer = browser.get(url).send().await.expect("an answer");
        let location = answer.headers().get("location");
        let is_code = location.is_some_and(|to| {
            let to = to.to_str().expect("ASCII");
            to.starts_with(&format!("{CALLBACK}?code="))
        });
        assert_eq!(is_code, is_automatic, "{answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_would_consent_for_nobody_does_not_start() {
    for change in [
        |config: toolgate::Config| config.with_issuer(unsigned_tokens::ISSUER),
        |config: toolgate::Config| config.with_bind(([0, 0, 0, 0], 8000).into()),
    ] {
        let config = toolgate::Config::new("http://127.0.0.1:8000/mcp").with_automatic_consent();
        let server = tool_server::unverified_server(&Runs::default());
        let error = start_error(server.serve(change(config))).await;
        assert!(error.contains("with_automatic_consent"), "{error}");
    }
}

/// Only code can enable something that would open everything, never an environment variable.
#[test]
fn no_variable_makes_consent_automatic() {
    let environment = toolgate::Environment::from_iter([("TOOLGATE_AUTOMATIC_CONSENT", "true")]);
    let config = toolgate::Config::from_environment(&environment, 8000).expect("a configuration");
    let notes = config.warnings().join("\n");
    assert!(notes.contains("is unknown and has no effect"), "{notes}");
}
