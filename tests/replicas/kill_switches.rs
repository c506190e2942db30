//! The kill switches of one replica act on all.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    memory_store::Conduct,
    running_server::RunningServer,
    server_process::{Folder, free_address},
    tool_server::{self, Runs},
};
use toolgate::{Config, Environment, auth::Clock, store::Revoked};

use crate::replica::{RESOURCE, Replicas, reason};

const SECRET: &str = "6f1d0c2b3a495867768594a3b2c1d0ef00112233445566778899aabbccddeeff";

/// A replica with a listener for its operator.
struct Operated {
    running: RunningServer,
    admin: SocketAddr,
    runs: Runs,
    _folder: Folder,
}

impl Operated {
    async fn start(replicas: &Replicas) -> Self {
        let (folder, admin, runs) = (Folder::new(), free_address(), Runs::default());
        folder.write_secret("admin.secret", SECRET);
        let file = folder.path().join("admin.secret").display().to_string();
        let server = tool_server::protected_unverified_server(&runs);
        let server = server.with_clock(replicas.clock.clone());
        let running = RunningServer::start_as(server, |address| {
            let variables = [
                ("TOOLGATE_BIND", address.to_string()),
                ("TOOLGATE_RESOURCE", RESOURCE.to_owned()),
                (
                    "TOOLGATE_AUTHORIZATION_SERVERS",
                    replicas.issuer.url().to_owned(),
                ),
                ("TOOLGATE_STATE_KEY", STATE_KEY.to_owned()),
                ("TOOLGATE_ADMIN_BIND", admin.to_string()),
                ("TOOLGATE_ADMIN_SECRET_FILE", file.clone()),
            ];
            let environment: Environment = variables
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            let config = Config::from_environment(&environment, 9).expect("valid");
            config.with_store(replicas.store.clone())
        })
        .await;
        let ready = reqwest::get(running.url("/healthz")).await;
        assert_eq!(ready.expect("an answer").status(), 200);
        Self {
            running,
            admin,
            runs,
            _folder: folder,
        }
    }

    /// Sends an action, and returns the status.
    async fn act(&self, action: &Value) -> u16 {
        let sent = reqwest::Client::new()
            .post(format!("http://{}/v1/actions", self.admin))
            .bearer_auth(SECRET)
            .json(action)
            .send();
        sent.await.expect("an answer").status().as_u16()
    }

    fn client(&self, token: &str) -> Client {
        Client::new(self.running.resource(), Revision::Stateless).with_token(token)
    }
}

/// Waits until a call of `read` has this status and this code of JSON-RPC.
async fn until(client: &Client, (status, code): (u16, Option<i64>)) {
    let start = Instant::now();
    loop {
        let answer = client.call("read", json!({})).await;
        if answer.status == status && answer.json()["error"]["code"].as_i64() == code {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(3), "{answer:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The answer of a tool that is switched off, and of one that is not.
const OFF: (u16, Option<i64>) = (200, Some(-32602));
const ON: (u16, Option<i64>) = (200, None);

/// The state key of the replicas in base64.
const STATE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[tokio::test]
async fn an_operator_revokes_at_one_replica_and_the_others_refuse_within_a_second() {
    let replicas = Replicas::start().await;
    let operated = Operated::start(&replicas).await;
    let act = async |action: Value| operated.act(&action).await;
    let token = replicas.token("desk:read");
    let token = token.claim("sub", json!("mallory")).build();
    assert_eq!(replicas.call(0, &token).await.status, 200);
    let mut action = json!({"issuer": replicas.issuer.url(), "subject": "mallory"});
    for (name, expected) in [("revoke", 401), ("lift", 200)] {
        action["action"] = name.into();
        assert_eq!(act(action.clone()).await, 200, "{name}");
        let start = Instant::now();
        for replica in [0, 1] {
            while replicas.call(replica, &token).await.status != expected {
                assert!(start.elapsed() < Duration::from_secs(3), "{name} {replica}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
    // A revocation of another process that ends sooner does not replace one without an end.
    let mallory = Revoked::subject(replicas.issuer.url(), "mallory");
    let soon = replicas.clock.now().plus(60);
    let revocations = &replicas.all[1].revocations;
    revocations
        .revoke(mallory.clone(), Some(soon))
        .await
        .expect("it is stored");
    // Each process reads the list four times a second.
    let is_read = || tokio::time::sleep(Duration::from_millis(600));
    is_read().await;
    action["action"] = "revoke".into();
    assert_eq!(act(action.clone()).await, 200);
    replicas.clock.advance(Duration::from_secs(120));
    let start = Instant::now();
    while replicas.call(0, &token).await.status != 401 {
        assert!(start.elapsed() < Duration::from_secs(3), "it has ended");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    revocations.lift(&mallory).await.expect("it is stored");
    is_read().await;
    // The other replicas would not learn of the action, so the answer reports no success.
    action["action"] = "revoke".into();
    for conduct in [Conduct::Away, Conduct::Slow] {
        replicas.store.set(conduct);
        assert_eq!(act(action.clone()).await, 503, "{conduct:?}");
    }
}

#[tokio::test]
async fn an_item_that_one_operator_switches_off_is_off_at_all_replicas_until_any_of_them_lifts_it()
{
    let replicas = Replicas::start().await;
    let (one, two) = (
        Operated::start(&replicas).await,
        Operated::start(&replicas).await,
    );
    let token = replicas.token("desk:read").build();
    let plain = Client::new(replicas.all[0].running.resource(), Revision::Stateless);
    let all = [
        one.client(&token),
        two.client(&token),
        plain.with_token(&token),
    ];
    for client in &all {
        until(client, ON).await;
    }
    let mut action = json!({"action": "switch_off", "tool": "read"});
    let start = Instant::now();
    assert_eq!(one.act(&action).await, 200);
    // At once here, and within a second at the others; one of them has no listener.
    let here = all[0].call("read", json!({})).await;
    assert_eq!(here.json()["error"]["code"], -32602);
    for client in &all {
        until(client, OFF).await;
    }
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    // A replica that starts later never runs the tool, even if the store has lost everything.
    replicas.store.lose_everything();
    // Each of the others stores the list again within a quarter of a second.
    tokio::time::sleep(Duration::from_millis(600)).await;
    let late = Operated::start(&replicas).await;
    let answer = late.client(&token).call("read", json!({})).await;
    assert!(
        answer.status == 503 || answer.json()["error"]["code"] == -32602,
        "{answer:?}"
    );
    until(&late.client(&token), OFF).await;
    assert!(late.runs.all().is_empty());
    action["action"] = "switch_on".into();
    assert_eq!(two.act(&action).await, 200);
    for client in all.iter().chain([&late.client(&token)]) {
        until(client, ON).await;
    }
    assert_eq!(one.act(&action).await, 409, "nothing is left to lift");
    // If the other replicas would not learn of an action, the answer reports no success.
    replicas.store.set(Conduct::Away);
    action["action"] = "switch_off".into();
    assert_eq!(one.act(&action).await, 503);
}

#[tokio::test]
async fn an_operator_lifts_what_another_one_has_revoked_and_not_what_the_program_has() {
    let replicas = Replicas::start().await;
    let (one, two) = (
        Operated::start(&replicas).await,
        Operated::start(&replicas).await,
    );
    let token = replicas.token("desk:read");
    let token = token.claim("sub", json!("mallory")).build();
    let mut action =
        json!({"action": "revoke", "issuer": replicas.issuer.url(), "subject": "mallory"});
    assert_eq!(one.act(&action).await, 200);
    until(&two.client(&token), (401, Some(-31401))).await;
    action["action"] = "lift".into();
    assert_eq!(two.act(&action).await, 200);
    until(&one.client(&token), ON).await;
    assert_eq!(one.act(&action).await, 409);
    // The same tokens, revoked by the program and by an operator.
    let mallory = Revoked::subject(replicas.issuer.url(), "mallory");
    let revoking = replicas.all[0].revocations.revoke(mallory, None);
    revoking.await.expect("it is stored");
    action["action"] = "revoke".into();
    assert_eq!(one.act(&action).await, 200);
    action["action"] = "lift".into();
    assert_eq!(two.act(&action).await, 200);
    assert_eq!(two.act(&action).await, 409);
    for operated in [&one, &two] {
        until(&operated.client(&token), (401, Some(-31401))).await;
    }
}

#[tokio::test]
async fn a_call_that_runs_at_another_replica_ends_when_its_tool_is_switched_off() {
    let replicas = Replicas::start().await;
    let operated = Operated::start(&replicas).await;
    let token = replicas.token("desk:read").build();
    let client = Client::new(replicas.all[0].running.resource(), Revision::Stateless);
    let client = client.with_token(&token);
    let switching = async {
        while replicas.all[0].runs.all().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let off = json!({"action": "switch_off", "tool": "slow"});
        assert_eq!(operated.act(&off).await, 200);
    };
    let call = client.call("slow", json!({"millis": 60_000}));
    let both = async { tokio::join!(call, switching).0 };
    let answer = tokio::time::timeout(Duration::from_secs(5), both).await;
    let answer = answer.expect("it ends");
    assert!(answer.text.contains("switched the item off"), "{answer:?}");
}

#[tokio::test]
async fn a_public_item_gets_503_if_nobody_knows_whether_it_is_switched_off() {
    let replicas = Replicas::start().await;
    let most = Duration::from_millis(700);
    let server = tool_server::unverified_server(&Runs::default());
    let serving = replicas.serve(server, |config| config.with_revocation_age(most));
    let (running, _) = serving.await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let until = async |status: u16| {
        let start = Instant::now();
        loop {
            let answer = client.call("ping", json!({})).await;
            if answer.status == status {
                return answer;
            }
            assert!(start.elapsed() < Duration::from_secs(5), "{answer:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    until(200).await;
    replicas.store.set(Conduct::Away);
    let answer = until(503).await;
    assert_eq!(reason(&answer), "store_unavailable", "{answer:?}");
    replicas.store.set(Conduct::Honest);
    until(200).await;
}
