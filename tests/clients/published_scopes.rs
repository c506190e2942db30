//! rmcp requests every scope that the metadata publishes, so the published list determines the
//! scopes of the first login.

use rmcp::transport::AuthorizationRequest;
use support::{
    rmcp_client_app::{CALLBACK, RmcpClientApp},
    running_server::RunningServer,
};
use toolgate::{Server, auth::PublishedScopes, mcp_tool, tools};

use crate::{REVISIONS, challenge_at_connect, shown, stepped_up};

/// Reads.
#[mcp_tool(scope = "shelf:read")]
fn look() -> &'static str {
    "look ran"
}

/// Writes.
#[mcp_tool(scope = "shelf:write", step_up)]
fn put() -> &'static str {
    "put ran"
}

async fn start(scopes: PublishedScopes) -> RunningServer {
    let server = Server::new("shelf").tools(tools![look, put]);
    RunningServer::start(server.without_banner(), |config| {
        config.with_published_scopes(scopes)
    })
    .await
}

/// Returns the scopes that a list publishes.
async fn published(running: &RunningServer) -> serde_json::Value {
    let url = running.url("/.well-known/oauth-protected-resource/mcp");
    let answer = reqwest::get(url).await.expect("an answer");
    let document: serde_json::Value = answer.json().await.expect("JSON");
    document["scopes_supported"].clone()
}

#[tokio::test]
async fn rmcp_requests_everything_at_the_first_login_unless_only_the_baseline_is_published() {
    for revision in REVISIONS {
        for (scopes, listed, first) in [
            (
                PublishedScopes::All,
                serde_json::json!(["shelf:read", "shelf:write"]),
                "shelf%3Aread+shelf%3Awrite",
            ),
            (
                PublishedScopes::Baseline,
                serde_json::json!(["shelf:read"]),
                "shelf%3Aread",
            ),
        ] {
            let running = start(scopes).await;
            assert_eq!(published(&running).await, listed);
            let mut application = RmcpClientApp::new(running.resource(), revision).await;
            let challenge = challenge_at_connect(&mut application).await;
            let request = AuthorizationRequest::new(CALLBACK);
            let login = application.begin_login(&challenge, request).await;
            let scope = login.url.split("scope=").nth(1).expect("scopes");
            let scope = scope.split('&').next().expect("a value");
            let scope = scope.trim_end_matches("+offline_access");
            assert_eq!(scope, first, "{scopes:?} {revision:?}");
            let (browser, page) = shown(&login.url).await;
            let answer = browser.press(&page, "allow").await;
            application.end_login(login, &answer).await;
            application.connect().await.expect("it may connect");
            assert_eq!(application.call_text("look").await, "look ran");
            if scopes == PublishedScopes::Baseline {
                let challenge = application.refused("put").await;
                stepped_up(&application, &challenge).await;
            }
            assert_eq!(application.call_text("put").await, "put ran");
        }
    }
}
