//! The decisions of users (`confirm`, `approve`) are reported to the observer, in every execution
//! path.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use support::{
    TestClock,
    approving_user::{AskedPage, decide, opens_pages},
    client::{Client, HttpResponse, Revision},
    consenting_user::ConsentingUser,
    observed::{Observed, UserDecision},
    running_server::RunningServer,
};
use toolgate::{Server, mcp_tool, tools};
use toolgate_testing::TestServer;

/// Deletes a list.
#[mcp_tool(scope = "list:write", confirm = "Delete {list}?")]
fn delete(
    /// Its name.
    list: String,
) -> String {
    list
}

/// Empties a list.
#[mcp_tool(scope = "list:write", approve = "Empty {list}?")]
fn empty(
    /// Its name.
    list: String,
) -> String {
    list
}

fn reported(observed: &Observed) -> Vec<(&'static str, &'static str)> {
    let all = observed.take_user_decisions();
    all.iter().map(|one| (one.channel, one.answer)).collect()
}

#[tokio::test]
async fn each_answer_to_a_confirmation_is_reported_with_its_user() {
    let observed = Observed::new();
    let server = Server::new("lists")
        .tools(tools![delete])
        .with_observer(observed.clone());
    let server = TestServer::new(server);
    for revision in ["2026-07-28", "2025-11-25"] {
        for (answer, expected) in [
            (
                json!({"action": "accept", "content": {"confirm": true}}),
                "confirmed",
            ),
            (json!({"action": "accept", "content": {}}), "declined"),
            (json!({"action": "decline"}), "declined"),
            (json!({"action": "cancel"}), "declined"),
        ] {
            let caller = server.as_caller("alice").with_scopes(["list:write"]);
            let caller = caller.with_revision(revision);
            let caller = caller.answering(move |_, _| answer.clone());
            let _ = caller.call("delete", json!({"list": "a"})).await;
            let decisions = observed.take_user_decisions();
            let [decision] = &decisions[..] else {
                panic!("{revision} {decisions:?}");
            };
            assert_eq!((decision.channel, decision.answer), ("client", expected));
            assert_eq!(decision.item, "tool delete");
            assert_eq!(decision.subject.as_deref(), Some("alice"));
        }
    }
}

/// Calls `empty`. `round` are the parameters of a later round.
async fn call(client: &Client, round: Value) -> HttpResponse {
    let mut message = client.message("tools/call", round);
    message["params"]["name"] = "empty".into();
    message["params"]["arguments"] = json!({"list": "a"});
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = opens_pages();
    client.send(&message).await
}

async fn ask(client: &Client) -> AskedPage {
    AskedPage::of(&call(client, json!({})).await)
}

async fn answer(client: &Client, page: &AskedPage, action: &str) -> HttpResponse {
    let round = page.answered(json!({}), &json!({"action": action}));
    call(client, round).await
}

#[tokio::test]
async fn each_decision_on_the_page_and_its_use_are_reported_with_one_question() {
    let observed = Observed::new();
    let clock = TestClock::default();
    let server = Server::new("lists")
        .tools(tools![empty])
        .without_banner()
        .with_clock(clock.clone())
        .with_observer(Arc::clone(&observed) as _);
    let server = RunningServer::start(server, |config| {
        config.with_approval_wait(Duration::from_millis(300))
    })
    .await;
    let alice = ConsentingUser {
        name: "alice",
        allows: "list:write",
    };
    let token = alice.log_in(&server.resource()).await;
    let alice = Client::new(server.resource(), Revision::Stateless).with_token(token);

    let question = ask(&alice).await;
    assert_eq!(reported(&observed), []);
    decide(&question.url, "alice", "approve").await;
    assert_eq!(answer(&alice, &question, "accept").await.status, 200);
    let decisions = observed.take_user_decisions();
    let [page, used] = &decisions[..] else {
        panic!("{decisions:?}");
    };
    assert_eq!((page.channel, page.answer), ("page", "approved"));
    assert_eq!((used.channel, used.answer), ("page", "redeemed"));
    for UserDecision {
        item,
        subject,
        question,
        ..
    } in [page, used]
    {
        assert_eq!((&**item, subject.as_deref()), ("tool empty", Some("alice")));
        assert_eq!(question, &page.question);
    }
    answer(&alice, &question, "accept").await;
    assert_eq!(reported(&observed), [("page", "used_or_expired")]);

    let question = ask(&alice).await;
    decide(&question.url, "alice", "decline").await;
    answer(&alice, &question, "accept").await;
    let declined = [("page", "declined"), ("page", "refused")];
    assert_eq!(reported(&observed), declined);

    let question = ask(&alice).await;
    answer(&alice, &question, "decline").await;
    assert_eq!(reported(&observed), [("page", "not_opened")]);
}
