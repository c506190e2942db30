//! Tests the guide in `CONTRIBUTING.md` for adding a tool, exactly as it is written.

use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::Server;

use super::*;

include!("tests/count.rs");

const GUIDE: &str = include_str!("../../../../CONTRIBUTING.md");
const SAMPLE: &str = include_str!("tests/count.rs");

#[test]
fn the_guide_shows_what_is_tested_here_in_under_ten_lines() {
    let shown = GUIDE
        .split("```")
        .filter_map(|block| block.strip_prefix("rust\n"))
        .find(|block| block.contains("fn count("));
    assert_eq!(shown, Some(SAMPLE));
    let list = include_str!("../tools.rs")
        .lines()
        .find(|line| line.contains("tools!["))
        .expect("a list of the tools");
    let longer = list.replace("](set)", ", count](set)");
    assert!(GUIDE.contains(&longer), "{longer}");
    // With that line, it is one more.
    assert!(SAMPLE.lines().count() + 1 < 10, "{SAMPLE}");
}

#[tokio::test]
async fn a_tool_that_was_added_like_that_is_protected_and_runs() {
    let server = Server::with_state("todo", Store::in_memory().expect("a store"))
        .with_verifier(UnsignedVerifier)
        .tools(tools)
        .tools(tools![count])
        .without_banner();
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let token =
        |scopes| unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), scopes));
    let client = Client::new(running.resource(), Revision::Stateless);
    assert_eq!(client.call("count", json!({})).await.status, 401);
    let client = client.with_token(token("todo:write"));
    assert_eq!(client.call("count", json!({})).await.status, 403);
    client.call("add_todo", json!({"title": "Milk"})).await;
    client.call("add_todo", json!({"title": "Tea"})).await;
    client.call("complete_todo", json!({"id": 1})).await;
    let client = client.with_token(token("todo:read"));
    let answer = client.call("count", json!({})).await;
    assert_eq!(answer.tool_text(), "1", "{answer:?}");
}
