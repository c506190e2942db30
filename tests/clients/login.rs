//! A login that starts with only a URL and ends with a call.

use rmcp::transport::AuthorizationRequest;
use support::{
    rmcp_client_app::{CALLBACK, RmcpClientApp},
    simulated_browser::Choice,
};

use crate::{
    REVISIONS, challenge_at_connect, logged_in, modest, shown, start_protected_server,
    start_with_open_handshake,
};

#[tokio::test]
async fn a_client_finds_its_way_from_the_url_to_a_call() {
    for revision in REVISIONS {
        let (running, runs, _) = start_protected_server().await;
        let mut application = RmcpClientApp::new(running.resource(), revision).await;
        let challenge = challenge_at_connect(&mut application).await;

        let login = application.begin_login(&challenge, modest()).await;
        let (browser, page) = shown(&login.url).await;
        // The baseline, plus the scope that a client adds to get a refresh token.
        let offered = page.choices();
        assert!(offered.iter().all(|one| one.is_ticked), "{offered:?}");
        assert!(!offered.iter().any(Choice::is_new), "{offered:?}");
        let offered: Vec<_> = offered.iter().map(|one| one.value.as_str()).collect();
        assert_eq!(offered, ["desk:read", "offline_access"]);
        for part in ["Example application", "desk", CALLBACK, &running.resource()] {
            assert!(page.text().contains(part), "{part}: {}", page.text());
        }
        let answer = browser.press(&page, "allow").await;
        application.end_login(login, &answer).await;

        application.connect().await.expect("it may connect");
        let tools = application.tools().await;
        assert!(tools.contains(&"write".to_owned()), "{tools:?}");
        assert_eq!(application.call_text("read").await, "read ran");
        assert_eq!(
            application.call_text("whoami").await,
            "developer with desk:read",
            "{revision:?}"
        );
        assert_eq!(runs.all(), ["read", "whoami"]);
        application.disconnect().await;
    }
}

#[tokio::test]
async fn a_person_can_leave_out_what_a_client_asks_for() {
    for revision in REVISIONS {
        let (running, runs, _) = start_protected_server().await;
        let mut application = RmcpClientApp::new(running.resource(), revision).await;
        let challenge = challenge_at_connect(&mut application).await;
        // By default, rmcp requests every scope in the metadata.
        let login = application
            .begin_login(&challenge, AuthorizationRequest::new(CALLBACK))
            .await;
        let (browser, page) = shown(&login.url).await;
        let offered: Vec<_> = page.choices().into_iter().map(|one| one.value).collect();
        assert_eq!(
            offered,
            ["desk:admin", "desk:read", "desk:write", "offline_access"]
        );
        let answer = browser
            .press(&page.tick_only(&["desk:write"]), "allow")
            .await;
        application.end_login(login, &answer).await;
        assert_eq!(application.granted().await, ["desk:write"]);
        application.connect().await.expect("it may connect");
        assert_eq!(application.call_text("write").await, "write ran");
        application.refused("read").await;
        assert_eq!(runs.all(), ["write"], "{revision:?}");
    }
}

#[tokio::test]
async fn a_user_who_denies_is_not_logged_in() {
    let (running, _, _) = start_protected_server().await;
    let mut application = RmcpClientApp::new(running.resource(), REVISIONS[0]).await;
    let challenge = challenge_at_connect(&mut application).await;
    let login = application.begin_login(&challenge, modest()).await;
    let (browser, page) = shown(&login.url).await;
    let answer = browser.press(&page, "deny").await;
    let output = answer.leads_to();
    assert!(output.contains("error=access_denied"), "{output}");
    assert!(!output.contains("code="), "{output}");
    challenge_at_connect(&mut application).await;
}

#[tokio::test]
async fn where_the_handshake_is_open_the_first_protected_call_starts_the_login() {
    for revision in REVISIONS {
        let (running, runs, _) = start_with_open_handshake().await;
        let mut application = RmcpClientApp::new(running.resource(), revision).await;
        application.connect().await.expect("anybody may connect");
        let tools = application.tools().await;
        assert!(tools.contains(&"write".to_owned()), "{tools:?}");
        assert_eq!(application.call_text("ping").await, "ping ran");
        let challenge = application.refused("write").await;
        assert!(challenge.contains("scope=\"desk:write\""), "{challenge}");

        let login = application.begin_login(&challenge, modest()).await;
        let (browser, page) = shown(&login.url).await;
        let answer = browser.press(&page, "allow").await;
        application.end_login(login, &answer).await;
        assert_eq!(application.call_text("write").await, "write ran");
        assert_eq!(runs.all(), ["ping", "write"], "{revision:?}");
        // The session that was opened without a token is still in use.
        let sent = application.wire().sent();
        let ping = application.wire().sent_as("ping");
        assert_eq!(sent.last().expect("some").session, ping[0].session);
        assert_eq!(ping[0].token, None);
    }
}

#[tokio::test]
async fn a_user_can_log_in_under_another_name() {
    let (running, _, _) = start_protected_server().await;
    let mut application = RmcpClientApp::new(running.resource(), REVISIONS[0]).await;
    let challenge = challenge_at_connect(&mut application).await;
    let login = application.begin_login(&challenge, modest()).await;
    let (browser, page) = shown(&login.url).await;
    let answer = browser.press(&page.fill("subject", "bob"), "allow").await;
    application.end_login(login, &answer).await;
    application.connect().await.expect("it may connect");
    assert_eq!(application.call_text("whoami").await, "bob with desk:read");
}

#[tokio::test]
async fn a_client_that_ends_its_session_has_no_error() {
    let (running, _, _) = start_protected_server().await;
    let mut application = logged_in(&running, REVISIONS[0], &["desk:read"]).await;
    application.call_text("read").await;
    application.disconnect().await;
    let ends = application.wire().sent_as("DELETE");
    assert_eq!(ends.len(), 1, "{ends:?}");
    assert_eq!(ends[0].challenge, None, "{ends:?}");
}
