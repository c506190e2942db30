//! `rate = "…"` on tools, prompts and resources.

use std::time::Duration;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    tool_server::Runs,
    unsigned_tokens,
};
use toolgate::{
    Context, Server, State,
    auth::{AuthorizeError, DenialReason},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use super::{assert_limited, client_of, client_with, start};

/// Records that it was called.
fn ask(_: &toolgate::Caller, State(runs): &State<Runs>) -> Result<(), AuthorizeError> {
    runs.note("asked");
    Ok(())
}

/// Works without rmcp.
#[mcp_tool(scope = "desk:use", rate = "2/h", authorize = ask)]
fn quick(State(runs): State<Runs>) -> String {
    runs.note("ran")
}

/// Works with rmcp.
#[mcp_tool(scope = "desk:use", rate = "2/h", authorize = ask)]
fn with_context(_context: Context, State(runs): State<Runs>) -> String {
    runs.note("ran")
}

/// Is read.
#[mcp_resource(uri = "desk://{number}", scope = "desk:use", rate = "2/h", authorize = ask_resource)]
fn drawer(number: u8, State(runs): State<Runs>) -> String {
    let _ = number;
    runs.note("ran")
}

fn ask_resource(
    _: &toolgate::Caller,
    _: &u8,
    State(runs): &State<Runs>,
) -> Result<(), AuthorizeError> {
    runs.note("asked");
    Ok(())
}

/// Is chosen.
#[mcp_prompt(scope = "desk:use", rate = "2/h", authorize = ask)]
fn letter(State(runs): State<Runs>) -> String {
    runs.note("ran")
}

/// Needs no token.
#[mcp_tool(public, rate = "2/h", burst = 3)]
fn open(State(runs): State<Runs>) -> String {
    runs.note("ran")
}

/// Has no limit.
#[mcp_tool(scope = "desk:use")]
fn free() {}

fn server(runs: &Runs) -> Server<Runs> {
    Server::with_state("desk", runs.clone())
        .tools(tools![quick, with_context, open, free])
        .resources(resources![drawer])
        .prompts(prompts![letter])
}

async fn use_item(client: &Client, item: &str) -> HttpResponse {
    match item {
        "drawer" => {
            client
                .request("resources/read", json!({"uri": "desk://1"}))
                .await
        }
        "letter" => {
            client
                .request("prompts/get", json!({"name": "letter"}))
                .await
        }
        tool => client.call(tool, json!({})).await,
    }
}

#[tokio::test]
async fn a_request_beyond_the_rate_is_refused_in_every_execution_path_before_anything_runs() {
    let runs = Runs::default();
    let (running, clock) = start(server(&runs), |config| config).await;
    for revision in Revision::ALL {
        let alice = client_of(&running, revision, &format!("alice-{revision:?}")).await;
        for item in ["quick", "with_context", "drawer", "letter"] {
            runs.forget();
            for _ in 0..2 {
                let answer = use_item(&alice, item).await;
                assert_eq!(answer.status, 200, "{revision:?} {item} {answer:?}");
                assert!(answer.json().get("error").is_none(), "{answer:?}");
            }
            for _ in 0..3 {
                let answer = use_item(&alice, item).await;
                assert_limited(&answer, DenialReason::RateLimited, 1800);
                let error = &answer.json()["error"];
                assert_eq!(error["code"], -31429, "{answer:?}");
                let message = error["message"].as_str().unwrap();
                let name = if item == "drawer" {
                    "desk://{number}"
                } else {
                    item
                };
                let begin = format!(
                    "{name} was not run: more requests of one caller for this item than 2/h"
                );
                assert!(message.starts_with(&begin), "{message}");
                assert!(message.ends_with("try again in 1800 seconds"), "{message}");
            }
            assert_eq!(runs.all(), ["asked", "ran", "asked", "ran"], "{item}");
            // Half an hour allows one request, so the refused requests did not count.
            clock.advance(Duration::from_secs(1800));
            assert_eq!(use_item(&alice, item).await.status, 200);
            assert_eq!(use_item(&alice, item).await.status, 429);
            clock.advance(Duration::from_secs(3600));
        }
        assert_eq!(use_item(&alice, "free").await.status, 200);
    }
}

#[tokio::test]
async fn a_rate_belongs_to_the_user_and_not_to_the_token() {
    let runs = Runs::default();
    let (running, _) = start(server(&runs), |config| config).await;
    let resource = running.resource();
    let of = |change: serde_json::Value| {
        let mut claims = unsigned_tokens::claims(&resource, "desk:use");
        let all = claims.as_object_mut().unwrap();
        all.extend(change.as_object().unwrap().clone());
        all.retain(|_, value| !value.is_null());
        claims
    };
    let revision = Revision::Stateless;
    let alice = client_with(&running, revision, &of(json!({}))).await;
    for _ in 0..2 {
        assert_eq!(use_item(&alice, "quick").await.status, 200);
    }
    // A new token, another client, another session.
    for (revision, change) in [
        (revision, json!({"jti": "2", "exp": 4_000_000_001_u64})),
        (revision, json!({"client_id": "another"})),
        (Revision::ALL[1], json!({})),
    ] {
        let again = client_with(&running, revision, &of(change)).await;
        assert_eq!(use_item(&again, "quick").await.status, 429);
    }
    // Another user, and two programs without a user. One has the id of a user as its client id.
    for change in [
        json!({"sub": "bob"}),
        json!({"sub": null, "client_id": "alice"}),
        json!({"sub": null, "client_id": "program"}),
    ] {
        let other = client_with(&running, revision, &of(change)).await;
        for expected in [200, 200, 429] {
            assert_eq!(use_item(&other, "quick").await.status, expected);
        }
    }
}

#[tokio::test]
async fn requests_without_a_token_share_one_rate_unless_their_addresses_are_known() {
    let runs = Runs::default();
    let (running, _) = start(server(&runs), |config| config).await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    for expected in [200, 200, 200, 429, 429] {
        assert_eq!(use_item(&stranger, "open").await.status, expected);
    }
    // A caller with a token has a rate of its own.
    let alice = client_of(&running, Revision::Stateless, "alice").await;
    assert_eq!(use_item(&alice, "open").await.status, 200);

    let (running, _) = start(server(&runs), |config| {
        config.with_trusted_proxies(["127.0.0.1"])
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    for client in ["192.0.2.1", "192.0.2.2"] {
        for expected in [200, 200, 200, 429] {
            let message = stranger.message("tools/call", json!({"name": "open", "arguments": {}}));
            let request = stranger.post(&message).header("x-forwarded-for", client);
            let answer = HttpResponse::of(request.body(message.to_string())).await;
            assert_eq!(answer.status, expected, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_subscription_counts_as_a_read() {
    let runs = Runs::default();
    let server = server(&runs).with_changes(&toolgate::Changes::new());
    let (running, _) = start(server, |config| config).await;
    let alice = client_of(&running, Revision::ALL[1], "alice").await;
    let subscribe = json!({"uri": "desk://1"});
    for _ in 0..2 {
        let answer = alice
            .request("resources/subscribe", subscribe.clone())
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let answer = alice
        .request("resources/subscribe", subscribe.clone())
        .await;
    assert_limited(&answer, DenialReason::RateLimited, 1800);
    assert_eq!(use_item(&alice, "drawer").await.status, 429);
    // The end of a subscription does not count.
    let ended = alice.request("resources/unsubscribe", subscribe).await;
    assert_eq!(ended.status, 200, "{ended:?}");

    // `subscriptions/listen` counts once for each item, for any number of its URIs.
    let bob = client_of(&running, Revision::Stateless, "bob").await;
    let uris = ["desk://1", "desk://2", "desk://3"];
    let listen = json!({"notifications": {"resourceSubscriptions": uris}});
    let message = bob.message("subscriptions/listen", listen);
    for expected in [200, 200, 429] {
        let request = bob.post(&message).body(message.to_string());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{answer:?}");
    }
    assert_eq!(use_item(&bob, "drawer").await.status, 429);
}

#[tokio::test]
async fn the_access_table_and_the_page_show_the_limits() {
    let table = server(&Runs::default()).access_table();
    let text = table.to_string();
    for line in [
        "tool quick: desk:use; decided by arguments; 2/h\n",
        "tool open: public; 2/h burst 3\n",
        "tool free: desk:use\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let open = table.items().find(|item| item.name() == "open").unwrap();
    assert_eq!(
        open.rate(),
        Some(toolgate::gate::Rate::per_hour(2).with_burst(3))
    );
    assert_eq!((open.concurrency(), open.timeout()), (None, None));
    let (running, _) = start(server(&Runs::default()), |config| config).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let page = client.get(&running.url("/docs.md")).await;
    assert!(page.text.contains("at most 2/h burst 3"), "{page:?}");
    let document = client.get(&running.url("/docs.json")).await.json();
    let tools = document["tools"].as_array().unwrap();
    let open = tools.iter().find(|tool| tool["name"] == "open").unwrap();
    assert_eq!(open["conditions"]["rate"], "2/h burst 3", "{open}");
}
