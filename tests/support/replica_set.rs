//! Three processes that serve one resource behind a proxy, with one Redis.

use std::{
    collections::HashSet,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use crate::{
    MockIssuer, SigningKey, TokenBuilder,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    server_process::{Folder, Program, Serving},
};
use serde_json::{Value, json};
use toolgate::{
    Config, Server,
    store::{RedisStore, Revocations},
};
use toolgate_audit::{AuditKey, verify};

use crate::{redis_server::RedisServer, round_robin::RoundRobin};

const STATE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const AUDIT_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// The replicas, and what they need.
pub struct ReplicaSet {
    /// The store of the replicas.
    pub redis: RedisServer,
    /// The proxy in front of the replicas.
    pub proxy: RoundRobin,
    /// The issuer of the tokens.
    pub issuer: MockIssuer,
    /// The key of a client, for bound tokens.
    pub key: Arc<SigningKey>,
    /// The replicas: `None` for one that does not run.
    pub replicas: Vec<Option<Serving>>,
    program: &'static str,
    folder: Folder,
    has_audit: bool,
}

impl ReplicaSet {
    /// Starts three replicas of this program, without audit logs.
    pub async fn start(program: &'static str) -> Self {
        Self::start_all(program, false).await
    }

    /// Starts three replicas of this program. Each writes an audit log.
    pub async fn start_with_audit(program: &'static str) -> Self {
        Self::start_all(program, true).await
    }

    async fn start_all(program: &'static str, has_audit: bool) -> Self {
        let mut set = Self {
            redis: RedisServer::start(),
            proxy: RoundRobin::start().await,
            issuer: MockIssuer::start().await,
            key: Arc::new(SigningKey::p256("client")),
            replicas: Vec::new(),
            program,
            folder: Folder::new(),
            has_audit,
        };
        for index in 0..3 {
            let replica = set.serve(index).await;
            set.replicas.push(Some(replica));
        }
        set.route();
        // A new store knows nothing of the two seconds before it.
        tokio::time::sleep(Duration::from_millis(2500)).await;
        set
    }

    /// Starts a replica, and waits until it is ready.
    async fn serve(&self, index: usize) -> Serving {
        let mut program = Program::new(self.program, &self.folder)
            .var("TOOLGATE_RESOURCE", self.resource())
            .var("TOOLGATE_AUTHORIZATION_SERVERS", self.issuer.url())
            .var("TOOLGATE_STATE_KEY", STATE_KEY)
            .var("TOOLGATE_STORE_URL", self.redis.url())
            // The proxy may still send a connection that it began before.
            .var("TOOLGATE_DRAIN_SECONDS", "1")
            .var("TOOLGATE_BANNER", "off")
            .var("MARKS", self.marks_path().to_string_lossy());
        if self.has_audit {
            program = program
                .var("TOOLGATE_AUDIT_FILE", audit_file(index))
                .var("TOOLGATE_AUDIT_KEY", AUDIT_KEY);
        }
        let serving = program.serve().await;
        let ready = format!("http://{}/readyz", serving.address());
        for _ in 0..400 {
            let answer = reqwest::get(&ready).await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return serving;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the replica is not ready");
    }

    /// Sends connections to the replicas that run.
    pub fn route(&self) {
        let running = self.replicas.iter().flatten();
        self.proxy.send_to(running.map(Serving::address).collect());
    }

    /// Kills a replica with SIGKILL. The proxy learns it by itself.
    pub async fn kill(&mut self, index: usize) {
        if let Some(replica) = self.replicas[index].take() {
            replica.killed().await;
        }
    }

    /// Takes a replica out of the proxy, stops it, and starts a new one.
    pub async fn restart(&mut self, index: usize) {
        let stopping = self.replicas[index].take();
        self.route();
        if let Some(stopping) = stopping {
            let ended = stopping.ended_by("TERM").await;
            assert!(ended.status.success(), "{ended:?}");
        }
        self.start_again(index).await;
    }

    /// Starts a replica that does not run.
    pub async fn start_again(&mut self, index: usize) {
        self.replicas[index] = Some(self.serve(index).await);
        self.route();
    }

    /// Starts a replica in this process, with a handle to revoke tokens.
    pub async fn revocations(&self) -> (RunningServer, Revocations) {
        let revocations = Revocations::new();
        let server = Server::new("marks").with_revocations(&revocations);
        let store = RedisStore::new(&self.redis.url()).expect("a URL");
        let running = RunningServer::start_as(server.without_banner(), |address| {
            Config::new(self.resource())
                .with_bind(address)
                .with_issuer(self.issuer.url())
                .with_state_key(std::array::from_fn(|at| {
                    u8::try_from(at).unwrap_or_default()
                }))
                .with_store(store)
        });
        (running.await, revocations)
    }

    /// The resource: the URL of the proxy.
    pub fn resource(&self) -> String {
        format!("http://{}/mcp", self.proxy.address)
    }

    /// Returns the address of a replica that runs.
    pub fn address(&self, index: usize) -> SocketAddr {
        let replica = self.replicas[index].as_ref();
        replica.expect("it runs").address()
    }

    /// Returns the id of the process of a replica that runs.
    pub fn id(&self, index: usize) -> u32 {
        let replica = self.replicas[index].as_ref();
        replica.expect("it runs").id()
    }

    /// Stops all replicas and verifies their audit logs. Returns the number of records, and the ids
    /// of the recorded requests.
    pub async fn stop_and_verify(mut self) -> (u64, HashSet<String>) {
        let mut verifying = Vec::new();
        for index in 0..self.replicas.len() {
            if let Some(replica) = self.replicas[index].take() {
                let ended = replica.ended_by("TERM").await;
                assert!(ended.status.success(), "{ended:?}");
            }
            let path = self.folder.path().join(audit_file(index));
            verifying.push(std::thread::spawn(move || verified(index, &path)));
        }
        let (mut count, mut requests) = (0, HashSet::new());
        for thread in verifying {
            let (records, ids) = thread.join().expect("a valid log");
            count += records;
            requests.extend(ids);
        }
        (count, requests)
    }

    /// Returns a token with the scope of the tool, to be changed and built.
    pub fn token(&self, subject: &str) -> TokenBuilder<'_> {
        let token = self.issuer.token().audience(&self.resource());
        let token = token.scope("desk:read").expires_in(6000);
        token.claim("sub", subject.into())
    }

    fn marks_path(&self) -> PathBuf {
        self.folder.path().join("marks")
    }

    /// Returns the marks of all calls that ran.
    pub fn marks(&self) -> Vec<String> {
        let marks = std::fs::read_to_string(self.marks_path()).unwrap_or_default();
        marks.lines().map(str::to_owned).collect()
    }

    /// Sends a bound token with a proof to a replica.
    pub async fn call_bound(&self, index: usize, token: &str, proof: &str) -> HttpResponse {
        let resource = format!("http://{}/mcp", self.address(index));
        let client = Client::new(resource, Revision::Stateless);
        let message = client.message("tools/call", mark("bound"));
        let request = client
            .post(&message)
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        HttpResponse::of(request.body(message.to_string())).await
    }

    /// Returns a proof of the key for a request with this token.
    pub fn proof(&self, token: &str) -> String {
        let proof = TokenBuilder::proof(&self.key, "POST", &self.resource());
        proof.about(token).build()
    }
}

/// Verifies the audit log of a replica. Returns the number of records, and the ids of the requests.
fn verified(index: usize, path: &Path) -> (u64, Vec<String>) {
    let key = AuditKey::parse(AUDIT_KEY).expect("a key");
    let file = std::fs::File::open(path).expect("a log");
    let verified = verify([(audit_file(index), file)], &key, None).expect("it is read");
    assert_eq!(verified.findings, [], "{index}");
    assert_eq!(verified.lost, 0, "{index}");
    let log = std::fs::read_to_string(path).expect("a log");
    let requests = log.lines().filter_map(|line| {
        let record: Value = serde_json::from_str(line).ok()?;
        record["request_id"].as_str().map(str::to_owned)
    });
    (verified.records, requests.collect())
}

fn audit_file(index: usize) -> String {
    format!("audit-{index}.log")
}

/// A call of the tool that writes a mark.
pub fn mark(text: &str) -> Value {
    json!({"name": "mark", "arguments": {"text": text}})
}
