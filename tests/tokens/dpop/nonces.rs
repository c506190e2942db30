//! Nonces: the server decides when a proof was made (RFC 9449 §8, §9).

use reqwest::Method;
use serde_json::json;
use support::{
    TokenBuilder,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::auth::Dpop;

use super::{Fixture, error_of};

#[tokio::test]
async fn a_proof_without_a_nonce_is_challenged_and_receives_the_next() {
    let fixture = Fixture::with(Dpop::supported().with_nonces()).await;
    let client = fixture.client(Revision::Stateless, "desk:read");
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    assert_eq!(error_of(&answer).as_deref(), Some("use_dpop_nonce"));
    assert_eq!(answer.challenge().expect("one").get("error"), None);
    assert_eq!(answer.json()["error"]["data"]["error"], "use_dpop_nonce");
    let nonce = answer.header("dpop-nonce").expect("a nonce").to_owned();
    let client = client.with_nonce(&nonce);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("dpop-nonce"), Some(&*nonce));

    // Later a new nonce is issued, and for a while both are valid.
    fixture.clock.advance(std::time::Duration::from_secs(130));
    let late = |nonce: &str| {
        let token = fixture.token("desk:read").bound_to(&fixture.key).build();
        let resource = fixture.running.resource();
        let proof = TokenBuilder::proof(&fixture.key, "POST", &resource).about(&token);
        let iat = proof.claims()["iat"].as_u64().expect("a time") + 130;
        let proof = proof.claim("iat", json!(iat)).claim("nonce", json!(nonce));
        (token, proof.build())
    };
    let (token, proof) = late(&nonce);
    let answer = fixture.call_with(&token, &proof).await;
    let next = answer.header("dpop-nonce").expect("a nonce").to_owned();
    assert_ne!(next, nonce);
    let (token, proof) = late(&next);
    assert_eq!(fixture.call_with(&token, &proof).await.status, 200);

    // A nonce of another server, or of an earlier instance, is invalid.
    let other = Fixture::with(Dpop::supported().with_nonces()).await;
    let first = other.client(Revision::Stateless, "desk:read");
    for foreign in [&*nonce, "x", ""] {
        let answer = first
            .clone()
            .with_nonce(foreign)
            .call("read", json!({}))
            .await;
        assert_eq!(error_of(&answer).as_deref(), Some("use_dpop_nonce"));
    }
    assert_eq!(other.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_bearer_token_needs_no_nonce() {
    let fixture = Fixture::with(Dpop::supported().with_nonces()).await;
    let token = fixture.token("desk:read").build();
    let client = Client::new(fixture.running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("dpop-nonce"), None);
}

#[tokio::test]
async fn a_page_may_send_proofs_and_read_nonces() {
    let fixture = Fixture::with(Dpop::supported().with_nonces()).await;
    let origin = "http://localhost:6274";
    let preflight = reqwest::Client::new()
        .request(Method::OPTIONS, fixture.running.resource())
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,dpop");
    let answer = HttpResponse::of(preflight).await;
    let allowed = answer.header("access-control-allow-headers").expect("some");
    assert!(allowed.split(',').any(|name| name == "dpop"), "{allowed}");

    let client = fixture.client(Revision::Stateless, "desk:read");
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let request = client.post(&message).header("origin", origin);
    let answer = HttpResponse::of(request.body(message.to_string())).await;
    assert!(answer.header("dpop-nonce").is_some(), "{answer:?}");
    let exposed = answer
        .header("access-control-expose-headers")
        .expect("some");
    assert!(exposed.split(',').any(|name| name == "dpop-nonce"));
}

#[tokio::test]
async fn a_short_nonce_key_is_a_start_error() {
    let server = tool_server::server(&Runs::default());
    let running = RunningServer::start(server, |config| {
        config.with_dpop(Dpop::required().with_nonce_key(*b"too short"))
    });
    let output = running.await.start_error().await.to_string();
    assert!(output.contains("32 random bytes"), "{output}");
    assert!(!output.contains("too short"), "{output}");
}
