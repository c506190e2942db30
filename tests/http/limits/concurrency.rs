//! `concurrency = …`: how many requests of one caller for an item run at the same time.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use support::{client::Revision, tool_server::Runs};
use tokio::sync::Semaphore;
use toolgate::{
    Context, Server, State, auth::DenialReason, mcp_prompt, mcp_tool, prompts, tool::FromRef, tools,
};

use super::{assert_limited, client_of, start};

/// The semaphore that the items wait for, and the runs that have begun.
#[derive(Clone)]
struct Desk {
    gate: Arc<Semaphore>,
    runs: Runs,
}

impl Desk {
    async fn work(&self) -> String {
        self.runs.note("begun");
        let _permit = self.gate.acquire().await;
        "done".to_owned()
    }
}

impl FromRef<Desk> for Runs {
    fn from_ref(desk: &Desk) -> Self {
        desk.runs.clone()
    }
}

/// Waits without rmcp.
#[mcp_tool(scope = "desk:use", concurrency = 2)]
async fn quick(State(desk): State<Desk>) -> String {
    desk.work().await
}

/// Waits with rmcp.
#[mcp_tool(scope = "desk:use", concurrency = 2)]
async fn with_context(_context: Context, State(desk): State<Desk>) -> String {
    desk.work().await
}

/// Waits, too.
#[mcp_prompt(scope = "desk:use", concurrency = 2)]
async fn letter(State(desk): State<Desk>) -> String {
    desk.work().await
}

fn desk() -> (Desk, Server<Desk>) {
    let desk = Desk {
        gate: Arc::new(Semaphore::new(0)),
        runs: Runs::default(),
    };
    let server = Server::with_state("desk", desk.clone());
    let server = server.tools(tools![quick, with_context]);
    (desk, server.prompts(prompts![letter]))
}

/// Waits until this many runs have begun.
async fn begun(desk: &Desk, number: usize) {
    let begun = async {
        while desk.runs.all().len() < number {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), begun).await;
    waited.unwrap_or_else(|_| panic!("{:?} of {number} have begun", desk.runs.all()));
}

#[tokio::test]
async fn one_request_too_many_is_refused_in_every_execution_path_until_another_ends() {
    let (desk, server) = desk();
    let (running, _) = start(server, |config| config).await;
    for revision in Revision::ALL {
        for (method, name) in [
            ("tools/call", "quick"),
            ("tools/call", "with_context"),
            ("prompts/get", "letter"),
        ] {
            desk.runs.forget();
            let alice = client_of(&running, revision, "alice").await;
            let bob = client_of(&running, revision, "bob").await;
            // In a session each request has an id of its own.
            let ids = std::cell::Cell::new(1);
            let send = |client: &support::client::Client| {
                let client = client.clone();
                let params = json!({"name": name, "arguments": {}});
                let mut message = client.message(method, params);
                message["id"] = ids.replace(ids.get() + 1).into();
                tokio::spawn(async move { client.send(&message).await })
            };
            let first = [send(&alice), send(&alice)];
            begun(&desk, 2).await;
            let refused = tokio::time::timeout(Duration::from_secs(20), send(&alice)).await;
            let refused = refused.unwrap_or_else(|_| panic!("{revision:?} {name} was not refused"));
            let refused = refused.unwrap();
            assert_limited(&refused, DenialReason::TooManyRunning, 1);
            let message = refused.json()["error"]["message"].to_string();
            let expected = format!("{name} was not run: more than 2 requests of one caller");
            assert!(message.contains(&expected), "{message}");
            // Another caller has a limit of its own.
            let other = send(&bob);
            begun(&desk, 3).await;
            desk.gate.add_permits(3);
            for answer in first.into_iter().chain([other]) {
                let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
                let answer = answer.unwrap_or_else(|_| panic!("{revision:?} {name} does not end"));
                let answer = answer.unwrap();
                assert_eq!(answer.status, 200, "{revision:?} {name} {answer:?}");
                assert!(answer.text.contains("done"), "{answer:?}");
            }
            // Both places are free again.
            let next = [send(&alice), send(&alice)];
            begun(&desk, 5).await;
            desk.gate.add_permits(2);
            for answer in next {
                let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
                let answer = answer.unwrap_or_else(|_| panic!("{revision:?} {name} does not end"));
                assert_eq!(answer.unwrap().status, 200, "{revision:?} {name}");
            }
            desk.gate.forget_permits(5);
        }
    }
}

/// Otherwise a client that disconnects would use up the limit of its caller.
#[tokio::test]
async fn a_client_that_disconnects_frees_its_place() {
    let (desk, server) = desk();
    let (running, _) = start(server, |config| config).await;
    let alice = client_of(&running, Revision::Stateless, "alice").await;
    for name in ["quick", "with_context"] {
        desk.runs.forget();
        let send = || {
            let alice = alice.clone();
            tokio::spawn(async move { alice.call(name, json!({})).await })
        };
        let waiting = [send(), send()];
        begun(&desk, 2).await;
        let refused = alice.call(name, json!({})).await;
        assert_limited(&refused, DenialReason::TooManyRunning, 1);
        for client in waiting {
            client.abort();
        }
        desk.gate.add_permits(1);
        let mut answer = alice.call(name, json!({})).await;
        for _ in 0..200 {
            if answer.status != 429 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            answer = alice.call(name, json!({})).await;
        }
        assert_eq!(answer.status, 200, "{name} {answer:?}");
        desk.gate.forget_permits(10);
    }
}
