//! A confirmation that one replica has accepted, at another replica.

use std::time::Duration;

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    memory_store::Conduct,
    running_server::RunningServer,
    tool_server::Runs,
};
use toolgate::{Server, State, mcp_tool, tools};

use crate::replica::{Replicas, reason};

/// Deletes a list.
#[mcp_tool(scope = "list:write", confirm = "Delete the list {list}?")]
fn delete(
    /// Its name.
    list: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("delete");
    list
}

/// Two replicas with a tool that its user confirms.
struct Lists {
    replicas: Replicas,
    running: Vec<RunningServer>,
    runs: Runs,
    token: String,
}

impl Lists {
    async fn start() -> Self {
        let mut replicas = Replicas::start().await;
        replicas.all.clear();
        let (runs, mut running) = (Runs::default(), Vec::new());
        for _ in 0..2 {
            let server = Server::with_state("lists", runs.clone()).tools(tools![delete]);
            let server = server.without_banner();
            running.push(replicas.serve(server, |config| config).await.0);
        }
        let token = replicas.token("list:write").build();
        Self {
            replicas,
            running,
            runs,
            token,
        }
    }

    async fn call(&self, replica: usize, state: Option<&Value>) -> HttpResponse {
        let client = Client::new(self.running[replica].resource(), Revision::Stateless);
        let client = client
            .with_token(&self.token)
            .declaring(json!({"elicitation": {}}));
        let mut params = json!({"name": "delete", "arguments": {"list": "a"}});
        if let Some(state) = state {
            params["requestState"] = state.clone();
            params["inputResponses"] =
                json!({"confirm": {"action": "accept", "content": {"confirm": true}}});
        }
        client.send(&client.message("tools/call", params)).await
    }

    /// Returns the state of a question that nobody has answered.
    async fn asked(&self) -> Value {
        let answer = self.call(0, None).await;
        let state = answer.json()["result"]["requestState"].clone();
        assert!(state.is_string(), "{answer:?}");
        state
    }
}

#[tokio::test]
async fn a_confirmation_is_accepted_by_one_replica_once() {
    let lists = Lists::start().await;
    let state = lists.asked().await;
    assert_eq!(lists.call(1, Some(&state)).await.status, 200);
    let again = lists.call(0, Some(&state)).await;
    assert_eq!(again.status, 403, "{again:?}");
    assert!(again.text.contains("was used before"), "{again:?}");
    assert_eq!(lists.runs.all(), ["delete"]);
}

#[tokio::test]
async fn a_confirmation_gets_503_while_the_store_does_not_work() {
    let lists = Lists::start().await;
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        let state = lists.asked().await;
        lists.replicas.store.set(conduct);
        let answer = lists.call(1, Some(&state)).await;
        assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
        lists.replicas.store.set(Conduct::Honest);
    }
    assert!(lists.runs.all().is_empty());
}

#[tokio::test]
async fn a_confirmation_of_the_time_before_the_store_lost_its_data_is_refused() {
    let lists = Lists::start().await;
    let state = lists.asked().await;
    assert_eq!(lists.call(1, Some(&state)).await.status, 200);
    lists.replicas.clock.advance(Duration::from_secs(2));
    lists.replicas.store.lose_everything();
    let again = lists.call(0, Some(&state)).await;
    assert_eq!(again.status, 403, "{again:?}");
    assert_eq!(lists.runs.all(), ["delete"]);
}
