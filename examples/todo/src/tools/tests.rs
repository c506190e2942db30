//! Tests the guide in `CONTRIBUTING.md` for adding a tool, exactly as it is written.

use serde_json::json;
use toolgate::Server;
use toolgate_testing::TestServer;

use super::*;

include!("tests/contributing_sample.rs");

const GUIDE: &str = include_str!("../../../../CONTRIBUTING.md");
const SAMPLE: &str = include_str!("tests/contributing_sample.rs");

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
        .tools(tools)
        .tools(tools![count]);
    let server = TestServer::new(server);
    assert!(
        server
            .anonymous()
            .call("count", json!({}))
            .await
            .unwrap_err()
            .is_unauthenticated()
    );
    let alice = server.as_caller("alice").with_scopes(["todo:write"]);
    let denied = alice.call("count", json!({})).await.unwrap_err();
    assert_eq!(denied.needed_scopes(), ["todo:read"]);
    for (tool, arguments) in [
        ("add_todo", json!({"title": "Milk"})),
        ("add_todo", json!({"title": "Tea"})),
        ("complete_todo", json!({"id": 1})),
    ] {
        alice.call(tool, arguments).await.expect("it has the scope");
    }
    let count = alice.stepped_up(&denied).call("count", json!({})).await;
    assert_eq!(count.unwrap().text(), "1");
}
