//! Replicas of one server: the same resource, issuer and keys, and one store.

use std::sync::Arc;

use serde_json::json;
use support::{
    MockIssuer, SigningKey, TestClock, TokenBuilder,
    client::{Client, HttpResponse, Revision},
    memory_store::MemoryStore,
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::{Config, Server, auth::Clock, store::Revocations};

/// The resource of all replicas: the URL of the proxy in front of them.
pub(crate) const RESOURCE: &str = "http://127.0.0.1:9/mcp";

/// One replica, and what it shares.
pub(crate) struct Replica {
    pub(crate) running: RunningServer,
    pub(crate) runs: Runs,
    pub(crate) revocations: Revocations,
}

/// Replicas, their issuer and their store.
pub(crate) struct Replicas {
    pub(crate) issuer: MockIssuer,
    pub(crate) store: MemoryStore,
    pub(crate) clock: TestClock,
    pub(crate) key: Arc<SigningKey>,
    pub(crate) all: Vec<Replica>,
}

/// The key that seals what the replicas share.
pub(crate) fn state_key() -> [u8; 32] {
    std::array::from_fn(|at| u8::try_from(at).unwrap_or_default())
}

impl Replicas {
    /// Starts two replicas.
    pub(crate) async fn start() -> Self {
        Self::start_with(|config| config).await
    }

    pub(crate) async fn start_with(configure: impl Fn(Config) -> Config) -> Self {
        let mut replicas = Self {
            issuer: MockIssuer::start().await,
            store: MemoryStore::default(),
            clock: TestClock::default(),
            key: Arc::new(SigningKey::p256("client")),
            all: Vec::new(),
        };
        for _ in 0..2 {
            let replica = replicas.start_one(&configure).await;
            replicas.all.push(replica);
        }
        replicas.after_the_loss().await;
        replicas
    }

    /// Waits until the store has the record of its last loss, and moves the clock past the time in
    /// which every use is refused.
    pub(crate) async fn after_the_loss(&self) {
        while self.store.values("epoch").is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        self.clock.advance(std::time::Duration::from_secs(3));
    }

    /// Starts one more replica.
    pub(crate) async fn start_one(&self, configure: impl Fn(Config) -> Config) -> Replica {
        let runs = Runs::default();
        let server = tool_server::protected_unverified_server(&runs);
        let (running, revocations) = self.serve(server, configure).await;
        Replica {
            running,
            runs,
            revocations,
        }
    }

    /// Starts a server as a replica, and waits until it is ready.
    pub(crate) async fn serve<S>(
        &self,
        server: Server<S>,
        configure: impl Fn(Config) -> Config,
    ) -> (RunningServer, Revocations)
    where
        S: Clone + Send + Sync + 'static,
    {
        let revocations = Revocations::new();
        let server = server
            .with_clock(self.clock.clone())
            .with_revocations(&revocations);
        let running = RunningServer::start_as(server, |address| {
            configure(
                Config::new(RESOURCE)
                    .with_bind(address)
                    .with_issuer(self.issuer.url())
                    .with_state_key(state_key())
                    .with_store(self.store.clone()),
            )
        });
        let running = running.await;
        for _ in 0..40 {
            let ready = reqwest::get(running.url("/readyz")).await;
            if ready.is_ok_and(|ready| ready.status() == 200) {
                return (running, revocations);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        (running, revocations)
    }

    /// Builds a token of alice with these scopes.
    pub(crate) fn token(&self, scopes: &str) -> TokenBuilder<'_> {
        let token = self.issuer.token().audience(RESOURCE);
        token.scope(scopes).expires_in(6000)
    }

    /// Builds a proof of the client for a call with this token.
    pub(crate) fn proof(&self, token: &str) -> String {
        self.proof_at(token, 0)
    }

    /// Builds a proof whose time is so many seconds ahead of the replicas' clock.
    pub(crate) fn proof_at(&self, token: &str, ahead: u64) -> String {
        let proof = TokenBuilder::proof(&self.key, "POST", RESOURCE);
        let at = self.clock.now().seconds() + ahead;
        proof.about(token).claim("iat", json!(at)).build()
    }

    /// Sends a bearer token in a call of `read` to a replica.
    pub(crate) async fn call(&self, replica: usize, token: &str) -> HttpResponse {
        let resource = self.all[replica].running.resource();
        let client = Client::new(resource, Revision::Stateless).with_token(token);
        client.call("read", json!({})).await
    }

    /// Sends a bound token and its proof in a call of `read` to a replica.
    pub(crate) async fn call_with(&self, replica: usize, token: &str, proof: &str) -> HttpResponse {
        let resource = self.all[replica].running.resource();
        let client = Client::new(resource, Revision::Stateless);
        let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
        let request = client
            .post(&message)
            .header("authorization", format!("DPoP {token}"))
            .header("dpop", proof);
        HttpResponse::of(request.body(message.to_string())).await
    }
}

/// Returns the code of a refusal.
pub(crate) fn reason(answer: &HttpResponse) -> String {
    let json = answer.json();
    let data = &json["error"]["data"];
    let reason = data["reason"].as_str().or(json["reason"].as_str());
    reason.unwrap_or_default().to_owned()
}
