//! Sessions and their owners.

mod disconnects;
mod limits;
mod released_services;

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    tool_server::{Runs, server},
    unsigned_tokens,
};

use crate::{client, start_tool_server, start_with_open_handshake};

const SESSION: Revision = Revision::Session("2025-11-25");

fn token_of(resource: &str, subject: &str, scopes: &str) -> String {
    let mut claims = unsigned_tokens::claims(resource, scopes);
    claims["sub"] = subject.into();
    unsigned_tokens::token(&claims)
}

#[tokio::test]
async fn a_session_answers_only_its_caller() {
    let (running, runs) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let mallory = alice
        .clone()
        .with_token(token_of(&running.resource(), "mallory", "desk:read"));
    let answer = mallory.call("read", json!({})).await;
    assert_eq!(answer.status, 404, "{answer:?}");
    let answer = HttpResponse::of(
        mallory
            .plain(Method::GET)
            .header("accept", "text/event-stream"),
    )
    .await;
    assert_eq!(answer.status, 404, "{answer:?}");
    let answer = HttpResponse::of(mallory.plain(Method::DELETE)).await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
    // Mallory has not ended it either.
    assert_eq!(alice.call("read", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_session_belongs_to_its_caller_from_the_start() {
    let (running, _) = start_tool_server().await;
    let resource = running.resource();
    let alice = Client::new(&resource, SESSION).with_token(token_of(&resource, "alice", ""));
    let initialize = alice.message(
        "initialize",
        json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        }),
    );
    let answer = alice.send(&initialize).await;
    let session = answer.header("mcp-session-id").expect("a session");
    // Before alice sends another request in it.
    let mallory = Client::new(&resource, SESSION)
        .with_session(session)
        .with_token(token_of(&resource, "mallory", "desk:read"));
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(mallory.send(&initialized).await.status, 404);
    assert_eq!(mallory.call("read", json!({})).await.status, 404);
    let alice = alice.with_session(session);
    assert_eq!(alice.send(&initialized).await.status, 202);
    assert_eq!(alice.call("whoami", json!({})).await.status, 200);
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_another_caller() {
    let runs = Runs::default();
    let other = "https://other.example";
    let running = support::running_server::RunningServer::start(server(&runs), |config| {
        config
            .with_issuer(unsigned_tokens::ISSUER)
            .with_issuer(other)
    })
    .await;
    let alice = client(&running, SESSION, "desk:read").await;
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    claims["iss"] = other.into();
    let namesake = alice.with_token(unsigned_tokens::token(&claims));
    assert_eq!(namesake.call("read", json!({})).await.status, 404);
}

#[tokio::test]
async fn an_anonymous_session_becomes_the_first_callers() {
    let (running, _) = start_with_open_handshake().await;
    let mut anonymous = Client::new(running.resource(), SESSION);
    anonymous.open().await;
    assert_eq!(anonymous.call("ping", json!({})).await.status, 200);
    let resource = running.resource();
    let alice = anonymous
        .clone()
        .with_token(token_of(&resource, "alice", "desk:read"));
    assert_eq!(alice.call("read", json!({})).await.status, 200);
    // Others who knew the id are now refused.
    assert_eq!(anonymous.call("ping", json!({})).await.status, 401);
    let mallory = anonymous.with_token(token_of(&resource, "mallory", "desk:read"));
    assert_eq!(mallory.call("ping", json!({})).await.status, 404);
}

#[tokio::test]
async fn an_unknown_session_is_a_404_and_an_ended_one_as_well() {
    let (running, _) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let lost = alice
        .clone()
        .with_session("00000000-0000-0000-0000-000000000000");
    assert_eq!(lost.call("read", json!({})).await.status, 404);
    let ended = HttpResponse::of(alice.plain(Method::DELETE)).await;
    assert!(ended.status < 300, "{ended:?}");
    assert_eq!(alice.call("read", json!({})).await.status, 404);
}

#[tokio::test]
async fn a_session_has_ended_when_its_delete_returns() {
    let (running, _) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    // The official Python client treats a 202 as a failure, and reports it to the user.
    let ended = HttpResponse::of(alice.plain(Method::DELETE)).await;
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!(ended.text, "");
}

#[tokio::test]
async fn a_repeated_session_id_is_refused() {
    let (running, runs) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let message = alice.message("tools/call", json!({"name": "read", "arguments": {}}));
    let id = alice.session().expect("a session").to_owned();
    let request = alice.post(&message).header("mcp-session-id", id);
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_caller_who_fills_the_session_table_evicts_only_their_sessions() {
    let (running, _) = start_tool_server().await;
    let bystander = {
        let mut client = Client::new(running.resource(), SESSION).with_token(token_of(
            &running.resource(),
            "bystander",
            "desk:read",
        ));
        client.open().await;
        client
    };
    let first = client(&running, SESSION, "desk:read").await;
    for _ in 0..64 {
        client(&running, SESSION, "desk:read").await;
    }
    assert_eq!(first.call("read", json!({})).await.status, 404);
    assert_eq!(bystander.call("read", json!({})).await.status, 200);
}

#[tokio::test]
async fn an_evicted_session_leaves_nothing_behind() {
    let (running, _) = start_tool_server().await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let empty = metrics.num_alive_tasks();
    for _ in 0..128 {
        client(&running, SESSION, "desk:read").await;
    }
    // Each service has its own tasks. The services of idle sessions end after seconds.
    let begun = std::time::Instant::now();
    while metrics.num_alive_tasks() > empty + 32 {
        let now = metrics.num_alive_tasks();
        assert!(begun.elapsed().as_secs() < 15, "{empty} tasks became {now}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_refused_call_does_not_change_its_session() {
    let (running, _) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    assert_eq!(alice.call("write", json!({})).await.status, 403);
    assert_eq!(
        alice
            .clone()
            .without_token()
            .call("read", json!({}))
            .await
            .status,
        401
    );
    assert_eq!(alice.call("read", json!({})).await.status, 200);
}
