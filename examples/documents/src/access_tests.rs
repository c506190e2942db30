//! Who may use what. A change of access is a change of `access.txt`.

use std::time::Duration;

use serde_json::{Value, json};
use toolgate::auth::{Clock, DenialReason};
use toolgate_testing::{TestCaller, TestServer, assert_access};

use super::*;

const SECOND_FACTOR: &str = "urn:example:second-factor";

#[test]
fn access_is_what_was_reviewed() {
    let reviewed = include_str!("access.txt");
    assert_eq!(server().access_table().to_string(), reviewed);
}

#[tokio::test]
async fn every_item_is_as_accessible_as_it_declares() {
    assert_access(&TestServer::new(server())).await;
}

fn writer<'s>(server: &'s TestServer, subject: &str) -> TestCaller<'s> {
    let writer = server.as_caller(subject);
    writer.with_scopes(["documents:read", "documents:write"])
}

async fn write(caller: &TestCaller<'_>) {
    let written = caller.call("write_document", json!({"text": "Draft"}));
    assert_eq!(written.await.unwrap().json::<u32>(), 1);
}

#[tokio::test]
async fn only_the_owner_reads_and_deletes_a_document() {
    let server = TestServer::new(server());
    let (alice, bob) = (writer(&server, "alice"), writer(&server, "bob"));
    write(&alice).await;
    assert_eq!(alice.read("documents://1").await.unwrap().text(), "Draft");
    // Bob gets the same error for another user's document as for one that does not exist.
    for id in [1, 2] {
        let read = bob.read(&format!("documents://{id}")).await.unwrap_err();
        let deleted = bob.call("delete_document", json!({"id": id})).await;
        for denied in [read, deleted.unwrap_err()] {
            assert_eq!((denied.status(), denied.challenge()), (403, None));
            assert!(denied.message().contains("not your document"), "{denied}");
        }
    }
}

#[tokio::test]
async fn a_document_is_deleted_when_its_owner_confirms() {
    let server = TestServer::new(server());
    let alice = writer(&server, "alice");
    write(&alice).await;
    for confirm in [false, true] {
        let asked = alice.clone().answering(move |_, asked: &Value| {
            assert_eq!(asked["params"]["message"], "Delete the document 1?");
            json!({"action": "accept", "content": {"confirm": confirm}})
        });
        let deleted = asked.call("delete_document", json!({"id": 1})).await;
        assert_eq!(deleted.is_ok(), confirm);
        assert_eq!(alice.read("documents://1").await.is_ok(), !confirm);
    }
}

#[tokio::test]
async fn an_editor_publishes_a_document_after_approving_it_on_the_page() {
    let server = TestServer::new(server());
    let alice = writer(&server, "alice");
    write(&alice).await;
    let publish = async |caller: TestCaller<'_>| {
        let published = caller.call("publish_document", json!({"id": 1})).await;
        published.map_err(|denied| (denied.status(), denied.reason()))
    };
    let no_role = (403, Some(DenialReason::MissingRole));
    assert_eq!(
        publish(alice.clone().approving()).await.unwrap_err(),
        no_role
    );
    let editor = alice.with_roles(["editor"]);
    let not_approved = (403, Some(DenialReason::NotApproved));
    let declined = publish(editor.clone().declining()).await;
    assert_eq!(declined.unwrap_err(), not_approved);
    let alone = editor
        .clone()
        .answering(|_, _| json!({"action": "accept", "content": {"approve": true}}));
    assert!(publish(alone).await.unwrap().asks_for_approval());
    assert!(!is_published(&server).await);
    let published = publish(editor.approving()).await.unwrap();
    assert!(!published.asks_for_approval());
    assert!(is_published(&server).await);
}

/// Returns an auditor who has just signed in with a second factor.
fn auditor(server: &TestServer) -> TestCaller<'_> {
    let auditor = server.as_caller("eve").with_scopes(["documents:read"]);
    let auditor = auditor.with_roles(["auditor"]).with_acr(SECOND_FACTOR);
    auditor.with_auth_time(server.clock().now())
}

async fn is_published(server: &TestServer) -> bool {
    let all = auditor(server).call("all_documents", json!({})).await;
    all.unwrap().json::<Value>()["1"]["published"] == true
}

#[tokio::test]
async fn an_auditor_sees_all_documents_after_a_recent_login_with_a_second_factor() {
    let server = TestServer::new(server());
    let alice = writer(&server, "alice");
    write(&alice).await;
    let list = async |caller: &TestCaller<'_>| {
        let all = caller.call("all_documents", json!({})).await;
        all.map(|all| all.text())
            .map_err(|denied| (denied.status(), denied.error().map(str::to_owned)))
    };
    assert_eq!(list(&alice).await.unwrap_err(), (403, None));
    let weak = (401, Some("insufficient_user_authentication".to_owned()));
    let without = alice.with_roles(["auditor"]);
    assert_eq!(list(&without).await.unwrap_err(), weak);
    let auditor = auditor(&server);
    assert!(list(&auditor).await.unwrap().contains("Draft"));
    server.clock().advance(Duration::from_secs(301));
    assert_eq!(list(&auditor).await.unwrap_err(), weak);
}
