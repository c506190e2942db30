//! Calls outside of a session that take long.

use std::time::Duration;

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{Context, Server, mcp_tool, tools};

/// Waits, without rmcp.
#[mcp_tool(scope = "desk:read")]
async fn wait(millis: u64) -> String {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "waited".to_owned()
}

/// Waits, in rmcp's execution path.
#[mcp_tool(scope = "desk:read")]
async fn wait_in_context(millis: u64, _context: Context) -> String {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "waited".to_owned()
}

async fn start(after: Option<Duration>) -> (RunningServer, Client) {
    let server = Server::new("desk")
        .tools(tools![wait, wait_in_context])
        .with_verifier(UnsignedVerifier);
    let running = RunningServer::start(server, |config| {
        let config = config.with_issuer(ISSUER);
        match after {
            Some(after) => config.with_stream_after(after),
            None => config,
        }
    })
    .await;
    let claims = unsigned_tokens::claims(&running.resource(), "desk:read");
    let client = Client::new(running.resource(), Revision::Stateless);
    let client = client.with_token(unsigned_tokens::token(&claims));
    (running, client)
}

fn is_stream(answer: &HttpResponse) -> bool {
    answer.header("content-type") == Some("text/event-stream")
}

#[tokio::test]
async fn a_slow_call_becomes_a_stream_with_comments_before_its_result() {
    let (_running, client) = start(Some(Duration::from_millis(200))).await;
    for tool in ["wait", "wait_in_context"] {
        let message = client.message(
            "tools/call",
            json!({"name": tool, "arguments": {"millis": 1500}}),
        );
        let request = client.post(&message).body(message.to_string());
        let begun = std::time::Instant::now();
        let mut answer = request.send().await.expect("an answer");
        // The head and a comment arrive while the tool runs.
        let first = answer.chunk().await.expect("a body").expect("a chunk");
        assert_eq!(&*first, b":\n\n", "{tool}");
        assert!(begun.elapsed() < Duration::from_millis(1400), "{tool}");
        assert_eq!(answer.headers()["x-accel-buffering"], "no");
        let mut rest = Vec::new();
        while let Some(chunk) = answer.chunk().await.expect("a body") {
            rest.extend_from_slice(&chunk);
        }
        let rest = String::from_utf8(rest).expect("text");
        assert!(
            rest.contains("data: {") && rest.contains("waited"),
            "{rest}"
        );
        // A client reads the same result from it.
        let answer = client.call(tool, json!({"millis": 600})).await;
        assert!(is_stream(&answer), "{answer:?}");
        assert_eq!(answer.tool_text(), "waited");
        assert_eq!(answer.json()["id"], 1);
        let quick = client.call(tool, json!({"millis": 0})).await;
        assert!(!is_stream(&quick), "{quick:?}");
    }
}

#[tokio::test]
async fn a_client_that_accepts_json_alone_gets_json() {
    let (_running, client) = start(Some(Duration::from_millis(50))).await;
    let message = client.message(
        "tools/call",
        json!({"name": "wait", "arguments": {"millis": 300}}),
    );
    let mut request = client.post(&message).body(message.to_string()).build();
    let request = request.as_mut().expect("a request");
    let json_alone = "application/json".parse().expect("a value");
    request.headers_mut().insert("accept", json_alone);
    let request = request.try_clone().expect("a body in memory");
    let answer = reqwest::Client::new().execute(request).await;
    let answer = HttpResponse::of_response(answer.expect("an answer")).await;
    assert!(!is_stream(&answer), "{answer:?}");
    assert_eq!(answer.tool_text(), "waited");
}

#[tokio::test]
async fn without_the_setting_an_answer_is_json_however_long_it_takes() {
    let (_running, client) = start(None).await;
    let answer = client.call("wait", json!({"millis": 300})).await;
    assert!(!is_stream(&answer), "{answer:?}");
}

#[tokio::test]
async fn a_refusal_keeps_its_status() {
    let (_running, client) = start(Some(Duration::ZERO)).await;
    let answer = client
        .without_token()
        .call("wait", json!({"millis": 0}))
        .await;
    assert_eq!(answer.status, 401);
}
