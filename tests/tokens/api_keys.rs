//! An example of a custom verifier: API keys that an administrator issued to programs.
//!
//! It looks up a key and returns its [`Claims`]. It cannot return less: claims always name an
//! issuer and an expiry, and claims without an audience are valid nowhere. The server checks
//! all three on each request, so this verifier does not.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;
use support::{
    TestClock,
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::auth::{
    BearerToken, Claims, Clock, SystemClock, TokenError, TokenVerifier, UnixTime,
};

/// The issuer of all keys, instead of an authorization server.
const ISSUER: &str = "http://127.0.0.1:9/keys";

/// The record of a key. Only the hashes of keys are stored, so reading the table does not allow
/// calls. A hash is looked up rather than compared, so timing reveals nothing.
#[derive(Clone, Default)]
struct ApiKeys(Arc<Mutex<HashMap<[u8; 32], Record>>>);

#[derive(Clone)]
struct Record {
    owner: &'static str,
    scopes: &'static str,
    audience: Option<String>,
    ends: UnixTime,
}

impl TokenVerifier for ApiKeys {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        let Ok(keys) = self.0.lock() else {
            // 503: an unreadable table is not the caller's error.
            return Err(TokenError::unavailable("the table of keys is lost"));
        };
        let Some(record) = keys.get(&hash(token.as_str())) else {
            return Err(TokenError::invalid("no such key"));
        };
        let claims = Claims::new(ISSUER, record.ends)
            .with_subject(record.owner)
            .with_scopes(record.scopes);
        Ok(match &record.audience {
            Some(audience) => claims.with_audience(audience),
            None => claims,
        })
    }
}

impl ApiKeys {
    fn give(&self, key: &str, record: Record) {
        self.0.lock().unwrap().insert(hash(key), record);
    }

    fn withdraw(&self, key: &str) {
        self.0.lock().unwrap().remove(&hash(key));
    }
}

fn hash(key: &str) -> [u8; 32] {
    digest(&SHA256, key.as_bytes()).as_ref().try_into().unwrap()
}

/// Starts a tool server that accepts API keys; one of them is valid for reading for a minute.
async fn start_with_api_keys() -> (RunningServer, ApiKeys, TestClock, Record) {
    let (keys, clock) = (ApiKeys::default(), TestClock::default());
    let server = tool_server::protected_unverified_server(&Runs::default())
        .with_verifier(keys.clone())
        .with_clock(clock.clone());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    let record = Record {
        owner: "reports",
        scopes: "desk:read",
        audience: Some(running.resource()),
        ends: SystemClock.now().plus(60),
    };
    keys.give("k-good", record.clone());
    (running, keys, clock, record)
}

async fn read(running: &RunningServer, key: &str) -> u16 {
    let client = Client::new(running.resource(), Revision::Stateless).with_token(key);
    client.call("read", json!({})).await.status
}

#[tokio::test]
async fn an_api_key_opens_what_its_record_allows() {
    let (running, keys, _, _) = start_with_api_keys().await;
    let client = Client::new(running.resource(), Revision::Stateless).with_token("k-good");
    let output = client.call("whoami", json!({})).await.tool_text();
    assert_eq!(output, "reports with desk:read");
    assert_eq!(client.call("write", json!({})).await.status, 403);
    assert_eq!(read(&running, "k-other").await, 401);
    // The verdict was not cached: a withdrawn key is refused immediately.
    keys.withdraw("k-good");
    assert_eq!(read(&running, "k-good").await, 401);
}

#[tokio::test]
async fn claims_without_an_audience_are_refused() {
    let (running, keys, _, good) = start_with_api_keys().await;
    let audience = None;
    keys.give(
        "k-unaimed",
        Record {
            audience,
            ..good.clone()
        },
    );
    assert_eq!(read(&running, "k-unaimed").await, 401);
    let audience = Some("https://other.example/mcp".to_owned());
    keys.give("k-misaimed", Record { audience, ..good });
    assert_eq!(read(&running, "k-misaimed").await, 401);
}

#[tokio::test]
async fn an_api_key_expires_although_its_verifier_reads_no_clock() {
    let (running, _, clock, _) = start_with_api_keys().await;
    assert_eq!(read(&running, "k-good").await, 200);
    clock.advance(std::time::Duration::from_secs(60 + 30));
    assert_eq!(read(&running, "k-good").await, 401);
}

#[tokio::test]
async fn a_verifier_that_names_an_untrusted_issuer_is_refused() {
    let server = tool_server::protected_unverified_server(&Runs::default());
    let keys = ApiKeys::default();
    let server = server.with_verifier(keys.clone());
    // The configuration trusts another issuer.
    let running =
        RunningServer::start(server, |config| config.with_issuer("http://127.0.0.1:9/x")).await;
    keys.give(
        "k",
        Record {
            owner: "reports",
            scopes: "desk:read",
            audience: Some(running.resource()),
            ends: SystemClock.now().plus(60),
        },
    );
    assert_eq!(read(&running, "k").await, 401);
}

#[tokio::test]
async fn a_failed_key_lookup_is_a_503() {
    let (running, keys, _, _) = start_with_api_keys().await;
    let poison = std::thread::spawn(move || {
        let _held = keys.0.lock().unwrap();
        panic!("as a fault would have it");
    });
    assert!(poison.join().is_err());
    assert_eq!(read(&running, "k-good").await, 503);
}
