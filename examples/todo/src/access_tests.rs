//! Who may use what. A change of access is a change of `access.txt`.

use serde_json::json;
use toolgate_testing::{TestServer, assert_access};

use super::*;

fn tested() -> Server<Store> {
    server(Store::in_memory().expect("a store"))
}

#[test]
fn access_is_what_was_reviewed() {
    let reviewed = include_str!("access.txt");
    assert_eq!(tested().access_table().to_string(), reviewed);
}

#[tokio::test]
async fn every_tool_is_as_accessible_as_it_declares() {
    assert_access(&TestServer::new(tested())).await;
}

#[tokio::test]
async fn a_first_write_is_stepped_up_and_is_in_the_list_of_its_owner_alone() {
    let server = TestServer::new(tested());
    let alice = server.as_caller("alice").with_scopes(["todo:read"]);
    let denied = alice
        .call("add_todo", json!({"title": "Milk"}))
        .await
        .unwrap_err();
    assert_eq!(denied.needed_scopes(), ["todo:write"]);
    let alice = alice.stepped_up(&denied);
    alice
        .call("add_todo", json!({"title": "Milk"}))
        .await
        .expect("it is stepped up");
    assert!(
        alice
            .call("list_todos", json!({}))
            .await
            .unwrap()
            .text()
            .contains("Milk")
    );
    let bob = server.as_caller("bob").with_scopes(["todo:read"]);
    assert!(
        !bob.call("list_todos", json!({}))
            .await
            .unwrap()
            .text()
            .contains("Milk")
    );
}
