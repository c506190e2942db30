//! Confirmations, in both lifecycles.

use serde_json::{Value, json};

use crate::host::{Era, Host};

/// The text of the result of a call.
fn text(answer: &Value) -> &str {
    let text = answer["result"]["content"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn in_a_session_the_client_is_asked_while_the_call_waits() {
    for (action, content, is_deleted) in [
        ("accept", json!({"confirm": true}), true),
        ("decline", Value::Null, false),
    ] {
        let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
        let call = json!({"name": "delete", "arguments": {"number": 7}});
        let id = host.begin("tools/call", call).await;
        let question = loop {
            let message = host.next().await;
            if message["method"] == "elicitation/create" {
                break message;
            }
        };
        let message = question["params"]["message"].as_str().expect("a question");
        assert!(message.contains("Delete the note 7?"), "{message}");
        // Other requests are answered meanwhile.
        assert_eq!(host.text("read", json!({})).await, "a note");
        let mut result = json!({"action": action});
        if !content.is_null() {
            let name = question["params"]["requestedSchema"]["properties"].as_object();
            let name = name
                .expect("properties")
                .keys()
                .next()
                .expect("one")
                .clone();
            result["content"] = json!({name: true});
        }
        host.send(&json!({"jsonrpc": "2.0", "id": question["id"], "result": result}))
            .await;
        let answer = host.answer(id).await;
        let said = answer.to_string();
        assert_eq!(said.contains("deleted 7"), is_deleted, "{said}");
    }
}

#[tokio::test]
async fn without_a_session_the_question_is_a_result_and_the_state_is_sealed() {
    let mut host = Host::start(Era::Stateless, &["host", "notes:read"]).await;
    let call = json!({"name": "delete", "arguments": {"number": 7}});
    let asked = host.request("tools/call", call.clone()).await;
    let result = &asked["result"];
    assert_eq!(result["resultType"], "input_required", "{asked}");
    let requests = result["inputRequests"].as_object().expect("questions");
    let (key, question) = requests.iter().next().expect("one");
    let properties = question["params"]["requestedSchema"]["properties"].as_object();
    let name = properties.expect("properties").keys().next().expect("one");
    let responses = json!({key: {"action": "accept", "content": {name: true}}});
    let next = |state: &Value, number: u32| {
        json!({
            "name": "delete", "arguments": {"number": number},
            "inputResponses": responses, "requestState": state,
        })
    };
    let state = &result["requestState"];
    // A state is valid only for these arguments, and only in this process.
    let other = host.request("tools/call", next(state, 8)).await;
    assert!(other.get("error").is_some(), "{other}");
    let mut stranger = Host::start(Era::Stateless, &["host", "notes:read"]).await;
    let foreign = stranger.request("tools/call", next(state, 7)).await;
    assert!(foreign.get("error").is_some(), "{foreign}");
    let done = host.request("tools/call", next(state, 7)).await;
    assert_eq!(text(&done), "deleted 7");
    let again = host.request("tools/call", next(state, 7)).await;
    assert!(!again.to_string().contains("deleted"), "{again}");
}
