//! Access information in a list of tools, and denials as results, for the OpenAI Apps SDK.

use serde_json::{Value, json};
use support::{
    client::{Challenge, Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use toolgate::gate::DeniedCall;

use crate::client;

#[tokio::test]
async fn a_listed_tool_has_its_security_schemes_as_a_member_and_in_meta() {
    let (running, _) = crate::start_tool_server().await;
    for revision in Revision::ALL {
        let client = client(&running, revision, "desk:read").await;
        let answer = client.request("tools/list", json!({})).await.json();
        let tools = answer["result"]["tools"].as_array().expect("a list");
        assert_eq!(tools.len(), 9, "{revision:?}");
        for tool in tools {
            let schemes = &tool["securitySchemes"];
            assert_eq!(*schemes, tool["_meta"]["securitySchemes"], "{tool}");
            let oauth = |scopes: Value| json!({"type": "oauth2", "scopes": scopes});
            let expected = match tool["name"].as_str().expect("a name") {
                "ping" => json!([{"type": "noauth"}]),
                "whoami" => json!([{"type": "oauth2"}]),
                "write" => json!([oauth(json!(["desk:write"]))]),
                "rewrite" => json!([oauth(json!(["desk:read", "desk:write"]))]),
                "purge" => json!([oauth(json!(["desk:admin"])), oauth(json!(["desk:write"]))]),
                _ => json!([oauth(json!(["desk:read"]))]),
            };
            assert_eq!(*schemes, expected, "{revision:?} {tool}");
        }
        // The revision's own members are still present, and none of another revision.
        let is_current = revision == Revision::Stateless;
        assert_eq!(answer["result"]["resultType"] == "complete", is_current);
    }
}

#[tokio::test]
async fn an_unusual_list_request_gets_the_same_security_schemes() {
    let (running, _) = crate::start_tool_server().await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let plain = client.request("tools/list", json!({})).await;
    let message = client.message("tools/list", json!({}));
    let accept = "text/event-stream;q=0.5, application/json;q=0.9, */*";
    let odd = client.post(&message).body(format!(" {message}\n"));
    let odd = odd.header("accept", accept).header("x-odd", "odd");
    let odd = HttpResponse::of(odd).await;
    assert_eq!((odd.status, odd.json()), (plain.status, plain.json()));
}

/// Starts a tool server that returns denials as results to the calls selected by `to`.
async fn start_for(
    to: impl Fn(&DeniedCall<'_>) -> bool + Send + Sync + 'static,
) -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = tool_server::server(&runs)
        .with_open_handshake()
        .denials_as_tool_results(to);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// Returns the challenge in a result, which must be a failed tool result without other content.
fn challenge(answer: &HttpResponse) -> Challenge {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.challenge(), None, "{answer:?}");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.is_tool_error(), "{answer:?}");
    assert!(!answer.tool_text().is_empty());
    let answer = answer.json();
    assert_eq!(answer["id"], 1, "{answer}");
    let challenges = &answer["result"]["_meta"]["mcp/www_authenticate"];
    assert_eq!(challenges.as_array().map(Vec::len), Some(1), "{answer}");
    let challenge = challenges[0].as_str().expect("a text");
    Challenge::read_all(challenge).remove(0)
}

#[tokio::test]
async fn a_denied_call_is_a_result_with_the_challenge_and_runs_nothing() {
    let (running, runs) = start_for(|_| true).await;
    let metadata = running.url("/.well-known/oauth-protected-resource/mcp");
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let mut anonymous = Client::new(running.resource(), revision);
        anonymous.open().await;
        for (client, error, scope) in [
            (reader.clone(), "insufficient_scope", "desk:read desk:write"),
            (anonymous.clone(), "insufficient_scope", "desk:write"),
            (anonymous.with_token("a.b.c"), "invalid_token", "desk:write"),
        ] {
            let answer = client.call("write", json!({})).await;
            let challenge = challenge(&answer);
            assert_eq!(challenge.scheme, "Bearer");
            assert_eq!(challenge.get("error"), Some(error), "{revision:?}");
            assert_eq!(challenge.get("scope"), Some(scope), "{revision:?}");
            assert_eq!(
                challenge.get("resource_metadata"),
                Some(metadata.as_str()),
                "{revision:?}"
            );
            // The host requires both, or shows no login.
            assert!(challenge.get("error_description").is_some());
            let is_current = revision == Revision::Stateless;
            let is_complete = answer.json()["result"]["resultType"] == "complete";
            assert_eq!(is_complete, is_current, "{revision:?}");
        }
        // An invalid token is refused on a public tool too.
        let answer = reader.with_token("a.b.c").call("ping", json!({})).await;
        assert_eq!(challenge(&answer).get("error"), Some("invalid_token"));
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn only_selected_clients_get_denials_as_results() {
    let (running, runs) = start_for(|call| {
        call.client_id() == Some("the-host")
            || call.user_agent().is_some_and(|agent| agent == "host/1")
    })
    .await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let answer = reader.call("write", json!({})).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.challenge().is_some());
        let mut claims = unsigned_tokens::claims(&running.resource(), "desk:read");
        claims["client_id"] = "the-host".into();
        claims["sub"] = "bob".into();
        let token = unsigned_tokens::token(&claims);
        let mut host = Client::new(running.resource(), revision).with_token(token);
        host.open().await;
        challenge(&host.call("write", json!({})).await);
        // Without a token the host cannot be recognized, unless it identifies itself.
        let anonymous = reader.without_session().without_token();
        let message = anonymous.message("tools/call", json!({"name": "write", "arguments": {}}));
        let send = || anonymous.post(&message).body(message.to_string());
        assert_eq!(HttpResponse::of(send()).await.status, 401, "{revision:?}");
        challenge(&HttpResponse::of(send().header("user-agent", "host/1")).await);
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn only_a_challenge_to_a_call_becomes_a_result() {
    let (running, _) = start_for(|_| true).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let other = reader.clone().with_token("a.b.c");
        let answer = other.request("tools/list", json!({})).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let down = reader.clone().with_token(unsigned_tokens::UNAVAILABLE);
        let answer = down.call("read", json!({})).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        let answer = reader.call("no such tool", json!({})).await;
        assert!(answer.json()["error"].is_object(), "{answer:?}");
        // An unreadable call has no id to respond to.
        let twice = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write","name":"ping"}}"#;
        let message = reader.message("tools/call", json!({"name": "write"}));
        let anonymous = reader.clone().without_session().without_token();
        let answer = HttpResponse::of(anonymous.post(&message).body(twice)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
}
