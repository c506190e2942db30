//! Clients that call through the proxy all the time.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    replica_set::{ReplicaSet, mark},
};
use tokio::task::JoinHandle;

/// What happened to each call, by its mark. `None` means that the connection broke.
type Ends = BTreeMap<String, Option<u16>>;

/// The number of calls of each kind and end.
pub(crate) type Summary = BTreeMap<(String, Option<u16>), usize>;

/// Clients that run until they are stopped.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    ends: Arc<Mutex<Ends>>,
    workers: Vec<JoinHandle<()>>,
}

impl Load {
    /// Starts two clients with bearer tokens, two with bound tokens and two with sessions.
    pub(crate) async fn start(set: &ReplicaSet) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            ends: Arc::default(),
            workers: Vec::new(),
        };
        for number in 0..2 {
            let subject = format!("user{number}");
            let bearer = set.token(&subject).build();
            let bound = set.token(&subject).bound_to(&set.key).build();
            let stateless = Client::new(set.resource(), Revision::Stateless);
            let session = Client::new(set.resource(), Revision::Session("2025-11-25"));
            let mut session = session.with_token(&bearer);
            session.open().await;
            load.work(
                format!("bearer{number}"),
                stateless.clone().with_token(bearer),
            );
            load.work(
                format!("bound{number}"),
                stateless.with_token(bound).with_key(&set.key),
            );
            load.work(format!("session{number}"), session);
        }
        load
    }

    fn work(&mut self, name: String, mut client: Client) {
        let (stop, ends) = (Arc::clone(&self.stop), Arc::clone(&self.ends));
        self.workers.push(tokio::spawn(async move {
            let mut number = 0;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                let text = format!("{name}-{number}");
                let mut message = client.message("tools/call", mark(&text));
                message["id"] = number.into();
                let sent = client.post(&message).body(message.to_string()).send().await;
                let end = match sent {
                    Ok(response) => {
                        let status = response.status().as_u16();
                        let whole = response.text().await;
                        whole.ok().map(|_| status)
                    }
                    Err(_) => None,
                };
                ends.lock().expect("not poisoned").insert(text, end);
                // The store has lost the session, and no replica that runs knows it.
                if end == Some(404) {
                    client = with_new_session(client).await;
                }
            }
        }));
    }

    /// Returns how many calls of a kind have ended with this status.
    pub(crate) fn count(&self, kind: &str, status: u16) -> usize {
        let ends = self.ends.lock().expect("not poisoned");
        let of_kind = ends.iter().filter(|(name, _)| name.starts_with(kind));
        of_kind.filter(|(_, end)| **end == Some(status)).count()
    }

    /// Waits until more calls of this kind have ended with this status.
    pub(crate) async fn wait_for(&self, kind: &str, status: u16, more: usize) {
        let before = self.count(kind, status);
        let begun = std::time::Instant::now();
        while self.count(kind, status) < before + more {
            let waited = begun.elapsed();
            assert!(
                waited.as_secs() < 15,
                "{kind} {status}: {:?}",
                summary(&self.ends.lock().expect("not poisoned"))
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// Stops the clients, and compares their answers with the marks of the calls that ran: each
    /// answered call ran once, no refused call ran, and no call ran twice. Returns the summary.
    pub(crate) async fn stop(self, set: &ReplicaSet) -> Summary {
        self.stop.store(true, Ordering::Relaxed);
        for worker in self.workers {
            worker.await.expect("no panic");
        }
        let mut ran = BTreeMap::<String, usize>::new();
        for mark in set.marks() {
            *ran.entry(mark).or_default() += 1;
        }
        let ends = self.ends.lock().expect("not poisoned");
        for (name, end) in &*ends {
            let runs = ran.get(name).copied().unwrap_or_default();
            match end {
                Some(200) => assert_eq!(runs, 1, "{name} was answered"),
                Some(404 | 503) => assert_eq!(runs, 0, "{name} was refused"),
                // The proof was made in the second before the store began to remember again.
                Some(401) if name.starts_with("bound") => {
                    assert_eq!(runs, 0, "{name} was refused");
                }
                None => assert!(runs <= 1, "{name} broke"),
                Some(status) => panic!("{name} ended with {status}"),
            }
        }
        summary(&ends)
    }
}

/// Returns the number of calls of each kind and end.
fn summary(ends: &Ends) -> Summary {
    let mut summary = Summary::new();
    for (name, end) in ends {
        let kind = name.split(|one: char| one.is_ascii_digit()).next();
        let key = (kind.unwrap_or_default().to_owned(), *end);
        *summary.entry(key).or_default() += 1;
    }
    summary
}

/// Opens a new session, as a client does after a 404.
async fn with_new_session(client: Client) -> Client {
    let client = client.without_session();
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}});
    let message = client.message("initialize", params);
    loop {
        let sent = client.post(&message).body(message.to_string()).send().await;
        let opened = sent.ok().and_then(|answer| {
            let session = answer.headers().get("mcp-session-id")?;
            session.to_str().ok().map(str::to_owned)
        });
        if let Some(session) = opened {
            let client = client.with_session(session);
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            let sent = client.post(&initialized).body(initialized.to_string());
            let _ = sent.send().await;
            return client;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Returns the number of broken connections.
pub(crate) fn broken(summary: &Summary) -> usize {
    let broken = summary.iter().filter(|((_, end), _)| end.is_none());
    broken.map(|(_, count)| count).sum()
}

/// Waits until a call has this status.
pub(crate) async fn wait_for_status(client: &Client, status: u16) -> HttpResponse {
    let begun = std::time::Instant::now();
    loop {
        let message = client.message("tools/call", mark("probe"));
        let answer = client.send(&message).await;
        if answer.status == status {
            return answer;
        }
        assert!(
            begun.elapsed().as_secs() < 5,
            "{status} expected: {answer:?}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
