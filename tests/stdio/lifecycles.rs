//! Both lifecycles, and lists that show what the caller may use.

use serde_json::json;
use toolgate_testing::TestServer;

use crate::{
    host::{Era, Host, command},
    items,
};

#[tokio::test]
async fn lists_show_what_they_show_over_http() {
    let server = TestServer::new(items::server());
    for scopes in [&[][..], &["notes:read"], &["notes:read", "notes:write"]] {
        let caller = server.as_caller("host").with_scopes(scopes);
        let over_http = caller.tools().await.expect("a list");
        for era in Era::BOTH {
            let mut host = Host::start(era, &["host", &scopes.join(",")]).await;
            let names = host.names("tools/list", "tools").await;
            assert_eq!(names, over_http, "{scopes:?}");
            let prompts = host.names("prompts/list", "prompts").await;
            assert_eq!(prompts.is_empty(), !scopes.contains(&"notes:write"));
        }
    }
}

#[tokio::test]
async fn a_list_says_which_scopes_its_tools_need() {
    let mut host = Host::start(Era::Stateless, &["host", "notes:read"]).await;
    let list = host.request("tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().expect("a list");
    let read = tools.iter().find(|tool| tool["name"] == "read");
    let schemes = &read.expect("it is listed")["securitySchemes"];
    assert_eq!(schemes[0]["scopes"][0], "notes:read", "{list}");
}

#[tokio::test]
async fn a_client_that_knows_both_discovers_the_server_first() {
    let mut host = Host::start(Era::Stateless, &["host", "notes:read"]).await;
    let discovered = host.request("server/discover", json!({})).await;
    let versions = &discovered["result"]["supportedVersions"];
    let versions = versions.as_array().expect("versions");
    assert!(versions.contains(&json!("2026-07-28")), "{discovered}");
    assert!(versions.contains(&json!("2025-11-25")), "{discovered}");
    assert_eq!(host.text("read", json!({})).await, "a note");
}

#[tokio::test]
async fn what_comes_before_the_first_request_ends_nothing() {
    let mut host = Host::spawn(Era::Session, &mut command(&["host", "notes:read"]));
    for early in [
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
        json!({"jsonrpc": "2.0", "id": 1, "result": {}}),
    ] {
        host.send(&early).await;
    }
    // Without a handshake and without its metadata, a request belongs to no revision.
    let refused = host.call("read", json!({})).await;
    assert!(refused["error"]["code"].is_i64(), "{refused}");
    let pong = host.request("ping", json!({})).await;
    assert_eq!(pong["result"], json!({}));
    host.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        .await;
    host.open().await;
    assert_eq!(host.text("read", json!({})).await, "a note");
    assert!(host.finish().await.is_success);
}
