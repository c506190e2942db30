//! Shutdown without losing a call.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::{
    client::{HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};

use crate::{client, start_tool_server};

#[tokio::test]
async fn a_draining_server_is_not_ready_and_still_accepts_calls() {
    let server = tool_server::server(&Runs::default());
    let mut running = RunningServer::start(server, |config| {
        config
            .with_issuer(ISSUER)
            .with_drain(Duration::from_secs(3))
    })
    .await;
    let start = Instant::now();
    running.begin_shutdown();
    tokio::time::sleep(Duration::from_millis(300)).await;
    // On a new connection, which is only accepted while the port is open.
    let caller = client(&running, Revision::Stateless, "desk:read").await;
    let ready = caller.get(&running.url("/readyz")).await;
    assert_eq!(ready.status, 503, "{ready:?}");
    let call = caller.call("read", json!({})).await;
    assert_eq!(call.tool_text(), "read ran");
    running.stopped().await;
    let took = start.elapsed();
    assert!((3..10).contains(&took.as_secs()), "{took:?}");
}

#[tokio::test]
async fn a_running_call_finishes_and_open_streams_end() {
    let (mut running, runs) = start_tool_server().await;
    let session = client(&running, Revision::Session("2025-11-25"), "desk:read").await;
    let stateless = client(&running, Revision::Stateless, "desk:read").await;
    let stream = {
        let session = session.clone();
        tokio::spawn(async move {
            HttpResponse::of(
                session
                    .plain(Method::GET)
                    .header("accept", "text/event-stream"),
            )
            .await
        })
    };
    let calls = [session, stateless].map(|client| {
        tokio::spawn(async move { client.call("slow", json!({"millis": 1500})).await })
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let start = Instant::now();
    running.begin_shutdown();
    for call in calls {
        assert_eq!(call.await.expect("no panic").tool_text(), "slow ran");
    }
    assert_eq!(stream.await.expect("no panic").status, 200);
    running.stopped().await;
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(runs.all(), ["slow", "slow"]);
}
