//! The exact 401 and 403 in every revision.

use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{Runs, server},
    unsigned_tokens,
};

use crate::{client, start_protected_server, start_tool_server, start_with_open_handshake};

#[tokio::test]
async fn without_a_token_there_is_a_401_that_names_the_tools_scopes_and_no_error() {
    for (is_open, (running, runs)) in [
        (false, start_tool_server().await),
        (true, start_with_open_handshake().await),
    ] {
        for revision in Revision::ALL {
            let mut anonymous = Client::new(running.resource(), revision);
            if is_open {
                anonymous.open().await;
            }
            names_the_scopes_of_each_tool(&running, &anonymous).await;
        }
        assert_eq!(runs.all(), [""; 0]);
    }
}

async fn names_the_scopes_of_each_tool(running: &RunningServer, anonymous: &Client) {
    let metadata = running.url("/.well-known/oauth-protected-resource/mcp");
    {
        for (tool, scope) in [
            ("read", "desk:read"),
            ("write", "desk:write"),
            ("rewrite", "desk:read desk:write"),
            ("purge", "desk:admin"),
            ("whoami", "desk:read"),
            ("no such tool", "desk:read"),
        ] {
            let answer = anonymous.call(tool, json!({})).await;
            assert_eq!(answer.status, 401, "{tool} {answer:?}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some(&*format!(
                    "Bearer resource_metadata=\"{metadata}\", scope=\"{scope}\""
                )),
                "{tool}"
            );
            let error = &answer.json()["error"];
            assert_eq!(error["code"], -31401, "{answer:?}");
            assert_eq!(error["data"]["error"], "no_token", "{answer:?}");
            assert_eq!(error["data"]["scope"], scope, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_closed_server_asks_for_its_baseline_at_the_first_request() {
    let (running, _) = start_protected_server().await;
    for revision in Revision::ALL {
        let answer = Client::new(running.resource(), revision).initialize().await;
        assert_eq!(answer.status, 401, "{revision:?} {answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        // Scopes that need a step-up are not requested for a list.
        assert_eq!(challenge.get("scope"), Some("desk:read"), "{revision:?}");
        assert_eq!(challenge.get("error"), None);
    }
    let bare = reqwest::get(running.resource()).await.expect("an answer");
    assert_eq!(bare.status(), 401);
    let nonsense = reqwest::Client::new().post(running.resource()).body("{}");
    assert_eq!(nonsense.send().await.expect("an answer").status(), 401);
}

#[tokio::test]
async fn a_bad_token_is_a_401_with_invalid_token_even_on_a_public_tool() {
    let (running, runs) = start_with_open_handshake().await;
    let resource = running.resource();
    let with = |change: serde_json::Value| {
        let mut claims = unsigned_tokens::claims(&resource, "desk:read");
        claims
            .as_object_mut()
            .expect("an object")
            .extend(change.as_object().expect("an object").clone());
        unsigned_tokens::token(&claims)
    };
    for (what, token) in [
        ("malformed", "no-token-at-all".to_owned()),
        ("expired", with(json!({"exp": 1}))),
        (
            "expired without scopes",
            with(json!({"exp": 1, "scope": ""})),
        ),
        (
            "of another issuer",
            with(json!({"iss": "https://evil.example"})),
        ),
        (
            "for another",
            with(json!({"aud": "https://other.example/mcp"})),
        ),
        (
            "for a path below",
            with(json!({"aud": format!("{resource}/x")})),
        ),
        ("not yet valid", with(json!({"nbf": 3_999_999_999_u64}))),
        ("bound to a key", with(json!({"cnf": {"jkt": "x"}}))),
        ("scope of a wrong type", with(json!({"scope": 7}))),
    ] {
        for revision in Revision::ALL {
            let mut anonymous = Client::new(&resource, revision);
            anonymous.open().await;
            let bad = anonymous.with_token(&token);
            for tool in ["read", "ping"] {
                let answer = bad.call(tool, json!({})).await;
                assert_eq!(answer.status, 401, "{what} {revision:?} {answer:?}");
                let challenge = answer.challenge().expect("a challenge");
                assert_eq!(challenge.get("error"), Some("invalid_token"), "{what}");
                assert_eq!(challenge.get("scope"), Some("desk:read"), "{what}");
                assert!(challenge.get("error_description").is_some(), "{what}");
            }
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_missing_scope_is_a_403_that_names_required_and_granted_scopes() {
    let (running, runs) = start_tool_server().await;
    for revision in Revision::ALL {
        for (scopes, tool, named) in [
            ("", "read", "desk:read"),
            ("desk:read", "write", "desk:read desk:write"),
            ("desk:read", "rewrite", "desk:read desk:write"),
            ("desk:write", "rewrite", "desk:read desk:write"),
            ("desk:read", "purge", "desk:admin desk:read"),
            ("other:scope desk:readx", "read", "desk:read"),
        ] {
            let client = client(&running, revision, scopes).await;
            let answer = client.call(tool, json!({})).await;
            assert_eq!(answer.status, 403, "{revision:?} {tool} {answer:?}");
            let challenge = answer.challenge().expect("a challenge");
            assert_eq!(challenge.scheme, "Bearer");
            let names: Vec<_> = challenge
                .parameters
                .iter()
                .map(|(name, _)| &**name)
                .collect();
            assert_eq!(
                names,
                ["error", "scope", "resource_metadata", "error_description"]
            );
            assert_eq!(challenge.get("error"), Some("insufficient_scope"));
            assert_eq!(challenge.get("scope"), Some(named), "{scopes} {tool}");
            let error = &answer.json()["error"];
            assert_eq!(error["code"], -31403);
            assert_eq!(error["data"]["error"], "insufficient_scope");
            assert_eq!(error["data"]["scope"], named);
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn sufficient_scopes_are_accepted() {
    let (running, _) = start_tool_server().await;
    for revision in Revision::ALL {
        for (scopes, tool) in [
            ("", "ping"),
            ("", "whoami"),
            ("desk:read", "read"),
            ("desk:read desk:write", "rewrite"),
            ("desk:write", "purge"),
            ("desk:admin", "purge"),
        ] {
            let client = client(&running, revision, scopes).await;
            let answer = client.call(tool, json!({})).await;
            assert_eq!(answer.status, 200, "{revision:?} {tool} {answer:?}");
            assert!(!answer.is_tool_error(), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_session_continues_with_a_stepped_up_token() {
    let (running, runs) = start_tool_server().await;
    for revision in Revision::ALL {
        let first = client(&running, revision, "desk:read").await;
        assert_eq!(first.call("write", json!({})).await.status, 403);
        let more = unsigned_tokens::claims(&running.resource(), "desk:read desk:write");
        let stepped_up = first.with_token(unsigned_tokens::token(&more));
        assert_eq!(
            stepped_up.call("write", json!({})).await.status,
            200,
            "{revision:?}"
        );
    }
    assert_eq!(runs.all(), ["write"; 4]);
}

#[tokio::test]
async fn a_server_can_name_only_the_required_scopes() {
    let runs = Runs::default();
    let server = server(&runs).with_challenge_scopes(toolgate::gate::ChallengeScopes::Needed);
    let running =
        RunningServer::start(server, |config| config.with_issuer(unsigned_tokens::ISSUER)).await;
    let client = client(&running, Revision::Stateless, "desk:read").await;
    let answer = client.call("write", json!({})).await;
    assert_eq!(
        answer.challenge().expect("a challenge").get("scope"),
        Some("desk:write")
    );
}
