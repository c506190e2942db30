//! The audit lines of refused rounds: a later round is decided on like a request.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};
use support::{
    MockIssuer,
    client::{Client, HttpResponse, Revision, question},
};
use toolgate::{
    Caller, Reply, Round, Server, auth::AuthorizeError, issuer::Issuer, mcp_tool, schemars, tools,
};

use super::Logged;

/// What a person is asked.
#[derive(Deserialize, schemars::JsonSchema)]
#[expect(dead_code, reason = "the tool needs the form alone")]
struct Confirmation {
    /// Whether to go ahead.
    sure: bool,
}

/// Deletes everything.
#[mcp_tool(scope = "list:write", destructive)]
fn delete(#[extract] round: Round<()>) -> Reply<String> {
    match round.state() {
        None => {
            let asked = round.ask(&());
            asked.form::<Confirmation>("confirm", "Sure?").into()
        }
        Some(()) => Reply::Done("deleted".to_owned()),
    }
}

/// Allows only the first round, as if the list had got another owner meanwhile.
async fn once(_: &Caller) -> Result<(), AuthorizeError> {
    static ASKED: AtomicBool = AtomicBool::new(false);
    match ASKED.swap(true, Ordering::SeqCst) {
        false => Ok(()),
        true => Err(AuthorizeError::denied("the list is another's")),
    }
}

/// Deletes a list for good.
#[mcp_tool(scope = "list:write", destructive, authorize = once)]
fn purge(#[extract] round: Round<()>) -> Reply<String> {
    let asked = round.ask(&());
    asked.form::<Confirmation>("confirm", "Sure?").into()
}

async fn start(issuer: &MockIssuer) -> Logged {
    let tools = tools![delete, purge];
    let server = Server::new("lists").tools(tools).without_banner();
    Logged::start_server(server, Issuer::new(issuer.url()), "toolgate=info").await
}

fn token(issuer: &MockIssuer, logged: &Logged, scope: &str) -> String {
    issuer
        .token()
        .audience(&logged.resource)
        .scope(scope)
        .build()
}

/// Asserts that one audit line has the outcome, and that it names item, caller and reason.
fn assert_line(logged: Logged, issuer: &MockIssuer, target: &str, outcome: &str, reason: &str) {
    let (lines, _) = logged.end();
    let outcome = format!("decision=\"{outcome}\"");
    let told: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(&outcome))
        .collect();
    let [line] = told[..] else {
        panic!("{outcome}: {lines:#?}");
    };
    for part in [
        "toolgate::audit",
        "method=\"tools/call\"",
        &format!("item=\"{target}\""),
        &format!("issuer=\"{}\"", issuer.url()),
        &format!("description=\"{reason}"),
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(!line.contains("subject=\"\""), "{line}");
}

#[tokio::test]
async fn a_forged_state_of_a_round_is_logged_as_refused() {
    let issuer = MockIssuer::start().await;
    let logged = start(&issuer).await;
    let token = token(&issuer, &logged, "list:write");
    let client = Client::new(&*logged.resource, Revision::Stateless).with_token(token);
    let params = json!({
        "name": "delete",
        "requestState": "forged-by-a-client",
        "inputResponses": {"confirm": {"action": "accept", "content": {"sure": true}}},
    });
    let mut message = client.message("tools/call", params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {}});
    let answer = client.send(&message).await;
    assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    assert_line(
        logged,
        &issuer,
        "delete",
        "no_such_round",
        "this server did not issue the request state",
    );
}

#[tokio::test]
async fn a_round_whose_token_has_lost_the_scope_is_logged_as_refused() {
    let issuer = MockIssuer::start().await;
    let logged = start(&issuer).await;
    let session = Revision::Session("2025-11-25");
    let mut client = Client::new(&*logged.resource, session);
    client = client.with_token(token(&issuer, &logged, "list:write"));
    client.open_to_be_asked().await;
    let message = client.message("tools/call", json!({"name": "delete", "arguments": {}}));
    let request = client.post(&message).body(message.to_string());
    let mut stream = request.send().await.expect("an answer");
    let id: Value = question(&mut stream).await["id"].clone();
    let less = client.with_token(token(&issuer, &logged, "list:read"));
    let result = json!({"action": "accept", "content": {"sure": true}});
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
    assert_eq!(less.send(&answer).await.status, 202);
    let refused = HttpResponse::of_response(stream).await;
    assert_eq!(refused.json()["error"]["code"], -32600, "{refused:?}");
    let reason = "the latest token does not authorize it\"";
    assert_line(logged, &issuer, "delete", "no_longer_admitted", reason);
}

#[tokio::test]
async fn a_round_that_its_item_denies_is_logged_with_the_reason_of_the_item() {
    let issuer = MockIssuer::start().await;
    let logged = start(&issuer).await;
    let session = Revision::Session("2025-11-25");
    let mut client = Client::new(&*logged.resource, session);
    client = client.with_token(token(&issuer, &logged, "list:write"));
    client.open_to_be_asked().await;
    let message = client.message("tools/call", json!({"name": "purge", "arguments": {}}));
    let request = client.post(&message).body(message.to_string());
    let mut stream = request.send().await.expect("an answer");
    let id: Value = question(&mut stream).await["id"].clone();
    let result = json!({"action": "accept", "content": {"sure": true}});
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
    assert_eq!(client.send(&answer).await.status, 202);
    let refused = HttpResponse::of_response(stream).await;
    assert_eq!(refused.json()["error"]["code"], -32600, "{refused:?}");
    let reason = "the item denies it: the list is another's\"";
    assert_line(logged, &issuer, "purge", "no_longer_admitted", reason);
}
