//! In a session of an older revision the server sends requests itself, and authorizes each
//! round again.

use reqwest::Response;
use serde_json::{Value, json};
use support::client::{Client, HttpResponse, Revision, question};

use super::Fixture;
use support::unsigned_tokens;

/// Returns a client in a session that declares that its user can be asked.
async fn session(fixture: &Fixture, scopes: &str) -> Client {
    session_at(fixture.running.resource(), scopes).await
}

/// Returns such a client of any server that accepts unsigned tokens.
pub(crate) async fn session_at(resource: String, scopes: &str) -> Client {
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&resource, scopes));
    let mut client = Client::new(resource, Revision::Session("2025-11-25")).with_token(token);
    client.open_to_be_asked().await;
    client
}

/// Calls a tool, and waits until the server asks. Returns the id of the question, and the
/// stream with the rest.
pub(super) async fn begin(client: &Client, tool: &str, list: &str) -> (Value, Response) {
    let params = json!({"name": tool, "arguments": {"list": list}});
    begin_call(client, params, &format!("Delete {list}?")).await
}

/// The same with any arguments, for a tool that asks this.
pub(crate) async fn begin_call(client: &Client, params: Value, asked: &str) -> (Value, Response) {
    let message = client.message("tools/call", params);
    let request = client.post(&message).body(message.to_string());
    let mut response = request.send().await.expect("an answer");
    let question = question(&mut response).await;
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["message"], asked);
    (question["id"].clone(), response)
}

pub(crate) async fn reply(client: &Client, id: Value, result: Value) {
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
    assert_eq!(client.send(&answer).await.status, 202);
}

pub(crate) fn yes() -> Value {
    json!({"action": "accept", "content": {"sure": true}})
}

#[tokio::test]
async fn a_session_is_asked_while_its_call_waits() {
    let fixture = Fixture::start().await;
    let alice = session(&fixture, "list:write").await;
    let (id, stream) = begin(&alice, "delete", "old").await;
    assert_eq!(fixture.runs.all(), [""; 0]);
    reply(&alice, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.tool_text(), "deleted 3 of old", "{answer:?}");
    let (id, stream) = begin(&alice, "delete", "old").await;
    reply(&alice, id, json!({"action": "decline"})).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.tool_text(), "nothing was deleted", "{answer:?}");
    assert_eq!(fixture.runs.all(), ["delete"]);
}

#[tokio::test]
async fn an_answer_after_losing_the_scope_runs_nothing() {
    let fixture = Fixture::start().await;
    let alice = session(&fixture, "list:write").await;
    let (id, stream) = begin(&alice, "delete", "old").await;
    let claims = unsigned_tokens::claims(&fixture.running.resource(), "list:read");
    let less = alice.clone().with_token(unsigned_tokens::token(&claims));
    reply(&less, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.json()["error"]["code"], -32600, "{answer:?}");
    assert_eq!(fixture.runs.all(), [""; 0]);
    // With the scope restored, a new call works.
    let (id, stream) = begin(&alice, "delete", "old").await;
    reply(&alice, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.tool_text(), "deleted 3 of old", "{answer:?}");
}

#[tokio::test]
async fn another_caller_cannot_answer_in_a_foreign_session() {
    let fixture = Fixture::start().await;
    let alice = session(&fixture, "list:write").await;
    let (id, _stream) = begin(&alice, "delete", "old").await;
    let mut claims = unsigned_tokens::claims(&fixture.running.resource(), "list:write");
    claims["sub"] = "mallory".into();
    let mallory = alice.clone().with_token(unsigned_tokens::token(&claims));
    let answer = json!({"jsonrpc": "2.0", "id": id, "result": yes()});
    assert_eq!(mallory.send(&answer).await.status, 404);
    assert_eq!(fixture.runs.all(), [""; 0]);
}

#[tokio::test]
async fn another_client_of_the_same_user_cannot_answer() {
    let fixture = Fixture::start().await;
    let alice = session(&fixture, "list:write").await;
    let (id, stream) = begin(&alice, "delete", "old").await;
    let mut claims = unsigned_tokens::claims(&fixture.running.resource(), "list:write");
    claims["client_id"] = "another".into();
    let another = alice.clone().with_token(unsigned_tokens::token(&claims));
    reply(&another, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.json()["error"]["code"], -32600, "{answer:?}");
    assert_eq!(fixture.runs.all(), [""; 0]);
}

#[tokio::test]
async fn an_expired_state_is_refused_in_a_session() {
    let fixture = Fixture::start().await;
    let alice = session(&fixture, "list:write").await;
    let (id, stream) = begin(&alice, "delete", "old").await;
    fixture.clock.advance(std::time::Duration::from_secs(601));
    reply(&alice, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    let error = &answer.json()["error"];
    assert_eq!(error["code"], -32602, "{answer:?}");
    assert!(
        error["message"].to_string().contains("expired"),
        "{answer:?}"
    );
    assert_eq!(fixture.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_client_that_does_not_answer_runs_into_the_tools_timeout() {
    let fixture = Fixture::start().await;
    let alice = session(&fixture, "list:write").await;
    let (_, stream) = begin(&alice, "hurry", "old").await;
    let answer = HttpResponse::of_response(stream).await;
    let output = answer.json()["error"]["message"].to_string();
    assert!(output.contains("in time"), "{answer:?}");
    assert_eq!(fixture.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_client_without_a_session_is_not_waited_for() {
    let fixture = Fixture::start().await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(
        &fixture.running.resource(),
        "list:write",
    ));
    for version in ["2025-11-25", "2025-06-18", "2025-03-26"] {
        let old = Client::new(fixture.running.resource(), Revision::Session(version));
        let old = old.with_token(&token);
        let params = json!({
            "name": "delete",
            "arguments": {"list": "old"},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}},
            },
        });
        let message = old.message("tools/call", params);
        let request = old.post(&message).header("mcp-protocol-version", version);
        let answer = HttpResponse::of(request.body(message.to_string())).await;
        let output = answer.json()["error"]["message"].to_string();
        assert!(output.contains("only in a session"), "{answer:?}");
    }
    assert_eq!(fixture.runs.all(), [""; 0]);
}
