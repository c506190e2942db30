//! Roles and step-up authentication with the development issuer: from the 401 to the call.

use reqwest::Url;
use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    guarded_items::{self, CARD, MFA},
    running_server::RunningServer,
    simulated_browser::Browser,
    tool_server::Runs,
};
use toolgate::{Server, State, mcp_tool, tools};

const CALLBACK: &str = "http://127.0.0.1:3119/callback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Edits.
#[mcp_tool(scope = "desk:read", role = "editor")]
fn edit(State(runs): State<Runs>) -> String {
    runs.note("edit")
}

/// Pays.
#[mcp_tool(scope = "desk:read", acr = ["urn:example:mfa", "urn:example:card"], max_age = 300)]
fn pay(State(runs): State<Runs>) -> String {
    runs.note("pay")
}

async fn start() -> RunningServer {
    let server = Server::with_state("desk", Runs::default())
        .tools(tools![edit, pay])
        .without_banner();
    RunningServer::start(server, |config| config).await
}

/// Logs in by the consent page, with these further parameters of the request and these boxes.
/// Returns the token, or the error that the client gets.
async fn log_in(
    running: &RunningServer,
    more: &[(&str, &str)],
    ticked: &[&str],
) -> Result<String, String> {
    let http = reqwest::Client::new();
    let registration = json!({"client_name": "A test", "redirect_uris": [CALLBACK]});
    let registered = http
        .post(running.url("/development/register"))
        .json(&registration);
    let registered: Value = registered
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let id = registered["client_id"].as_str().expect("an id");
    let mut parameters = vec![
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "desk:read"),
    ];
    parameters.extend(more);
    let url = Url::parse_with_params(&running.url("/development/authorize"), parameters);
    let browser = Browser::default();
    let page = browser.open(url.expect("a URL").as_str()).await;
    let page = page.fill("subject", "alice").tick_only(ticked);
    let back = browser.press(&page, "allow").await.leads_to().to_owned();
    let back: Url = back.parse().expect("a URL");
    let parameter = |name: &str| {
        let mut pairs = back.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let Some(code) = parameter("code") else {
        return Err(parameter("error").expect("an error"));
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("client_id", id),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let token = http.post(running.url("/development/token")).form(&form);
    let token: Value = token
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    Ok(token["access_token"].as_str().expect("a token").to_owned())
}

#[tokio::test]
async fn a_client_that_follows_the_challenge_reaches_the_tool() {
    let running = start().await;
    let token = log_in(&running, &[], &["desk:read"])
        .await
        .expect("a token");
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("pay", json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    let (acr, age) = (
        challenge.get("acr_values").expect("acr_values"),
        challenge.get("max_age").expect("max_age"),
    );
    let request = [("acr_values", acr), ("max_age", age)];
    let token = log_in(&running, &request, &["desk:read", "imitated"]).await;
    let client = client.with_token(token.expect("a token"));
    let answer = client.call("pay", json!({})).await;
    assert_eq!(answer.tool_text(), "pay ran");
    // Without the second factor the client is told so, and does not come back with a token that
    // leads to the same challenge.
    let denied = log_in(&running, &request, &["desk:read"]).await;
    assert_eq!(denied, Err("unmet_authentication_requirements".to_owned()));
}

#[tokio::test]
async fn a_person_without_the_role_gets_a_403_and_with_it_the_tool() {
    let running = start().await;
    for (ticked, status) in [(&["desk:read"][..], 403), (&["desk:read", "editor"], 200)] {
        let token = log_in(&running, &[], ticked).await.expect("a token");
        let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
        let answer = client.call("edit", json!({})).await;
        assert_eq!(answer.status, status, "{answer:?}");
    }
}

#[tokio::test]
async fn the_metadata_names_the_contexts_of_the_servers_items() {
    let server = guarded_items::unverified_server(&Runs::default());
    let running = RunningServer::start(server, |config| config).await;
    let metadata = crate::get(&running.url("/.well-known/oauth-authorization-server")).await;
    assert_eq!(
        metadata.json()["acr_values_supported"],
        json!([MFA, CARD, "urn:toolgate:development:pwd"])
    );
}
