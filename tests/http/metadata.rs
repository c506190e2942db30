//! The protected resource metadata document (RFC 9728).

use serde_json::json;
use support::{
    client::{Client, Revision},
    unsigned_tokens::ISSUER,
};
use toolgate::issuer::Algorithm;

use crate::start_tool_server;

#[tokio::test]
async fn the_document_is_at_both_places_and_the_same() {
    let (running, _) = start_tool_server().await;
    let client = Client::new(running.resource(), Revision::Stateless);
    for path in ["", "/mcp", "/mcp/"] {
        let url = running.url(&format!("/.well-known/oauth-protected-resource{path}"));
        let answer = client.get(&url).await;
        assert_eq!(answer.status, 200, "{path} {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(
            answer.json(),
            json!({
                "resource": running.resource(),
                "authorization_servers": [ISSUER],
                "scopes_supported": ["desk:admin", "desk:read", "desk:write"],
                "bearer_methods_supported": ["header"],
                "dpop_signing_alg_values_supported": Algorithm::ALL.map(Algorithm::name),
                "resource_documentation": running.url("/docs"),
                "resource_name": "desk",
            }),
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_unknown_protocol_version_does_not_matter_for_metadata() {
    let (running, _) = start_tool_server().await;
    let url = running.url("/.well-known/oauth-protected-resource");
    for version in ["2024-11-05", "2026-07-28", "nonsense"] {
        let request = reqwest::Client::new()
            .get(&url)
            .header("mcp-protocol-version", version);
        assert_eq!(
            request.send().await.expect("an answer").status(),
            200,
            "{version}"
        );
    }
}

#[tokio::test]
async fn an_invalid_token_does_not_matter_for_metadata() {
    let (running, _) = start_tool_server().await;
    let url = running.url("/.well-known/oauth-protected-resource/mcp");
    let request = reqwest::Client::new().get(url).bearer_auth("nonsense");
    assert_eq!(request.send().await.expect("an answer").status(), 200);
}

#[tokio::test]
async fn the_metadata_url_of_the_challenge_exists() {
    let (running, _) = start_tool_server().await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let answer = client.call("read", json!({})).await;
    let challenge = answer.challenge().expect("a challenge");
    let url = challenge.get("resource_metadata").expect("a URL");
    let document = client.get(url).await.json();
    assert_eq!(document["resource"], running.resource());
}
