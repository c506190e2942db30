//! Hours of failures in the time that `TOOLGATE_SOAK_MINUTES` sets: `cargo xtask prove soak`.
//!
//! Every minute a replica is killed, Redis restarts, the issuer goes away and comes back, and a
//! signing key is replaced. Tokens are valid for 20 seconds, and clients disconnect. At the end each
//! answer has a known cause, each answered call has a record in a valid audit log, and memory and
//! descriptors have not grown.

#![expect(clippy::print_stdout, reason = "a run prints its figures each minute")]

use std::{
    collections::BTreeMap,
    env, fs,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use support::{
    SigningKey, TokenBuilder,
    client::{Client, Revision},
    replica_set::{ReplicaSet, mark},
};
use tokio::time::{sleep, timeout};

/// How long a token is valid, in seconds, and how long a client uses it: longer, so that some
/// requests have an expired token. The server's leeway is 30 seconds.
const VALID: i64 = 20;
const USED: Duration = Duration::from_secs(52);

/// The causes of answers that are not 200, and of calls without an answer. Every other is an error.
const EXPLAINED: [&str; 8] = [
    // The token has expired, or its key was replaced.
    "401 expired_token",
    "401 invalid_token",
    // The proof was made before the store lost its data.
    "401 invalid_proof",
    // The store has lost the session.
    "404",
    "503 store_unavailable",
    "503 verification_unavailable",
    // A killed replica had the call, or the client has disconnected.
    "broken",
    "disconnected",
];

/// What the clients share.
struct Clients {
    stop: AtomicBool,
    key: Mutex<SigningKey>,
    issuer: String,
    resource: String,
    bound_to: Arc<SigningKey>,
    ends: Mutex<BTreeMap<String, usize>>,
    answered: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("not poisoned")
}

impl Clients {
    fn token(&self, subject: &str, is_bound: bool) -> String {
        let key = lock(&self.key);
        let token = TokenBuilder::new(&self.issuer, &key)
            .audience(&self.resource)
            .scope("desk:read")
            .claim("sub", subject.into())
            .expires_in(VALID);
        match is_bound {
            true => token.bound_to(&self.bound_to).build(),
            false => token.build(),
        }
    }

    fn client(&self, name: &str, is_bound: bool) -> Client {
        let client = Client::new(&self.resource, Revision::Stateless);
        let client = client.with_token(self.token(name, is_bound));
        match is_bound {
            true => client.with_key(&self.bound_to),
            false => client,
        }
    }

    /// Calls until the end of the test.
    async fn work(self: Arc<Self>, name: String, is_bound: bool) {
        let (mut client, mut since) = (self.client(&name, is_bound), Instant::now());
        let mut number = 0_u64;
        while !self.stop.load(Ordering::Relaxed) {
            number += 1;
            let text = format!("{name}-{number}");
            let message = client.message("tools/call", mark(&text));
            let request = client.post(&message).header("x-request-id", &text);
            let sent = request.body(message.to_string()).send();
            // Every fiftieth client gives up after a moment.
            let patience = if number.is_multiple_of(50) { 1 } else { 20_000 };
            let cause = match timeout(Duration::from_millis(patience), sent).await {
                Err(_) => "disconnected".to_owned(),
                Ok(Err(_)) => "broken".to_owned(),
                Ok(Ok(answer)) => {
                    let status = answer.status().as_u16();
                    match answer.json::<serde_json::Value>().await {
                        Err(_) => "broken".to_owned(),
                        Ok(_) if status == 200 => {
                            lock(&self.answered).push(text);
                            "200".to_owned()
                        }
                        Ok(answer) => {
                            let data = &answer["error"]["data"]["reason"];
                            let reason = data.as_str().or(answer["reason"].as_str());
                            format!("{status} {}", reason.unwrap_or_default())
                        }
                    }
                }
            };
            let is_refused = cause.starts_with("401");
            *lock(&self.ends).entry(cause).or_default() += 1;
            if is_refused || since.elapsed() > USED {
                (client, since) = (self.client(&name, is_bound), Instant::now());
            }
        }
    }
}

/// The memory in KiB and the open descriptors of a process.
fn resources(id: u32) -> (u64, usize) {
    let status = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let memory = memory.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok());
    let descriptors = fs::read_dir(format!("/proc/{id}/fd")).expect("it runs");
    (memory.unwrap_or_default(), descriptors.count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_error_has_a_cause_and_nothing_grows() {
    let minutes = env::var("TOOLGATE_SOAK_MINUTES").ok();
    let minutes: u32 = minutes.and_then(|text| text.parse().ok()).unwrap_or(30);
    let mut set = ReplicaSet::start_with_audit(env!("CARGO_BIN_EXE_replica")).await;
    let first_key = SigningKey::p256("key");
    set.issuer.publish(&[&first_key]);
    let clients = Arc::new(Clients {
        stop: AtomicBool::new(false),
        key: Mutex::new(first_key),
        issuer: set.issuer.url().to_owned(),
        resource: set.resource(),
        bound_to: Arc::clone(&set.key),
        ends: Mutex::default(),
        answered: Mutex::default(),
    });
    let workers: Vec<_> = (0..8)
        .map(|number| {
            let name = format!("user{number}");
            tokio::spawn(Arc::clone(&clients).work(name, number % 2 == 0))
        })
        .collect();
    sleep(Duration::from_secs(10)).await;
    // The third replica is never killed.
    let first = resources(set.id(2));
    for minute in 0..minutes {
        let begun = Instant::now();
        let victim = usize::try_from(minute % 2).unwrap_or_default();
        set.kill(victim).await;
        sleep(Duration::from_secs(3)).await;
        set.start_again(victim).await;
        sleep(Duration::from_secs(5)).await;
        set.redis.kill();
        sleep(Duration::from_secs(3)).await;
        set.redis.begin();
        sleep(Duration::from_secs(5)).await;
        set.issuer.go_down().await;
        sleep(Duration::from_secs(5)).await;
        set.issuer.come_back().await;
        sleep(Duration::from_secs(5)).await;
        let key = SigningKey::p256(&format!("key-{minute}"));
        set.issuer.publish(&[&key]);
        *lock(&clients.key) = key;
        sleep(Duration::from_secs(60).saturating_sub(begun.elapsed())).await;
        println!(
            "minute {}: {:?}, memory and descriptors {:?}",
            minute + 1,
            lock(&clients.ends),
            resources(set.id(2))
        );
    }
    clients.stop.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("no panic");
    }
    let last = resources(set.id(2));
    let ends = lock(&clients.ends).clone();
    let (records, requests) = set.stop_and_verify().await;
    println!("{ends:?}; memory and descriptors: {first:?}, then {last:?}; {records} audit records");
    for cause in ends.keys().filter(|cause| *cause != "200") {
        assert!(EXPLAINED.contains(&cause.trim()), "{cause}: {ends:?}");
    }
    let answered = lock(&clients.answered);
    assert!(!answered.is_empty());
    for call in &*answered {
        assert!(requests.contains(call), "{call} has no record");
    }
    // Allow a quarter more, and the memory that allocators retain.
    assert!(last.0 <= first.0 * 5 / 4 + 16 * 1024, "{first:?} {last:?}");
    assert!(last.1 <= first.1 + 16, "{first:?} {last:?}");
}
