//! The level of log messages that a client has set, at another replica.

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    memory_store::Conduct,
    running_server::RunningServer,
};
use toolgate::{Context, LogLevel, Server, mcp_tool, tools};

use crate::replica::{Replicas, reason};

const SESSION: Revision = Revision::Session("2025-11-25");

/// Logs messages of three levels.
#[mcp_tool(scope = "desk:read")]
async fn tell(context: Context) -> &'static str {
    context.log(LogLevel::Debug, "the debug message").await;
    context.log(LogLevel::Error, "the error message").await;
    context.log(LogLevel::Emergency, "the last message").await;
    "told"
}

/// Two replicas with this tool.
async fn start() -> (Replicas, Vec<RunningServer>) {
    let mut replicas = Replicas::start().await;
    replicas.all.clear();
    let mut running = Vec::new();
    for _ in 0..2 {
        let server = Server::new("desk").tools(tools![tell]).without_banner();
        running.push(replicas.serve(server, |config| config).await.0);
    }
    (replicas, running)
}

async fn open(replicas: &Replicas, running: &RunningServer) -> Client {
    let token = replicas.token("desk:read").claim("sub", "alice".into());
    let client = Client::new(running.resource(), SESSION);
    let mut client = client.with_token(token.build());
    client.open().await;
    client
}

async fn set(client: &Client, level: &str) -> HttpResponse {
    let level = json!({"level": level});
    client.request("logging/setLevel", level).await
}

/// Calls the tool, and returns what the session's stream has received up to the last message.
async fn told(client: &Client) -> String {
    let get = client.plain(Method::GET);
    let stream = get.header("accept", "text/event-stream").send().await;
    let mut stream: Response = stream.expect("a stream");
    let answer = client.call("tell", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut text = String::new();
    let reading = async {
        while !text.contains("the last message") {
            let chunk = stream.chunk().await.expect("a chunk").expect("an event");
            text.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(10), reading).await;
    read.expect("the last message");
    text
}

#[tokio::test]
async fn a_log_level_survives_the_move_to_another_replica() {
    let (replicas, mut running) = start().await;
    for (level, expected) in [
        ("debug", [true, true]),
        ("warning", [false, true]),
        ("emergency", [false, false]),
    ] {
        let first = open(&replicas, &running[0]).await;
        let answer = set(&first, level).await;
        assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
        let second = first.clone().at(running[1].resource());
        let text = told(&second).await;
        let found = ["the debug message", "the error message"].map(|one| text.contains(one));
        assert_eq!(found, expected, "{level} {text}");
    }
    // Also after the death of the replica that has set it, and without a level.
    let (first, other) = (
        open(&replicas, &running[0]).await,
        open(&replicas, &running[0]).await,
    );
    set(&first, "debug").await;
    drop(running.remove(0));
    let text = told(&first.at(running[0].resource())).await;
    assert!(text.contains("the debug message"), "{text}");
    let text = told(&other.at(running[0].resource())).await;
    assert!(!text.contains("the debug message"), "{text}");
}

#[tokio::test]
async fn a_log_level_is_not_set_while_the_store_does_not_work() {
    let (replicas, running) = start().await;
    let client = open(&replicas, &running[0]).await;
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        replicas.store.set(conduct);
        let begun = Instant::now();
        let answer = set(&client, "debug").await;
        assert_eq!(answer.status, 503, "{conduct:?} {answer:?}");
        assert_eq!(reason(&answer), "store_unavailable");
        assert!(
            begun.elapsed() < Duration::from_millis(1_800),
            "{conduct:?}"
        );
        replicas.store.set(Conduct::Honest);
    }
    let text = told(&client).await;
    assert!(!text.contains("the debug message"), "{text}");
    // A level of another caller's session cannot be set, and no level outside of a session.
    let token = replicas.token("desk:read").claim("sub", "mallory".into());
    let mallory = client.clone().with_token(token.build());
    assert_eq!(set(&mallory, "debug").await.status, 404);
    let there = client.clone().at(running[1].resource());
    assert!(!told(&there).await.contains("the debug message"));
    assert_eq!(set(&client, "debug").await.status, 200);
}
