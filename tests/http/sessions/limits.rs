//! Limits on sessions, which session is evicted, and how their streams begin.

use std::time::Duration;

use reqwest::{Method, Response};
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use toolgate::{Context, Server, gate::SessionLimits, mcp_tool, tools};

use super::{SESSION, token_of};

/// Says hello.
#[mcp_tool(public)]
fn hello() -> &'static str {
    "hello"
}

/// Says hello through rmcp.
#[mcp_tool(public)]
fn greet(_context: Context) -> &'static str {
    "hello"
}

/// Starts a server with an open handshake.
async fn server(limits: SessionLimits) -> RunningServer {
    let server = Server::new("open")
        .tools(tools![hello, greet])
        .with_verifier(UnsignedVerifier);
    RunningServer::start(server.without_banner(), |config| {
        config.with_issuer(ISSUER).with_session_limits(limits)
    })
    .await
}

async fn anonymous(running: &RunningServer) -> Client {
    let mut client = Client::new(running.resource(), SESSION);
    client.open().await;
    client
}

async fn authenticated(running: &RunningServer, subject: &str) -> Client {
    let resource = running.resource();
    let token = token_of(&resource, subject, "");
    let mut client = Client::new(resource, SESSION).with_token(token);
    client.open().await;
    client
}

async fn stream(client: &Client) -> Response {
    let request = client
        .plain(Method::GET)
        .header("accept", "text/event-stream");
    let stream = request.send().await.expect("an answer");
    assert_eq!(stream.status(), 200);
    stream
}

async fn says_hello(client: &Client) -> bool {
    let answer = client.call("hello", json!({})).await;
    assert!([200, 404].contains(&answer.status), "{answer:?}");
    answer.status == 200
}

#[tokio::test]
async fn a_flood_of_anonymous_sessions_ends_no_other_session() {
    let running = server(SessionLimits::default().with_unauthenticated_weight(5)).await;
    let alice = authenticated(&running, "alice").await;
    let listening = anonymous(&running).await;
    let _stream = stream(&listening).await;
    let idle = anonymous(&running).await;
    let claimed = anonymous(&running).await;
    let claimed = claimed.with_token(token_of(&running.resource(), "bob", ""));
    assert!(says_hello(&claimed).await);
    for _ in 0..20 {
        anonymous(&running).await;
    }
    assert!(says_hello(&alice).await);
    assert!(says_hello(&claimed).await);
    assert!(says_hello(&listening).await);
    assert!(!says_hello(&idle).await);
}

#[tokio::test]
async fn a_new_session_is_refused_while_all_are_in_use() {
    let limits = SessionLimits::default()
        .with_unauthenticated_weight(2)
        .with_weight_per_caller(2);
    let running = server(limits).await;
    let token = token_of(&running.resource(), "alice", "");
    for (token, status) in [(None, 503), (Some(token), 429)] {
        let with_token = |client: Client| match &token {
            Some(token) => client.with_token(token),
            None => client,
        };
        let mut streams = Vec::new();
        for _ in 0..2 {
            let mut client = with_token(Client::new(running.resource(), SESSION));
            client.open().await;
            streams.push(stream(&client).await);
        }
        let mut third = with_token(Client::new(running.resource(), SESSION));
        let answer = third.initialize().await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert_eq!(answer.header("retry-after"), Some("30"));
        assert_eq!(answer.header("www-authenticate"), None);
        let code = (status == 429).then_some(-31429);
        assert_eq!(answer.json()["error"]["code"].as_i64(), code, "{answer:?}");
        assert!(answer.text.contains("in use"), "{answer:?}");
        streams.pop();
        // The server notices when it checks the connection.
        let opened = async {
            while third.initialize().await.status != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let opened = tokio::time::timeout(Duration::from_secs(30), opened).await;
        assert!(opened.is_ok());
        assert!(says_hello(&third).await);
    }
}

#[tokio::test]
async fn a_session_with_more_state_takes_the_capacity_of_several() {
    let running = server(SessionLimits::default().with_unauthenticated_weight(32)).await;
    let alice = authenticated(&running, "alice").await;
    let mut others = Vec::new();
    for _ in 0..30 {
        others.push(anonymous(&running).await);
    }
    // The largest value that is forwarded; it takes more than 150 KiB parsed: 4 places, of
    // which 2 are free.
    let empty = vec![json!({"": 0}); 230];
    let hostile = Client::new(running.resource(), SESSION);
    let handshake = hostile.message(
        "initialize",
        json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"experimental": {"x": {"y": empty}}},
            "clientInfo": {"name": "hostile", "version": "1"},
        }),
    );
    let answer = hostile.send(&handshake).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut left = 0;
    for other in &others {
        left += usize::from(says_hello(other).await);
    }
    assert_eq!(left, 28);
    assert!(says_hello(&alice).await);
}

#[tokio::test]
async fn streams_begin_with_an_empty_event_if_the_revision_has_it() {
    let running = server(SessionLimits::default()).await;
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let is_known = version == "2025-11-25";
        let mut client = Client::new(running.resource(), Revision::Session(version));
        let opened = client.initialize().await;
        assert!(!opened.text.contains("retry"), "{opened:?}");
        for kind in ["application/json", "application/json; charset=utf-8"] {
            let call = client.message("tools/call", json!({"name": "greet", "arguments": {}}));
            let request = client.post(&call).body(call.to_string()).build();
            let mut request = request.expect("a request");
            let kind = kind.parse().expect("a value");
            request.headers_mut().insert("content-type", kind);
            let answer = reqwest::Client::new().execute(request).await;
            let answer = HttpResponse::of_response(answer.expect("an answer")).await;
            assert_eq!(answer.tool_text(), "hello");
            let events = answer.text.matches("data:").count();
            assert_eq!(events, if is_known { 2 } else { 1 }, "{version} {answer:?}");
            assert_eq!(answer.text.contains("retry: 3000"), is_known, "{answer:?}");
        }
        let mut stream = stream(&client).await;
        let first = tokio::time::timeout(Duration::from_millis(300), stream.chunk()).await;
        assert_eq!(first.is_ok(), is_known, "{version}: {first:?}");
    }
}
