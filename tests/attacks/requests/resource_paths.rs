//! Servers whose resource has another path, or none.

use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use toolgate::Config;

#[tokio::test]
async fn a_resource_is_served_at_any_path() {
    for path in ["", "/a", "/a/b-c_d~e.f", "/a%20b", "/mcp/docs"] {
        let server = tool_server::protected_server(&Runs::default());
        let running = RunningServer::start_as(server, |address| {
            let resource = format!("http://{address}{path}");
            Config::new(resource).with_bind(address).with_issuer(ISSUER)
        })
        .await;
        let resource = running.url(path);
        let token = unsigned_tokens::token(&unsigned_tokens::claims(&resource, "desk:read"));
        let plain = Client::new(running.origin(), Revision::Stateless);
        let bare = path.trim_end_matches('/');
        for spelling in [bare.to_owned(), format!("{bare}/")] {
            let client = Client::new(running.url(&spelling), Revision::Stateless);
            let refused = client.call("read", json!({})).await;
            assert_eq!(refused.status, 401, "{path} {spelling} {refused:?}");
            let challenge = refused.challenge().expect("a challenge");
            let metadata = challenge
                .get("resource_metadata")
                .expect("a URL")
                .to_owned();
            let metadata = plain.get(&metadata).await;
            assert_eq!(metadata.status, 200, "{path} {metadata:?}");
            assert_eq!(metadata.json()["resource"], resource, "{path}");
            let client = client.with_token(token.clone());
            let answer = client.call("read", json!({})).await;
            assert_eq!(answer.tool_text(), "read ran", "{path} {spelling}");
        }
        let root = running.url("/.well-known/oauth-protected-resource");
        assert_eq!(
            plain.get(&root).await.json()["resource"],
            resource,
            "{path}"
        );
        let docs = plain.get(&running.url("/docs")).await;
        assert_eq!(docs.status, 200, "{path}");
        assert!(docs.text.contains(&resource), "{path}");
        for health in ["/healthz", "/readyz"] {
            assert_eq!(plain.get(&running.url(health)).await.status, 200, "{path}");
        }
        assert_eq!(
            plain.get(&running.url("/nothing")).await.status,
            404,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_resource_path_that_clashes_with_server_paths_is_a_start_error() {
    for path in [
        "/docs",
        "/healthz",
        "/readyz",
        "/.well-known/x",
        "/docs/mcp",
        "/:a",
        "/{a}",
        "/*a",
        "/a//b",
        "/../mcp",
        "/a?b",
        "/",
        "/a/",
        "/a#b",
    ] {
        let server = tool_server::protected_server(&Runs::default());
        let running = RunningServer::start_as(server, |address| {
            let resource = format!("http://{address}{path}");
            Config::new(resource).with_bind(address).with_issuer(ISSUER)
        })
        .await;
        let error = running.start_error().await.to_string();
        assert!(error.contains("cannot start"), "{path}: {error}");
    }
}
