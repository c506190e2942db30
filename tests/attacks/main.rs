//! Known attacks on bearer tokens, and the rules against them, one per line; and attacks by
//! requests and connections.
//!
//! Each is sent to a server over a socket. A refused token must lead to a 401 with
//! `invalid_token`, run no tool, and cause no request to any host that it names. Run with
//! `--nocapture` to see the counts.

mod algorithms;
mod attack_case;
mod claims;
mod dpop_proofs;
mod encoding;
mod fixture;
mod issuer_confusion;
mod jws_header;
mod keys;
mod opaque_tokens;
mod requests;
mod signatures;
mod strict_profile;
mod token_location;
mod token_times;
mod token_types;

use attack_case::run;
use fixture::Fixture;

#[tokio::test]
async fn algorithm_attacks() {
    run(&Fixture::with_jwts().await, "algorithms", algorithms::CASES).await;
}

#[tokio::test]
async fn token_header_attacks() {
    run(&Fixture::with_jwts().await, "jws_header", jws_header::CASES).await;
}

#[tokio::test]
async fn token_encoding_attacks() {
    run(&Fixture::with_jwts().await, "encoding", encoding::CASES).await;
}

#[tokio::test]
async fn signature_attacks() {
    run(&Fixture::with_jwts().await, "signatures", signatures::CASES).await;
}

#[tokio::test]
async fn wrong_key_attacks() {
    run(&Fixture::with_jwts().await, "keys", keys::CASES).await;
}

#[tokio::test]
async fn claim_attacks() {
    run(&Fixture::with_jwts().await, "claims", claims::CASES).await;
}

#[tokio::test]
async fn token_lifetime_attacks() {
    run(
        &Fixture::with_jwts().await,
        "token_times",
        token_times::CASES,
    )
    .await;
}

#[tokio::test]
async fn token_type_confusion_attacks() {
    run(
        &Fixture::with_jwts().await,
        "token_types",
        token_types::CASES,
    )
    .await;
}

#[tokio::test]
async fn issuer_confusion_attacks() {
    run(
        &Fixture::with_jwts().await,
        "issuer_confusion",
        issuer_confusion::CASES,
    )
    .await;
}

#[tokio::test]
async fn token_location_attacks() {
    run(
        &Fixture::with_jwts().await,
        "token_location",
        token_location::CASES,
    )
    .await;
}

#[tokio::test]
async fn dpop_proof_attacks() {
    run(
        &Fixture::with_jwts().await,
        "dpop_proofs",
        dpop_proofs::CASES,
    )
    .await;
}

#[tokio::test]
async fn strict_profile_attacks() {
    run(
        &Fixture::with_strict_issuer().await,
        "strict_profile",
        strict_profile::CASES,
    )
    .await;
}

#[tokio::test]
async fn opaque_token_attacks() {
    run(
        &Fixture::with_opaque_tokens().await,
        "opaque_tokens",
        opaque_tokens::CASES,
    )
    .await;
}

#[test]
fn the_corpus_has_more_than_two_hundred_cases() {
    let tables = [
        algorithms::CASES,
        jws_header::CASES,
        encoding::CASES,
        signatures::CASES,
        keys::CASES,
        claims::CASES,
        token_times::CASES,
        token_types::CASES,
        issuer_confusion::CASES,
        token_location::CASES,
        opaque_tokens::CASES,
        strict_profile::CASES,
        dpop_proofs::CASES,
    ];
    let count: usize = tables.iter().map(|table| table.len()).sum();
    assert!(count >= 200, "{count}");
}
