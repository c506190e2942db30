//! How many decisions one caller can have pending.

use std::time::Duration;

use support::{client::Revision, unsigned_tokens};
use tokio::task::JoinSet;

use super::{Library, USES, Use, client, server};
use support::running_server::RunningServer;

#[tokio::test]
async fn a_caller_that_floods_a_slow_function_gets_429_and_others_are_served() {
    let library = Library::default();
    library.give("slow", "alice");
    library.give("diary", "bob");
    let running = RunningServer::start(server(&library), |config| {
        super::configured(config).with_authorize_timeout(Duration::from_secs(60))
    })
    .await;
    let alice = client(&running, Revision::Stateless, "documents:use").await;
    let mut waiting = JoinSet::new();
    for _ in 0..16 {
        let alice = alice.clone();
        waiting.spawn(async move { USES[0].of(&alice, "slow").await });
    }
    let all = async {
        while library.asked() < 16 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all)
        .await
        .expect("all calls arrive");
    // Another kind of item, another token of the same caller.
    let again = client(&running, Revision::Stateless, "documents:use more").await;
    for used in USES {
        let answer = used.of(&again, "slow").await;
        assert_eq!(answer.status, 429, "{used:?} {answer:?}");
        assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
        assert_eq!(answer.challenge(), None, "{answer:?}");
        assert_eq!(answer.json()["error"]["code"], -31429, "{answer:?}");
    }
    let mut claims = unsigned_tokens::claims(&running.resource(), "documents:use");
    claims["sub"] = "bob".into();
    let bob = alice.with_token(unsigned_tokens::token(&claims));
    let answer = Use("read").of(&bob, "diary").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // Clients that disconnect give their places back.
    waiting.shutdown().await;
    let mut claims = unsigned_tokens::claims(&running.resource(), "documents:use");
    claims["sub"] = "alice".into();
    let alice = bob.with_token(unsigned_tokens::token(&claims));
    let freed = async {
        while Use("read").of(&alice, "none").await.status == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), freed)
        .await
        .expect("the places are free again");
    assert_eq!(library.runs.all(), ["read"]);
}

#[tokio::test]
async fn the_time_for_a_decision_cannot_be_zero() {
    let server = server(&Library::default());
    let running = RunningServer::start(server, |config| {
        config.with_authorize_timeout(Duration::ZERO)
    })
    .await;
    let error = running.start_error().await.to_string();
    assert!(error.contains("5 seconds"), "{error}");
}
