//! Known attacks on bearer tokens, and the rules against them, one per line; and attacks by
//! requests and connections.
//!
//! Each is sent to a server over a socket. A refused token must lead to a 401 with
//! `invalid_token`, run no tool, and cause no request to any host that it names. Run with
//! `--nocapture` to see the counts.

mod algorithms;
mod carriage;
mod case;
mod claims;
mod encoding;
mod header;
mod issuers;
mod keys;
mod kinds;
mod opaque;
mod proofs;
mod requests;
mod signatures;
mod strict;
mod times;
mod world;

use case::run;
use world::World;

#[tokio::test]
async fn what_claims_to_be_signed_in_another_way() {
    run(&World::of_jwts().await, "algorithms", algorithms::CASES).await;
}

#[tokio::test]
async fn what_stands_in_a_header() {
    run(&World::of_jwts().await, "header", header::CASES).await;
}

#[tokio::test]
async fn what_can_be_spelled_in_two_ways() {
    run(&World::of_jwts().await, "encoding", encoding::CASES).await;
}

#[tokio::test]
async fn what_is_signed_badly() {
    run(&World::of_jwts().await, "signatures", signatures::CASES).await;
}

#[tokio::test]
async fn what_is_signed_with_the_wrong_key() {
    run(&World::of_jwts().await, "keys", keys::CASES).await;
}

#[tokio::test]
async fn what_claims_the_wrong_thing() {
    run(&World::of_jwts().await, "claims", claims::CASES).await;
}

#[tokio::test]
async fn what_comes_at_the_wrong_time() {
    run(&World::of_jwts().await, "times", times::CASES).await;
}

#[tokio::test]
async fn what_was_made_for_something_else() {
    run(&World::of_jwts().await, "kinds", kinds::CASES).await;
}

#[tokio::test]
async fn what_comes_from_somebody_else() {
    run(&World::of_jwts().await, "issuers", issuers::CASES).await;
}

#[tokio::test]
async fn what_is_carried_in_another_way() {
    run(&World::of_jwts().await, "carriage", carriage::CASES).await;
}

#[tokio::test]
async fn what_does_not_prove_that_a_key_is_there() {
    run(&World::of_jwts().await, "proofs", proofs::CASES).await;
}

#[tokio::test]
async fn what_is_less_than_its_issuer_is_held_to() {
    run(&World::of_a_strict_issuer().await, "strict", strict::CASES).await;
}

#[tokio::test]
async fn what_only_the_issuer_can_read() {
    run(&World::of_opaque_tokens().await, "opaque", opaque::CASES).await;
}

#[test]
fn the_corpus_has_more_than_two_hundred_cases() {
    let tables = [
        algorithms::CASES,
        header::CASES,
        encoding::CASES,
        signatures::CASES,
        keys::CASES,
        claims::CASES,
        times::CASES,
        kinds::CASES,
        issuers::CASES,
        carriage::CASES,
        opaque::CASES,
        strict::CASES,
        proofs::CASES,
    ];
    let count: usize = tables.iter().map(|table| table.len()).sum();
    assert!(count >= 200, "{count}");
}
