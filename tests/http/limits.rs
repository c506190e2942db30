//! Rates, running requests and timeouts of items, and rates of callers and addresses.

mod addresses;
mod callers;
mod concurrency;
mod handler;
mod items;
mod rounds;
mod timeouts;

use serde_json::{Value, json};
use support::{
    StoppedClock,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{Config, Server, auth::DenialReason};

use crate::denial_reasons::members;

/// The time at which a test begins.
const BEGINNING: u64 = 1_800_000_000;

/// Starts a server whose clock stands still.
async fn start<S: Clone + Send + Sync + 'static>(
    server: Server<S>,
    configure: impl FnOnce(Config) -> Config,
) -> (RunningServer, StoppedClock) {
    let clock = StoppedClock::at(BEGINNING);
    let server = server
        .with_verifier(UnsignedVerifier)
        .with_clock(clock.clone());
    let running = RunningServer::start(server, |config| configure(config.with_issuer(ISSUER)));
    (running.await, clock)
}

/// Returns a client of this person, in an open session if the revision has sessions.
async fn client_of(running: &RunningServer, revision: Revision, person: &str) -> Client {
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:use");
    claims["sub"] = person.into();
    client_with(running, revision, &claims).await
}

async fn client_with(running: &RunningServer, revision: Revision, claims: &Value) -> Client {
    let token = unsigned_tokens::token(claims);
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}

/// Checks a refusal by a limit: 429, no challenge, and when to try again.
#[track_caller]
fn assert_limited(answer: &HttpResponse, reason: DenialReason, seconds: u64) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.challenge(), None, "{answer:?}");
    let after = answer
        .header("retry-after")
        .and_then(|text| text.parse().ok());
    assert_eq!(after, Some(seconds), "{answer:?}");
    let members = members(answer);
    assert_eq!(members["reason"], reason.code(), "{answer:?}");
    let remedy = json!({"action": "retry", "retry_after": seconds});
    assert_eq!(members["remedy"], remedy, "{answer:?}");
}
