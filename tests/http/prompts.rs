//! Prompts behind the gate, in every revision.

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use toolgate::{Server, gate::Visibility};

use crate::client;

async fn start(server: Server<Runs>) -> RunningServer {
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

async fn listed(client: &Client) -> Vec<String> {
    let answer = client.request("prompts/list", json!({})).await;
    let prompts = answer.json()["result"]["prompts"].clone();
    let name = |prompt: &Value| prompt["name"].as_str().expect("a name").to_owned();
    prompts
        .as_array()
        .unwrap_or_else(|| panic!("{answer:?}"))
        .iter()
        .map(name)
        .collect()
}

#[tokio::test]
async fn a_prompt_requires_its_scope() {
    let runs = Runs::default();
    let running = start(resources_and_prompts::add_all(tool_server::server(&runs))).await;
    for revision in Revision::ALL {
        runs.forget();
        let reader = client(&running, revision, "desk:read").await;
        let get = json!({"name": "read", "arguments": {"word": "hi"}});
        let answer = reader.request("prompts/get", get).await;
        assert_eq!(answer.status, 200, "{revision:?} {answer:?}");
        let result = &answer.json()["result"];
        let message = json!({"role": "user", "content": {"type": "text", "text": "hi"}});
        assert_eq!(result["messages"], json!([message]), "{answer:?}");
        assert_eq!(result["description"], "Reviews.");
        let answer = reader
            .request("prompts/get", json!({"name": "write"}))
            .await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("desk:read desk:write"));
        assert_eq!(runs.all(), ["read prompt"]);
    }
}

#[tokio::test]
async fn invalid_prompt_arguments_run_nothing() {
    let runs = Runs::default();
    let running = start(resources_and_prompts::add_all(tool_server::server(&runs))).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        for get in [
            json!({"name": "none such"}),
            json!({"name": "read", "arguments": {"word": 7}}),
            json!({"name": "read", "arguments": {"other": "a"}}),
        ] {
            let answer = reader.request("prompts/get", get.clone()).await;
            assert_eq!(answer.status, 200, "{get} {answer:?}");
            assert_eq!(answer.json()["error"]["code"], -32602, "{get} {answer:?}");
        }
        // Malformed parameters do not make it a custom request with that name.
        let answer = reader.request("prompts/get", json!({"name": 7})).await;
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn the_list_shows_items_that_the_caller_could_get() {
    let runs = Runs::default();
    let all = start(resources_and_prompts::add_all(tool_server::server(&runs))).await;
    let granted = resources_and_prompts::add_all(tool_server::server(&runs))
        .with_visibility(Visibility::Granted);
    let granted = start(granted).await;
    let open =
        start(resources_and_prompts::add_all(tool_server::server(&runs)).with_open_handshake())
            .await;
    for revision in Revision::ALL {
        let alice = client(&all, revision, "").await;
        let names = ["both", "either", "open", "read", "whoami", "write"];
        assert_eq!(listed(&alice).await, names, "{revision:?}");
        let mut anonymous = Client::new(open.resource(), revision);
        anonymous.open().await;
        assert_eq!(listed(&anonymous).await, names);
        let writer = client(&granted, revision, "desk:write").await;
        assert_eq!(listed(&writer).await, ["either", "open", "whoami", "write"]);
        let answer = alice.request("prompts/list", json!({})).await;
        let read = &answer.json()["result"]["prompts"][3];
        assert_eq!(read["title"], "Review");
        let argument = json!([{"name": "word", "description": "What to say.", "required": false}]);
        assert_eq!(read["arguments"], argument);
        if revision == Revision::Stateless {
            assert_eq!(answer.json()["result"]["cacheScope"], "private");
        }
    }
}

#[tokio::test]
async fn completion_requires_access_to_the_prompt() {
    let runs = Runs::default();
    let running = start(resources_and_prompts::add_all(tool_server::server(&runs))).await;
    for revision in Revision::ALL {
        runs.forget();
        let complete = |prompt: &str| {
            json!({
                "ref": {"type": "ref/prompt", "name": prompt},
                "argument": {"name": "word", "value": "hel"},
            })
        };
        let reader = client(&running, revision, "desk:read").await;
        let answer = reader
            .request("completion/complete", complete("read"))
            .await;
        let values = &answer.json()["result"]["completion"]["values"];
        assert_eq!(*values, json!(["hello", "help"]), "{answer:?}");
        let refused = reader
            .request("completion/complete", complete("both"))
            .await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let challenge = refused.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("desk:read desk:write"));
        let unknown = reader
            .request("completion/complete", complete("none such"))
            .await;
        assert_eq!(unknown.json()["error"]["code"], -32602, "{unknown:?}");
        let anonymous = Client::new(running.resource(), revision);
        let answer = anonymous
            .request("completion/complete", complete("read"))
            .await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(runs.all(), ["words"]);
    }
}
