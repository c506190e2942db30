//! Which requests need a token behind a gate with some public items.

use reqwest::Method;
use serde_json::json;
use support::client::{Client, HttpResponse, Revision};
use toolgate::{Config, gate::Visibility};

use super::{BOTH, Mounted, builder};

/// Asserts that a response is the 401 of the handshake.
fn asks_for_the_login(answer: &HttpResponse, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), None, "{what}");
    assert_eq!(challenge.get("scope"), Some("ledger:read"), "{what}");
}

#[tokio::test]
async fn one_protected_item_protects_the_handshake() {
    let mounted = Mounted::gated(builder()).await;
    for revision in BOTH {
        let anonymous = Client::new(&mounted.resource, revision);
        let answer = anonymous.clone().initialize().await;
        asks_for_the_login(&answer, "initialize");
        for method in ["ping", "tools/list", "prompts/list", "resources/list"] {
            let answer = anonymous.request(method, json!({})).await;
            asks_for_the_login(&answer, method);
        }
        for method in [Method::GET, Method::DELETE] {
            let request = anonymous
                .plain(method)
                .header("accept", "text/event-stream");
            asks_for_the_login(&HttpResponse::of(request).await, "GET or DELETE");
        }
    }
    assert_eq!(mounted.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_public_tool_runs_without_a_token_where_no_session_is_needed() {
    let older = Revision::Session("2025-11-25");
    let ping = |mounted: &Mounted, revision| {
        let anonymous = Client::new(&mounted.resource, revision);
        async move { anonymous.call("ping", json!({})).await }
    };
    let mounted = Mounted::gated(builder()).await;
    let answer = ping(&mounted, Revision::Stateless).await;
    assert_eq!(answer.tool_text(), "ping ran for anybody");
    asks_for_the_login(&ping(&mounted, older).await, "without a session");
    // The gate's own transport has no sessions either.
    let mounted = Mounted::gated(builder().without_sessions()).await;
    for revision in BOTH {
        let answer = ping(&mounted, revision).await;
        assert_eq!(answer.tool_text(), "ping ran for anybody", "{answer:?}");
        let alice = mounted.client(revision, "ledger:read").await;
        assert_eq!(alice.session(), None);
    }
}

#[tokio::test]
async fn an_open_handshake_lists_required_scopes_without_a_token() {
    let mounted = Mounted::gated(builder().with_open_handshake()).await;
    for revision in BOTH {
        let mut anonymous = Client::new(&mounted.resource, revision);
        anonymous.open().await;
        let answer = anonymous.request("tools/list", json!({})).await.json();
        let schemes = |tool: usize| answer["result"]["tools"][tool]["_meta"].clone();
        for (tool, expected) in [
            (0, json!([{"type": "oauth2", "scopes": ["ledger:read"]}])),
            (1, json!([{"type": "oauth2", "scopes": ["ledger:write"]}])),
            (2, json!([{"type": "noauth"}])),
        ] {
            assert_eq!(schemes(tool)["securitySchemes"], expected, "{answer}");
        }
    }
}

#[test]
fn an_open_handshake_with_lists_by_grant_is_a_start_error() {
    let gate = builder()
        .with_open_handshake()
        .with_visibility(Visibility::Granted);
    let config = Config::new("http://127.0.0.1:8000/mcp");
    let error = gate.build_unseen(config).err().expect("it does not build");
    let error = error.to_string();
    assert!(error.contains("`open_handshake`"), "{error}");
}
