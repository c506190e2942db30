//! Lines that are no messages, or too many of them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::host::{Era, Host};

/// The longest line, as long as the body of a request may be.
const LIMIT: usize = 4 * 1024 * 1024;

#[tokio::test]
async fn a_line_that_is_no_message_is_refused_and_the_next_one_is_answered() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let (deep, deepest) = (nested(5_000), nested(100_000));
    let call = r#"{"jsonrpc":"2.0","id":77,"method":"tools/call","params":"#;
    let reserved = format!(r#"{call}{{"name":"read","$serde_json::private::RawValue":"1"}}}}"#);
    for (line, id, code) in [
        ("{", Value::Null, -32700),
        ("[]", Value::Null, -32600),
        (
            r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            Value::Null,
            -32600,
        ),
        ("\u{feff}{}", Value::Null, -32700),
        (
            r#"{"jsonrpc":"1.0","id":77,"method":"ping"}"#,
            json!(77),
            -32700,
        ),
        (&deep, Value::Null, -32600),
        (&deepest, Value::Null, -32600),
        (&reserved, json!(77), -32700),
        (&format!("{call}{{\"name\":7}}}}"), json!(77), -32602),
        (
            r#"{"jsonrpc":"2.0","id":77,"method":"tools/steal"}"#,
            json!(77),
            -32601,
        ),
    ] {
        host.write(line.as_bytes()).await;
        let refused = host.next().await;
        let start: String = line.chars().take(60).collect();
        assert_eq!(refused["error"]["code"], code, "{start}: {refused}");
        assert_eq!(refused["id"], id, "{start}: {refused}");
    }
    host.write(b"\xff\xfe{}").await;
    assert_eq!(host.next().await["error"]["code"], -32700);
    // Nobody waits for these: they are not answered.
    for silent in [
        json!({"jsonrpc": "2.0", "method": "notifications/unknown"}),
        json!({"jsonrpc": "2.0", "id": 5, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 5, "error": {"code": 1, "message": "x"}}),
    ] {
        host.send(&silent).await;
    }
    host.write(b"").await;
    host.write(b"  \r").await;
    let id = host.begin("ping", json!({})).await;
    assert_eq!(host.next().await["id"], id);
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_and_not_kept() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    let long = json!({
        "jsonrpc": "2.0", "id": 88, "method": "tools/call",
        "params": {"name": "read", "arguments": {"x": "a".repeat(8 * LIMIT)}},
    });
    host.send(&long).await;
    let refused = host.next().await;
    assert_eq!(refused["id"], 88, "{refused}");
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(message.contains("4194304 bytes"), "{message}");
    // Many small values are refused like in a body.
    let values = vec![0; 300_000];
    let many = json!({
        "jsonrpc": "2.0", "id": 89, "method": "tools/call",
        "params": {"name": "read", "arguments": {"x": values}},
    });
    host.send(&many).await;
    let refused = host.answer(89).await;
    assert_eq!(refused["error"]["code"], -32600, "{refused}");
    assert_eq!(host.text("read", json!({})).await, "a note");
}

#[tokio::test]
async fn only_so_many_requests_run_at_once() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    let slow = json!({"name": "slow", "arguments": {"millis": 3000}});
    let mut running = Vec::new();
    for _ in 0..64 {
        running.push(host.begin("tools/call", slow.clone()).await);
    }
    let refused = host.call("read", json!({})).await;
    assert_eq!(refused["error"]["code"], -31429, "{refused}");
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(
        message.contains("already runs the maximum number of requests"),
        "{message}"
    );
    // Only the end of a call, here its cancellation, frees capacity for another one.
    let cancelled = running.pop().expect("one");
    let cancel = json!({"requestId": cancelled});
    host.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel}))
        .await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(host.text("read", json!({})).await, "a note");
    for _ in &running {
        let answer = host.next().await;
        assert_eq!(answer["result"]["content"][0]["text"], "done", "{answer}");
    }
    assert_eq!(host.text("read", json!({})).await, "a note");
}

#[tokio::test]
async fn a_client_that_does_not_read_is_not_read() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    // More than the pipes and the queues hold: the server stops reading until its output is read.
    let list = json!({"jsonrpc": "2.0", "id": "x", "method": "tools/list"}).to_string();
    let flood = tokio::time::timeout(Duration::from_secs(2), async {
        for _ in 0..20_000 {
            host.write(list.as_bytes()).await;
        }
    });
    assert!(flood.await.is_err(), "20,000 unread answers were taken");
}
