//! What the Cedar policies change. They never allow what the items deny.

use serde_json::json;
use toolgate::auth::{DenialReason, Remedy};
use toolgate_testing::{TestCaller, TestServer};

use super::*;

const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies.cedar");

fn server_with_policies() -> TestServer {
    TestServer::new(with_policies(server(), POLICIES))
}

fn writer<'s>(server: &'s TestServer, subject: &str) -> TestCaller<'s> {
    let writer = server.as_caller(subject);
    let writer = writer.with_scopes(["documents:read", "documents:write"]);
    writer.answering(|_, _| json!({"action": "accept", "content": {"confirm": true}}))
}

#[tokio::test]
async fn an_agent_writes_for_its_user_and_neither_deletes_nor_sees_that_it_could() {
    let server = server_with_policies();
    let alice = writer(&server, "alice");
    let agent = alice.clone().with_claim("act", json!({"sub": "planner"}));
    let written = agent.call("write_document", json!({"text": "Draft"})).await;
    assert_eq!(written.unwrap().json::<u32>(), 1);
    assert_eq!(agent.read("documents://1").await.unwrap().text(), "Draft");
    let denied = agent
        .call("delete_document", json!({"id": 1}))
        .await
        .unwrap_err();
    assert_eq!(denied.reason(), Some(DenialReason::DeniedByPolicy));
    assert_eq!(denied.remedy(), Some(Remedy::AskAdministrator));
    let tools = agent.tools().await.unwrap();
    assert_eq!(tools, ["all_documents", "write_document"]);
    assert!(
        alice
            .tools()
            .await
            .unwrap()
            .contains(&"delete_document".to_owned())
    );
}

#[tokio::test]
async fn a_document_under_a_legal_hold_is_deleted_only_by_an_owner_with_the_role() {
    let server = server_with_policies();
    let alice = writer(&server, "alice");
    alice
        .call("write_document", json!({"text": "Draft"}))
        .await
        .unwrap();
    let held = alice
        .call("delete_document", json!({"id": 1}))
        .await
        .unwrap_err();
    assert_eq!(held.reason(), Some(DenialReason::DeniedByPolicy));
    // A policy cannot allow more: the item denies another user's document before it is asked.
    let bob = writer(&server, "bob").with_roles(["legal"]);
    let foreign = bob
        .call("delete_document", json!({"id": 1}))
        .await
        .unwrap_err();
    assert_eq!(foreign.reason(), Some(DenialReason::DeniedByItem));
    let alice = alice.with_roles(["legal"]);
    alice
        .call("delete_document", json!({"id": 1}))
        .await
        .unwrap();
    assert!(alice.read("documents://1").await.is_err());
}

#[test]
fn the_schema_has_the_items_and_the_argument_of_the_program() {
    let schema = with_policies(server(), POLICIES).cedar_schema().unwrap();
    for line in [
        r#"entity Tool enum ["all_documents", "delete_document", "publish_document", "write_document"];"#,
        r#"entity Template enum ["documents://{id}"];"#,
        r#"    "delete_document"?: { "id"?: Long },"#,
    ] {
        assert!(schema.lines().any(|one| one == line), "{line}: {schema}");
    }
}
