//! What is read of a message's beginning, and what reading it costs.

use serde_json::{Value, json};

use super::*;
use crate::operation;

fn head(message: &Value) -> MessageHead {
    MessageHead::read(message.to_string().as_bytes())
}

fn request(method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
}

#[test]
fn it_names_the_operation_that_the_full_reader_finds() {
    let uris = json!({"resourceSubscriptions": ["a:b", "c:d"]});
    let argument = json!({"name": "a", "value": "b"});
    for message in [
        request(
            "tools/call",
            json!({"name": "read", "arguments": {"name": "write"}}),
        ),
        request("tools/list", json!({})),
        request("prompts/list", json!({})),
        request("prompts/get", json!({"name": "ask"})),
        request("resources/list", json!({})),
        request("resources/templates/list", json!({})),
        request("resources/read", json!({"uri": "a:b"})),
        request("resources/subscribe", json!({"uri": "a:b"})),
        request("resources/unsubscribe", json!({"uri": "a:b"})),
        request(
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "ask"}, "argument": argument}),
        ),
        request(
            "completion/complete",
            json!({"ref": {"type": "ref/resource", "uri": "a:{b}"}, "argument": argument}),
        ),
        request("subscriptions/listen", json!({"notifications": uris})),
        request("logging/setLevel", json!({"level": "info"})),
        request("ping", json!({})),
        request("server/discover", json!({})),
        request("made/up", json!({})),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": "a"}}),
    ] {
        let full = serde_json::from_value(message.clone()).expect("a message");
        let head = head(&message);
        assert_eq!(
            head.operation(),
            operation::from_message(&full).ok(),
            "{message}"
        );
    }
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "a", "version": "1"}});
    let initialize = head(&request("initialize", params));
    assert_eq!(initialize.operation(), Some(Operation::Initialize));
    assert!(initialize.is_initialize());
}

#[test]
fn a_truncated_body_is_read_up_to_its_end() {
    let whole = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read","arguments":{"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}}"#;
    let first = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"read","arg"#;
    for text in [&whole[..whole.len() - 20], first] {
        let head = MessageHead::read(text.as_bytes());
        assert_eq!(
            head.operation(),
            Some(Operation::CallTool("read")),
            "{text}"
        );
        assert!(head.id.is_some(), "{text}");
    }
    let before_the_name = MessageHead::read(br#"{"id":7,"method":"tools/call","params":{"na"#);
    assert_eq!(before_the_name.operation(), Some(Operation::CallTool("")));
    let before_the_method = MessageHead::read(br#"{"id":7,"params":{"name":"read"#);
    assert_eq!(before_the_method.operation(), None);
}

#[test]
fn an_id_is_an_integer_or_a_text_of_at_most_256_bytes() {
    for (id, expected) in [
        (json!(7), Some(RequestId::Number(7))),
        (json!(-7), Some(RequestId::Number(-7))),
        (json!("a\"b"), Some(RequestId::String("a\"b".into()))),
        (
            json!("a".repeat(256)),
            Some(RequestId::String("a".repeat(256).into())),
        ),
        (json!("a".repeat(257)), None),
        (json!(1.5), None),
        (json!(u64::MAX), None),
        (json!(null), None),
        (json!(true), None),
        (json!({"a": 1}), None),
        (json!([1]), None),
    ] {
        let message = json!({"id": id, "method": "ping"});
        assert_eq!(head(&message).id, expected, "{message}");
    }
}

#[test]
fn a_second_method_cannot_hide_an_initialize() {
    for text in [
        r#"{"method":"initialize","method":"ping"}"#,
        r#"{"method":"ping","method":"initialize"}"#,
        r#"{"method":"initi\u0061lize"}"#,
        r#"{"params":{"x":[{"y":"z"}]},"method":"initialize"}"#,
    ] {
        assert!(MessageHead::read(text.as_bytes()).is_initialize(), "{text}");
    }
    let inside = head(&request("tools/call", json!({"method": "initialize"})));
    assert!(!inside.is_initialize());
}

#[test]
fn values_of_the_wrong_kind_are_skipped_and_the_rest_is_read() {
    for (text, operation) in [
        (r#"{"id":{"a":[1]},"method":"ping"}"#, Some(Operation::Ping)),
        (r#"{"method":7,"id":1}"#, None),
        (
            r#"{"method":"tools/call","params":[1,2]}"#,
            Some(Operation::CallTool("")),
        ),
        (
            r#"{"method":"tools/call","params":{"name":{"a":1}}}"#,
            Some(Operation::CallTool("")),
        ),
        ("[]", None),
        ("", None),
        ("nonsense", None),
        ("\u{feff}{}", None),
    ] {
        assert_eq!(
            MessageHead::read(text.as_bytes()).operation(),
            operation,
            "{text}"
        );
    }
}

#[test]
fn a_hostile_beginning_costs_less_than_eight_times_its_bytes() {
    let size = 64 * 1024;
    let call =
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":"#;
    let listen = r#"{"id":1,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["#;
    for (start, item) in [
        (call, r#"[{"":0},"#),
        (call, r#"{"":"#),
        (call, "["),
        ("", r#"{"":0},"#),
        ("[", r#"{"":0},"#),
        ("", "["),
        (listen, "\"\","),
        (listen, "\"a:b\","),
        (r#"{"method":""#, "\\u0061"),
        (r#"{"params":{"name":""#, "\\n"),
        ("{", r#""id":"aaaaaaaaaaaaaaaa","#),
        ("{", r#""params":{"uri":"a"},"#),
    ] {
        let text = format!("{start}{}", item.repeat((size - start.len()) / item.len()));
        let allocated = allocation_counter::measure(|| drop(MessageHead::read(text.as_bytes())));
        assert!(
            allocated.bytes_max <= 7 * size as u64,
            "{start}{item}: {allocated:?}"
        );
    }
}
