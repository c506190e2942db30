//! Roles and step-up authentication with the development issuer: from the 401 to the call.

use serde_json::json;
use support::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    guarded_items::{self, CARD, MFA},
    running_server::RunningServer,
    tool_server::Runs,
};
use toolgate::{Server, State, mcp_tool, tools};

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

/// A user who consents to the scope of the tools.
const ALICE: ConsentingUser<'_> = ConsentingUser {
    name: "alice",
    allows: "desk:read",
};

#[tokio::test]
async fn a_client_that_follows_the_challenge_reaches_the_tool() {
    let running = start().await;
    let token = ALICE
        .log_in_with(&running.resource(), &[], &[])
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
    let token = ALICE
        .log_in_with(&running.resource(), &request, &["imitated"])
        .await;
    let client = client.with_token(token.expect("a token"));
    let answer = client.call("pay", json!({})).await;
    assert_eq!(answer.tool_text(), "pay ran");
    // Without the second factor the client gets an error, and no token that leads to the same
    // challenge.
    let denied = ALICE.log_in_with(&running.resource(), &request, &[]).await;
    assert_eq!(denied, Err("unmet_authentication_requirements".to_owned()));
}

#[tokio::test]
async fn a_person_without_the_role_gets_a_403_and_with_it_the_tool() {
    let running = start().await;
    for (boxes, status) in [(&[][..], 403), (&["editor"], 200)] {
        let token = ALICE
            .log_in_with(&running.resource(), &[], boxes)
            .await
            .expect("a token");
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
