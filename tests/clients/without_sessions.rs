//! A client of a revision with sessions, with a server that opens none.

use support::{client::Revision, running_server::RunningServer, tool_server, tool_server::Runs};

use crate::{logged_in, stepped_up};

#[tokio::test]
async fn a_session_client_logs_in_calls_and_steps_up_without_a_session() {
    let runs = Runs::default();
    let server = tool_server::protected_unverified_server(&runs).without_sessions();
    let running = RunningServer::start(server, |config| config).await;
    let revision = Revision::Session("2025-11-25");
    let application = logged_in(&running, revision, &["desk:read"]).await;
    assert_eq!(application.call_text("read").await, "read ran");

    let challenge = application.refused("rewrite").await;
    assert!(
        challenge.contains("scope=\"desk:read desk:write\""),
        "{challenge}"
    );
    stepped_up(&application, &challenge).await;
    assert_eq!(application.call_text("rewrite").await, "rewrite ran");
    assert_eq!(runs.all(), ["read", "rewrite"]);

    let sent = application.wire().sent_as("read");
    assert!(sent.iter().all(|one| one.session.is_none()), "{sent:?}");
}
