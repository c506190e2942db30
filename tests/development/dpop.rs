//! From a login to a step-up with a token that is bound to the client's key (RFC 9449).

use std::sync::Arc;

use serde_json::json;
use support::{
    SigningKey,
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::auth::Dpop;

#[tokio::test]
async fn a_client_logs_in_calls_is_refused_steps_up_and_calls_with_one_key() {
    for (dpop, revision) in [
        (Dpop::supported(), Revision::Stateless),
        (Dpop::required(), Revision::Session("2025-11-25")),
        (Dpop::required().with_nonces(), Revision::Stateless),
    ] {
        let runs = Runs::default();
        let server = tool_server::protected_unverified_server(&runs);
        let running = RunningServer::start(server, |config| config.with_dpop(dpop.clone())).await;
        let key = Arc::new(SigningKey::p256("client"));
        let log_in = async |allows: &str| {
            let person = ConsentingUser {
                name: "ada",
                allows,
            };
            person.log_in_with_key(&running.resource(), &key).await
        };
        let anonymous = Client::new(running.resource(), revision);
        let asked = anonymous.call("read", json!({})).await;
        let challenge = asked.challenge().expect("the way in");
        let scope = challenge.get("scope").expect("a scope").to_owned();

        let mut client = anonymous.with_token(log_in(&scope).await).with_key(&key);
        // With nonces, the first response contains one; a client stores it and repeats the
        // request.
        let first = client.request("ping", json!({})).await;
        if let Some(nonce) = first.header("dpop-nonce") {
            client = client.with_nonce(nonce);
        }
        client.open().await;
        assert_eq!(client.call("read", json!({})).await.status, 200);

        let refused = client.call("rewrite", json!({})).await;
        assert_eq!(refused.status, 403, "{dpop:?} {refused:?}");
        let challenges = refused.challenges();
        let schemes: Vec<_> = challenges.iter().map(|one| &*one.scheme).collect();
        assert_eq!(schemes, ["Bearer", "DPoP"]);
        for challenge in &challenges {
            assert_eq!(challenge.get("error"), Some("insufficient_scope"));
            assert_eq!(challenge.get("scope"), Some("desk:read desk:write"));
        }
        let more = log_in(challenges[1].get("scope").expect("scopes")).await;

        // The token alone is useless to a thief.
        let thief = Client::new(running.resource(), Revision::Stateless).with_token(&more);
        assert_eq!(thief.call("rewrite", json!({})).await.status, 401);
        let client = client.with_token(more);
        assert_eq!(client.call("rewrite", json!({})).await.status, 200);
        assert_eq!(runs.all(), ["read", "rewrite"], "{dpop:?}");
    }
}

#[tokio::test]
async fn a_client_that_proves_nothing_goes_on_as_before() {
    let runs = Runs::default();
    let running = RunningServer::start(tool_server::protected_unverified_server(&runs), |config| {
        config
    })
    .await;
    let person = ConsentingUser {
        name: "ada",
        allows: "desk:read",
    };
    let token = person.log_in(&running.resource()).await;
    let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
    assert_eq!(client.call("read", json!({})).await.status, 200);
}
