//! Rates that all replicas count together, and each alone while the store is away.

use std::time::{Duration, Instant};

use support::memory_store::Conduct;
use toolgate::gate::Rate;

use crate::replica::{Replicas, reason};

async fn start() -> Replicas {
    Replicas::start_with(|config| config.with_caller_rate(Rate::per_hour(4))).await
}

#[tokio::test]
async fn replicas_share_the_rate_of_a_caller() {
    let replicas = start().await;
    let token = replicas.token("desk:read").build();
    for replica in [0, 1, 0, 1] {
        assert_eq!(replicas.call(replica, &token).await.status, 200);
    }
    for replica in [0, 1] {
        let answer = replicas.call(replica, &token).await;
        assert_eq!(answer.status, 429, "{answer:?}");
        assert_eq!(reason(&answer), "rate_limited");
        let wait: u64 = answer
            .header("retry-after")
            .unwrap_or("0")
            .parse()
            .expect("seconds");
        assert!((1..=900).contains(&wait), "{wait}");
    }
    // Another caller has a rate of its own.
    let other = replicas
        .token("desk:read")
        .claim("sub", "bob".into())
        .build();
    assert_eq!(replicas.call(0, &other).await.status, 200);
    // Each replica has counted two calls, and not the one that was refused.
    replicas.store.set(Conduct::Away);
    for expected in [200, 200, 429] {
        assert_eq!(replicas.call(0, &token).await.status, expected);
    }
}

#[tokio::test]
async fn a_slow_store_delays_one_call_and_not_each() {
    let replicas = start().await;
    let token = replicas.token("desk:read").build();
    replicas.store.set(Conduct::Slow);
    let start = Instant::now();
    for expected in [200, 200, 200, 200, 429] {
        assert_eq!(replicas.call(0, &token).await.status, expected);
    }
    let waited = start.elapsed();
    assert!(waited < Duration::from_millis(1900), "{waited:?}");
}
