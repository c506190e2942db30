//! The issuer's metadata, at every URL that clients try.

use support::client::HttpResponse;

use crate::{get, start_tool_server};

#[tokio::test]
async fn it_is_the_same_wherever_a_client_looks() {
    let (running, _) = start_tool_server().await;
    let mut seen = Vec::new();
    for path in [
        // At the issuer's own URL, which has no path (RFC 8414 §3, OpenID Connect Discovery
        // §4).
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        // For clients that treat the resource as its own issuer.
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
    ] {
        let answer = get(&running.url(path)).await;
        assert_eq!(answer.status, 200, "{path}");
        seen.push(answer.json());
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    let document = &seen[0];
    // RFC 8414 §3.3: character for character, without an added slash.
    assert_eq!(document["issuer"], running.origin());
    assert_eq!(
        document["code_challenge_methods_supported"],
        serde_json::json!(["S256"])
    );
    for endpoint in [
        "authorization_endpoint",
        "token_endpoint",
        "registration_endpoint",
        "jwks_uri",
    ] {
        let url = document[endpoint].as_str().expect("a URL");
        let answer = get(url).await;
        assert_ne!(answer.status, 404, "{endpoint} {url}");
    }
}

#[tokio::test]
async fn a_page_can_read_it_and_no_version_header_matters() {
    let (running, _) = start_tool_server().await;
    for version in ["2024-11-05", "2025-11-25", "2026-07-28", "nonsense"] {
        let request = reqwest::Client::new()
            .get(running.url("/.well-known/oauth-authorization-server"))
            .header("origin", "http://localhost:6274")
            .header("mcp-protocol-version", version);
        let answer = HttpResponse::of(request).await;
        assert_eq!(answer.status, 200, "{version}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[tokio::test]
async fn the_resources_own_document_is_not_the_issuers() {
    let (running, _) = start_tool_server().await;
    let answer = get(&running.url("/.well-known/oauth-protected-resource/mcp")).await;
    let scopes = &answer.json()["scopes_supported"];
    // The scope for a refresh token belongs to the issuer, not to the resource.
    assert_eq!(
        *scopes,
        serde_json::json!(["desk:admin", "desk:read", "desk:write"])
    );
}
