//! What one replica has accepted, no other accepts again.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use support::memory_store::Conduct;

use crate::replica::{Replicas, reason};

#[tokio::test]
async fn a_proof_replayed_at_another_replica_is_refused() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let proof = replicas.proof(&token);
    assert_eq!(replicas.call_with(0, &token, &proof).await.status, 200);
    let answer = replicas.call_with(1, &token, &proof).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(reason(&answer), "invalid_proof");
    assert!(answer.text.contains("was used before"), "{answer:?}");
    assert!(replicas.all[1].runs.all().is_empty());
    let other = replicas.proof(&token);
    assert_eq!(replicas.call_with(1, &token, &other).await.status, 200);
}

#[tokio::test]
async fn a_proof_sent_to_all_replicas_at_once_is_accepted_once() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let proof = replicas.proof(&token);
    let calls = (0..20).map(|number| replicas.call_with(number % 2, &token, &proof));
    let answers = join_all(calls).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(accepted.count(), 1);
}

#[tokio::test]
async fn a_bound_token_gets_503_while_the_store_is_away_slow_or_returns_garbage() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let used = replicas.proof(&token);
    assert_eq!(replicas.call_with(0, &token, &used).await.status, 200);
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        replicas.store.set(conduct);
        // A new proof, and one that the other replica has accepted: neither can be checked.
        for proof in [replicas.proof(&token), used.clone()] {
            let start = Instant::now();
            let answer = replicas.call_with(1, &token, &proof).await;
            let waited = start.elapsed();
            assert!(
                [503, 401].contains(&answer.status),
                "{conduct:?} {answer:?}"
            );
            if answer.status == 503 {
                assert_eq!(reason(&answer), "store_unavailable");
                assert_eq!(answer.header("retry-after"), Some("1"));
            } else {
                // The replica has seen this proof in an earlier turn of the loop.
                assert_eq!(proof, used, "{answer:?}");
            }
            assert!(
                waited < Duration::from_millis(1500),
                "{conduct:?} {waited:?}"
            );
        }
        // A bearer token does not need the store.
        let bearer = replicas.token("desk:read").build();
        assert_eq!(replicas.call(1, &bearer).await.status, 200, "{conduct:?}");
    }
    assert_eq!(replicas.all[1].runs.all(), ["read"; 3]);
    replicas.store.set(Conduct::Honest);
    let proof = replicas.proof(&token);
    assert_eq!(replicas.call_with(1, &token, &proof).await.status, 200);
}

#[tokio::test]
async fn a_proof_of_the_time_before_the_store_lost_its_data_is_refused() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let (used, unused) = (replicas.proof(&token), replicas.proof(&token));
    assert_eq!(replicas.call_with(0, &token, &used).await.status, 200);
    replicas.clock.advance(Duration::from_secs(2));
    replicas.store.lose_everything();
    for proof in [&used, &unused] {
        let answer = replicas.call_with(1, &token, proof).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(answer.text.contains("make a new proof"), "{answer:?}");
    }
    assert!(replicas.all[1].runs.all().is_empty());
}

/// The client's clock is ahead, so its proof seems to be newer than the loss.
#[tokio::test]
async fn a_proof_from_the_future_is_refused_after_the_store_lost_its_data() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let proof = |ahead| replicas.proof_at(&token, ahead);
    let used = proof(25);
    assert_eq!(replicas.call_with(0, &token, &used).await.status, 200);
    replicas.store.lose_everything();
    // The replica that has accepted it notices the loss by itself.
    replicas.after_the_loss().await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let answer = replicas.call_with(1, &token, &used).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.text.contains("was used before"), "{answer:?}");
    replicas.clock.advance(Duration::from_secs(40));
    assert_eq!(replicas.call_with(1, &token, &used).await.status, 401);
    assert!(replicas.all[1].runs.all().is_empty());
    assert_eq!(replicas.call_with(1, &token, &proof(20)).await.status, 200);
}

#[tokio::test]
async fn a_proof_made_before_a_replica_started_is_accepted_once() {
    // Without a store a process cannot know whether an earlier one has accepted it.
    let mut replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let (used, unused) = (replicas.proof(&token), replicas.proof(&token));
    assert_eq!(replicas.call_with(0, &token, &used).await.status, 200);
    replicas.clock.advance(Duration::from_secs(2));
    let third = replicas.start_one(|config| config).await;
    replicas.all.push(third);
    assert_eq!(replicas.call_with(2, &token, &used).await.status, 401);
    assert_eq!(replicas.call_with(2, &token, &unused).await.status, 200);
}

#[tokio::test]
async fn the_record_of_the_loss_cannot_be_forged_or_swapped() {
    let replicas = Replicas::start().await;
    let token = replicas.token("desk:read").bound_to(&replicas.key).build();
    let used = replicas.proof(&token);
    assert_eq!(replicas.call_with(0, &token, &used).await.status, 200);
    // A hostile store forgets the used proof, and replaces the record of its last loss.
    let proofs = replicas.store.values("proof");
    let epoch = replicas.store.values("epoch");
    let (epoch_key, (genuine, end)) = epoch.into_iter().next().expect("an epoch");
    let swapped = proofs.into_values().next().expect("a used proof").0;
    let mut changed = genuine.clone();
    changed[14] ^= 1;
    for forged in [swapped, changed, genuine[..20].to_vec(), vec![0; 64]] {
        replicas.store.lose_everything();
        let stored = [(epoch_key.clone(), (forged, end))].into_iter().collect();
        replicas.store.put_back(stored);
        let proof = replicas.proof(&token);
        let answer = replicas.call_with(1, &token, &proof).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    assert!(replicas.all[1].runs.all().is_empty());
}
