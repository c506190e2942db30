//! The rate of one caller over all items.

use std::time::Duration;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    tool_server::Runs,
};
use toolgate::{Server, State, auth::DenialReason, gate::Rate, mcp_tool, tools};

use super::{assert_limited, client_of, start};

/// Has no limit of its own.
#[mcp_tool(scope = "desk:use")]
fn one(State(runs): State<Runs>) -> String {
    runs.note("one")
}

/// Has one.
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
        // The handshake is one request, and its notification none.
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
        // A refused notification could not be sent again.
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

#[tokio::test]
async fn a_request_that_is_refused_for_its_scope_is_not_counted() {
    let runs = Runs::default();
    let (running, _) = start(server(&runs), |config| {
        config.with_caller_rate(Rate::per_hour(2))
    })
    .await;
    let token = |scopes: &str| {
        support::unsigned_tokens::token(&support::unsigned_tokens::claims(
            &running.resource(),
            scopes,
        ))
    };
    let without = Client::new(running.resource(), Revision::Stateless).with_token(token("other"));
    for _ in 0..5 {
        let denied: HttpResponse = without.call("one", json!({})).await;
        assert_eq!(denied.status, 403, "{denied:?}");
    }
    let alice = without.with_token(token("desk:use"));
    for expected in [200, 200, 429] {
        assert_eq!(alice.call("one", json!({})).await.status, expected);
    }
}
