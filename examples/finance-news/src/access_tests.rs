//! Who may use what. A change of access is a change of `access.txt`.

use serde_json::json;
use toolgate_testing::{TestServer, assert_access};

use super::*;

#[test]
fn access_is_what_was_reviewed() {
    let reviewed = include_str!("access.txt");
    assert_eq!(server(Feed::Sample).access_table().to_string(), reviewed);
}

#[tokio::test]
async fn every_tool_is_as_accessible_as_it_declares() {
    assert_access(&TestServer::new(server(Feed::Sample))).await;
}

#[tokio::test]
async fn news_needs_its_scope() {
    let server = TestServer::new(server(Feed::Sample));
    let denied = server
        .as_caller("alice")
        .call("get_news_sentiment", json!({"ticker": "AAPL"}))
        .await;
    assert_eq!(denied.unwrap_err().needed_scopes(), ["news:read"]);
}
