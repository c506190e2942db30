//! Subscriptions to resources that decide themselves who reads them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use support::StoppedClock;

use super::*;
use crate::subscriptions::{Stream, subscribe, updated};
use toolgate::Changes;

const SESSION: Revision = Revision::Session("2025-11-25");

/// A running library, whose documents can change.
struct Fixture {
    library: Library,
    changes: Changes,
    clock: StoppedClock,
    running: RunningServer,
}

impl Fixture {
    async fn start() -> Self {
        Self::start_with(configured).await
    }

    async fn start_with(change: fn(Config) -> Config) -> Self {
        let library = Library::default();
        for document in ["plan", "notes", "end", "slow"] {
            library.give(document, "alice");
        }
        let (changes, clock) = (Changes::new(), StoppedClock::at(1_000_000));
        let server = server(&library)
            .with_changes(&changes)
            .with_clock(clock.clone());
        Self {
            running: RunningServer::start(server, change).await,
            library,
            changes,
            clock,
        }
    }

    /// Returns a stream of both kinds that hears of these documents.
    async fn streams(&self, documents: &[&str]) -> [Stream; 2] {
        let session = client(&self.running, SESSION, "documents:use").await;
        let uris: Vec<_> = documents.iter().map(|one| uri(one)).collect();
        let hearing = Stream::of_session(&session).await;
        for uri in &uris {
            let answer = subscribe(&session, uri).await;
            assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
        }
        let stateless = client(&self.running, Revision::Stateless, "documents:use").await;
        let mut listening =
            Stream::listening(&stateless, json!({"resourceSubscriptions": uris})).await;
        listening
            .until("notifications/subscriptions/acknowledged")
            .await;
        [hearing, listening]
    }

    /// Announces changes of these documents, and waits until the last was heard of.
    async fn change(&self, streams: &mut [Stream; 2], documents: &[&str]) {
        for document in documents {
            self.changes.resource_updated(uri(document));
        }
        let last = documents.last().expect("one");
        for stream in streams {
            stream.until(&updated(&uri(last))).await;
        }
    }
}

fn uri(document: &str) -> String {
    format!("documents://{document}")
}

#[tokio::test]
async fn a_subscription_is_asked_like_a_read_of_each_uri() {
    let fixture = Fixture::start_with(impatient).await;
    fixture.library.give("diary", "bob");
    let session = client(&fixture.running, SESSION, "documents:use").await;
    let stateless = client(&fixture.running, Revision::Stateless, "documents:use").await;
    for (document, status) in [
        ("diary", 403),
        ("none", 403),
        ("sealed", 403),
        ("slow", 503),
    ] {
        let answer = subscribe(&session, &uri(document)).await;
        assert_eq!(answer.status, status, "{document} {answer:?}");
        let uris = [uri("plan"), uri(document), uri("notes")];
        let params = json!({"notifications": {"resourceSubscriptions": uris}});
        let answer = stateless.request("subscriptions/listen", params).await;
        assert_eq!(answer.status, status, "{document} {answer:?}");
        let needs_scopes = answer.challenge().is_some();
        assert_eq!(needs_scopes, document == "sealed", "{answer:?}");
    }
    fixture.streams(&["plan", "notes"]).await;
}

#[tokio::test]
async fn a_uri_that_is_named_repeatedly_is_asked_about_once() {
    let fixture = Fixture::start().await;
    let alice = client(&fixture.running, Revision::Stateless, "documents:use").await;
    let uris = [uri("plan"), uri("notes"), uri("plan"), uri("plan")];
    let filter = json!({"resourceSubscriptions": uris});
    let mut stream = Stream::listening(&alice, filter).await;
    stream
        .until("notifications/subscriptions/acknowledged")
        .await;
    assert_eq!(fixture.library.asked(), 2);
}

#[tokio::test]
async fn an_update_is_not_sent_to_who_may_no_longer_read_the_resource() {
    let fixture = Fixture::start().await;
    let mut streams = fixture.streams(&["plan", "end"]).await;
    fixture.change(&mut streams, &["plan", "end"]).await;
    for stream in &streams {
        assert!(stream.text.contains(&uri("plan")), "{}", stream.text);
    }
    fixture.library.give("plan", "bob");
    for (seconds, hears) in [(4, true), (1, false), (5, false)] {
        fixture.clock.advance(Duration::from_secs(seconds));
        for stream in &mut streams {
            stream.text.clear();
        }
        fixture.change(&mut streams, &["plan", "end"]).await;
        for stream in &streams {
            // A verdict is reused for less than five seconds.
            let heard = stream.text.contains(&uri("plan"));
            assert_eq!(heard, hears, "{seconds}: {}", stream.text);
        }
    }
}

#[tokio::test]
async fn a_verdict_is_reused_for_a_moment_and_not_for_another_token() {
    let fixture = Fixture::start().await;
    let session = client(&fixture.running, SESSION, "documents:use").await;
    let mut stream = Stream::of_session(&session).await;
    assert_eq!(subscribe(&session, &uri("plan")).await.status, 200);
    let before = fixture.library.asked();
    for times in 1..=3 {
        fixture.changes.resource_updated(uri("plan"));
        stream.until_times(&updated(&uri("plan")), times).await;
    }
    assert_eq!(fixture.library.asked(), before + 1);
    // A new token of the same caller is asked about again.
    let mut claims = unsigned_tokens::claims(&fixture.running.resource(), "documents:use");
    claims["jti"] = "another".into();
    let refreshed = session.clone().with_token(unsigned_tokens::token(&claims));
    assert_eq!(refreshed.request("ping", json!({})).await.status, 200);
    stream.text.clear();
    fixture.changes.resource_updated(uri("plan"));
    stream.until(&updated(&uri("plan"))).await;
    assert_eq!(fixture.library.asked(), before + 2);
}

#[tokio::test]
async fn a_decision_that_comes_too_late_sends_no_update() {
    let fixture = Fixture::start_with(impatient).await;
    let mut streams = fixture.streams(&["plan", "end"]).await;
    // From now on the function does not decide about this document.
    fixture.library.give("plan", "never");
    fixture.change(&mut streams, &["plan", "end"]).await;
    for stream in &streams {
        let text = &stream.text;
        assert!(!text.contains(&updated(&uri("plan"))), "{text}");
    }
}

/// Says when it is asked the second time, and when that question is dropped.
#[derive(Clone, Default)]
struct Door {
    asked: Arc<AtomicU64>,
    dropped: Arc<AtomicBool>,
}

struct Dropped(Arc<AtomicBool>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

async fn once(_: &Caller, State(door): &State<Door>) -> Result<(), AuthorizeError> {
    if door.asked.fetch_add(1, Ordering::SeqCst) > 0 {
        let _dropped = Dropped(Arc::clone(&door.dropped));
        std::future::pending::<()>().await;
    }
    Ok(())
}

/// Stands open once.
#[mcp_resource(uri = "doors://one", authenticated, authorize = once)]
fn door(State(_door): State<Door>) -> &'static str {
    "open"
}

#[tokio::test]
async fn a_listener_that_has_gone_waits_for_no_decision() {
    let (door_state, changes) = (Door::default(), Changes::new());
    let server = Server::with_state("doors", door_state.clone())
        .with_verifier(UnsignedVerifier)
        .resources(resources![door])
        .with_changes(&changes)
        .without_banner();
    let running = RunningServer::start(server, |config| {
        configured(config).with_authorize_timeout(Duration::from_secs(60))
    })
    .await;
    let listener = client(&running, Revision::Stateless, "").await;
    let filter = json!({"resourceSubscriptions": ["doors://one"]});
    let mut stream = Stream::listening(&listener, filter).await;
    stream
        .until("notifications/subscriptions/acknowledged")
        .await;
    changes.resource_updated("doors://one");
    let waited = async {
        while door_state.asked.load(Ordering::SeqCst) < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(stream);
        while !door_state.dropped.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), waited).await;
    waited.expect("the question ends with the listener");
}
