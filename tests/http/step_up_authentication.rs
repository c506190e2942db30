//! Step-up authentication (RFC 9470): a login that is too weak or too old is a 401 whose
//! challenge says which login is enough.

use std::time::Duration;

use serde_json::json;
use support::{
    TestClock,
    client::{Client, Revision},
    guarded_items::{self, CARD, Login, MFA, use_all},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER},
};
use toolgate::{
    Changes,
    auth::{Clock, SystemClock},
};

async fn start(runs: &Runs) -> RunningServer {
    let server = guarded_items::server(runs);
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

async fn client(running: &RunningServer, revision: Revision, login: Login<'_>) -> Client {
    let scopes = "desk:read desk:write";
    let token = guarded_items::token(&running.resource(), scopes, &["owner"], login);
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}

#[tokio::test]
async fn a_weak_login_is_a_401_that_names_the_contexts_in_order() {
    let runs = Runs::default();
    let running = start(&runs).await;
    for revision in Revision::ALL {
        for login in [
            None,
            Some(("urn:example:pwd", 0)),
            Some(("urn:example:mf", 0)),
        ] {
            let caller = client(&running, revision, login).await;
            for answer in use_all(&caller, "acr").await {
                assert_eq!(answer.status, 401, "{revision:?} {login:?} {answer:?}");
                let header = answer.header("www-authenticate").expect("a challenge");
                let metadata = format!(
                    "{}/.well-known/oauth-protected-resource/mcp",
                    running.origin()
                );
                // `scope` and `resource_metadata` come before the description, which many
                // clients cut off.
                assert!(
                    header.starts_with(&format!(
                        "Bearer error=\"insufficient_user_authentication\", \
                         scope=\"desk:read desk:write\", resource_metadata=\"{metadata}\", \
                         acr_values=\"{MFA} {CARD}\", error_description=\""
                    )),
                    "{header}"
                );
                let error = &answer.json()["error"];
                assert_eq!(error["code"], -31401, "{answer:?}");
                assert_eq!(error["data"]["error"], "insufficient_user_authentication");
            }
        }
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn an_old_login_is_a_401_with_the_age_and_a_new_one_runs() {
    let runs = Runs::default();
    let running = start(&runs).await;
    for revision in Revision::ALL {
        for age in [302, 4_000_000] {
            let caller = client(&running, revision, Some((MFA, age))).await;
            for kind in ["age", "all"] {
                for answer in use_all(&caller, kind).await {
                    assert_eq!(answer.status, 401, "{revision:?} {kind} {answer:?}");
                    let challenge = answer.challenge().expect("a challenge");
                    assert_eq!(challenge.get("max_age"), Some("300"));
                    let acr = (kind == "all").then_some(MFA);
                    assert_eq!(challenge.get("acr_values"), acr);
                }
            }
        }
        assert_eq!(runs.all(), [""; 0]);
        let caller = client(&running, revision, Some((MFA, 60))).await;
        for kind in ["acr", "age", "all"] {
            for answer in use_all(&caller, kind).await {
                assert_eq!(answer.status, 200, "{revision:?} {kind} {answer:?}");
            }
        }
        assert_eq!(runs.all().len(), 12);
        runs.forget();
    }
}

/// Attack: times and contexts that a lenient reader would accept.
#[tokio::test]
async fn a_time_or_a_context_of_another_type_is_none() {
    let runs = Runs::default();
    let running = start(&runs).await;
    let now = SystemClock.now().seconds();
    for (acr, auth_time) in [
        (json!(MFA), json!(now.to_string())),
        (json!(MFA), json!(now + 120)),
        (json!(MFA), json!(u64::MAX)),
        (json!(MFA), json!(-1)),
        (json!(MFA), json!([now])),
        (json!([MFA]), json!(now)),
        (json!(format!("{MFA} {CARD}")), json!(now)),
        (json!(MFA.to_uppercase()), json!(now)),
        (json!({"value": MFA}), json!(now)),
    ] {
        let scopes = "desk:read desk:write";
        let mut claims = unsigned_tokens::claims(&running.resource(), scopes);
        claims["roles"] = json!(["owner"]);
        claims["acr"] = acr.clone();
        claims["auth_time"] = auth_time.clone();
        let token = unsigned_tokens::token(&claims);
        let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
        let answer = client.call("all", json!({})).await;
        assert_eq!(answer.status, 401, "{acr} {auth_time}: {answer:?}");
        let list = client.request("tools/list", json!({})).await;
        assert_eq!(list.status, 200, "the token stays valid: {list:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn an_open_session_does_not_keep_an_old_login_young() {
    for revision in Revision::ALL {
        let clock = TestClock::default();
        let server = guarded_items::server(&Runs::default()).with_clock(clock.clone());
        let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
        let caller = client(&running, revision, Some((MFA, 0))).await;
        assert_eq!(caller.call("all", json!({})).await.status, 200);
        clock.advance(Duration::from_secs(310));
        for answer in use_all(&caller, "all").await {
            assert_eq!(answer.status, 401, "{revision:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_missing_role_comes_before_a_weak_login() {
    let running = start(&Runs::default()).await;
    let token = guarded_items::token(&running.resource(), "desk:read desk:write", &[], None);
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("all", json!({})).await;
    assert_eq!(
        (answer.status, answer.challenge()),
        (403, None),
        "{answer:?}"
    );
}

#[tokio::test]
async fn listening_needs_the_login_that_a_read_needs() {
    let server = guarded_items::server(&Runs::default()).with_changes(&Changes::new());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let weak = client(&running, Revision::Stateless, None).await;
    let uris = json!(["guarded://any/7", "guarded://acr/7"]);
    let params = json!({"notifications": {"resourceSubscriptions": uris}});
    let answer = weak.request("subscriptions/listen", params).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(
        challenge.get("acr_values"),
        Some("urn:example:mfa urn:example:card")
    );
    let session = client(&running, Revision::Session("2025-11-25"), None).await;
    let uri = json!({"uri": "guarded://acr/7"});
    let answer = session.request("resources/subscribe", uri).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

/// Hosts that read challenges in results get this one there.
#[tokio::test]
async fn the_challenge_can_be_a_tool_result() {
    let server = guarded_items::server(&Runs::default()).denials_as_tool_results(|_| true);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let weak = client(&running, Revision::Stateless, None).await;
    let answer = weak.call("acr", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let challenge = answer.json()["result"]["_meta"]["mcp/www_authenticate"][0].to_string();
    for part in ["insufficient_user_authentication", "acr_values"] {
        assert!(challenge.contains(part), "{answer:?}");
    }
    // A missing role has no challenge, and its reason is in the result as well.
    let token = guarded_items::token(&running.resource(), "desk:read", &[], None);
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("role", json!({})).await;
    assert!(answer.is_tool_error(), "{answer:?}");
    let meta = &answer.json()["result"]["_meta"];
    assert!(meta["mcp/www_authenticate"].is_null(), "{answer:?}");
    assert_eq!(
        meta["toolgate/denial"]["reason"], "missing_role",
        "{answer:?}"
    );
}
