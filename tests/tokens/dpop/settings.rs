//! The settings for bound tokens, and their effects on responses.

use std::time::Duration;

use serde_json::json;
use support::{
    MockIssuer, SigningKey, TokenBuilder,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::{Config, auth::Dpop, issuer::Algorithm};

use super::{Fixture, error_of};

#[tokio::test]
async fn with_dpop_required_a_bearer_token_is_refused() {
    let fixture = Fixture::with(Dpop::required()).await;
    let anonymous = Client::new(fixture.running.resource(), Revision::Stateless);
    let answer = anonymous.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    let beside = answer.dpop_challenge().expect("it names the scheme");
    assert_eq!(beside.get("error"), None);
    assert!(beside.get("algs").expect("algorithms").contains("ES256"));

    let bearer = anonymous.with_token(fixture.token("desk:read").build());
    let answer = bearer.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_token"));
    let bound = fixture.client(Revision::Stateless, "desk:read");
    assert_eq!(bound.call("read", json!({})).await.status, 200);
    assert_eq!(fixture.runs.all(), ["read"]);
}

#[tokio::test]
async fn with_dpop_off_bound_tokens_are_refused_and_the_scheme_is_unknown() {
    let fixture = Fixture::with(Dpop::off()).await;
    let token = fixture.token("desk:read").bound_to(&fixture.key).build();
    let bearer = Client::new(fixture.running.resource(), Revision::Stateless).with_token(token);
    let answer = bearer.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), Some("invalid_token"));
    assert_eq!(answer.challenges().len(), 1);

    let proved = fixture.client(Revision::Stateless, "desk:read");
    let answer = proved.call("read", json!({})).await;
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!((answer.status, challenge.get("error")), (401, None));
    assert_eq!(fixture.runs.all(), [""; 0]);
}

#[tokio::test]
async fn proof_algorithms_can_be_restricted() {
    let fixture = Fixture::with(Dpop::supported().with_algorithms([Algorithm::EdDsa])).await;
    let answer = fixture
        .client(Revision::Stateless, "desk:read")
        .call("read", json!({}))
        .await;
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
    let challenge = answer.dpop_challenge().expect("a challenge");
    assert_eq!(challenge.get("algs"), Some("EdDSA"));
}

#[tokio::test]
async fn the_metadata_names_the_accepted_proof_algorithms() {
    for (dpop, algorithms, required) in [
        (Dpop::off(), json!(null), json!(null)),
        (
            Dpop::supported().with_algorithms([Algorithm::Es256]),
            json!(["ES256"]),
            json!(null),
        ),
        (
            Dpop::required().with_algorithms([Algorithm::Es256, Algorithm::EdDsa]),
            json!(["ES256", "EdDSA"]),
            json!(true),
        ),
    ] {
        let fixture = Fixture::with(dpop.clone()).await;
        let url = fixture
            .running
            .url("/.well-known/oauth-protected-resource/mcp");
        let client = Client::new(fixture.running.resource(), Revision::Stateless);
        let document = client.get(&url).await.json();
        assert_eq!(
            document["dpop_signing_alg_values_supported"], algorithms,
            "{dpop:?}"
        );
        assert_eq!(
            document["dpop_bound_access_tokens_required"], required,
            "{dpop:?}"
        );
    }
}

#[tokio::test]
async fn behind_a_proxy_a_proof_names_the_configured_url() {
    let runs = Runs::default();
    let issuer = MockIssuer::start().await;
    let public = "https://mcp.example.com/mcp";
    let running =
        RunningServer::start_as(tool_server::protected_unverified_server(&runs), |address| {
            Config::new(public)
                .with_bind(address)
                .with_issuer(issuer.url())
        })
        .await;
    let key = SigningKey::p256("client");
    let token = issuer.token().audience(public).scope("desk:read");
    let token = token.bound_to(&key).build();
    let client = Client::new(running.resource(), Revision::Stateless);
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    for (url, status) in [
        (public.to_owned(), 200),
        ("HTTPS://MCP.example.com:443/mcp?x".to_owned(), 200),
        (running.resource(), 401),
        ("http://mcp.example.com/mcp".to_owned(), 401),
        ("https://mcp.example.com:444/mcp".to_owned(), 401),
    ] {
        let proof = TokenBuilder::proof(&key, "POST", &url).about(&token);
        let request = client
            .post(&message)
            .header("host", "mcp.example.com")
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof.build());
        let answer = HttpResponse::of(request.body(message.to_string())).await;
        assert_eq!(answer.status, status, "{url} {answer:?}");
    }
    assert_eq!(runs.all().len(), 2);
}

#[tokio::test]
async fn the_age_of_proofs_can_be_set_up_to_five_minutes() {
    for (dpop, oldest) in [
        (Dpop::supported(), 60),
        (
            Dpop::supported().with_proof_age(Duration::from_secs(300)),
            300,
        ),
    ] {
        let fixture = Fixture::with(dpop).await;
        let token = fixture.token("desk:read").bound_to(&fixture.key).build();
        // The server has started before each proof was made.
        let answer = fixture.call_with(&token, &fixture.proof(&token)).await;
        assert_eq!(answer.status, 200);
        fixture.clock.advance(Duration::from_secs(1000));
        let resource = fixture.running.resource();
        let made = |age: u64| {
            let proof = TokenBuilder::proof(&fixture.key, "POST", &resource).about(&token);
            let now = proof.claims()["iat"].as_u64().expect("a time") + 1000;
            proof.claim("iat", json!(now - age)).build()
        };
        // The leeway of 30 seconds is added.
        for (age, status) in [(oldest + 25, 200), (oldest + 40, 401)] {
            let answer = fixture.call_with(&token, &made(age)).await;
            assert_eq!(answer.status, status, "{oldest} {age} {answer:?}");
        }
    }
}

#[tokio::test]
async fn proofs_from_the_future_are_accepted_once_if_that_is_set_and_never_otherwise() {
    let five_minutes = Duration::from_secs(300);
    let is_ahead = || Dpop::supported().with_proof_ahead(five_minutes);
    for (dpop, farthest) in [(Dpop::supported(), 0), (is_ahead(), 300)] {
        let fixture = Fixture::with(dpop).await;
        let token = fixture.token("desk:read").bound_to(&fixture.key).build();
        // The server has started long before each proof was made.
        fixture.call_with(&token, &fixture.proof(&token)).await;
        fixture.clock.advance(Duration::from_secs(1000));
        let resource = fixture.running.resource();
        let made = |ahead: u64| {
            let proof = TokenBuilder::proof(&fixture.key, "POST", &resource).about(&token);
            let now = proof.claims()["iat"].as_u64().expect("a time") + 1000;
            proof.claim("iat", json!(now + ahead)).build()
        };
        // The leeway of 30 seconds is added.
        let four_minutes = if farthest == 0 { 401 } else { 200 };
        let proof = made(240);
        for (proof, status) in [
            (&made(farthest + 25), 200),
            (&made(farthest + 40), 401),
            (&proof, four_minutes),
        ] {
            let answer = fixture.call_with(&token, proof).await;
            assert_eq!(answer.status, status, "{farthest} {answer:?}");
        }
        // Nobody can use it again, as long as it is not too old: 240 + 60 + 30 seconds.
        for _ in 0..11 {
            let answer = fixture.call_with(&token, &proof).await;
            assert_eq!(answer.status, 401, "{farthest} {answer:?}");
            if farthest > 0 {
                assert!(answer.text.contains("was used before"), "{answer:?}");
                fixture.clock.advance(Duration::from_secs(30));
            }
        }
        fixture.clock.advance(Duration::from_secs(30));
        let answer = fixture.call_with(&token, &proof).await;
        assert_eq!(answer.status, 401);
        if farthest > 0 {
            assert!(answer.text.contains("too old"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_process_that_accepts_proofs_from_the_future_accepts_none_of_an_earlier_process() {
    let ahead = || Dpop::supported().with_proof_ahead(Duration::from_secs(300));
    // An earlier process can have accepted the proof; nonces of this process are newer.
    for (dpop, expected) in [
        (ahead(), "try again in some minutes"),
        (ahead().with_nonces(), "nonce"),
    ] {
        let fixture = Fixture::with(dpop).await;
        let token = fixture.token("desk:read").bound_to(&fixture.key).build();
        let answer = fixture.call_with(&token, &fixture.proof(&token)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.text.contains(expected), "{answer:?}");
        if let Some(nonce) = answer.header("dpop-nonce") {
            let resource = fixture.running.resource();
            let proof = TokenBuilder::proof(&fixture.key, "POST", &resource).about(&token);
            let proof = proof.claim("nonce", json!(nonce)).build();
            assert_eq!(fixture.call_with(&token, &proof).await.status, 200);
        }
        fixture.clock.advance(Duration::from_secs(301));
    }
}
