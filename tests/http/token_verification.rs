//! One event for the verification of each token, in every execution path.

use std::sync::Arc;

use serde_json::json;
use support::{
    MockIssuer,
    client::{Client, Revision},
    observed::{Observed, Verification},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use toolgate::{
    __private::VerificationOutcome::{self, Accepted, Refused, Unavailable},
    Config,
    issuer::{ClientAuthentication, Introspection, Issuer},
};

async fn start(
    observed: &Arc<Observed>,
    configure: impl FnOnce(Config) -> Config,
) -> RunningServer {
    let server = tool_server::unverified_server(&Runs::default()).with_observer(observed.clone());
    RunningServer::start(server, configure).await
}

/// A token that was verified before.
const KNOWN: (bool, &str, VerificationOutcome) = (true, "signature", Accepted);

/// Returns the parts of the events that a test compares.
fn seen(observed: &Observed) -> Vec<(bool, &'static str, VerificationOutcome)> {
    let all = observed.take_verifications();
    let parts = |one: &Verification| (one.is_cached, one.kind, one.outcome);
    all.iter().map(parts).collect()
}

#[tokio::test]
async fn each_request_with_a_token_is_verified_once_and_from_the_cache_after_the_first() {
    let issuer = MockIssuer::start().await;
    let observed = Observed::new();
    let trusted = Issuer::new(issuer.url());
    let running = start(&observed, |config| config.with_issuer(trusted)).await;
    let token = |subject: &str| {
        let token = issuer.token().audience(&running.resource());
        let token = token.claim("sub", json!(subject));
        token.scope("desk:read").build()
    };
    for (subject, revision) in [
        ("alice", Revision::Stateless),
        ("bob", Revision::Session("2025-11-25")),
    ] {
        let client = Client::new(running.resource(), revision).with_token(token(subject));
        let mut client = client;
        client.open().await;
        client.call("read", json!({})).await;
        let events = seen(&observed);
        let (first, later) = events.split_first().expect("a verification");
        assert_eq!(*first, (false, "signature", Accepted));
        assert!(later.iter().all(|one| *one == KNOWN), "{later:?}");
        // The fast path, rmcp's execution path, a panic, and a denial.
        for tool in ["read", "slow", "explode", "write"] {
            client.call(tool, json!({"millis": 0})).await;
            assert_eq!(seen(&observed), [KNOWN], "{tool} of {revision:?}");
        }
        client.request("tools/list", json!({})).await;
        assert_eq!(seen(&observed), [KNOWN]);
        client.clone().without_token().call("read", json!({})).await;
        assert_eq!(seen(&observed), []);
    }
    let forged = format!("{}A", token("mallory"));
    let client = Client::new(running.resource(), Revision::Stateless).with_token(forged);
    let request = client.post(&client.message("ping", json!({})));
    let request = request.header("x-request-id", "forged-1");
    request.send().await.expect("an answer");
    let events = observed.take_verifications();
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].request, "forged-1");
    assert_eq!((events[0].is_cached, events[0].outcome), (false, Refused));
}

#[tokio::test]
async fn an_introspected_token_and_an_issuer_that_is_down_are_named() {
    let mut issuer = MockIssuer::start().await;
    let observed = Observed::new();
    let secret = ClientAuthentication::basic("desk", "secret");
    let trusted = Issuer::new(issuer.url()).with_introspection(Introspection::new(secret));
    let running = start(&observed, |config| config.with_issuer(trusted)).await;
    issuer.know("opaque", issuer.active(&running.resource(), "desk:read"));
    let client = Client::new(running.resource(), Revision::Stateless);
    let with = |token: &str| client.clone().with_token(token);
    for expected in [
        (false, "introspection", Accepted),
        (true, "introspection", Accepted),
    ] {
        with("opaque").call("read", json!({})).await;
        assert_eq!(seen(&observed), [expected]);
    }
    with("unknown").call("read", json!({})).await;
    assert_eq!(seen(&observed), [(false, "introspection", Refused)]);
    issuer.go_down().await;
    with("another").call("read", json!({})).await;
    assert_eq!(seen(&observed), [(false, "introspection", Unavailable)]);
}

#[tokio::test]
async fn the_verifier_of_a_program_is_named_and_never_cached() {
    let observed = Observed::new();
    let server = tool_server::server(&Runs::default()).with_observer(observed.clone());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let client = crate::client(&running, Revision::Stateless, "desk:read").await;
    observed.take_verifications();
    for _ in 0..2 {
        client.call("read", json!({})).await;
        assert_eq!(seen(&observed), [(false, "custom", Accepted)]);
    }
}
