//! MCP over HTTP in every revision, for requests that are authorized.

use serde_json::json;
use support::client::{Client, HttpResponse, Revision};

use crate::{client, start_protected_server, start_tool_server, start_with_open_handshake};

#[tokio::test]
async fn the_server_names_itself_in_every_revision() {
    let (running, _) = start_with_open_handshake().await;
    for revision in Revision::ALL {
        let answer = Client::new(running.resource(), revision).initialize().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let result = &answer.json()["result"];
        match revision {
            Revision::Session(version) => {
                assert_eq!(result["protocolVersion"], version);
                assert_eq!(result["serverInfo"]["name"], "desk");
            }
            Revision::Stateless => {
                let versions = &result["supportedVersions"];
                assert!(versions.to_string().contains("2026-07-28"), "{result}");
                // An open server returns it to every client.
                assert_eq!(result["cacheScope"], "public");
            }
        }
    }
}

#[tokio::test]
async fn the_list_is_sorted_and_private_if_it_depends_on_the_caller() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "").await;
        let answer = alice.request("tools/list", json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let result = &answer.json()["result"];
        let names: Vec<_> = result["tools"]
            .as_array()
            .expect("tools")
            .iter()
            .map(|tool| tool["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(
            names,
            [
                "echo", "explode", "ping", "purge", "read", "rewrite", "slow", "whoami", "write"
            ]
        );
        if revision == Revision::Stateless {
            assert_eq!(result["cacheScope"], "private");
            assert!(result["ttlMs"].as_u64().is_some());
        }
    }
}

#[tokio::test]
async fn an_open_handshake_lists_everything_without_a_token() {
    let (running, _) = start_with_open_handshake().await;
    for revision in Revision::ALL {
        let mut anonymous = Client::new(running.resource(), revision);
        anonymous.open().await;
        let answer = anonymous.request("tools/list", json!({})).await;
        let result = &answer.json()["result"];
        assert_eq!(
            result["tools"].as_array().expect("tools").len(),
            9,
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_protected_server_lists_nothing_without_a_token() {
    let (running, _) = start_protected_server().await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    assert_eq!(anonymous.request("tools/list", json!({})).await.status, 401);
}

#[tokio::test]
async fn responses_that_need_a_token_are_cacheable_only_by_the_caller() {
    let (running, _) = start_protected_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    for method in ["server/discover", "tools/list"] {
        let answer = client.request(method, json!({})).await;
        assert_eq!(
            answer.json()["result"]["cacheScope"],
            "private",
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_slash_at_the_end_is_no_redirect() {
    let (running, _) = start_tool_server().await;
    let token = support::unsigned_tokens::token(&support::unsigned_tokens::claims(
        &running.resource(),
        "desk:read",
    ));
    let client =
        Client::new(format!("{}/", running.resource()), Revision::Stateless).with_token(token);
    assert_eq!(client.call("read", json!({})).await.tool_text(), "read ran");
}

#[tokio::test]
async fn arguments_are_validated_against_the_published_schema() {
    let (running, runs) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read").await;
        for (arguments, named) in [
            (json!({}), "text"),
            (json!({"text": 7}), "text"),
            (json!({"text": "a".repeat(101)}), "text"),
            (json!({"text": "a", "more": 1}), "more"),
        ] {
            let answer = client.call("echo", arguments).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.is_tool_error(), "{answer:?}");
            assert!(answer.tool_text().contains(named), "{answer:?}");
        }
        assert_eq!(runs.all(), [""; 0]);
    }
}

#[tokio::test]
async fn a_panic_is_a_tool_error_and_the_server_continues() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read").await;
        let answer = client.call("explode", json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.is_tool_error(), "{answer:?}");
        assert!(!answer.text.contains("told to"), "{answer:?}");
        assert_eq!(client.call("read", json!({})).await.status, 200);
    }
}

#[tokio::test]
async fn a_call_receives_its_caller() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read extra").await;
        let output = client.call("whoami", json!({})).await.tool_text();
        assert_eq!(output, "alice with desk:read extra", "{revision:?}");
    }
}

#[tokio::test]
async fn an_unknown_tool_is_reported_only_with_a_token() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "").await;
        let answer = client.call("no such tool", json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    }
}

/// The header and the body must name the same method; the body is the one that is authorized.
#[tokio::test]
async fn the_name_in_the_header_never_replaces_the_name_in_the_body() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let read = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let write = client.message("tools/call", json!({"name": "write", "arguments": {}}));
    let answer = HttpResponse::of(client.post(&read).body(write.to_string())).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let answer = HttpResponse::of(client.post(&write).body(read.to_string())).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    // An older version in the header is no bypass either.
    let older = Client::new(running.resource(), Revision::Stateless);
    let request = older
        .plain(reqwest::Method::POST)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-name", "ping");
    let answer = HttpResponse::of(request.body(write.to_string())).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn fast_path_and_rmcp_give_the_same_response() {
    let (running, _) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message(
        "tools/call",
        json!({"name": "echo", "arguments": {"text": "ä \" \u{1f600}"}}),
    );
    let direct = HttpResponse::of(client.post(&message).body(message.to_string())).await;
    // A parameter on the media type is valid, but the fast path does not take it.
    let mut request = client
        .post(&message)
        .body(message.to_string())
        .build()
        .expect("a request");
    let kind = "application/json; charset=utf-8".parse().expect("a value");
    request.headers_mut().insert("content-type", kind);
    let long = reqwest::Client::new()
        .execute(request)
        .await
        .expect("an answer");
    assert_eq!(long.status().as_u16(), direct.status);
    assert_eq!(
        long.headers()
            .get("content-type")
            .expect("a type")
            .to_str()
            .ok(),
        direct.header("content-type")
    );
    assert_eq!(long.text().await.expect("text"), direct.text);
}
