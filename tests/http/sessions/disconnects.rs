//! Clients that disconnect while a quick call in a session still runs.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use support::{
    client::Client,
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use tokio::sync::Notify;
use toolgate::{Server, State, ToolError, auth::AuthorizeError, mcp_tool, tools};

use super::SESSION;
use crate::client;

/// What the tools of a test signal.
#[derive(Clone, Default)]
struct Signals {
    runs: Runs,
    go_on: Arc<Notify>,
}

impl Signals {
    async fn wait(&self) -> String {
        self.runs.note("begun");
        self.go_on.notified().await;
        self.runs.note("ended");
        "waited".to_owned()
    }

    /// Waits until the tools have noted this many events.
    async fn until_noted(&self, events: usize) {
        while self.runs.all().len() < events {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Waits until the test lets it go on.
#[mcp_tool(scope = "desk:read")]
async fn wait(State(signals): State<Signals>) -> String {
    signals.wait().await
}

/// Waits, one call at a time.
#[mcp_tool(scope = "desk:read", concurrency = 1)]
async fn wait_alone(State(signals): State<Signals>) -> String {
    signals.wait().await
}

/// Waits, and is then denied by an upstream.
#[mcp_tool(scope = "desk:read")]
async fn deny(State(signals): State<Signals>) -> Result<String, ToolError> {
    signals.wait().await;
    Err(AuthorizeError::denied("the upstream refused"))?
}

async fn start() -> (RunningServer, Signals, Arc<Observed>) {
    let (signals, observed) = (Signals::default(), Observed::new());
    let server = Server::with_state("desk", signals.clone())
        .tools(tools![wait, wait_alone, deny])
        .with_verifier(UnsignedVerifier)
        .with_observer(observed.clone());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, signals, observed)
}

/// Calls a tool, and disconnects when it runs.
async fn call_and_disconnect(client: &Client, signals: &Signals, tool: &str) {
    let before = signals.runs.all().len();
    let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    let request = client.post(&message).body(message.to_string());
    let sending = tokio::spawn(request.send());
    signals.until_noted(before + 1).await;
    sending.abort();
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_cancel_its_call() {
    let (running, signals, _) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    for count in 0..3 {
        call_and_disconnect(&alice, &signals, "wait").await;
        signals.go_on.notify_one();
        signals.until_noted(2 * count + 2).await;
    }
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_evade_concurrency() {
    let (running, signals, _) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    call_and_disconnect(&alice, &signals, "wait_alone").await;
    let second = alice.call("wait_alone", json!({})).await;
    assert_eq!(second.status, 429, "{second:?}");
    signals.go_on.notify_one();
    signals.until_noted(2).await;
    signals.go_on.notify_one();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let third = alice.call("wait_alone", json!({})).await;
    assert_eq!(third.tool_text(), "waited", "{third:?}");
}

#[tokio::test]
async fn the_denial_of_a_call_without_its_client_is_recorded() {
    let (running, signals, observed) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    call_and_disconnect(&alice, &signals, "deny").await;
    signals.go_on.notify_one();
    signals.until_noted(2).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let refused = |event: &Event| matches!(event, Event::Decision { is_allowed: false, item, .. } if item.as_deref() == Some("deny"));
    let events = observed.take();
    assert!(events.iter().any(refused), "{events:?}");
}
