//! Hierarchies, patterns, filtered lists, and tools that are switched off.

use std::time::Duration;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use toolgate::{Changes, Server, gate::Visibility};

use crate::client;

async fn start(server: Server<Runs>) -> RunningServer {
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

async fn listed(client: &Client) -> Vec<String> {
    let answer = client.request("tools/list", json!({})).await;
    let tools = &answer.json()["result"]["tools"];
    let name = |tool: &serde_json::Value| tool["name"].as_str().expect("a name").to_owned();
    tools
        .as_array()
        .unwrap_or_else(|| panic!("{answer:?}"))
        .iter()
        .map(name)
        .collect()
}

#[tokio::test]
async fn an_implying_scope_is_sufficient_and_challenges_stay_narrow() {
    let server = tool_server::server(&Runs::default())
        .scope_implies("desk:admin", ["desk:write"])
        .scope_implies("desk:root", ["desk:admin", "desk:read"]);
    let running = start(server).await;
    for revision in Revision::ALL {
        for (scopes, tool, status) in [
            ("desk:admin", "write", 200),
            ("desk:admin", "read", 403),
            ("desk:root", "rewrite", 200),
            ("desk:write", "purge", 200),
            ("desk:read", "purge", 403),
        ] {
            let client = client(&running, revision, scopes).await;
            let answer = client.call(tool, json!({})).await;
            assert_eq!(
                answer.status, status,
                "{revision:?} {scopes} {tool} {answer:?}"
            );
        }
        // Implied scopes are not named: the client never received them.
        let admin = client(&running, revision, "desk:admin").await;
        let challenge = admin
            .call("read", json!({}))
            .await
            .challenge()
            .expect("one");
        assert_eq!(challenge.get("scope"), Some("desk:admin desk:read"));
    }
    let document = Client::new(running.resource(), Revision::Stateless)
        .get(&running.url("/.well-known/oauth-protected-resource"))
        .await;
    let supported = &document.json()["scopes_supported"];
    assert_eq!(*supported, json!(["desk:admin", "desk:read", "desk:write"]));
}

#[tokio::test]
async fn a_scope_pattern_counts_only_if_patterns_are_enabled() {
    for (patterns, status) in [(false, 403), (true, 200)] {
        let server = tool_server::server(&Runs::default());
        let server = if patterns {
            server.with_scope_patterns()
        } else {
            server
        };
        let running = start(server).await;
        let client = client(&running, Revision::Stateless, "desk:*").await;
        assert_eq!(client.call("rewrite", json!({})).await.status, status);
    }
}

#[tokio::test]
async fn a_typo_in_a_hierarchy_keeps_the_server_from_starting() {
    let server = tool_server::server(&Runs::default()).scope_implies("desk:admin", ["desk:raed"]);
    let output = start(server).await.start_error().await.to_string();
    assert!(output.contains("desk:raed"), "{output}");
}

#[tokio::test]
async fn a_list_by_grant_hides_tools_and_the_call_still_steps_up() {
    let server = tool_server::server(&Runs::default()).with_visibility(Visibility::Granted);
    let running = start(server).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        assert_eq!(
            listed(&reader).await,
            ["echo", "explode", "ping", "read", "slow", "whoami"],
            "{revision:?}"
        );
        let answer = reader.call("write", json!({})).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let writer = client(&running, revision, "desk:write").await;
        assert_eq!(listed(&writer).await, ["ping", "purge", "whoami", "write"]);
    }
}

#[tokio::test]
async fn a_disabled_tool_responds_like_an_unknown_one() {
    let changes = Changes::new();
    let runs = Runs::default();
    let running = start(tool_server::server(&runs).with_changes(&changes)).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let unknown = reader.call("no such tool", json!({})).await;
        changes.switch_off("read").expect("there is one");
        let off = reader.call("read", json!({})).await;
        assert_eq!(
            (off.status, off.json()),
            (unknown.status, unknown.json()),
            "{revision:?}"
        );
        assert!(!listed(&reader).await.contains(&"read".to_owned()));
        changes.switch_on("read").expect("there is one");
        assert_eq!(reader.call("read", json!({})).await.tool_text(), "read ran");
    }
    assert_eq!(runs.all(), ["read"; 4]);
}

#[tokio::test]
async fn listeners_are_notified_of_list_changes() {
    let changes = Changes::new();
    let running = start(tool_server::server(&Runs::default()).with_changes(&changes)).await;
    let session = client(&running, Revision::Session("2025-11-25"), "desk:read").await;
    let stateless = client(&running, Revision::Stateless, "desk:read").await;
    let listen = json!({"notifications": {"toolsListChanged": true}});
    let listen = stateless.message("subscriptions/listen", listen);
    let streams = [
        session
            .plain(reqwest::Method::GET)
            .header("accept", "text/event-stream"),
        stateless.post(&listen).body(listen.to_string()),
    ];
    for request in streams {
        let changes = changes.clone();
        let mut response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let output = async {
            let mut text = String::new();
            while !text.contains("notifications/tools/list_changed") {
                let chunk = response
                    .chunk()
                    .await
                    .expect("a stream")
                    .expect("it goes on");
                text.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        let switch = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            changes.switch_off("read").expect("there is one");
            changes.switch_on("read").expect("there is one");
        };
        let both = async { tokio::join!(output, switch) };
        tokio::time::timeout(Duration::from_secs(5), both)
            .await
            .expect("the client is told");
    }
}

#[tokio::test]
async fn listening_at_a_protected_server_needs_a_token() {
    let changes = Changes::new();
    let runs = Runs::default();
    let running = start(tool_server::protected_server(&runs).with_changes(&changes)).await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let answer = anonymous
        .request("subscriptions/listen", json!({"notifications": {}}))
        .await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

#[tokio::test]
async fn a_stream_ends_when_its_token_does() {
    let changes = Changes::new();
    let running = start(tool_server::server(&Runs::default()).with_changes(&changes)).await;
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock")
        .as_secs();
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    claims["exp"] = (now + 2).into();
    let mut session = Client::new(running.resource(), Revision::Session("2025-11-25"))
        .with_token(unsigned_tokens::token(&claims));
    session.open().await;
    let stateless = Client::new(running.resource(), Revision::Stateless)
        .with_token(unsigned_tokens::token(&claims));
    let listen = json!({"notifications": {"toolsListChanged": true}});
    let listen = stateless.message("subscriptions/listen", listen);
    let streams = [
        session
            .plain(reqwest::Method::GET)
            .header("accept", "text/event-stream"),
        stateless.post(&listen).body(listen.to_string()),
    ];
    for request in streams {
        let ended = tokio::time::timeout(Duration::from_secs(10), HttpResponse::of(request)).await;
        assert_eq!(ended.expect("the stream ends").status, 200);
    }
}
