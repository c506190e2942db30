//! The kit, used as its users use it.

mod access;
#[cfg(feature = "approval")]
mod approvals;
mod denials;
mod explanations;
mod limits;
mod subscriptions;

use std::time::Duration;

use axum::{body::Body, http::Request};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use toolgate::{
    Caller, Json, Reply, Round, Server, ToolError, auth::AuthorizeError, interaction::Elicited,
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};
use toolgate_testing::{TestIssuer, TestServer};

/// Answers.
#[mcp_tool(public)]
fn ping() -> &'static str {
    "pong"
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Who {
    subject: String,
}

/// Says who you are.
#[mcp_tool(authenticated)]
fn whoami(caller: Caller) -> Json<Who> {
    let subject = caller.subject().unwrap_or_default().to_owned();
    Json(Who { subject })
}

/// Reads.
#[mcp_tool(scope = "desk:read")]
fn read() -> &'static str {
    "read"
}

/// Writes.
#[mcp_tool(scopes = ["desk:read", "desk:write"], step_up)]
fn write(
    /// What.
    text: String,
) -> String {
    text
}

/// Purges.
#[mcp_tool(any_scope = ["desk:admin", ["desk:write", "desk:purge"]])]
fn purge() -> &'static str {
    "purged"
}

fn small(_: &Caller, amount: &u8) -> Result<(), AuthorizeError> {
    match amount {
        0..=9 => Ok(()),
        _ => Err(AuthorizeError::needs_scopes(["desk:admin"])),
    }
}

/// Pays.
#[mcp_tool(scope = "desk:write", authorize = small, authorize_scopes = ["desk:admin"])]
fn pay(
    /// How much.
    amount: u8,
) -> String {
    format!("paid {amount}")
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Sure {
    /// Whether to go ahead.
    sure: bool,
}

/// Deletes after a question.
#[mcp_tool(scope = "desk:write")]
fn delete(#[extract] round: Round<()>) -> Result<Reply<&'static str>, ToolError> {
    match round.elicited::<Sure>("confirm")? {
        None => Ok(round.ask(&()).form::<Sure>("confirm", "Delete it?").into()),
        Some(Elicited::Accepted(Sure { sure: true })) => Ok(Reply::Done("deleted")),
        Some(_) => Ok(Reply::Done("kept")),
    }
}

/// A page.
#[mcp_resource(scope = "desk:read", uri = "desk://pages/{page}")]
fn page(page: String) -> String {
    format!("page {page}")
}

/// Drafts a letter.
#[mcp_prompt(scope = "desk:write")]
fn draft(
    /// To whom.
    to: String,
) -> String {
    format!("Write to {to}.")
}

/// Says goodbye.
#[mcp_prompt(authenticated, role = "writer")]
fn farewell() -> &'static str {
    "Say goodbye."
}

/// Closes the desk.
#[mcp_tool(
    scope = "desk:write",
    any_role = ["owner", ["clerk", "night"]],
    acr = ["urn:example:mfa", "urn:example:card"],
    max_age = 300
)]
fn close() -> &'static str {
    "closed"
}

fn server() -> Server<()> {
    Server::new("desk")
        .tools(tools![ping, whoami, read, write, purge, pay, delete, close])
        .resources(resources![page])
        .prompts(prompts![draft, farewell])
        .scope_implies("desk:all", ["desk:read", "desk:write"])
}

#[tokio::test]
async fn the_result_of_a_call_is_typed() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice");
    let who: Who = alice.call("whoami", json!({})).await.unwrap().json();
    assert_eq!(
        who,
        Who {
            subject: "alice".to_owned()
        }
    );
    let in_session = alice.in_session().call("whoami", json!({})).await;
    assert_eq!(in_session.unwrap().json::<Who>(), who);
    let pong = server.anonymous().call("ping", json!({})).await.unwrap();
    assert_eq!((pong.text().as_str(), pong.is_error()), ("pong", false));
}

#[tokio::test]
async fn a_denial_says_what_a_client_requests_next() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["desk:read"]);
    let denied = alice.call("write", json!({"text": "a"})).await.unwrap_err();
    assert!(denied.is_insufficient_scope(), "{denied}");
    assert_eq!(denied.needed_scopes(), ["desk:write"]);
    assert_eq!(denied.challenged_scopes(), ["desk:read", "desk:write"]);
    let written = alice
        .stepped_up(&denied)
        .call("write", json!({"text": "a"}))
        .await;
    assert_eq!(written.unwrap().text(), "a");
    let denied = server
        .anonymous()
        .call("write", json!({}))
        .await
        .unwrap_err();
    assert!(denied.is_unauthenticated(), "{denied}");
    assert_eq!(denied.error(), None);
}

#[tokio::test]
async fn a_denial_says_which_login_a_client_requests_next() {
    let server = TestServer::new(server());
    let clerk = server.as_caller("alice").with_scopes(["desk:write"]);
    let denied = clerk.call("close", json!({})).await.unwrap_err();
    assert_eq!(
        (denied.status(), denied.challenge()),
        (403, None),
        "{denied}"
    );
    assert!(denied.message().contains("owner"), "{denied}");
    let owner = clerk.with_roles(["owner"]);
    let denied = owner.call("close", json!({})).await.unwrap_err();
    assert!(denied.is_insufficient_authentication(), "{denied}");
    let values = denied.acr_values();
    assert_eq!(values, ["urn:example:mfa", "urn:example:card"]);
    assert_eq!(denied.max_age(), Some(Duration::from_secs(300)));
    let owner = owner.stepped_up(&denied);
    let closed = owner.call("close", json!({})).await;
    assert_eq!(closed.unwrap().text(), "closed");
    // A new token does not make the login more recent.
    server.clock().advance(Duration::from_secs(310));
    let denied = owner.call("close", json!({})).await.unwrap_err();
    assert!(denied.is_insufficient_authentication(), "{denied}");
}

#[tokio::test]
async fn tokens_that_no_server_may_accept_are_denied() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["desk:read"]);
    for wrong in [
        alice.clone().expired(),
        alice.clone().with_audience("https://other.test/mcp"),
        alice.clone().of_foreign_issuer(),
        alice.clone().with_claim("iss", "https://foreign.test"),
    ] {
        let denied = wrong.call("read", json!({})).await.unwrap_err();
        assert_eq!(
            (denied.status(), denied.error()),
            (401, Some("invalid_token"))
        );
    }
    assert_eq!(
        alice.clone().call("read", json!({})).await.unwrap().text(),
        "read"
    );
    let bound = alice.clone().bound_to_a_key().call("read", json!({})).await;
    assert_eq!(bound.unwrap().text(), "read");
}

#[tokio::test]
async fn a_token_expires_when_the_clock_moves_and_a_new_one_does_not() {
    let server = TestServer::new(server());
    let token = server.issuer().token().audience(server.resource());
    let token = token.scope("desk:read").build();
    let status = async || {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": "read", "arguments": {}, "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }},
        });
        let request = Request::post("/mcp")
            .header("host", "server.test")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "read");
        let request = request.body(Body::from(body.to_string()));
        server.send(request.unwrap()).await.status().as_u16()
    };
    assert_eq!(status().await, 200);
    server.clock().advance(Duration::from_secs(3600));
    assert_eq!(status().await, 401);
    // A caller's token is always new.
    let alice = server.as_caller("alice").with_scopes(["desk:read"]);
    assert!(alice.call("read", json!({})).await.is_ok());
}

#[tokio::test]
async fn resources_prompts_lists_and_rounds_pass_the_same_gate() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["desk:all"]);
    assert_eq!(alice.read("desk://pages/1").await.unwrap().text(), "page 1");
    let letter = alice.prompt("draft", json!({"to": "Bob"})).await;
    assert_eq!(letter.unwrap().text(), "Write to Bob.");
    assert_eq!(
        server
            .as_caller("bob")
            .read("desk://pages/1")
            .await
            .unwrap_err()
            .status(),
        403
    );
    assert_eq!(alice.tools().await.unwrap().len(), 8);
    let sure = alice.clone().answering(|key, _| {
        assert_eq!(key, "confirm");
        json!({"action": "accept", "content": {"sure": true}})
    });
    assert_eq!(
        sure.call("delete", json!({})).await.unwrap().text(),
        "deleted"
    );
    let not = alice.answering(|_, _| json!({"action": "decline"}));
    assert_eq!(not.call("delete", json!({})).await.unwrap().text(), "kept");
}

#[tokio::test]
async fn an_issuer_rotates_its_key_and_is_down() {
    let mut server = TestServer::with_issuer(server(), TestIssuer::start().await);
    let read = async |server: &TestServer| {
        let alice = server.as_caller("alice").with_scopes(["desk:read"]);
        alice
            .call("read", json!({}))
            .await
            .map(|output| output.text())
    };
    assert_eq!(read(&server).await.as_deref(), Ok("read"));
    // A key that is not known is fetched.
    server.issuer_mut().rotate_key();
    let known = async {
        while read(&server).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let known = tokio::time::timeout(Duration::from_secs(20), known).await;
    known.expect("the new key is accepted within 15 seconds");
    // The known key is used while the issuer is down.
    server.issuer_mut().go_down().await;
    assert_eq!(read(&server).await.as_deref(), Ok("read"));
    server.issuer_mut().come_back().await;
    assert_eq!(read(&server).await.as_deref(), Ok("read"));
}

#[test]
fn the_table_of_access_is_a_stable_text() {
    let expected = "\
prompt draft: desk:write
prompt farewell: any token; role writer
resource desk://pages/{page}: desk:read
tool close: desk:write; role owner, or clerk and night; acr urn:example:mfa or urn:example:card; login at most 300 s ago
tool delete: desk:write
tool pay: desk:write; by arguments also desk:admin
tool ping: public
tool purge: desk:admin, or desk:write and desk:purge
tool read: desk:read
tool whoami: any token
tool write: desk:read and desk:write; at first use
scope desk:all implies desk:read desk:write
";
    assert_eq!(server().access_table().to_string(), expected);
}

#[tokio::test]
#[should_panic(expected = "the server does not start: ")]
async fn a_server_that_does_not_start_says_why() {
    let twice = server().tools(tools![ping]);
    let _ = TestServer::new(twice);
}

#[tokio::test]
async fn a_question_is_answered_in_every_revision() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["desk:write"]);
    for revision in ["2026-07-28", "2025-11-25", "2025-06-18"] {
        let alice = alice.clone().with_revision(revision);
        for (sure, text) in [(true, "deleted"), (false, "kept")] {
            let answering = alice.clone().answering(move |_, asked| {
                assert_eq!(asked["params"]["message"], "Delete it?");
                json!({"action": "accept", "content": {"sure": sure}})
            });
            let deleted = answering.call("delete", json!({})).await.unwrap();
            assert_eq!(deleted.text(), text, "{revision}");
        }
    }
}
