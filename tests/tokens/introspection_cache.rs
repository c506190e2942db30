//! Introspection: how often, how long a result is cached, and when it is skipped.

use std::time::Duration;

use serde_json::json;
use support::{
    IssuerResponse, MockIssuer,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::issuer::{ClientAuthentication, Introspection, Issuer};

async fn server(issuer: &MockIssuer, cache: Duration) -> RunningServer {
    let introspection = Introspection::new(ClientAuthentication::basic("desk", "s3cr3t"));
    let introspection = introspection.with_cache(cache);
    let issuer = Issuer::new(issuer.url()).with_introspection(introspection);
    let server = tool_server::protected_unverified_server(&Runs::default());
    RunningServer::start(server, |config| config.with_issuer(issuer)).await
}

fn client(running: &RunningServer, token: &str) -> Client {
    Client::new(running.resource(), Revision::Stateless).with_token(token)
}

async fn read(client: &Client) -> HttpResponse {
    client.call("read", json!({})).await
}

#[tokio::test]
async fn an_active_result_is_cached_for_the_configured_time() {
    let issuer = MockIssuer::start().await;
    let running = server(&issuer, Duration::from_secs(2)).await;
    issuer.know("t", issuer.active(&running.resource(), "desk:read"));
    let client = client(&running, "t");
    for _ in 0..5 {
        assert_eq!(read(&client).await.status, 200);
    }
    assert_eq!(issuer.questions().len(), 1);
    // A revoked token, or an unreachable issuer, has no effect for a while …
    issuer.revoke("t");
    issuer.answer_questions(IssuerResponse::Status(500));
    assert_eq!(read(&client).await.status, 200);
    tokio::time::sleep(Duration::from_millis(2100)).await;
    // … but only for that long.
    let answer = read(&client).await;
    assert_eq!(answer.status, 503);
    let output = answer.json()["error_description"].to_string();
    assert!(
        output.contains("introspection at its issuer failed"),
        "{output}"
    );
    issuer.answer_questions(IssuerResponse::Good);
    assert_eq!(read(&client).await.status, 401);
}

#[tokio::test]
async fn without_a_cache_each_request_is_introspected() {
    let issuer = MockIssuer::start().await;
    let running = server(&issuer, Duration::ZERO).await;
    issuer.know("t", issuer.active(&running.resource(), "desk:read"));
    let client = client(&running, "t");
    for asked in 1..4 {
        assert_eq!(read(&client).await.status, 200);
        assert_eq!(issuer.questions().len(), asked);
    }
    issuer.revoke("t");
    assert_eq!(read(&client).await.status, 401);
}

#[tokio::test]
async fn a_result_is_not_cached_beyond_the_tokens_expiry() {
    let issuer = MockIssuer::start().await;
    let running = server(&issuer, Duration::from_secs(3600)).await;
    let mut answer = issuer.active(&running.resource(), "desk:read");
    answer["exp"] = json!(answer["iat"].as_u64().unwrap() + 3);
    issuer.know("t", answer);
    let client = client(&running, "t");
    for _ in 0..3 {
        assert_eq!(read(&client).await.status, 200);
    }
    assert_eq!(issuer.questions().len(), 1);
    tokio::time::sleep(Duration::from_millis(3100)).await;
    // Within the leeway the token may still be valid, and only the issuer knows.
    issuer.revoke("t");
    assert_eq!(read(&client).await.status, 401);
    assert_eq!(issuer.questions().len(), 2);
}

#[tokio::test]
async fn an_inactive_result_is_not_cached() {
    let issuer = MockIssuer::start().await;
    let running = server(&issuer, Duration::from_secs(60)).await;
    let client = client(&running, "t");
    assert_eq!(read(&client).await.status, 401);
    issuer.know("t", issuer.active(&running.resource(), "desk:read"));
    assert_eq!(read(&client).await.status, 200);
}

#[tokio::test]
async fn two_hundred_requests_with_one_token_cause_one_introspection() {
    for (known, expected) in [(true, 200), (false, 401)] {
        let issuer = MockIssuer::start().await;
        issuer.answer_questions(IssuerResponse::Slow(Duration::from_secs(2)));
        let running = server(&issuer, Duration::ZERO).await;
        if known {
            issuer.know("t", issuer.active(&running.resource(), "desk:read"));
        }
        let client = client(&running, "t");
        let requests: Vec<_> = (0..200)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { read(&client).await.status })
            })
            .collect();
        for request in requests {
            assert_eq!(request.await.unwrap(), expected);
        }
        assert_eq!(issuer.questions().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn a_disconnect_does_not_cancel_a_shared_introspection() {
    let issuer = MockIssuer::start().await;
    issuer.answer_questions(IssuerResponse::Slow(Duration::from_millis(700)));
    let running = server(&issuer, Duration::from_secs(60)).await;
    issuer.know("t", issuer.active(&running.resource(), "desk:read"));
    let client = client(&running, "t");
    let first = tokio::spawn({
        let client = client.clone();
        async move { read(&client).await }
    });
    while issuer.questions().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let second = tokio::spawn({
        let client = client.clone();
        async move { read(&client).await.status }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.abort();
    assert_eq!(second.await.unwrap(), 200);
}

#[tokio::test]
async fn a_flood_of_invented_tokens_does_not_reach_the_issuer() {
    let issuer = MockIssuer::start().await;
    issuer.answer_questions(IssuerResponse::Slow(Duration::from_millis(100)));
    let running = server(&issuer, Duration::from_secs(60)).await;
    let good = client(&running, "good");
    issuer.know("good", issuer.active(&running.resource(), "desk:read"));
    assert_eq!(read(&good).await.status, 200);
    let requests: Vec<_> = (0..300)
        .map(|number| {
            let client = good.clone().with_token(format!("invented-{number}"));
            tokio::spawn(async move { read(&client).await.status })
        })
        .collect();
    // A cached token does not wait behind them.
    for _ in 0..20 {
        assert_eq!(read(&good).await.status, 200);
    }
    for request in requests {
        assert_eq!(request.await.unwrap(), 401);
    }
    assert!(
        issuer.most_questions_at_once() <= 32,
        "{}",
        issuer.most_questions_at_once()
    );
}
