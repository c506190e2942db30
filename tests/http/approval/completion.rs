//! `notifications/elicitation/complete`: the client of a session learns that its user has decided
//! (MCP 2025-11-25, "Completion Notifications for URL Mode Elicitation").

use reqwest::{Method, Response};
use support::client::{message_in, question};
use tokio::time::timeout;

use super::*;

/// A session with an open `GET` stream, and a call that waits for the decision on its page.
struct WaitingCall {
    client: Client,
    notifications: Response,
    asked: Value,
    call: Response,
}

impl WaitingCall {
    async fn begin(desk: &Desk, list: &str) -> Self {
        let client = desk.session("alice").await;
        let stream = client.plain(Method::GET);
        let stream = stream.header("accept", "text/event-stream").send();
        let notifications = stream.await.unwrap();
        assert_eq!(notifications.status(), 200);
        let params = json!({"name": "delete", "arguments": {"list": list}});
        let message = client.message("tools/call", params);
        let request = client.post(&message).body(message.to_string());
        let mut call = request.send().await.unwrap();
        let asked = question(&mut call).await;
        Self {
            client,
            notifications,
            asked,
            call,
        }
    }

    async fn decide(&self, decision: &str) {
        let url = self.asked["params"]["url"].as_str().unwrap();
        decide(url, "alice", decision).await;
    }

    /// Answers the request for the page.
    async fn accept(&self) {
        let answer = json!({
            "jsonrpc": "2.0", "id": self.asked["id"], "result": {"action": "accept"},
        });
        assert_eq!(self.client.send(&answer).await.status, 202);
    }

    /// Returns the id in the first notification of a completion.
    async fn completed(&mut self) -> Value {
        let is_completion =
            |message: &Value| message["method"] == "notifications/elicitation/complete";
        let completion = message_in(&mut self.notifications, is_completion);
        let completion = timeout(Duration::from_secs(10), completion).await;
        let completion = completion.expect("a notification");
        assert_eq!(completion["id"], Value::Null, "{completion}");
        completion["params"]["elicitationId"].clone()
    }

    fn elicitation(&self) -> Value {
        let id = self.asked["params"]["elicitationId"].clone();
        assert!(id.is_string(), "{}", self.asked);
        id
    }

    async fn result(self) -> HttpResponse {
        HttpResponse::of_response(self.call).await
    }
}

async fn patient_desk() -> Desk {
    Desk::start_with(|config| config.with_approval_wait(Duration::from_secs(20))).await
}

#[tokio::test]
async fn the_client_of_a_session_is_notified_when_its_user_has_decided() {
    let desk = patient_desk().await;
    for (decision, told) in [("approve", "deleted a"), ("decline", "the user declined")] {
        let mut call = WaitingCall::begin(&desk, "a").await;
        call.accept().await;
        call.decide(decision).await;
        assert_eq!(call.completed().await, call.elicitation());
        let result = call.result().await;
        assert!(result.text.contains(told), "{result:?}");
    }
}

/// A client can wait for the notification before it answers.
#[tokio::test]
async fn the_notification_does_not_wait_for_the_answer_of_the_client() {
    let desk = patient_desk().await;
    let mut call = WaitingCall::begin(&desk, "a").await;
    call.decide("approve").await;
    assert_eq!(call.completed().await, call.elicitation());
    assert!(desk.taken().is_empty());
    call.accept().await;
    let result = call.result().await;
    assert!(result.text.contains("deleted a"), "{result:?}");
}

#[tokio::test]
async fn another_session_of_the_same_user_is_not_notified() {
    let desk = patient_desk().await;
    let mut one = WaitingCall::begin(&desk, "a").await;
    let mut other = WaitingCall::begin(&desk, "b").await;
    one.decide("approve").await;
    assert_eq!(one.completed().await, one.elicitation());
    other.decide("approve").await;
    // The first notification of the other session is its own.
    assert_eq!(other.completed().await, other.elicitation());
    assert_ne!(one.elicitation(), other.elicitation());
}

/// The client is asked for the same page again, and the decision completes it once.
#[tokio::test]
async fn a_page_that_is_asked_for_again_is_the_same_elicitation() {
    let desk = Desk::start().await;
    let mut call = WaitingCall::begin(&desk, "a").await;
    let first = call.elicitation();
    call.accept().await;
    call.asked = message_in(&mut call.call, |message| {
        message["method"] == "elicitation/create" && message["id"] != call.asked["id"]
    })
    .await;
    assert_eq!(call.elicitation(), first);
    call.decide("approve").await;
    assert_eq!(call.completed().await, first);
    call.accept().await;
    let result = call.result().await;
    assert!(result.text.contains("deleted a"), "{result:?}");
    assert_eq!(desk.taken(), ["delete"]);
}

/// Revision 2026-07-28 has removed the notification: a client sends its request again.
#[tokio::test]
async fn a_client_without_a_session_gets_the_decision_with_its_next_request() {
    let desk = patient_desk().await;
    let (alice, list, asked) = desk.pending().await;
    let (done, _) = tokio::join!(
        call_again(&alice, &list, &asked),
        decide(&asked.url, "alice", "approve"),
    );
    assert_eq!(text(&done), "deleted a, false");
    assert!(!done.text.contains("notifications/"), "{done:?}");
}
