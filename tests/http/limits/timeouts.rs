//! `timeout = "…"`: an item that runs too long is cancelled.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::json;
use support::client::{HttpResponse, Revision};
use toolgate::{
    Context, Server, State, mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use super::{client_of, start};

/// How many futures were dropped before their end.
#[derive(Clone, Default)]
struct Cancelled(Arc<AtomicUsize>);

struct Guard(Cancelled);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Cancelled {
    async fn never(&self) -> String {
        let _guard = Guard(self.clone());
        std::future::pending().await
    }
}

/// Never ends, without rmcp.
#[mcp_tool(scope = "desk:use", timeout = "50ms")]
async fn quick(State(cancelled): State<Cancelled>) -> String {
    cancelled.never().await
}

/// Never ends, with rmcp.
#[mcp_tool(scope = "desk:use", timeout = "50ms")]
async fn with_context(_context: Context, State(cancelled): State<Cancelled>) -> String {
    cancelled.never().await
}

/// Ends in time.
#[mcp_tool(scope = "desk:use", timeout = "30s")]
async fn fast() -> String {
    "done".to_owned()
}

/// Never ends.
#[mcp_resource(uri = "desk://all", scope = "desk:use", timeout = "50ms")]
async fn drawer(State(cancelled): State<Cancelled>) -> String {
    cancelled.never().await
}

/// Never ends.
#[mcp_prompt(scope = "desk:use", timeout = "50ms")]
async fn letter(State(cancelled): State<Cancelled>) -> String {
    cancelled.never().await
}

#[tokio::test]
async fn an_item_that_runs_too_long_is_cancelled_and_its_caller_gets_an_error() {
    let cancelled = Cancelled::default();
    let server = Server::with_state("desk", cancelled.clone())
        .tools(tools![quick, with_context, fast])
        .resources(resources![drawer])
        .prompts(prompts![letter]);
    let (running, _) = start(server, |config| config).await;
    for revision in Revision::ALL {
        let alice = client_of(&running, revision, "alice").await;
        let told = |answer: &HttpResponse, noun: &str| {
            let text = format!("this {noun} did not finish within 50ms and was cancelled");
            assert!(answer.text.contains(&text), "{revision:?} {answer:?}");
            assert_eq!(
                cancelled.0.swap(0, Ordering::SeqCst),
                1,
                "{revision:?} {noun}"
            );
        };
        for tool in ["quick", "with_context"] {
            let answer = alice.call(tool, json!({})).await;
            assert!(answer.is_tool_error(), "{revision:?} {answer:?}");
            told(&answer, "tool");
        }
        let answer = alice
            .request("resources/read", json!({"uri": "desk://all"}))
            .await;
        assert!(answer.json()["error"].is_object(), "{answer:?}");
        told(&answer, "resource");
        let answer = alice
            .request("prompts/get", json!({"name": "letter"}))
            .await;
        assert!(answer.json()["error"].is_object(), "{answer:?}");
        told(&answer, "prompt");
        assert_eq!(alice.call("fast", json!({})).await.tool_text(), "done");
    }
}
