//! Liveness, readiness and the human-readable page.

use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use toolgate::Config;

use crate::{client, start_tool_server};

#[tokio::test]
async fn health_needs_no_token_and_any_host_may_ask() {
    let (running, _) = start_tool_server().await;
    for path in ["/healthz", "/readyz"] {
        // A probe uses the address of a container.
        let request = reqwest::Client::new()
            .get(running.url(path))
            .header("host", "10.0.0.7:8080");
        assert_eq!(
            request.send().await.expect("an answer").status(),
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_page_names_every_tool_and_runs_no_script_but_its_own() {
    let (running, _) = start_tool_server().await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let answer = client.get(&running.url("/docs")).await;
    assert_eq!(answer.status, 200);
    for part in [
        "whoami",
        "rewrite",
        "desk:write",
        "What to say.",
        &running.resource(),
    ] {
        assert!(answer.text.contains(part), "{part}");
    }
    assert_eq!(answer.text.matches("<script").count(), 1);
    let policy = answer.header("content-security-policy").expect("a policy");
    for part in ["default-src 'none'", "; script-src 'sha256-"] {
        assert!(policy.contains(part), "{policy}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_404_in_json() {
    let (running, _) = start_tool_server().await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let answer = client.get(&running.url("/nothing")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["error"], "not_found");
    assert_eq!(answer.challenge(), None);
}

#[tokio::test]
async fn the_applications_check_decides_on_readiness_and_its_reason_stays_in_the_log() {
    for (result, status) in [(Ok(()), 200), (Err("db.internal is down"), 503)] {
        let server = tool_server::server(&Runs::default());
        let server = server.with_readiness(move |_: Runs| async move { result });
        let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
        let caller = client(&running, Revision::Stateless, "desk:read").await;
        let answer = caller.get(&running.url("/readyz")).await;
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(!answer.text.contains("db.internal"), "{answer:?}");
        let call = caller.call("read", json!({})).await;
        assert_eq!(call.tool_text(), "read ran");
    }
}

#[tokio::test]
async fn the_documentation_page_is_where_the_metadata_says() {
    let server = tool_server::server(&Runs::default());
    let running = RunningServer::start_as(server, |address| {
        let resource = format!("http://{address}/mcp");
        Config::new(&resource)
            .with_bind(address)
            .with_issuer(ISSUER)
            .with_docs_url(format!("{resource}/docs"))
    })
    .await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let metadata = running.url("/.well-known/oauth-protected-resource/mcp");
    let metadata = client.get(&metadata).await.json();
    let page = metadata["resource_documentation"].as_str().expect("a URL");
    assert_eq!(page, running.url("/mcp/docs"));
    for page in [page, &running.url("/docs")] {
        let answer = client.get(page).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(answer.text.contains("desk:write"), "{page}");
    }
}
