//! Tokens that are bound to a key, with a complete server (RFC 9449).

mod documentation;
mod nonces;
mod settings;

use std::sync::Arc;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use support::{
    MockIssuer, SigningKey, TestClock, TokenBuilder,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::auth::Dpop;

/// A desk, its issuer, and a client's key.
struct Fixture {
    issuer: MockIssuer,
    running: RunningServer,
    runs: Runs,
    clock: TestClock,
    key: Arc<SigningKey>,
}

impl Fixture {
    async fn with(dpop: Dpop) -> Self {
        let (runs, clock) = (Runs::default(), TestClock::default());
        let issuer = MockIssuer::start().await;
        let server = tool_server::protected_unverified_server(&runs).with_clock(clock.clone());
        let running = RunningServer::start(server, |config| {
            config.with_issuer(issuer.url()).with_dpop(dpop)
        });
        Self {
            running: running.await,
            issuer,
            runs,
            clock,
            key: Arc::new(SigningKey::p256("client")),
        }
    }

    /// Builds a token for the tool server, with these scopes.
    fn token(&self, scopes: &str) -> TokenBuilder<'_> {
        let token = self.issuer.token().audience(&self.running.resource());
        token.scope(scopes).expires_in(6000)
    }

    /// Returns a client with a bound token, which sends a new proof with each request.
    fn client(&self, revision: Revision, scopes: &str) -> Client {
        let token = self.token(scopes).bound_to(&self.key).build();
        Client::new(self.running.resource(), revision)
            .with_token(token)
            .with_key(&self.key)
    }

    /// Sends a call with exactly these headers.
    async fn call_with(&self, token: &str, proof: &str) -> HttpResponse {
        let client = Client::new(self.running.resource(), Revision::Stateless);
        let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
        let request = client
            .post(&message)
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        HttpResponse::of(request.body(message.to_string())).await
    }

    fn proof(&self, token: &str) -> String {
        let resource = self.running.resource();
        TokenBuilder::proof(&self.key, "POST", &resource)
            .about(token)
            .build()
    }
}

#[tokio::test]
async fn a_used_proof_stays_used_after_a_restart() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let token = fixture.token("desk:read").bound_to(&fixture.key).build();
    let proof = fixture.proof(&token);
    assert_eq!(fixture.call_with(&token, &proof).await.status, 200);
    // The same address, issuer and keys; the state of the first process is gone.
    let address = fixture.running.address();
    let (runs, clock) = (Runs::default(), fixture.clock.clone());
    clock.advance(std::time::Duration::from_secs(2));
    let Fixture {
        issuer,
        running,
        key,
        ..
    } = fixture;
    drop(running);
    let server = tool_server::protected_unverified_server(&runs).with_clock(clock.clone());
    let running = RunningServer::start_at(address, server, |config| {
        config
            .with_issuer(issuer.url())
            .with_dpop(Dpop::supported())
    });
    let fixture = Fixture {
        running: running.await,
        issuer,
        runs,
        clock,
        key,
    };
    let answer = fixture.call_with(&token, &proof).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
    assert!(answer.text.contains("make a new proof"), "{answer:?}");
    assert_eq!(fixture.runs.all(), [""; 0]);
}

fn error_of(answer: &HttpResponse) -> Option<String> {
    let challenge = answer.dpop_challenge()?;
    challenge.get("error").map(str::to_owned)
}

#[tokio::test]
async fn every_request_of_every_revision_needs_its_own_proof() {
    let fixture = Fixture::with(Dpop::supported()).await;
    for revision in Revision::ALL {
        let mut client = fixture.client(revision, "desk:read");
        client.open().await;
        // `read` takes the fast path, `slow` goes through rmcp.
        for (tool, arguments) in [("read", json!({})), ("slow", json!({"millis": 0}))] {
            for _ in 0..2 {
                let answer = client.call(tool, arguments.clone()).await;
                assert_eq!(answer.status, 200, "{revision:?} {tool} {answer:?}");
            }
            let answer = client.call("write", json!({})).await;
            assert_eq!(answer.status, 403, "{revision:?} {answer:?}");
            assert_eq!(error_of(&answer).as_deref(), Some("insufficient_scope"));
        }
    }
    assert_eq!(fixture.runs.all().len(), 16);
}

#[tokio::test]
async fn a_used_proof_is_refused_although_its_token_is_cached() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let token = fixture.token("desk:read").bound_to(&fixture.key).build();
    let proof = fixture.proof(&token);
    assert_eq!(fixture.call_with(&token, &proof).await.status, 200);
    for _ in 0..3 {
        let answer = fixture.call_with(&token, &proof).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
        assert_eq!(
            answer.json()["error"]["data"]["error_description"],
            "the proof was used before"
        );
    }
    let another = fixture.proof(&token);
    assert_eq!(fixture.call_with(&token, &another).await.status, 200);
    assert_eq!(fixture.runs.all().len(), 2);
}

#[tokio::test]
async fn a_proof_sent_concurrently_is_accepted_once() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let token = fixture.token("desk:read").bound_to(&fixture.key).build();
    let proof = fixture.proof(&token);
    // The token is verified once for all of them, the proof each time.
    let answers = join_all((0..20).map(|_| fixture.call_with(&token, &proof))).await;
    let good = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(good.count(), 1);
    assert_eq!(fixture.runs.all(), ["read"]);
}

#[tokio::test]
async fn a_session_is_unusable_without_the_key() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let mut owner = fixture.client(Revision::Session("2025-11-25"), "desk:read");
    owner.open().await;
    let session = owner.session().expect("a session").to_owned();
    let token = fixture.token("desk:read").bound_to(&fixture.key).build();
    // An attacker who knows the token and the session, and has another key.
    let other = Arc::new(SigningKey::p256("thief"));
    let thief = Client::new(fixture.running.resource(), Revision::Session("2025-11-25"))
        .with_session(session)
        .with_token(token);
    let call = || thief.message("tools/call", json!({"name": "read", "arguments": {}}));
    for thief in [thief.clone(), thief.clone().with_key(&other)] {
        for method in [Method::GET, Method::DELETE] {
            let answer = HttpResponse::of(thief.plain(method.clone())).await;
            assert_eq!(answer.status, 401, "{method} {answer:?}");
        }
        assert_eq!(thief.send(&call()).await.status, 401);
    }
    // A proof for another method of the same endpoint is invalid.
    let (token, resource) = (
        fixture.token("desk:read").bound_to(&fixture.key).build(),
        fixture.running.resource(),
    );
    let proof = TokenBuilder::proof(&fixture.key, "POST", &resource).about(&token);
    let request = thief.clone().without_token().plain(Method::DELETE);
    let request = request
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof.build());
    let answer = HttpResponse::of(request).await;
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));

    assert_eq!(owner.call("read", json!({})).await.status, 200);
    let ended = HttpResponse::of(owner.plain(Method::DELETE)).await;
    assert!(ended.status < 300, "{ended:?}");
    assert_eq!(fixture.runs.all(), ["read"]);
}

#[tokio::test]
async fn another_key_of_the_same_user_continues_the_session() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let mut first = fixture.client(Revision::Session("2025-11-25"), "desk:read");
    first.open().await;
    let other = Arc::new(SigningKey::ed25519("phone"));
    let token = fixture.token("desk:read").bound_to(&other).build();
    let second = first.with_token(token).with_key(&other);
    assert_eq!(second.call("read", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_bound_token_as_a_bearer_token_is_refused_and_the_scheme_is_named() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let token = fixture.token("desk:read").bound_to(&fixture.key).build();
    let client = Client::new(fixture.running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    let bearer = answer.challenge().expect("a challenge");
    assert_eq!(bearer.scheme, "Bearer");
    assert_eq!(bearer.get("error"), Some("invalid_token"));
    let beside = answer.dpop_challenge().expect("another");
    assert_eq!(beside.get("error"), Some("invalid_token"));
    assert_eq!(
        beside.get("algs"),
        Some("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA")
    );
    assert_eq!(beside.get("scope"), Some("desk:read"));
    let output = answer.json()["error"]["data"]["error_description"].to_string();
    assert!(output.contains("scheme DPoP"), "{output}");
}

#[tokio::test]
async fn without_bound_tokens_responses_do_not_mention_them() {
    let fixture = Fixture::with(Dpop::supported()).await;
    let client = Client::new(fixture.running.resource(), Revision::Stateless);
    let bad = client.clone().with_token("bad");
    let few = client
        .clone()
        .with_token(fixture.token("desk:other").build());
    for (client, status) in [(client, 401), (bad, 401), (few, 403)] {
        let answer = client.call("read", json!({})).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.challenges().len(), 1, "{answer:?}");
        assert_eq!(answer.header("dpop-nonce"), None);
    }
}
