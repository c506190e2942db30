//! Ambiguous bodies, and bodies that try to break the parser.

use serde_json::json;
use support::client::{Client, HttpResponse, Revision};

use super::{client, start_tool_server};

const REVISIONS: [Revision; 2] = [Revision::Stateless, Revision::Session("2025-11-25")];

/// Nests arrays deeper than any parser allows: each stage hides the next in a text that
/// serde_json parses again, with a fresh depth count, because of its private name.
fn nested_in_texts(stages: usize) -> String {
    let mut inner = "1".to_owned();
    for _ in 0..stages {
        let text = json!(format!("{}{inner}{}", "[".repeat(110), "]".repeat(110)));
        inner = format!(r#"{{"$serde_json::private::RawValue":{text}}}"#);
    }
    inner
}

fn call(arguments: &str) -> String {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"_meta":{meta},"name":"echo","arguments":{arguments}}}}}"#
    )
}

/// Sends a body with the headers that belong to it, as far as it can be parsed.
async fn send(client: &Client, body: impl Into<String>) -> HttpResponse {
    let body = body.into();
    let right = || client.message("tools/call", json!({"name": "echo", "arguments": {}}));
    // This text would break the test's own parser too.
    let message = match body.contains("RawValue") {
        true => right(),
        false => serde_json::from_str(&body).unwrap_or_else(|_| right()),
    };
    HttpResponse::of(client.post(&message).body(body)).await
}

#[tokio::test]
async fn json_nested_in_strings_does_not_exhaust_the_stack() {
    let (running, _) = start_tool_server().await;
    for stages in [2, 15, 17] {
        let bomb = nested_in_texts(stages);
        for body in [
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"made/up","params":{bomb}}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"_meta":{bomb}}}}}"#),
            format!(r#"{{"jsonrpc":"2.0","method":"made/up","params":{bomb}}}"#),
            format!(r#"{{"jsonrpc":"2.0","id":1,"result":{bomb}}}"#),
            call(&format!(r#"{{"text":{bomb}}}"#)),
        ] {
            let anonymous = Client::new(running.resource(), Revision::Stateless);
            let answer = send(&anonymous, &body).await;
            assert_eq!(answer.status, 401, "{stages} {answer:?}");
            let alice = client(&running, Revision::Stateless, "desk:read").await;
            let answer = send(&alice, &body).await;
            assert_eq!(answer.status, 400, "{stages} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_member_name_reserved_by_the_parser_is_refused() {
    let (running, runs) = start_tool_server().await;
    let private = r#""$serde_json::private::RawValue":"\"a\"""#;
    for revision in REVISIONS {
        let client = client(&running, revision, "desk:read").await;
        for body in [
            call(&format!(r#"{{"text":{{{private}}}}}"#)),
            call(r#"{"$serde_json::private::RawValue":"{\"text\":\"a\"}"}"#),
            call(r#"{"text":{"\u0024serde_json::private::RawValue":"\"a\""}}"#),
            call(r#"{"text":{"$serde_json::\u0070rivate::RawValue":"\"a\""}}"#),
            call(r#"{"text":{"$serde_json::private::Number":"1"}}"#),
            call(&format!(r#"{{"text":"a","more":[[{{"x":1,{private}}}]]}}"#)),
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"$serde_json::private::RawValue":"{\"name\":\"read\"}"}}"#.to_owned(),
            r#"{"$serde_json::private::RawValue":"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"}"#.to_owned(),
        ] {
            let answer = send(&client, &body).await;
            assert_eq!(answer.status, 400, "{body} {answer:?}");
            assert_eq!(answer.json()["error"]["code"], -32700, "{body} {answer:?}");
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_string_may_contain_a_reserved_name() {
    let (running, _) = start_tool_server().await;
    for revision in REVISIONS {
        let client = client(&running, revision, "desk:read").await;
        for (sent, said) in [
            (
                r#""$serde_json::private::RawValue""#,
                "$serde_json::private::RawValue",
            ),
            (r#""costs $5 and \u00e4""#, "costs $5 and ä"),
        ] {
            let call = call(&format!(r#"{{"text":{sent}}}"#));
            let answer = send(&client, call.replace("2026-07-28", revision.name())).await;
            assert_eq!(answer.tool_text(), said);
        }
    }
}

/// For any body: the response is not a server error, its body is JSON, no unauthorized tool
/// runs, and the session stays usable.
#[tokio::test]
async fn unusual_messages_are_client_errors_and_the_server_continues() {
    let (running, runs) = start_tool_server().await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"made/up","params":{{"a":{deep}}}}}"#);
    for revision in REVISIONS {
        let client = client(&running, revision, "desk:read").await;
        for (body, what) in [
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "no id"),
            (
                r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
                "an id that is not an integer",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1e400,"method":"ping"}"#,
                "a number beyond all",
            ),
            (
                r#"{"jsonrpc":"2.0","id":123456789012345678901234567890,"method":"ping"}"#,
                "a large id",
            ),
            (
                r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
                "an object as id",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
                "two ids",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#,
                "two methods",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{},"_meta":{}}}"#,
                "_meta twice",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
                "no parameters",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}"#,
                "an array as parameters",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
                "request and result in one",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping","error":{"code":1,"message":"x"}}"#,
                "request and error in one",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":"\ud800"}}}"#,
                "half a surrogate",
            ),
            (
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\0",
                "a NUL behind",
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"ping"} {"jsonrpc":"2.0","id":2,"method":"ping"}"#,
                "two messages",
            ),
            (&deep, "deep nesting"),
        ] {
            let answer = send(&client, body).await;
            assert_eq!(answer.status, 400, "{what} {revision:?} {answer:?}");
            assert!(answer.json()["error"].is_object(), "{what} {answer:?}");
        }
        let answer = client.call("read", json!({})).await;
        assert_eq!(answer.tool_text(), "read ran", "{revision:?}");
    }
    assert_eq!(runs.all(), ["read", "read"]);
}

#[tokio::test]
async fn a_message_without_a_response_runs_nothing() {
    let (running, runs) = start_tool_server().await;
    for revision in REVISIONS {
        let client = client(&running, revision, "desk:read").await;
        for body in [
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"read","arguments":{}}}"#,
            r#"{"jsonrpc":"2.0","method":"initialize","params":{}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/made_up"}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":{}}}"#,
            r#"{"jsonrpc":"2.0","method":"notifications/initialized","params":null}"#,
        ] {
            let answer = send(&client, body).await;
            assert_eq!(answer.status, 202, "{body} {revision:?} {answer:?}");
        }
        for body in [
            r#"{"jsonrpc":"2.0","id":999,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":"x","result":{"roots":[]}}"#,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"x"}}"#,
        ] {
            let answer = send(&client, body).await;
            assert!(
                matches!(answer.status, 202 | 400),
                "{body} {revision:?} {answer:?}"
            );
        }
        assert_eq!(client.call("read", json!({})).await.tool_text(), "read ran");
    }
    assert_eq!(runs.all(), ["read", "read"]);
}
