//! Rates of requests that take several rounds.

use std::time::Duration;

use serde_json::{Value, json};
use support::tool_server::Runs;
use toolgate::{Server, State, auth::DenialReason, gate::Rate, mcp_tool, tools};
use toolgate_testing::{Denial, Output, TestCaller, TestIssuer, TestServer};

/// Deletes a list.
#[mcp_tool(scope = "list:write", confirm = "Delete {list}?", rate = "1/h")]
fn delete(list: String, State(runs): State<Runs>) -> String {
    let _ = list;
    runs.note("delete")
}

fn server(runs: &Runs) -> Server<Runs> {
    Server::with_state("lists", runs.clone()).tools(tools![delete])
}

fn answer() -> Value {
    json!({"action": "accept", "content": {"confirm": true}})
}

fn alice(server: &TestServer) -> TestCaller<'_> {
    let alice = server.as_caller("alice").with_scopes(["list:write"]);
    alice.answering(|_, _| answer())
}

fn is_limited(answer: &Result<Output, Denial>) -> bool {
    let reason = answer.as_ref().err().and_then(Denial::reason);
    reason == Some(DenialReason::RateLimited)
}

#[tokio::test]
async fn the_answer_of_a_user_is_not_a_second_request() {
    let runs = Runs::default();
    let server = TestServer::new(server(&runs));
    for revision in ["2026-07-28", "2025-11-25"] {
        let alice = alice(&server).with_revision(revision);
        let arguments = json!({"list": "a"});
        let deleted = alice.call("delete", arguments.clone()).await.unwrap();
        assert_eq!(deleted.text(), "delete ran", "{revision}");
        let again = alice.call("delete", arguments).await;
        assert!(is_limited(&again), "{revision} {again:?}");
        server.clock().advance(Duration::from_secs(3600));
    }
    assert_eq!(runs.all(), ["delete", "delete"]);
}

/// A client can send the state of a round any number of times, and can send any text as a state.
/// Both must count for the rate.
#[tokio::test]
async fn a_client_that_claims_to_continue_a_request_is_limited() {
    let runs = Runs::default();
    let server = TestServer::new(server(&runs));
    let alice = alice(&server);
    let send = async |state: &Value| {
        let params = json!({
            "name": "delete", "arguments": {"list": "a"},
            "requestState": state, "inputResponses": {"confirm": answer()},
        });
        alice.request("tools/call", params).await
    };
    // There is no counted request that this request could continue, so it counts.
    let invented = send(&json!("invented")).await;
    assert!(invented.is_err() && !is_limited(&invented), "{invented:?}");
    // This is the one continuation of the counted request.
    let invented = send(&json!("invented")).await;
    assert!(invented.is_err() && !is_limited(&invented), "{invented:?}");
    for _ in 0..3 {
        let invented = send(&json!("invented")).await;
        assert!(is_limited(&invented), "{invented:?}");
    }
    server.clock().advance(Duration::from_secs(2 * 3600));
    let params = json!({"name": "delete", "arguments": {"list": "a"}});
    let asked = alice.request("tools/call", params).await.unwrap();
    let state = &asked.value()["requestState"];
    assert_eq!(send(state).await.unwrap().text(), "delete ran");
    for _ in 0..3 {
        let replayed = send(state).await;
        assert!(is_limited(&replayed), "{replayed:?}");
    }
    assert_eq!(runs.all(), ["delete"]);
}

#[tokio::test]
async fn each_round_counts_for_the_rate_of_the_caller() {
    let runs = Runs::default();
    let clock = toolgate_testing::TestClock::default();
    let server = TestServer::around(TestIssuer::in_memory(), async |config| {
        let server = server(&runs).with_clock(clock.clone()).without_banner();
        let config = config.with_caller_rate(Rate::per_hour(3));
        server.into_router(config).expect("it starts")
    })
    .await;
    let alice = alice(&server);
    let arguments = json!({"list": "a"});
    assert!(alice.call("delete", arguments.clone()).await.is_ok());
    let params = json!({});
    assert!(alice.request("tools/list", params.clone()).await.is_ok());
    let refused = alice.request("tools/list", params).await;
    assert!(is_limited(&refused), "{refused:?}");
}
