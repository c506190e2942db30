//! Liveness, readiness and the human-readable page.

use support::client::{Client, Revision};

use crate::start_tool_server;

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
