//! Shutdown without losing a call.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::client::{HttpResponse, Revision};

use crate::{client, start_tool_server};

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
