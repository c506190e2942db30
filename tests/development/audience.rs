//! A token is valid only at the server that it was issued for.

use rmcp::transport::AuthorizationRequest;
use serde_json::json;
use support::{
    client::{Client, Revision},
    rmcp_client_app::{CALLBACK, RmcpClientApp},
    running_server::RunningServer,
    simulated_browser::Browser,
    tool_server::{self, Runs},
};

use crate::start_tool_server;

/// Returns a token of a server's development issuer with all of its scopes.
pub(crate) async fn token(running: &RunningServer) -> String {
    let application = RmcpClientApp::new(running.resource(), Revision::Stateless).await;
    let challenge = Client::new(running.resource(), Revision::Stateless)
        .call("read", json!({}))
        .await;
    let challenge = challenge.header("www-authenticate").expect("a challenge");
    let login = application
        .begin_login(challenge, AuthorizationRequest::new(CALLBACK))
        .await;
    let browser = Browser::default();
    let page = browser.open(&login.url).await;
    let answer = browser.press(&page, "allow").await;
    application.end_login(login, &answer).await;
    application.token().await
}

async fn challenged(running: &RunningServer, token: &str) -> (u16, Option<String>) {
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("read", json!({})).await;
    let challenge = answer.challenge();
    let told = challenge.and_then(|one| one.get("error_description").map(str::to_owned));
    (answer.status, told)
}

#[tokio::test]
async fn a_token_of_one_server_is_refused_by_another() {
    let ((one, _), (other, runs)) = (start_tool_server().await, start_tool_server().await);
    let token = token(&one).await;
    assert_eq!(challenged(&one, &token).await, (200, None));
    let (status, _) = challenged(&other, &token).await;
    assert_eq!(status, 401);
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn even_by_one_that_trusts_its_issuer() {
    let (one, _) = start_tool_server().await;
    let runs = Runs::default();
    let issuer = one.origin();
    let server = tool_server::unverified_server(&runs);
    let other = RunningServer::start(server, |config| config.with_issuer(issuer)).await;
    let token = token(&one).await;
    let (status, told) = challenged(&other, &token).await;
    assert_eq!(status, 401);
    let told = told.expect("why");
    assert!(told.contains("audience"), "{told}");
    assert_eq!(runs.all(), [""; 0]);
}
