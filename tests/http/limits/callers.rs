//! The rate of one caller over all items.

use std::time::Duration;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens,
};
use toolgate::{Server, State, auth::DenialReason, gate::Rate, mcp_tool, tools};

use super::{assert_limited, client_of, start};

/// Has no limit of its own.
#[mcp_tool(scope = "desk:use")]
fn one(State(runs): State<Runs>) -> String {
    runs.note("one")
}

/// Has a limit of its own.
#[mcp_tool(scope = "desk:use", rate = "1/h")]
fn other(State(runs): State<Runs>) -> String {
    runs.note("other")
}

/// Needs no token.
#[mcp_tool(public)]
fn open() {}

fn server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone()).tools(tools![one, other, open])
}

#[tokio::test]
async fn all_requests_of_a_caller_share_one_rate() {
    let runs = Runs::default();
    let (running, clock) = start(server(&runs), |config| {
        config.with_caller_rate(Rate::per_hour(6))
    })
    .await;
    for revision in Revision::ALL {
        let person = format!("alice-{revision:?}");
        // The handshake counts as one request. Its notification does not count.
        let alice = client_of(&running, revision, &person).await;
        for request in [
            alice.call("one", json!({})).await,
            alice.call("other", json!({})).await,
            alice.request("tools/list", json!({})).await,
            alice.call("no_such_tool", json!({})).await,
            alice.call("one", json!({})).await,
        ] {
            assert_ne!(request.status, 429, "{request:?}");
        }
        runs.forget();
        for request in [
            alice.call("one", json!({})).await,
            alice.request("tools/list", json!({})).await,
        ] {
            assert_limited(&request, DenialReason::RateLimited, 600);
            let message = request.json()["error"]["message"].to_string();
            assert!(
                message.contains("more requests of one caller than 6/h"),
                "{message}"
            );
        }
        // Notifications are not limited: clients do not repeat a refused notification.
        let cancelled = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
        assert_eq!(alice.send(&cancelled).await.status, 202);
        // Nobody else is affected.
        let bob = client_of(&running, revision, &format!("bob-{revision:?}")).await;
        assert_eq!(bob.call("one", json!({})).await.status, 200);
        let stranger = Client::new(running.resource(), Revision::Stateless);
        assert_eq!(stranger.call("open", json!({})).await.status, 200);
        assert_eq!(runs.all(), ["one"]);
        clock.advance(Duration::from_secs(600));
        assert_eq!(alice.call("one", json!({})).await.status, 200);
        assert_eq!(alice.call("one", json!({})).await.status, 429);
    }
}

#[tokio::test]
async fn a_request_that_the_item_refuses_costs_the_caller_nothing() {
    let runs = Runs::default();
    let (running, _) = start(server(&runs), |config| {
        config.with_caller_rate(Rate::per_hour(4))
    })
    .await;
    let alice = client_of(&running, Revision::Stateless, "alice").await;
    assert_eq!(alice.call("other", json!({})).await.status, 200);
    for _ in 0..10 {
        let refused = alice.call("other", json!({})).await;
        assert_limited(&refused, DenialReason::RateLimited, 3600);
    }
    for expected in [200, 200, 429] {
        assert_eq!(alice.call("one", json!({})).await.status, expected);
    }
}

/// A caller without a scope could otherwise get any number of refusals, each with a record in the
/// audit log.
#[tokio::test]
async fn a_request_that_is_refused_for_its_scope_is_counted() {
    let runs = Runs::default();
    let (running, clock) = start(server(&runs), |config| {
        config.with_caller_rate(Rate::per_hour(2))
    })
    .await;
    let token = |scopes: &str| unsigned_tokens::token(&claims(&running, scopes));
    let without = Client::new(running.resource(), Revision::Stateless).with_token(token("other"));
    for expected in [403, 403, 429, 429] {
        let denied: HttpResponse = without.call("one", json!({})).await;
        assert_eq!(denied.status, expected, "{denied:?}");
        // The message must not name the item, because the caller may not know it.
        let is_named = denied.text.contains("one was not run");
        assert!(expected == 403 || !is_named, "{denied:?}");
    }
    let alice = without.with_token(token("desk:use"));
    for expected in [200, 200, 429] {
        if expected == 200 {
            clock.advance(Duration::from_secs(1800));
        }
        assert_eq!(alice.call("one", json!({})).await.status, expected);
    }
}

/// A message that is not a request counts only if it is refused.
#[tokio::test]
async fn refused_messages_that_are_not_requests_are_counted() {
    let (running, _) = start(server(&Runs::default()), |config| {
        config.with_caller_rate(Rate::per_hour(2))
    })
    .await;
    let token = unsigned_tokens::token(&claims(&running, "desk:use"));
    let alice = Client::new(running.resource(), Revision::Stateless).with_token(token);
    for expected in [404, 404, 429, 429] {
        let unknown = alice.plain(reqwest::Method::GET);
        let unknown = unknown.header("mcp-session-id", "unknown");
        let answer = HttpResponse::of(unknown.header("accept", "text/event-stream")).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
}

fn claims(running: &RunningServer, scopes: &str) -> serde_json::Value {
    unsigned_tokens::claims(&running.resource(), scopes)
}
