//! The kit and items with limits.

use serde_json::json;
use toolgate::{
    Server,
    auth::{DenialReason, Remedy, Verdict},
    mcp_tool, tools,
};
use toolgate_testing::{TestServer, assert_access};

/// Prints.
#[mcp_tool(scope = "desk:write", rate = "1/h", concurrency = 3)]
fn print() {}

/// Copies.
#[mcp_tool(scopes = ["desk:read", "desk:write"], rate = "2/h", timeout = "5s")]
fn copy() {}

/// Answers.
#[mcp_tool(public, rate = "1/h")]
fn ping() {}

fn server() -> TestServer {
    TestServer::new(Server::new("desk").tools(tools![print, copy, ping]))
}

/// The check sends more requests than the rates allow.
#[tokio::test]
async fn the_access_of_items_with_limits_is_checked() {
    let report = assert_access(&server()).await;
    assert_eq!(report.requests, 30);
    assert!(report.denied > 10, "{report:?}");
}

#[tokio::test]
async fn a_test_sees_a_refusal_and_its_reason() {
    let server = server();
    let alice = server.as_caller("alice").with_scopes(["desk:write"]);
    alice.call("print", json!({})).await.unwrap();
    let denial = alice.call("print", json!({})).await.unwrap_err();
    assert_eq!(denial.status(), 429);
    assert_eq!(denial.reason(), Some(DenialReason::RateLimited));
    assert_eq!(denial.remedy(), Some(Remedy::Retry));
    let wait = denial.remedy_details()["retry_after"].as_u64();
    // The clock goes on during the test.
    assert!((3500..=3600).contains(&wait.unwrap()), "{denial}");
    server.clock().advance(std::time::Duration::from_secs(3600));
    alice.call("print", json!({})).await.unwrap();
}

#[tokio::test]
async fn an_explanation_names_the_limits_without_evaluating_them() {
    let server = server();
    let alice = server
        .as_caller("alice")
        .with_scopes(["desk:read", "desk:write"]);
    let step = |item: &str| {
        let explained = server.explain(&alice, item);
        let steps = explained.steps().iter();
        let mut limits = steps.filter(|step| step.check() == "limits");
        limits.next().map(|step| step.verdict())
    };
    assert_eq!(step("print"), Some(Verdict::NotEvaluated));
    assert_eq!(step("copy"), Some(Verdict::NotEvaluated));
    for _ in 0..3 {
        let _ = alice.call("print", json!({})).await;
    }
    assert!(server.explain(&alice, "print").allows());
}
