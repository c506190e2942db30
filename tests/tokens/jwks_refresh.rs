//! An issuer that is slow, down, or rotating its keys.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{IssuerResponse, MockIssuer, SigningKey};
use toolgate::{auth::TokenErrorKind, issuer::Issuer};

use crate::{said, verifier, verify};

#[tokio::test]
async fn two_hundred_first_requests_cause_one_discovery_and_one_fetch_of_keys() {
    let issuer = MockIssuer::start().await;
    issuer.answer_jwks(IssuerResponse::Slow(Duration::from_millis(300)));
    let verifier = Arc::new(verifier(Issuer::new(issuer.url())));
    let requests: Vec<_> = (0..200)
        .map(|number| {
            let token = issuer.token().claim("jti", json!(number)).build();
            let verifier = Arc::clone(&verifier);
            tokio::spawn(async move { said(&verifier, token).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), "ok");
    }
    assert_eq!((issuer.metadata_requests(), issuer.jwks_requests()), (1, 1));
}

#[tokio::test]
async fn ten_thousand_unknown_keys_cause_a_handful_of_fetches() {
    let issuer = MockIssuer::start().await;
    let verifier = Arc::new(verifier(Issuer::new(issuer.url())));
    let begin = Instant::now();
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
    for burst in 0..100 {
        let requests: Vec<_> = (0..100)
            .map(|number| {
                let kid = json!(format!("unknown-{burst}-{number}"));
                let token = issuer.token().header("kid", kid).build();
                let verifier = Arc::clone(&verifier);
                tokio::spawn(async move { said(&verifier, token).await })
            })
            .collect();
        for request in requests {
            assert!(request.await.unwrap().contains("keys has signed it"));
        }
    }
    let (fetches, passed) = (issuer.jwks_requests(), begin.elapsed());
    assert!(fetches <= allowed(passed), "{fetches} in {passed:?}");
    assert_eq!(issuer.metadata_requests(), 1);
}

/// Returns how many fetches the cool-down allows (runtime/guide/tokens.md): one immediately, one after a
/// second, and the others after increasing pauses.
fn allowed(passed: Duration) -> usize {
    let pauses = [1, 1, 2, 4, 8].into_iter().chain(std::iter::repeat(10));
    let mut at = 0;
    let later = pauses.take_while(|pause| {
        at += pause;
        at <= passed.as_secs()
    });
    1 + later.count()
}

#[tokio::test]
async fn a_rotation_is_noticed_at_the_new_keys_first_use() {
    let issuer = MockIssuer::start().await;
    let verifier = verifier(Issuer::new(issuer.url()));
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
    let new = SigningKey::p256("new");
    issuer.publish(&[issuer.p256(), &new]);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        said(&verifier, issuer.token().signed_with(&new).build()).await,
        "ok"
    );
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
}

#[tokio::test]
async fn an_issuer_down_at_the_start_is_used_when_it_returns() {
    let mut issuer = MockIssuer::start().await;
    issuer.go_down().await;
    let verifier = verifier(Issuer::new(issuer.url()));
    verifier.start();
    let error = verify(&verifier, issuer.token().build()).await.unwrap_err();
    let TokenErrorKind::Unavailable { retry_after } = error.kind() else {
        panic!("{error:?}");
    };
    assert!(retry_after >= Duration::from_secs(1));
    let output = verifier.readiness().unwrap_err().to_string();
    assert!(
        output.contains("the connection failed") && output.contains(issuer.url()),
        "{output}"
    );
    issuer.come_back().await;
    let begin = Instant::now();
    while verifier.readiness().is_err() {
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "it is not noticed"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
}

#[tokio::test]
async fn known_keys_verify_while_the_issuer_is_down() {
    let mut issuer = MockIssuer::start().await;
    let verifier = verifier(Issuer::new(issuer.url()));
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
    issuer.go_down().await;
    issuer.answer_jwks(IssuerResponse::Status(500));
    for number in 0..3 {
        let token = issuer.token().claim("jti", json!(number)).build();
        assert_eq!(said(&verifier, token).await, "ok");
    }
    // It is unknown whether an unknown key is new.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let token = issuer.token().header("kid", json!("new")).build();
    let error = verify(&verifier, token).await.unwrap_err();
    assert!(
        matches!(error.kind(), TokenErrorKind::Unavailable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_silent_issuer_delays_a_request_by_seconds_only() {
    let issuer = MockIssuer::start().await;
    issuer.answer_jwks(IssuerResponse::Silent);
    let verifier = verifier(Issuer::new(issuer.url()));
    let begin = Instant::now();
    let output = said(&verifier, issuer.token().build()).await;
    assert!(output.contains("not known"), "{output}");
    assert!(
        begin.elapsed() < Duration::from_secs(12),
        "{:?}",
        begin.elapsed()
    );
    assert!(
        verifier
            .readiness()
            .unwrap_err()
            .to_string()
            .contains("in time")
    );
}
