//! Attacks on the listener, over sockets.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;
use toolgate_admin::{AdminEvent, AdminSecret, AdminSettings, ControlError, Controls, listen};
use toolgate_core::clock::SystemClock;
use toolgate_store::{
    ItemName, OperatorSwitches, PutNew, RateRule, RevocationTimes, Revocations, Revoked,
    SealedStore, SharedStore, StoreFuture,
};

const SECRET: &str = "correct-horse-battery-staple-0123456789";

/// A server with one tool.
#[derive(Default)]
struct Fake {
    records: Mutex<Vec<String>>,
    is_full: bool,
}

impl Controls for Fake {
    fn check_item(&self, item: &ItemName) -> Result<(), ControlError> {
        match &*item.name {
            "delete" => Ok(()),
            _ => Err(ControlError::Unknown("the server has no such item".into())),
        }
    }

    fn accepts_issuer(&self, issuer: &str) -> bool {
        issuer == "https://i"
    }

    fn record(&self, event: &AdminEvent<'_>) -> Result<(), ControlError> {
        if self.is_full {
            return Err(ControlError::Unavailable("the disk is full".into()));
        }
        let word = event.action.as_str().to_owned();
        self.records.lock().unwrap().push(word);
        Ok(())
    }
}

struct Desk {
    address: SocketAddr,
    fake: Arc<Fake>,
    revocations: Revocations,
    stop: CancellationToken,
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Desk {
    async fn open() -> Self {
        Self::with(Fake::default(), Duration::from_millis(1)).await
    }

    async fn with(fake: Fake, pause: Duration) -> Self {
        let revocations = Revocations::new();
        assert!(revocations.attach(None, Arc::new(SystemClock), RevocationTimes::default()));
        Self::of(fake, pause, revocations).await
    }

    async fn of(fake: Fake, pause: Duration, revocations: Revocations) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fake, stop) = (Arc::new(fake), CancellationToken::new());
        let settings = AdminSettings::new(AdminSecret::new(SECRET).unwrap());
        let settings = settings.with_failure_pause(pause);
        let switches = OperatorSwitches::new(&revocations);
        let serving = listen(listener, settings, fake.clone(), switches, stop.clone());
        tokio::spawn(serving);
        Self {
            address,
            fake,
            revocations,
            stop,
        }
    }

    fn off(&self) -> Vec<ItemName> {
        OperatorSwitches::new(&self.revocations).switched_off()
    }

    /// Sends these bytes, and returns the status and the body.
    async fn send(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // The server may answer and close before everything is written.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.split(' ').nth(1).and_then(|code| code.parse().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        (status.unwrap_or(0), body.unwrap_or_default())
    }

    fn head(&self, method: &str, path: &str, secret: &str) -> String {
        let host = self.address;
        format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {secret}\r\n")
    }

    fn action(&self, secret: &str, body: &str) -> String {
        let head = self.head("POST", "/v1/actions", secret);
        let length = body.len();
        format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
    }

    async fn act(&self, body: &str) -> (u16, String) {
        self.send(&self.action(SECRET, body)).await
    }
}

const OFF: &str = r#"{"action":"switch_off","tool":"delete"}"#;
const ON: &str = r#"{"action":"switch_on","tool":"delete"}"#;
const REVOKE: &str = r#"{"action":"revoke","issuer":"https://i","subject":"mallory"}"#;
const LIFT: &str = r#"{"action":"lift","issuer":"https://i","subject":"mallory"}"#;

#[tokio::test]
async fn actions_take_effect_and_can_be_lifted() {
    let desk = Desk::open().await;
    for (action, changed) in [(OFF, true), (OFF, false), (ON, true)] {
        let (status, body) = desk.act(action).await;
        assert_eq!((status, body), (200, format!(r#"{{"changed":{changed}}}"#)));
    }
    assert_eq!(desk.act(REVOKE).await.0, 200);
    let head = desk.head("GET", "/v1/state", SECRET);
    let (status, state) = desk.send(&format!("{head}\r\n")).await;
    assert_eq!(status, 200);
    assert!(
        state.contains(r#""kind":"subject","name":"mallory""#),
        "{state}"
    );
    assert_eq!(desk.act(LIFT).await.0, 200);
    assert!(desk.revocations.list().is_empty());
    let expected = ["switch_off", "switch_off", "switch_on", "revoke", "lift"];
    assert_eq!(*desk.fake.records.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_the_program_set_is_not_lifted() {
    let desk = Desk::open().await;
    let own = || Revoked::subject("https://i", "mallory");
    let revoking = desk.revocations.revoke(own(), None);
    revoking.await.unwrap();
    for action in [LIFT, ON] {
        assert_eq!(desk.act(action).await.0, 409, "{action}");
    }
    // Nor if the operator has revoked the same tokens.
    assert_eq!(desk.act(REVOKE).await, (200, r#"{"changed":true}"#.into()));
    assert_eq!(desk.act(LIFT).await.0, 200);
    let left = desk.revocations.list();
    assert_eq!(left.len(), 1);
    assert!(!left[0].by_operator);
    // And the program does not lift what the operator has set.
    assert_eq!(desk.act(REVOKE).await.0, 200);
    assert!(desk.revocations.lift(&own()).await.unwrap());
    assert!(desk.revocations.list()[0].by_operator);
}

#[tokio::test]
async fn nothing_happens_without_the_secret() {
    let desk = Desk::open().await;
    let right = desk.action(SECRET, OFF);
    let line = format!("authorization: Bearer {SECRET}\r\n");
    for request in [
        desk.action("wrong", OFF),
        desk.action(&SECRET[..SECRET.len() - 1], OFF),
        desk.action(&format!("{SECRET}0"), OFF),
        desk.action("", OFF),
        right.replace(&line, ""),
        right.replace("Bearer", "Basic"),
        right.replace(&line, &format!("{line}{line}")),
        right.replace(&line, &format!("{line}authorization: Bearer wrong\r\n")),
        right
            .replace(&line, "")
            .replace("/v1/actions", &format!("/v1/actions?access_token={SECRET}")),
    ] {
        let (status, body) = desk.send(&request).await;
        assert_eq!(status, 401, "{request}");
        assert!(!body.contains(SECRET));
    }
    // Without the secret, the answer does not reveal which paths exist.
    let (status, _) = desk
        .send(&format!("{}\r\n", desk.head("GET", "/", "x")))
        .await;
    assert_eq!(status, 401);
    assert!(desk.off().is_empty());
    assert!(desk.fake.records.lock().unwrap().is_empty());
}

#[tokio::test]
async fn pages_and_rebound_names_are_refused_before_the_secret_is_read() {
    let desk = Desk::open().await;
    let right = desk.action(SECRET, OFF);
    let host = format!("host: {}\r\n", desk.address);
    for request in [
        right.replace(&host, "host: attacker.example\r\n"),
        right.replace(&host, "host: 127.0.0.1\r\n"),
        right.replace(&host, &format!("{host}host: attacker.example\r\n")),
        right.replace(&host, &format!("{host}origin: http://localhost:6274\r\n")),
        right.replace(&host, &format!("{host}origin: null\r\n")),
        right.replace("POST /v1", "POST http://attacker.example/v1"),
    ] {
        let (status, _) = desk.send(&request).await;
        assert!(matches!(status, 400 | 403), "{status} {request}");
    }
    let simple = right.replace("application/json", "text/plain");
    assert_eq!(desk.send(&simple).await.0, 415);
    assert!(desk.off().is_empty());
    let named = right.replace(
        &host,
        &format!("host: localhost:{}\r\n", desk.address.port()),
    );
    assert_eq!(desk.send(&named).await.0, 200);
}

#[tokio::test]
async fn nothing_can_be_added_and_bodies_are_bounded() {
    let desk = Desk::open().await;
    for (body, expected) in [
        (r#"{"action":"add_scope","scope":"admin"}"#, 400),
        (r#"{"action":"add_issuer","issuer":"https://evil"}"#, 400),
        (r#"{"action":"switch_on","tool":"new"}"#, 409),
        (r#"{"action":"switch_off","tool":"new"}"#, 404),
        (r#"{"action":"revoke","issuer":"i","jtl":"1"}"#, 400),
        (r#"{"action":"revoke","issuer":"https://evil"}"#, 404),
    ] {
        assert_eq!(desk.act(body).await.0, expected, "{body}");
    }
    let large = format!(
        r#"{{"action":"switch_off","tool":"{}"}}"#,
        "a".repeat(20_000)
    );
    assert_eq!(desk.act(&large).await.0, 413);
    let padding = format!("x-padding: {}\r\n", "a".repeat(40_000));
    let head = desk
        .action(SECRET, OFF)
        .replacen("\r\n", &format!("\r\n{padding}"), 1);
    let (status, _) = desk.send(&head).await;
    assert!(matches!(status, 0 | 431), "{status}");
    for (method, path, expected) in [("GET", "/v1/actions", 405), ("GET", "/v2/state", 404)] {
        let request = format!("{}\r\n", desk.head(method, path, SECRET));
        assert_eq!(desk.send(&request).await.0, expected);
    }
    assert!(desk.off().is_empty());
}

#[tokio::test]
async fn guesses_are_delayed_and_do_not_keep_the_operator_waiting() {
    let pause = Duration::from_secs(2);
    let desk = Desk::with(Fake::default(), pause).await;
    let start = Instant::now();
    let wrong = desk.action("wrong", OFF);
    let guess = async || {
        let answer = desk.send(&wrong).await;
        (answer.0, start.elapsed())
    };
    let guesses = join_all((0..200).map(|_| guess()));
    let operator = async {
        // After all guesses are sent.
        tokio::time::sleep(Duration::from_millis(50)).await;
        (desk.act(OFF).await.0, start.elapsed())
    };
    let (guesses, (status, waited)) = tokio::join!(guesses, operator);
    assert_eq!(status, 200);
    assert!(waited < pause, "{waited:?}");
    assert!(guesses.iter().all(|(status, _)| *status == 401));
    let delayed = guesses.iter().filter(|(_, waited)| *waited >= pause);
    assert!(delayed.count() >= 1);
    assert_eq!(desk.off().len(), 1);
}

#[tokio::test]
async fn an_action_that_cannot_be_recorded_takes_away_and_gives_nothing_back() {
    let mut desk = Desk::open().await;
    assert_eq!(desk.act(OFF).await.0, 200);
    assert_eq!(desk.act(REVOKE).await.0, 200);
    desk.stop.cancel();
    let full = Fake {
        is_full: true,
        ..Fake::default()
    };
    desk = Desk::with(full, Duration::ZERO).await;
    assert_eq!(desk.act(OFF).await.0, 200);
    assert_eq!(desk.act(REVOKE).await.0, 200);
    for action in [ON, LIFT] {
        assert_eq!(desk.act(action).await.0, 503, "{action}");
    }
    assert_eq!(desk.off().len(), 1);
    assert_eq!(desk.revocations.list().len(), 1);
}

/// A store that answers, but slowly.
#[derive(Default)]
struct SlowStore(Mutex<Option<Vec<u8>>>);

impl SlowStore {
    fn later<'s, T: Send + 's>(
        &'s self,
        work: impl FnOnce(&mut Option<Vec<u8>>) -> T + Send + 's,
    ) -> StoreFuture<'s, T> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(150)).await;
            Ok(work(&mut self.0.lock().unwrap()))
        })
    }
}

impl SharedStore for SlowStore {
    fn get<'s>(&'s self, _: &'s str) -> StoreFuture<'s, Option<Vec<u8>>> {
        self.later(|value| value.clone())
    }

    fn replace<'s>(
        &'s self,
        _: &'s str,
        expected: Option<Vec<u8>>,
        new: Vec<u8>,
        _: Duration,
    ) -> StoreFuture<'s, bool> {
        self.later(move |value| {
            let is_same = *value == expected;
            if is_same {
                *value = Some(new);
            }
            is_same
        })
    }

    fn put<'s>(&'s self, _: &'s str, _: Vec<u8>, _: Duration) -> StoreFuture<'s, ()> {
        unreachable!("the list is replaced")
    }

    fn put_new<'s>(
        &'s self,
        _: &'s str,
        _: Vec<u8>,
        _: Duration,
        _: &'s str,
    ) -> StoreFuture<'s, PutNew> {
        unreachable!("the list is replaced")
    }

    fn remove<'s>(&'s self, _: &'s str) -> StoreFuture<'s, ()> {
        unreachable!("the list is replaced")
    }

    fn take<'s>(&'s self, _: Vec<RateRule>) -> StoreFuture<'s, Option<(usize, Duration)>> {
        unreachable!("nothing is counted")
    }
}

#[tokio::test]
async fn an_action_whose_client_disconnects_is_carried_out_and_can_be_lifted() {
    let store = Arc::new(SlowStore::default());
    let clock = || Arc::new(SystemClock);
    let store = SealedStore::new(store, &[1; 32], None, "desk", clock()).unwrap();
    let revocations = Revocations::new();
    assert!(revocations.attach(Some(&store), clock(), RevocationTimes::default()));
    let desk = Desk::of(Fake::default(), Duration::ZERO, revocations).await;
    let mut stream = TcpStream::connect(desk.address).await.unwrap();
    let revoke = desk.action(SECRET, REVOKE);
    stream.write_all(revoke.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(desk.revocations.list().is_empty());
    drop(stream);
    // An item is switched off meanwhile: no action waits for another one.
    assert_eq!(desk.act(OFF).await.0, 200);
    let start = Instant::now();
    while desk.revocations.list().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(3));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(desk.act(LIFT).await.0, 200);
    assert_eq!(desk.off().len(), 1);
}
