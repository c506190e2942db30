//! Who may use what. A change of access is a change of `access.txt`.

use serde_json::json;
use toolgate_testing::{TestServer, assert_access};

use super::server;

/// `cargo run -- --print-access > src/access.txt` accepts a change.
#[test]
fn access_is_what_was_reviewed() {
    let reviewed = include_str!("access.txt");
    assert_eq!(server().access_table().to_string(), reviewed);
}

#[tokio::test]
async fn every_tool_is_as_accessible_as_it_declares() {
    assert_access(&TestServer::new(server())).await;
}

#[tokio::test]
async fn a_first_note_needs_a_step_up() {
    let server = TestServer::new(server());
    let alice = server.as_caller("alice").with_scopes(["board:read"]);
    let note = json!({"text": "Buy milk"});
    let denied = alice.call("post_note", note.clone()).await.unwrap_err();
    assert_eq!(denied.needed_scopes(), ["board:write"]);
    let alice = alice.stepped_up(&denied);
    let count = alice.call("post_note", note).await.expect("it may post");
    assert_eq!(count.text(), "1");
    let board = alice
        .call("read_board", json!({}))
        .await
        .expect("it may read");
    assert_eq!(board.text(), "Buy milk");
}
