//! Requests that are refused for reasons other than their scopes.

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    tool_server::{Runs, server},
    unsigned_tokens,
};

use crate::{client, start_tool_server};

#[tokio::test]
async fn a_token_in_the_query_is_a_400() {
    let (running, runs) = start_tool_server().await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    let resource = format!("{}?access_token={token}", running.resource());
    let client = Client::new(resource, Revision::Stateless);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(
        answer.challenge().expect("one").get("error"),
        Some("invalid_request")
    );
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn two_tokens_are_a_400_even_if_they_are_one() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let request = client
        .post(&message)
        .header("authorization", format!("Bearer {token}"));
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.json()["error"], "invalid_request");
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn unavailable_keys_are_a_503_and_cause_no_login() {
    let (running, _) = start_tool_server().await;
    let client = Client::new(running.resource(), Revision::Stateless)
        .with_token(unsigned_tokens::UNAVAILABLE);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    let seconds = answer.header("retry-after").expect("when to try again");
    assert!(seconds.parse::<u64>().expect("seconds") >= 1);
    assert_eq!(answer.challenge(), None);
}

#[tokio::test]
async fn a_body_over_the_limit_is_a_413_and_one_below_it_is_not() {
    let runs = Runs::default();
    let server = server(&runs);
    let limit = 64 * 1024;
    let running = support::running_server::RunningServer::start(server, |config| {
        config
            .with_issuer(unsigned_tokens::ISSUER)
            .with_body_limit(limit)
    })
    .await;
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let client = client(&running, revision, "desk:read").await;
        for (size, status) in [
            (17 * 1024, 200),
            (limit - 2048, 200),
            (limit, 413),
            (20 * limit, 413),
        ] {
            let answer = client.call("echo", json!({"text": "a".repeat(size)})).await;
            assert_eq!(answer.status, status, "{revision:?} {size} {}", answer.text);
            if status == 413 {
                assert_eq!(answer.json()["error"], "body_too_large");
            }
        }
    }
}

#[tokio::test]
async fn an_invalid_message_is_a_400_in_json() {
    let (running, _) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read"}));
    for (body, code) in [
        ("", -32700),
        ("{", -32700),
        ("[", -32700),
        ("null", -32700),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32700),
        ("\u{feff}{}", -32700),
        // Batches, which are valid JSON (JSON-RPC 2.0 §6).
        ("[]", -32600),
        (r#" [{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
    ] {
        let answer = HttpResponse::of(client.post(&message).body(body)).await;
        assert_eq!(answer.status, 400, "{body} {answer:?}");
        assert_eq!(answer.json()["error"]["code"], code, "{body} {answer:?}");
    }
}

#[tokio::test]
async fn an_unknown_method_is_refused_and_the_session_continues() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read desk:write").await;
        let expected = if revision == Revision::Stateless {
            404
        } else {
            200
        };
        for (method, params) in [
            ("resources/read", json!({"uri": "file:///etc/passwd"})),
            ("resources/list", json!({})),
            ("prompts/get", json!({"name": "read"})),
            (
                "completion/complete",
                json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": "b"}}),
            ),
            ("tasks/get", json!({"taskId": "1"})),
            ("made/up", json!({})),
        ] {
            let answer = client.request(method, params).await;
            assert_eq!(answer.status, expected, "{method} {revision:?} {answer:?}");
            assert_eq!(
                answer.json()["error"]["code"],
                -32601,
                "{method} {answer:?}"
            );
        }
        assert_eq!(
            client.call("read", json!({})).await.status,
            200,
            "{revision:?}"
        );
    }
}

#[tokio::test]
async fn a_method_removed_in_a_revision_is_not_found_for_any_parameters() {
    let (running, _) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    for method in [
        "initialize",
        "logging/setLevel",
        "ping",
        "resources/subscribe",
        "resources/unsubscribe",
    ] {
        let answer = client.request(method, json!({})).await;
        assert_eq!(answer.status, 404, "{method} {answer:?}");
        assert_eq!(
            answer.json()["error"]["code"],
            -32601,
            "{method} {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_malformed_call_is_no_custom_request() {
    let (running, runs) = start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read").await;
        let right = client.message("tools/call", json!({"name": "read"}));
        for params in [
            r#"{"name":"ping","name":"read"}"#,
            r#"{"name":"read","name":"ping"}"#,
            r#"{"name":7}"#,
            r#"{"name":"read","arguments":[]}"#,
            "[]",
        ] {
            let body =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
            let answer = HttpResponse::of(client.post(&right).body(body)).await;
            assert_eq!(answer.status, 400, "{params} {revision:?} {answer:?}");
            assert!(answer.json()["error"]["code"].is_i64(), "{answer:?}");
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn other_methods_of_http_are_a_405() {
    let (running, _) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    for method in [Method::PUT, Method::PATCH] {
        let answer = HttpResponse::of(client.plain(method)).await;
        assert_eq!(answer.status, 405, "{answer:?}");
        assert!(answer.header("allow").is_some());
    }
}

#[tokio::test]
async fn unacceptable_and_missing_media_types_are_errors_in_json() {
    let (running, runs) = start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let send = |request: reqwest::RequestBuilder| {
        let mut request = request
            .body(message.to_string())
            .build()
            .expect("a request");
        async move {
            let html = "text/html".parse().expect("a value");
            request.headers_mut().insert("accept", html);
            let response = reqwest::Client::new()
                .execute(request)
                .await
                .expect("an answer");
            (response.status(), response.text().await.expect("text"))
        }
    };
    let (status, body) = send(client.post(&message)).await;
    assert_eq!(status, 406, "{body}");
    assert!(
        serde_json::from_str::<serde_json::Value>(&body).is_ok(),
        "{body}"
    );
    assert_eq!(runs.all(), [""; 0]);
}
