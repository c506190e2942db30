//! A revoked token is refused by every replica.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    memory_store::Conduct,
};
use toolgate::store::Revoked;

use crate::replica::{Replicas, reason};

/// Waits until a call at a replica has this status.
async fn wait_for(replicas: &Replicas, replica: usize, token: &str, status: u16) -> HttpResponse {
    let start = Instant::now();
    loop {
        let answer = replicas.call(replica, token).await;
        if answer.status == status {
            return answer;
        }
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "{status} expected: {answer:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_by_all_replicas_within_a_second() {
    let replicas = Replicas::start().await;
    let issuer = replicas.issuer.url().to_owned();
    let token = replicas
        .token("desk:read")
        .claim("sub", "mallory".into())
        .claim("client_id", "app".into())
        .claim("jti", "one".into())
        .build();
    let other = replicas
        .token("desk:read")
        .claim("sub", "alice".into())
        .build();
    for revoked in [
        Revoked::subject(&issuer, "mallory"),
        Revoked::client(&issuer, "app"),
        Revoked::token(&issuer, "one"),
        Revoked::issuer(&issuer),
    ] {
        let revocations = &replicas.all[0].revocations;
        revocations
            .revoke(revoked.clone(), None)
            .await
            .expect("it is stored");
        let start = Instant::now();
        let answer = replicas.call(0, &token).await;
        assert_eq!(answer.status, 401, "at once here: {revoked:?}");
        assert_eq!(reason(&answer), "invalid_token");
        assert!(
            answer.text.contains("the access token was revoked"),
            "{answer:?}"
        );
        wait_for(&replicas, 1, &token, 401).await;
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{:?}",
            start.elapsed()
        );
        let is_issuer = matches!(revoked, Revoked::Issuer { .. });
        let expected = if is_issuer { 401 } else { 200 };
        assert_eq!(
            replicas.call(1, &other).await.status,
            expected,
            "{revoked:?}"
        );
        assert!(
            replicas.all[1]
                .revocations
                .lift(&revoked)
                .await
                .expect("it is stored")
        );
        wait_for(&replicas, 0, &token, 200).await;
    }
}

#[tokio::test]
async fn the_names_of_another_issuer_are_not_revoked() {
    let replicas = Replicas::start().await;
    let token = replicas
        .token("desk:read")
        .claim("sub", "mallory".into())
        .build();
    let revoked = Revoked::subject("https://other.example", "mallory");
    let revocations = &replicas.all[0].revocations;
    revocations
        .revoke(revoked, None)
        .await
        .expect("it is stored");
    assert_eq!(replicas.call(0, &token).await.status, 200);
}

#[tokio::test]
async fn an_open_stream_ends_when_its_token_is_revoked_at_another_replica() {
    let replicas = Replicas::start().await;
    let token = replicas
        .token("desk:read")
        .claim("sub", "mallory".into())
        .build();
    let resource = replicas.all[0].running.resource();
    let mut client = Client::new(resource, Revision::Session("2025-11-25")).with_token(&token);
    client.open().await;
    let stream = client
        .plain(Method::GET)
        .header("accept", "text/event-stream");
    let mut stream = stream.send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let revoked = Revoked::subject(replicas.issuer.url(), "mallory");
    let revocations = &replicas.all[1].revocations;
    revocations
        .revoke(revoked, None)
        .await
        .expect("it is stored");
    let end = async { while let Ok(Some(_)) = stream.chunk().await {} };
    let ended = tokio::time::timeout(Duration::from_secs(3), end).await;
    assert!(ended.is_ok(), "the stream stays open");
}

#[tokio::test]
async fn a_new_revocation_fails_while_the_store_does_not_work() {
    let replicas = Replicas::start().await;
    let token = replicas
        .token("desk:read")
        .claim("sub", "mallory".into())
        .build();
    let revoked = || Revoked::subject(replicas.issuer.url(), "mallory");
    let revocations = &replicas.all[0].revocations;
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        replicas.store.set(conduct);
        let error = revocations
            .revoke(revoked(), None)
            .await
            .expect_err("no store");
        assert!(error.to_string().contains("cannot be changed"), "{error}");
        assert_eq!(replicas.call(0, &token).await.status, 200, "{conduct:?}");
    }
    replicas.store.set(Conduct::Honest);
    revocations
        .revoke(revoked(), None)
        .await
        .expect("it is stored");
    wait_for(&replicas, 1, &token, 401).await;
    // What is known stays known.
    replicas.store.set(Conduct::Away);
    assert_eq!(replicas.call(1, &token).await.status, 401);
}

#[tokio::test]
async fn every_call_with_a_token_gets_503_if_the_list_is_too_old() {
    let most = Duration::from_millis(700);
    let replicas = Replicas::start_with(|config| config.with_revocation_age(most)).await;
    let token = replicas.token("desk:read").build();
    for conduct in [Conduct::Away, Conduct::Slow, Conduct::Garbage] {
        replicas.store.set(conduct);
        let answer = wait_for(&replicas, 0, &token, 503).await;
        assert_eq!(reason(&answer), "store_unavailable", "{answer:?}");
        assert_eq!(answer.header("retry-after"), Some("5"));
        let ready = reqwest::get(replicas.all[0].running.url("/readyz")).await;
        assert_eq!(ready.expect("an answer").status(), 503);
        replicas.store.set(Conduct::Honest);
        wait_for(&replicas, 0, &token, 200).await;
    }
}

#[tokio::test]
async fn a_server_that_has_never_read_the_list_accepts_no_token() {
    let mut replicas = Replicas::start().await;
    replicas.store.set(Conduct::Away);
    let third = replicas.start_one(|config| config).await;
    replicas.all.push(third);
    let token = replicas.token("desk:read").build();
    let answer = replicas.call(2, &token).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(replicas.all[2].runs.all().is_empty());
    replicas.store.set(Conduct::Honest);
    wait_for(&replicas, 2, &token, 200).await;
}

#[tokio::test]
async fn a_store_that_loses_the_list_or_puts_an_old_one_back_revives_no_token() {
    let replicas = Replicas::start().await;
    let token = replicas
        .token("desk:read")
        .claim("sub", "mallory".into())
        .build();
    let revocations = &replicas.all[0].revocations;
    let first = Revoked::subject(replicas.issuer.url(), "somebody");
    revocations.revoke(first, None).await.expect("it is stored");
    let old = replicas.store.values("revocations");
    let revoked = Revoked::subject(replicas.issuer.url(), "mallory");
    revocations
        .revoke(revoked, None)
        .await
        .expect("it is stored");
    wait_for(&replicas, 1, &token, 401).await;
    for loss in [None, Some(old)] {
        replicas.store.lose_everything();
        replicas.store.put_back(loss.unwrap_or_default());
        // Longer than several refreshes.
        tokio::time::sleep(Duration::from_millis(900)).await;
        for replica in [0, 1] {
            assert_eq!(replicas.call(replica, &token).await.status, 401);
        }
        // A replica that starts now learns it from the others.
        let third = replicas.start_one(|config| config).await;
        assert_eq!(third.revocations.list().len(), 2);
    }
}

#[tokio::test]
async fn a_call_that_runs_ends_when_nobody_knows_whether_its_token_was_revoked() {
    let most = Duration::from_millis(700);
    let replicas = Replicas::start_with(|config| config.with_revocation_age(most)).await;
    let token = replicas.token("desk:read").build();
    wait_for(&replicas, 0, &token, 200).await;
    let client = Client::new(replicas.all[0].running.resource(), Revision::Stateless);
    let client = client.with_token(&token);
    let failing = async {
        while !replicas.all[0].runs.all().contains(&"slow begins") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        replicas.store.set(Conduct::Away);
    };
    let call = client.call("slow", json!({"millis": 60_000}));
    let both = async { tokio::join!(call, failing).0 };
    let answer = tokio::time::timeout(Duration::from_secs(5), both).await;
    let answer = answer.expect("it ends");
    assert!(answer.text.contains("cannot know now"), "{answer:?}");
}
