//! Sessions that are reused, addressed differently, opened twice or raced for.

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    unsigned_tokens,
};

use super::{client, start_tool_server, start_with_open_handshake};

const SESSION: Revision = Revision::Session("2025-11-25");

fn token_of(resource: &str, subject: &str) -> String {
    let mut claims = unsigned_tokens::claims(resource, "desk:read");
    claims["sub"] = subject.into();
    unsigned_tokens::token(&claims)
}

#[tokio::test]
async fn an_ended_session_stays_ended() {
    let (running, runs) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    assert!(HttpResponse::of(alice.plain(Method::DELETE)).await.status < 300);
    assert_eq!(alice.call("read", json!({})).await.status, 404);
    // `initialize` fails too: it would let a caller choose an id.
    let answer = alice.clone().initialize().await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(
        HttpResponse::of(alice.plain(Method::DELETE)).await.status,
        404
    );
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_session_has_one_spelling() {
    let (running, runs) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let id = alice.session().expect("a session").to_owned();
    for other in [
        id.to_uppercase(),
        format!("{id}x"),
        format!("\"{id}\""),
        format!("{id},{id}"),
        id[1..].to_owned(),
        "../".to_owned() + &id,
        String::new(),
        "a".repeat(100_000),
    ] {
        let answer = alice
            .clone()
            .with_session(other.clone())
            .call("read", json!({}))
            .await;
        assert_eq!(answer.status, 404, "{other}: {answer:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_second_handshake_changes_no_owner() {
    let (running, _) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let id = alice.session().expect("a session").to_owned();
    let mallory = Client::new(running.resource(), SESSION)
        .with_token(token_of(&running.resource(), "mallory"))
        .with_session(id.clone());
    assert_eq!(mallory.clone().initialize().await.status, 404);
    assert_eq!(alice.clone().without_token().initialize().await.status, 401);
    assert!(alice.clone().initialize().await.status < 500);
    assert_eq!(mallory.call("read", json!({})).await.status, 404);
    assert_eq!(alice.call("read", json!({})).await.tool_text(), "read ran");
}

#[tokio::test]
async fn a_reply_in_one_session_does_not_answer_another() {
    let (running, _) = start_tool_server().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let call = tokio::spawn({
        let alice = alice.clone();
        async move { alice.call("slow", json!({"millis": 400})).await }
    });
    let mut mallory = Client::new(running.resource(), SESSION)
        .with_token(token_of(&running.resource(), "mallory"));
    mallory.open().await;
    for message in [
        json!({"jsonrpc": "2.0", "id": 1, "result": {"content": []}}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
    ] {
        assert_eq!(mallory.send(&message).await.status, 202);
    }
    assert_eq!(call.await.expect("no panic").tool_text(), "slow ran");
}

/// Of many callers that use an anonymous session, one becomes its owner.
#[tokio::test]
async fn only_one_racing_caller_gets_a_session() {
    let (running, _) = start_with_open_handshake().await;
    let mut anonymous = Client::new(running.resource(), SESSION);
    anonymous.open().await;
    let calls = (0..16).map(|number| {
        let token = token_of(&running.resource(), &format!("racer-{number}"));
        let racer = anonymous.clone().with_token(token);
        tokio::spawn(async move { racer.call("whoami", json!({})).await })
    });
    let mut winners = Vec::new();
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.expect("no panic");
        match answer.status {
            200 => winners.push(answer.tool_text()),
            status => assert_eq!(status, 404, "{answer:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert_eq!(anonymous.call("ping", json!({})).await.status, 401);
}
