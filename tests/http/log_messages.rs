//! Log messages: which clients receive them, and which levels.

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use toolgate::{Context, LogLevel, Server, mcp_tool, tools};

use crate::client;

const SESSION: Revision = Revision::Session("2025-11-25");

/// Tells the client something of each level.
#[mcp_tool(scope = "desk:read")]
async fn tell(context: Context) {
    for (level, text) in [
        (LogLevel::Debug, "debug"),
        (LogLevel::Info, "info"),
        (LogLevel::Error, "error"),
        // Severe enough for every level: all earlier messages have arrived before it.
        (LogLevel::Emergency, "end"),
    ] {
        context.log(level, text).await;
    }
}

/// Does nothing.
#[mcp_tool(scope = "desk:read")]
fn rest() {}

async fn start(server: Server<()>) -> RunningServer {
    let server = server.with_verifier(UnsignedVerifier);
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

/// Returns the messages in a stream.
fn read(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let messages = lines.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    messages
        .filter(|message| message["method"] == "notifications/message")
        .map(|message| {
            message["params"]["data"]
                .as_str()
                .expect("a text")
                .to_owned()
        })
        .collect()
}

/// Returns the messages for a call that requests this level itself.
async fn received(client: &Client, level: Option<&str>) -> Vec<String> {
    let mut message = client.message("tools/call", json!({"name": "tell", "arguments": {}}));
    if let Some(level) = level {
        message["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = level.into();
    }
    let answer = client.send(&message).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    read(&answer.text)
}

/// A session, and the stream that carries its messages.
struct Session {
    client: Client,
    stream: reqwest::Response,
}

impl Session {
    async fn open(running: &RunningServer) -> Self {
        let client = client(running, SESSION, "desk:read").await;
        let get = client
            .plain(Method::GET)
            .header("accept", "text/event-stream");
        let stream = get.send().await.expect("an answer");
        assert_eq!(stream.status(), 200);
        Self { client, stream }
    }

    async fn set_level(&self, level: &str) -> HttpResponse {
        let params = json!({"level": level});
        self.client.request("logging/setLevel", params).await
    }

    /// Returns the messages of a call, up to the one that every level gets.
    async fn received(&mut self) -> Vec<String> {
        let answer = self.client.call("tell", json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut text = String::new();
        while read(&text).last().is_none_or(|last| last != "end") {
            let chunk = self.stream.chunk().await.expect("a stream");
            text.push_str(&String::from_utf8_lossy(&chunk.expect("it goes on")));
        }
        read(&text)
    }
}

#[tokio::test]
async fn a_session_receives_log_messages_of_its_level_and_above() {
    let running = start(Server::new("desk").tools(tools![tell, rest])).await;
    let mut one = Session::open(&running).await;
    let mut other = Session::open(&running).await;
    assert_eq!(one.received().await, ["info", "error", "end"]);
    for (level, expected) in [
        ("debug", &["debug", "info", "error", "end"][..]),
        ("warning", &["error", "end"]),
        ("emergency", &["end"]),
    ] {
        let set = one.set_level(level).await;
        assert_eq!(set.status, 200, "{set:?}");
        assert_eq!(set.json()["result"], json!({}), "{set:?}");
        assert_eq!(one.received().await, expected, "{level}");
    }
    // The level of one session does not affect another.
    assert_eq!(other.received().await, ["info", "error", "end"]);
}

#[tokio::test]
async fn a_request_without_a_session_sets_its_log_level_itself() {
    let running = start(Server::new("desk").tools(tools![tell, rest])).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    assert_eq!(received(&client, None).await, [""; 0]);
    assert_eq!(received(&client, Some("error")).await, ["error", "end"]);
    assert_eq!(
        received(&client, Some("info")).await,
        ["info", "error", "end"]
    );
    assert_eq!(received(&client, Some("loud")).await, [""; 0]);
}

#[tokio::test]
async fn setting_a_log_level_does_not_bypass_the_gate() {
    let running = start(Server::new("desk").tools(tools![tell, rest])).await;
    let mut session = Session::open(&running).await;
    let nobody = session.client.clone().without_token();
    let level = json!({"level": "debug"});
    assert_eq!(nobody.request("logging/setLevel", level).await.status, 401);
    let wrong = session.set_level("loud").await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert_eq!(session.received().await, ["info", "error", "end"]);
}

#[tokio::test]
async fn a_server_without_log_messages_has_no_log_levels() {
    let running = start(Server::new("desk").tools(tools![rest])).await;
    let session = Session::open(&running).await;
    let answer = session.set_level("debug").await;
    assert_eq!(answer.json()["error"]["code"], -32601, "{answer:?}");
}
