//! Clients that disconnect, and servers that have to stop while clients keep them busy.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use toolgate::{Context, Server, State, mcp_tool, tools};

use super::raw_connection::RawConnection;

type Events = UnboundedSender<&'static str>;

/// Records when it is dropped.
struct Guard(Events);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

async fn for_ever(events: Events) -> String {
    let guard = Guard(events.clone());
    let _ = events.send("begun");
    std::future::pending::<()>().await;
    drop(guard);
    String::new()
}

/// Takes the fast path.
#[mcp_tool(scope = "desk:read")]
async fn short(State(events): State<Events>) -> String {
    for_ever(events).await
}

/// Takes the slow path, because a header repeats its argument.
#[mcp_tool(scope = "desk:read")]
async fn long(
    /// Where.
    #[arg(header = "Region")]
    region: String,
    State(events): State<Events>,
) -> String {
    let _ = region;
    for_ever(events).await
}

/// Handles its own cancellation.
#[mcp_tool(scope = "desk:read")]
async fn careful(context: Context, State(events): State<Events>) -> String {
    let _ = events.send("begun");
    context.cancelled().await;
    let _ = events.send("cancelled");
    String::new()
}

/// Finishes, unless it is dropped before.
#[mcp_tool(scope = "desk:read")]
async fn finite(State(events): State<Events>) -> &'static str {
    finish(events).await
}

/// Does the same, and could send messages meanwhile.
#[mcp_tool(scope = "desk:read")]
async fn talkative(_context: Context, State(events): State<Events>) -> &'static str {
    finish(events).await
}

async fn finish(events: Events) -> &'static str {
    let _guard = Guard(events.clone());
    let _ = events.send("begun");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let _ = events.send("finished");
    "the result"
}

/// Returns a large result.
#[mcp_tool(scope = "desk:read")]
fn verbose(State(_told): State<Events>) -> String {
    "a".repeat(50_000_000)
}

async fn server() -> (RunningServer, Client, UnboundedReceiver<&'static str>) {
    let (events, heard) = unbounded_channel();
    let server = Server::with_state("desk", events)
        .with_verifier(UnsignedVerifier)
        .without_banner();
    let server = server.tools(tools![short, long, careful, finite, talkative, verbose]);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    (running, client, heard)
}

async fn next(heard: &mut UnboundedReceiver<&'static str>) -> &'static str {
    let next = tokio::time::timeout(Duration::from_secs(10), heard.recv());
    next.await.expect("in time").expect("the server lives")
}

fn arguments(tool: &str) -> Value {
    match tool {
        "long" => json!({"region": "eu"}),
        _ => json!({}),
    }
}

#[tokio::test]
async fn a_disconnect_cancels_the_call() {
    let (_running, client, mut heard) = server().await;
    for (tool, end) in [
        ("short", "dropped"),
        ("long", "dropped"),
        ("careful", "cancelled"),
    ] {
        let message = client.message(
            "tools/call",
            json!({"name": tool, "arguments": arguments(tool)}),
        );
        let request = client.post(&message).header("mcp-param-region", "eu");
        let call = tokio::spawn(request.body(message.to_string()).send());
        assert_eq!(next(&mut heard).await, "begun", "{tool}");
        call.abort();
        assert_eq!(next(&mut heard).await, end, "{tool}");
    }
}

/// MCP 2025-11-25, Streamable HTTP: a disconnect in a session is not a cancellation. The call
/// goes on, and a client that resumes its stream gets the result.
#[tokio::test]
async fn a_disconnect_in_a_session_does_not_cancel_the_call() {
    let (running, _client, mut heard) = server().await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    for (tool, resumes) in [
        ("finite", false),
        ("finite", true),
        ("talkative", false),
        ("talkative", true),
    ] {
        let mut client = Client::new(running.resource(), Revision::Session("2025-11-25"));
        client = client.with_token(token.clone());
        client.open().await;
        let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
        let request = client.post(&message).body(message.to_string());
        let mut stream = request.send().await.expect("an answer");
        let first = stream.chunk().await.expect("a chunk").expect("an event");
        let first = String::from_utf8_lossy(&first).into_owned();
        let id = first.lines().find_map(|line| line.strip_prefix("id:"));
        let id = id.expect("events have ids").trim();
        assert_eq!(next(&mut heard).await, "begun", "{tool}");
        drop(stream);
        let resume = async || {
            let request = client.plain(Method::GET).header("last-event-id", id);
            let resumed = HttpResponse::of(request.header("accept", "text/event-stream"));
            let resumed = tokio::time::timeout(Duration::from_secs(10), resumed).await;
            resumed.expect("in time")
        };
        if resumes {
            let text = resume().await.text;
            assert!(text.contains("the result"), "{tool}: {text}");
        }
        assert_eq!(next(&mut heard).await, "finished", "{tool}");
        assert_eq!(next(&mut heard).await, "dropped", "{tool}");
        // rmcp removes the stream with its last message, so a later client ends without a result
        // instead of waiting for one.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let late = resume().await;
        assert_eq!((late.status, &*late.text), (200, ""), "{tool}: {late:?}");
    }
}

#[tokio::test]
async fn a_cancellation_in_a_session_stops_the_call() {
    let (running, client, mut heard) = server().await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    drop(client);
    for (tool, end) in [
        ("short", "dropped"),
        ("long", "dropped"),
        ("careful", "cancelled"),
    ] {
        let mut client = Client::new(running.resource(), Revision::Session("2025-11-25"));
        client = client.with_token(token.clone());
        client.open().await;
        let client = Arc::new(client);
        let caller = Arc::clone(&client);
        let call = tokio::spawn(async move { caller.call(tool, arguments(tool)).await });
        assert_eq!(next(&mut heard).await, "begun", "{tool}");
        let params = json!({"requestId": 1});
        let cancel =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
        assert_eq!(client.send(&cancel).await.status, 202);
        assert_eq!(next(&mut heard).await, end, "{tool}");
        call.abort();
    }
}

#[tokio::test]
async fn busy_clients_do_not_delay_shutdown() {
    let (mut running, client, mut heard) = server().await;
    let host = running.address();
    let mut held = Vec::new();
    for start in [
        String::new(),
        "PRI * HTTP/2.0\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nX-A: "),
        format!("POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n{{"),
        format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n"),
    ] {
        let mut raw = RawConnection::open(&running).await;
        raw.send(start).await;
        held.push(raw);
    }
    // A client that requests a large response and reads nothing of it.
    let message = client.message("tools/call", json!({"name": "verbose", "arguments": {}}));
    let unread = client.post(&message).body(message.to_string()).send();
    let unread = unread.await.expect("an answer");
    let message = client.message("tools/call", json!({"name": "short", "arguments": {}}));
    tokio::spawn(client.post(&message).body(message.to_string()).send());
    assert_eq!(next(&mut heard).await, "begun");
    let begin = Instant::now();
    running.begin_shutdown();
    running.stopped().await;
    assert!(
        begin.elapsed() < Duration::from_secs(30),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(next(&mut heard).await, "dropped");
    drop((held, unread));
}
