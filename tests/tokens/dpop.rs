//! Tokens that are bound to a key, through a whole server (RFC 9449).

use std::sync::Arc;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use support::{
    ImitationIssuer, SigningKey, TokenBuilder,
    client::{Answer, Client, Revision},
    clock::MovedClock,
    desk::{self, Runs},
    server::Running,
};
use toolgate::{Algorithm, Config, Dpop};

/// A desk, its issuer, and a client's key.
struct World {
    issuer: ImitationIssuer,
    running: Running,
    runs: Runs,
    clock: MovedClock,
    key: Arc<SigningKey>,
}

impl World {
    async fn with(dpop: Dpop) -> Self {
        let (runs, clock) = (Runs::default(), MovedClock::default());
        let issuer = ImitationIssuer::start().await;
        let server = desk::closed_unverified_server(&runs).clock(clock.clone());
        let running = Running::start(server, |config| {
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

    /// A token for the desk, with these scopes.
    fn token(&self, scopes: &str) -> TokenBuilder<'_> {
        let token = self.issuer.token().audience(&self.running.resource());
        token.scope(scopes).expires_in(6000)
    }

    /// A client with a bound token, which proves its key anew with each request.
    fn client(&self, revision: Revision, scopes: &str) -> Client {
        let token = self.token(scopes).bound_to(&self.key).build();
        Client::new(self.running.resource(), revision)
            .with_token(token)
            .with_key(&self.key)
    }

    /// A call with these very headers.
    async fn call_with(&self, token: &str, proof: &str) -> Answer {
        let client = Client::new(self.running.resource(), Revision::Stateless);
        let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
        let request = client
            .post(&message)
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        Answer::of(request.body(message.to_string())).await
    }

    fn proof(&self, token: &str) -> String {
        let resource = self.running.resource();
        TokenBuilder::proof(&self.key, "POST", &resource)
            .about(token)
            .build()
    }
}

fn error_of(answer: &Answer) -> Option<String> {
    let challenge = answer.dpop_challenge()?;
    challenge.get("error").map(str::to_owned)
}

#[tokio::test]
async fn every_request_of_every_revision_takes_a_proof_of_its_own() {
    let world = World::with(Dpop::supported()).await;
    for revision in Revision::ALL {
        let mut client = world.client(revision, "desk:read");
        client.open().await;
        // `read` goes the short way, `slow` through rmcp.
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
    assert_eq!(world.runs.all().len(), 16);
}

#[tokio::test]
async fn a_proof_that_was_used_is_used_up_though_its_token_is_known() {
    let world = World::with(Dpop::supported()).await;
    let token = world.token("desk:read").bound_to(&world.key).build();
    let proof = world.proof(&token);
    assert_eq!(world.call_with(&token, &proof).await.status, 200);
    for _ in 0..3 {
        let answer = world.call_with(&token, &proof).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
        assert_eq!(
            answer.json()["error_description"],
            "the proof was used before"
        );
    }
    let another = world.proof(&token);
    assert_eq!(world.call_with(&token, &another).await.status, 200);
    assert_eq!(world.runs.all().len(), 2);
}

#[tokio::test]
async fn of_one_proof_sent_many_times_at_once_one_counts() {
    let world = World::with(Dpop::supported()).await;
    let token = world.token("desk:read").bound_to(&world.key).build();
    let proof = world.proof(&token);
    // The token is verified once for all of them; the proof is not.
    let answers = join_all((0..20).map(|_| world.call_with(&token, &proof))).await;
    let good = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(good.count(), 1);
    assert_eq!(world.runs.all(), ["read"]);
}

#[tokio::test]
async fn a_session_is_worth_nothing_without_the_key() {
    let world = World::with(Dpop::supported()).await;
    let mut owner = world.client(Revision::Session("2025-11-25"), "desk:read");
    owner.open().await;
    let session = owner.session().expect("a session").to_owned();
    let token = world.token("desk:read").bound_to(&world.key).build();
    // Somebody who has seen the token and the session, and has a key of their own.
    let other = Arc::new(SigningKey::p256("thief"));
    let thief = Client::new(world.running.resource(), Revision::Session("2025-11-25"))
        .with_session(session)
        .with_token(token);
    let call = || thief.message("tools/call", json!({"name": "read", "arguments": {}}));
    for thief in [thief.clone(), thief.clone().with_key(&other)] {
        for method in [Method::GET, Method::DELETE] {
            let answer = Answer::of(thief.plain(method.clone())).await;
            assert_eq!(answer.status, 401, "{method} {answer:?}");
        }
        assert_eq!(thief.send(&call()).await.status, 401);
    }
    // A proof for another method of the same endpoint is none.
    let (token, resource) = (
        world.token("desk:read").bound_to(&world.key).build(),
        world.running.resource(),
    );
    let proof = TokenBuilder::proof(&world.key, "POST", &resource).about(&token);
    let request = thief.clone().without_token().plain(Method::DELETE);
    let request = request
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof.build());
    let answer = Answer::of(request).await;
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));

    assert_eq!(owner.call("read", json!({})).await.status, 200);
    let ended = Answer::of(owner.plain(Method::DELETE)).await;
    assert!(ended.status < 300, "{ended:?}");
    assert_eq!(world.runs.all(), ["read"]);
}

#[tokio::test]
async fn another_key_of_the_same_person_goes_on_in_the_session() {
    let world = World::with(Dpop::supported()).await;
    let mut first = world.client(Revision::Session("2025-11-25"), "desk:read");
    first.open().await;
    let other = Arc::new(SigningKey::ed25519("phone"));
    let token = world.token("desk:read").bound_to(&other).build();
    let second = first.with_token(token).with_key(&other);
    assert_eq!(second.call("read", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_bound_token_as_a_bearer_token_is_refused_and_the_scheme_is_named() {
    let world = World::with(Dpop::supported()).await;
    let token = world.token("desk:read").bound_to(&world.key).build();
    let client = Client::new(world.running.resource(), Revision::Stateless).with_token(token);
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
    let told = answer.json()["error_description"].to_string();
    assert!(told.contains("scheme DPoP"), "{told}");
}

#[tokio::test]
async fn who_has_nothing_to_do_with_bound_tokens_sees_nothing_of_them() {
    let world = World::with(Dpop::supported()).await;
    let client = Client::new(world.running.resource(), Revision::Stateless);
    let bad = client.clone().with_token("bad");
    let few = client.clone().with_token(world.token("desk:other").build());
    for (client, status) in [(client, 401), (bad, 401), (few, 403)] {
        let answer = client.call("read", json!({})).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.challenges().len(), 1, "{answer:?}");
        assert_eq!(answer.header("dpop-nonce"), None);
    }
}

#[tokio::test]
async fn a_proof_that_waits_for_a_nonce_is_asked_for_it_and_told_the_next() {
    let world = World::with(Dpop::supported().with_nonces()).await;
    let client = world.client(Revision::Stateless, "desk:read");
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    assert_eq!(error_of(&answer).as_deref(), Some("use_dpop_nonce"));
    assert_eq!(answer.challenge().expect("one").get("error"), None);
    assert_eq!(answer.json()["error"], "use_dpop_nonce");
    let nonce = answer.header("dpop-nonce").expect("a nonce").to_owned();
    let client = client.with_nonce(&nonce);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("dpop-nonce"), Some(&*nonce));

    // Later another is given out, and for a while both are good.
    world.clock.pass(130);
    let late = |nonce: &str| {
        let token = world.token("desk:read").bound_to(&world.key).build();
        let resource = world.running.resource();
        let proof = TokenBuilder::proof(&world.key, "POST", &resource).about(&token);
        let iat = proof.claims()["iat"].as_u64().expect("a time") + 130;
        let proof = proof.claim("iat", json!(iat)).claim("nonce", json!(nonce));
        (token, proof.build())
    };
    let (token, proof) = late(&nonce);
    let answer = world.call_with(&token, &proof).await;
    let next = answer.header("dpop-nonce").expect("a nonce").to_owned();
    assert_ne!(next, nonce);
    let (token, proof) = late(&next);
    assert_eq!(world.call_with(&token, &proof).await.status, 200);

    // One of another server, or of a server before this one, is none.
    let other = World::with(Dpop::supported().with_nonces()).await;
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
    let world = World::with(Dpop::supported().with_nonces()).await;
    let token = world.token("desk:read").build();
    let client = Client::new(world.running.resource(), Revision::Stateless).with_token(token);
    let answer = client.call("read", json!({})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("dpop-nonce"), None);
}

#[tokio::test]
async fn where_it_is_required_a_bearer_token_is_no_token() {
    let world = World::with(Dpop::required()).await;
    let anonymous = Client::new(world.running.resource(), Revision::Stateless);
    let answer = anonymous.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    let beside = answer.dpop_challenge().expect("it names the scheme");
    assert_eq!(beside.get("error"), None);
    assert!(beside.get("algs").expect("algorithms").contains("ES256"));

    let bearer = anonymous.with_token(world.token("desk:read").build());
    let answer = bearer.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_token"));
    let bound = world.client(Revision::Stateless, "desk:read");
    assert_eq!(bound.call("read", json!({})).await.status, 200);
    assert_eq!(world.runs.all(), ["read"]);
}

#[tokio::test]
async fn where_it_is_off_bound_tokens_are_refused_and_the_scheme_is_unknown() {
    let world = World::with(Dpop::off()).await;
    let token = world.token("desk:read").bound_to(&world.key).build();
    let bearer = Client::new(world.running.resource(), Revision::Stateless).with_token(token);
    let answer = bearer.call("read", json!({})).await;
    assert_eq!(answer.status, 401);
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("error"), Some("invalid_token"));
    assert_eq!(answer.challenges().len(), 1);

    let proved = world.client(Revision::Stateless, "desk:read");
    let answer = proved.call("read", json!({})).await;
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!((answer.status, challenge.get("error")), (401, None));
    assert_eq!(world.runs.all(), [""; 0]);
}

#[tokio::test]
async fn algorithms_can_be_narrowed() {
    let world = World::with(Dpop::supported().with_algorithms([Algorithm::EdDsa])).await;
    let answer = world
        .client(Revision::Stateless, "desk:read")
        .call("read", json!({}))
        .await;
    assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
    let challenge = answer.dpop_challenge().expect("a challenge");
    assert_eq!(challenge.get("algs"), Some("EdDSA"));
}

#[tokio::test]
async fn the_metadata_says_what_is_taken() {
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
        let world = World::with(dpop.clone()).await;
        let url = world
            .running
            .url("/.well-known/oauth-protected-resource/mcp");
        let client = Client::new(world.running.resource(), Revision::Stateless);
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
async fn a_page_may_send_proofs_and_read_nonces() {
    let world = World::with(Dpop::supported().with_nonces()).await;
    let origin = "http://localhost:6274";
    let preflight = reqwest::Client::new()
        .request(Method::OPTIONS, world.running.resource())
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,dpop");
    let answer = Answer::of(preflight).await;
    let allowed = answer.header("access-control-allow-headers").expect("some");
    assert!(allowed.split(',').any(|name| name == "dpop"), "{allowed}");

    let client = world.client(Revision::Stateless, "desk:read");
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let request = client.post(&message).header("origin", origin);
    let answer = Answer::of(request.body(message.to_string())).await;
    assert!(answer.header("dpop-nonce").is_some(), "{answer:?}");
    let exposed = answer
        .header("access-control-expose-headers")
        .expect("some");
    assert!(exposed.split(',').any(|name| name == "dpop-nonce"));
}

#[tokio::test]
async fn the_address_of_a_proof_is_the_configured_one_behind_a_proxy() {
    let runs = Runs::default();
    let issuer = ImitationIssuer::start().await;
    let public = "https://mcp.example.com/mcp";
    let running = Running::start_as(desk::closed_unverified_server(&runs), |address| {
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
        let answer = Answer::of(request.body(message.to_string())).await;
        assert_eq!(answer.status, status, "{url} {answer:?}");
    }
    assert_eq!(runs.all().len(), 2);
}

#[tokio::test]
async fn a_short_key_of_nonces_keeps_the_server_from_starting() {
    let server = desk::server(&Runs::default());
    let running = Running::start(server, |config| {
        config.with_dpop(Dpop::required().with_nonce_key(*b"too short"))
    });
    let told = running.await.start_error().await.to_string();
    assert!(told.contains("32 random bytes"), "{told}");
    assert!(!told.contains("too short"), "{told}");
}
