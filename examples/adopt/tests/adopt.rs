//! Tests the program as a client uses it, in both lifecycles.

use serde_json::json;
use support::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    schema_formats::has_standard_formats,
    server_process::{Folder, Program, Serving},
};

async fn start() -> (Serving, Folder) {
    let folder = Folder::new();
    let program = Program::new(env!("CARGO_BIN_EXE_adopt"), &folder);
    (program.serve().await, folder)
}

async fn token(serving: &Serving, allows: &str) -> String {
    let ada = ConsentingUser {
        name: "ada",
        allows,
    };
    ada.log_in(&serving.resource()).await
}

#[tokio::test]
async fn the_server_that_knows_of_no_gate_is_behind_one() {
    let (serving, _folder) = start().await;
    for (round, revision) in [Revision::Session("2025-11-25"), Revision::Stateless]
        .into_iter()
        .enumerate()
    {
        let mut client = Client::new(serving.resource(), revision);
        let answer = client.initialize().await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        // `add` is `step_up`, so the handshake does not request its scope.
        assert_eq!(challenge.get("scope"), Some("counter:read"));
        let metadata = challenge.get("resource_metadata").expect("the way in");
        let metadata = client.get(metadata).await.json();
        assert_eq!(
            metadata["scopes_supported"],
            json!(["counter:read", "counter:write"])
        );

        let mut client = client.with_token(token(&serving, "counter:read").await);
        client.open().await;
        let list = client.request("tools/list", json!({})).await.json();
        let names: Vec<_> = list["result"]["tools"]
            .as_array()
            .expect("tools")
            .iter()
            .map(|tool| tool["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(names, ["add", "get"]);
        let count = round.to_string();
        assert_eq!(client.call("get", json!({})).await.tool_text(), count);

        let answer = client.call("add", json!({"amount": 1})).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("error"), Some("insufficient_scope"));
        assert_eq!(challenge.get("scope"), Some("counter:read counter:write"));
        assert_eq!(client.call("get", json!({})).await.tool_text(), count);

        // The same user with more scopes, in the same session.
        let more = token(&serving, "counter:read counter:write").await;
        let client = client.with_token(more);
        let answer = client.call("add", json!({"amount": 1})).await;
        assert_eq!(answer.tool_text(), (round + 1).to_string());
    }
}

#[tokio::test]
async fn what_belongs_to_it_is_served_beside_it() {
    let (serving, _folder) = start().await;
    let client = Client::new(serving.resource(), Revision::Stateless);
    assert_eq!(client.get(&serving.url("/readyz")).await.status, 200);
    let page = client.get(&serving.url("/docs")).await;
    for part in ["counter:write", "Adds to the count", "May be negative."] {
        assert!(page.text.contains(part), "{part} is not on the page");
    }
}

#[tokio::test]
async fn every_schema_has_standard_formats_alone() {
    let (server, _folder) = start().await;
    has_standard_formats(&server).await;
}
