//! A server whose issuer is down, slow, lost or changed.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{
    IssuerResponse, MockIssuer, SigningKey,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::issuer::Issuer;

async fn server(issuer: &MockIssuer) -> RunningServer {
    let server = tool_server::protected_unverified_server(&Runs::default());
    RunningServer::start(server, |config| config.with_issuer(issuer.url())).await
}

/// Builds a client with a distinct token for each number.
fn client(running: &RunningServer, issuer: &MockIssuer, number: usize) -> Client {
    let token = issuer.token().audience(&running.resource());
    let token = token.scope("desk:read").claim("jti", json!(number)).build();
    Client::new(running.resource(), Revision::Stateless).with_token(token)
}

async fn read(client: &Client) -> HttpResponse {
    client.call("read", json!({})).await
}

async fn ready(running: &RunningServer) -> HttpResponse {
    let client = Client::new(running.resource(), Revision::Stateless);
    client.get(&running.url("/readyz")).await
}

fn assert_unavailable(answer: &HttpResponse) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.challenge(), None);
    let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    let output = answer.json()["error_description"].to_string();
    assert!(output.contains("issuer's keys are not known"), "{output}");
}

#[tokio::test]
async fn with_the_issuer_down_at_the_start_the_server_runs_and_serves_later() {
    let mut issuer = MockIssuer::start().await;
    issuer.go_down().await;
    let running = server(&issuer).await;
    let caller = client(&running, &issuer, 0);
    assert_unavailable(&read(&caller).await);
    let output = ready(&running).await;
    assert_eq!(output.status, 503);
    assert!(output.text.contains(issuer.url()), "{output:?}");
    // A request without a token still gets the challenge.
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    assert_eq!(read(&anonymous).await.status, 401);
    issuer.come_back().await;
    let begin = Instant::now();
    while ready(&running).await.status != 200 {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "it is not noticed"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(read(&caller).await.status, 200);
}

#[tokio::test]
async fn with_the_issuer_down_later_known_keys_verify_old_and_new_tokens() {
    let mut issuer = MockIssuer::start().await;
    let running = server(&issuer).await;
    let old = client(&running, &issuer, 0);
    assert_eq!(read(&old).await.status, 200);
    issuer.go_down().await;
    assert_eq!(read(&old).await.status, 200);
    assert_eq!(read(&client(&running, &issuer, 1)).await.status, 200);
    assert_eq!(ready(&running).await.status, 200);
}

#[tokio::test]
async fn an_issuer_with_invalid_responses_counts_as_down() {
    for nonsense in [
        IssuerResponse::Body("<html>we are sorry</html>".to_owned()),
        IssuerResponse::Body(r#"{"keys":{}}"#.to_owned()),
        IssuerResponse::Body(r#"{"keys":[]}"#.to_owned()),
        IssuerResponse::Endless,
        IssuerResponse::Status(500),
        IssuerResponse::Status(302),
    ] {
        let issuer = MockIssuer::start().await;
        issuer.answer_jwks(nonsense.clone());
        let running = server(&issuer).await;
        let caller = client(&running, &issuer, 0);
        let answer = read(&caller).await;
        if answer.status == 401 {
            // An empty key set is valid, but verifies no token.
            assert!(matches!(nonsense, IssuerResponse::Body(body) if body.contains("[]")));
        } else {
            assert_unavailable(&answer);
            assert_eq!(ready(&running).await.status, 503);
        }
        assert!(!answer.text.contains(issuer.url()), "{answer:?}");
    }
}

#[tokio::test]
async fn later_invalid_responses_leave_the_last_good_keys() {
    for nonsense in [
        IssuerResponse::Body("<html>".to_owned()),
        IssuerResponse::Body(r#"{"keys":{}}"#.to_owned()),
        IssuerResponse::Body(String::new()),
        IssuerResponse::Endless,
        IssuerResponse::Status(404),
        IssuerResponse::Redirect("http://127.0.0.1:9/keys".to_owned()),
    ] {
        leaves_the_last_good_keys(nonsense).await;
    }
}

#[tokio::test]
async fn later_silence_leaves_the_last_good_keys() {
    leaves_the_last_good_keys(IssuerResponse::Silent).await;
}

async fn leaves_the_last_good_keys(nonsense: IssuerResponse) {
    let issuer = MockIssuer::start().await;
    let running = server(&issuer).await;
    let known = client(&running, &issuer, 0);
    assert_eq!(read(&known).await.status, 200);
    issuer.answer_jwks(nonsense.clone());
    tokio::time::sleep(Duration::from_millis(1100)).await;
    // An unknown key triggers a fetch, and it is unknown whether the key is new.
    let unknown = issuer
        .token()
        .audience(&running.resource())
        .header("kid", json!("new"));
    let unknown = Client::new(running.resource(), Revision::Stateless).with_token(unknown.build());
    assert_unavailable(&read(&unknown).await);
    assert_eq!(issuer.jwks_requests(), 2, "{nonsense:?}");
    assert_eq!(read(&known).await.status, 200, "{nonsense:?}");
    let new = client(&running, &issuer, 1);
    assert_eq!(read(&new).await.status, 200, "{nonsense:?}");
    assert_eq!(ready(&running).await.status, 200, "{nonsense:?}");
}

#[tokio::test]
async fn two_hundred_first_requests_wait_for_one_discovery_and_one_set() {
    let issuer = MockIssuer::start().await;
    issuer.answer_metadata(IssuerResponse::Slow(Duration::from_millis(500)));
    issuer.answer_jwks(IssuerResponse::Slow(Duration::from_millis(500)));
    let running = server(&issuer).await;
    let callers: Vec<_> = (0..200)
        .map(|number| {
            let caller = client(&running, &issuer, number);
            tokio::spawn(async move { read(&caller).await.status })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), 200);
    }
    assert_eq!((issuer.metadata_requests(), issuer.jwks_requests()), (1, 1));
}

#[tokio::test]
async fn a_new_key_is_accepted_at_its_first_use_under_a_flood_too() {
    let issuer = MockIssuer::start().await;
    let running = server(&issuer).await;
    let known = client(&running, &issuer, 0);
    assert_eq!(read(&known).await.status, 200);
    let flood = async {
        for number in 0_u32.. {
            let token = issuer.token().audience(&running.resource());
            let token = token
                .header("kid", json!(format!("unknown-{number}")))
                .build();
            let answer = read(&known.clone().with_token(token)).await;
            assert_eq!(answer.status, 401, "{answer:?}");
        }
    };
    let rotation = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let new = SigningKey::p256("rotated");
        issuer.publish(&[issuer.p256(), &new]);
        let begin = Instant::now();
        let token = issuer.token().audience(&running.resource());
        let token = token.scope("desk:read").signed_with(&new).build();
        let caller = known.clone().with_token(token);
        while read(&caller).await.status != 200 {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "it is not accepted"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        () = flood => unreachable!("a flood does not end"),
        () = rotation => {}
    }
    assert_eq!(read(&known).await.status, 200);
}

#[tokio::test]
async fn clock_skew_is_limited_by_the_configured_leeway() {
    let issuer = MockIssuer::start().await;
    for (leeway, ended, expected) in [(0, 5, 401), (30, 5, 200), (30, 60, 401), (300, 60, 200)] {
        let server = tool_server::protected_unverified_server(&Runs::default());
        let running = RunningServer::start(server, |config| {
            config
                .with_issuer(issuer.url())
                .with_leeway(Duration::from_secs(leeway))
        })
        .await;
        let token = issuer.token().audience(&running.resource());
        let token = token.scope("desk:read").expires_in(-ended).build();
        let client = Client::new(running.resource(), Revision::Stateless).with_token(token);
        assert_eq!(read(&client).await.status, expected, "{leeway} {ended}");
    }
}

#[tokio::test]
async fn scopes_are_requested_by_issuer_names_and_checked_by_local_names() {
    let issuer = MockIssuer::start().await;
    let server = tool_server::protected_unverified_server(&Runs::default());
    let entra = Issuer::new(issuer.url()).with_scope_prefix("api://5f2b7d10/");
    let running = RunningServer::start(server, |config| config.with_issuer(entra)).await;
    let anonymous = Client::new(running.resource(), Revision::Stateless);
    let url = running.url("/.well-known/oauth-protected-resource/mcp");
    assert_eq!(
        anonymous.get(&url).await.json()["scopes_supported"],
        json!([
            "api://5f2b7d10/desk:admin",
            "api://5f2b7d10/desk:read",
            "api://5f2b7d10/desk:write"
        ])
    );
    let output = read(&anonymous).await;
    let challenge = output.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("api://5f2b7d10/desk:read"));
    let data = &output.json()["error"]["data"];
    assert_eq!(data["scope"], "api://5f2b7d10/desk:read");
    for scope in ["desk:read", "api://5f2b7d10/desk:read"] {
        let token = issuer.token().audience(&running.resource()).scope(scope);
        let client = anonymous.clone().with_token(token.build());
        assert_eq!(read(&client).await.status, 200, "{scope}");
        let more = client.call("rewrite", json!({})).await;
        let challenge = more.challenge().expect("a challenge");
        assert_eq!(
            challenge.get("scope"),
            Some("api://5f2b7d10/desk:read api://5f2b7d10/desk:write")
        );
    }
}
