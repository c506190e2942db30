//! rmcp's own client and its OAuth support against a server with its development issuer.
//!
//! Discovery, registration, PKCE, consent, calls, a real 403, step-up and refresh, in a
//! revision with sessions and in the one without.

mod login;
mod multi_round;
mod published_scopes;
mod step_up;
mod token_refresh;
mod without_sessions;

use rmcp::transport::AuthorizationRequest;
use support::{
    TestClock,
    client::Revision,
    rmcp_client_app::{CALLBACK, RmcpClientApp},
    running_server::RunningServer,
    simulated_browser::{Browser, Page},
    tool_server::{self, Runs},
};

/// The revisions that current clients use to connect.
const REVISIONS: [Revision; 2] = [Revision::Session("2025-11-25"), Revision::Stateless];

/// Starts a closed desk that issues its own tokens.
async fn start_protected_server() -> (RunningServer, Runs, TestClock) {
    let (runs, clock) = (Runs::default(), TestClock::default());
    let server = tool_server::protected_unverified_server(&runs).with_clock(clock.clone());
    (
        RunningServer::start(server, |config| config).await,
        runs,
        clock,
    )
}

/// Starts the same with a public tool and an open handshake.
async fn start_with_open_handshake() -> (RunningServer, Runs, TestClock) {
    let (runs, clock) = (Runs::default(), TestClock::default());
    let server = tool_server::unverified_server(&runs).with_clock(clock.clone());
    let server = server.with_open_handshake();
    (
        RunningServer::start(server, |config| config).await,
        runs,
        clock,
    )
}

/// Returns the challenge that an application gets when it connects.
async fn challenge_at_connect(application: &mut RmcpClientApp) -> String {
    let error = application.connect().await.expect_err("a token is needed");
    let challenge = error.auth_challenge().map(str::to_owned);
    challenge.unwrap_or_else(|| panic!("no challenge: {error:?}"))
}

/// An application that requests only the scopes of the challenge.
fn modest() -> AuthorizationRequest {
    AuthorizationRequest::new(CALLBACK).with_initial_scope_selection()
}

/// Opens the consent page at a URL.
async fn shown(url: &str) -> (Browser, Page) {
    let browser = Browser::default();
    let page = browser.open(url).await;
    assert_eq!(page.status(), 200, "{}", page.text());
    (browser, page)
}

/// Returns an application that is logged in with these scopes and connected.
async fn logged_in(running: &RunningServer, revision: Revision, scopes: &[&str]) -> RmcpClientApp {
    let mut application = RmcpClientApp::new(running.resource(), revision).await;
    let challenge = challenge_at_connect(&mut application).await;
    let login = application
        .begin_login(&challenge, AuthorizationRequest::new(CALLBACK))
        .await;
    let (browser, page) = shown(&login.url).await;
    let answer = browser.press(&page.tick_only(scopes), "allow").await;
    application.end_login(login, &answer).await;
    application.connect().await.expect("it may connect");
    application
}

/// Requests the scopes of a challenge, and the user consents.
async fn stepped_up(application: &RmcpClientApp, challenge: &str) {
    let url = application.begin_step_up(challenge).await;
    let (browser, page) = shown(&url).await;
    let answer = browser.press(&page, "allow").await;
    application.end_step_up(&answer).await;
}
