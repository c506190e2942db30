//! How long a log line with client text can become, at each level and by each message.

use std::io;

use serde_json::{Value, json};
use support::{
    MockIssuer,
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    tool_server::{self, Runs},
};
use toolgate::{Changes, LineLimitWriter, issuer::Issuer};

use super::Logged;

/// The bound in the contract, in bytes.
const LONGEST: usize = 8192;

/// Messages whose text reaches the log. Each has the text at another place.
fn messages(text: &str) -> Vec<(&'static str, Value)> {
    let client = |name: &str, value: Value| {
        let mut client = json!({"name": "c", "version": "1"});
        client[name] = value;
        let capabilities = json!({"elicitation": {}});
        json!({"protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client})
    };
    vec![
        ("initialize", client("name", json!(text))),
        ("initialize", client("version", json!(text))),
        ("initialize", client("title", json!(text))),
        ("initialize", client("description", json!(text))),
        ("initialize", client("icons", json!([{"src": text}]))),
        (
            "initialize",
            json!({
                "protocolVersion": "2025-11-25", "clientInfo": {"name": "c", "version": "1"},
                "capabilities": {"experimental": {"x": {"y": text}}},
            }),
        ),
        (
            "notifications/cancelled",
            json!({"requestId": 1, "reason": text}),
        ),
        (
            "notifications/progress",
            json!({"progressToken": text, "progress": 1, "message": text}),
        ),
        ("notifications/own", json!({"a": text})),
        ("tools/call", json!({"name": text, "arguments": {}})),
        (
            "tools/call",
            json!({"name": "read", "arguments": {text: text}}),
        ),
        (
            "tools/call",
            json!({"name": "read", "arguments": {}, "_meta": {"progressToken": text}}),
        ),
        ("resources/read", json!({"uri": text})),
        ("resources/subscribe", json!({"uri": text})),
        (
            "prompts/get",
            json!({"name": "read", "arguments": {text: text}}),
        ),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "read"}, "argument": {"name": text, "value": text}}),
        ),
        (
            "subscriptions/listen",
            json!({"notifications": {"resourceSubscriptions": [text]}}),
        ),
    ]
}

/// Sends every message, and returns the log lines.
async fn lines(directives: &'static str, bounded: bool) -> Vec<String> {
    let issuer = MockIssuer::start().await;
    let server = resources_and_prompts::add_all(tool_server::unverified_server(&Runs::default()));
    let server = server.with_changes(&Changes::new());
    let trusted = Issuer::new(issuer.url());
    let logged = Logged::start_writing(server, trusted, directives, move |log| {
        let writer: Box<dyn io::Write> = match bounded {
            true => Box::new(LineLimitWriter::new(log)),
            false => Box::new(log),
        };
        writer
    })
    .await;
    let token = issuer
        .token()
        .audience(&logged.resource)
        .scope("desk:read desk:write")
        .build();
    let texts = [
        "x".repeat(100_000),
        // As long as 16 KiB allow, with the longest escapes.
        "\u{e0001}".repeat(3_500),
    ];
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        for text in &texts {
            for (method, params) in messages(text) {
                let mut client = Client::new(&*logged.resource, revision).with_token(&*token);
                client.open().await;
                let mut message = client.message(method, params);
                if method.starts_with("notifications/") {
                    message.as_object_mut().expect("an object").remove("id");
                }
                let request = client.post(&message).body(message.to_string());
                let answered = HttpResponse::of(request);
                let _ = tokio::time::timeout(std::time::Duration::from_secs(2), answered).await;
                let mut strange = client.message("resources/list", json!({}));
                strange["params"]["_meta"]["io.modelcontextprotocol/clientInfo"] =
                    json!({"name": text, "version": "1"});
                HttpResponse::of(client.post(&strange).body(strange.to_string())).await;
            }
        }
    }
    let (lines, _) = logged.end();
    lines
}

fn longest(lines: &[String]) -> (usize, String) {
    let line = lines.iter().max_by_key(|line| line.len()).expect("a line");
    (line.len(), line.chars().take(300).collect())
}

#[tokio::test]
async fn no_line_at_info_and_above_is_longer_than_8_kib() {
    for directives in ["info", "warn,rmcp=info,toolgate=info"] {
        let lines = lines(directives, false).await;
        for needed in ["Service initialized as server", "received notification"] {
            assert!(lines.iter().any(|line| line.contains(needed)), "{needed}");
        }
        let (length, start) = longest(&lines);
        assert!(length < LONGEST, "{length} bytes: {start}");
    }
}

#[tokio::test]
async fn lines_of_libraries_at_debug_and_trace_are_truncated() {
    for directives in ["debug", "trace"] {
        let lines = lines(directives, true).await;
        // Otherwise this test does not exercise the writer.
        assert!(lines.iter().any(|line| line.ends_with("[cut]")));
        let (length, start) = longest(&lines);
        assert!(length < LONGEST, "{length} bytes: {start}");
    }
}
