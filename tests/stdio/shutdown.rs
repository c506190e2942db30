//! The end of the program: its standard input is closed, or it gets a signal.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::host::{Era, Host, command};

#[tokio::test]
async fn the_end_of_the_input_ends_the_program_after_its_answers() {
    for era in Era::BOTH {
        let mut host = Host::start(era, &["host", "notes:read"]).await;
        let slow = json!({"name": "slow", "arguments": {"millis": 300}});
        let id = host.begin("tools/call", slow).await;
        host.close();
        let end = host.end().await;
        assert!(end.is_success, "{end:?}");
        let answered = end.lines.iter().any(|line| line.contains("done"));
        assert!(answered, "{id}: {end:?}");
    }
    // Nothing was said at all.
    let host = Host::spawn(Era::Session, &mut command(&["host"]));
    let end = host.finish().await;
    assert!(end.is_success && end.lines.is_empty(), "{end:?}");
}

#[tokio::test]
async fn an_open_stream_does_not_hold_the_program() {
    let mut host = Host::start(Era::Stateless, &["host", "notes:read"]).await;
    let listen = json!({"notifications": {"resourceSubscriptions": ["notes://1"]}});
    host.begin("subscriptions/listen", listen).await;
    let acknowledged = host.next().await;
    let method = &acknowledged["method"];
    assert_eq!(*method, "notifications/subscriptions/acknowledged");
    let begun = Instant::now();
    let end = host.finish().await;
    assert!(end.is_success, "{end:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_stop_signal_ends_the_program_after_its_calls_though_the_input_is_open() {
    let mut host = Host::start(Era::Session, &["host", "notes:read"]).await;
    let slow = json!({"name": "slow", "arguments": {"millis": 700}});
    let running = host.begin("tools/call", slow).await;
    // The call has begun when a later request is answered.
    host.request("ping", json!({})).await;
    let pid = host.child.id().expect("it runs").to_string();
    let killed = std::process::Command::new("kill")
        .args(["-TERM", &pid])
        .status();
    assert!(killed.expect("kill runs").success());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let refused = host.call("read", json!({})).await;
    assert_eq!(refused["error"]["code"], -31429, "{refused}");
    let done = host.answer(running).await;
    assert_eq!(done["result"]["content"][0]["text"], "done", "{done}");
    let begun = Instant::now();
    let end = host.end().await;
    assert!(end.is_success, "{end:?}");
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    assert!(end.stderr.contains("stop signal received"), "{end:?}");
}
