//! The kill switches of an operator, at a listener of their own.

use std::{fs, net::SocketAddr, path::PathBuf, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    MockIssuer,
    client::{Client, Revision},
    running_server::RunningServer,
    server_process::{Folder, free_address},
    tool_server::{self, Runs},
};
use toolgate::{Changes, Config, Environment, store::Revocations};

const SECRET: &str = "6f1d0c2b3a495867768594a3b2c1d0ef00112233445566778899aabbccddeeff";

/// A server, its issuer, and the address of its operator.
struct Fixture {
    issuer: MockIssuer,
    running: RunningServer,
    admin: SocketAddr,
    changes: Changes,
    revocations: Revocations,
    runs: Runs,
    folder: Folder,
}

fn config(address: SocketAddr, variables: &[(&str, String)]) -> Config {
    let bind = ("TOOLGATE_BIND", address.to_string());
    let all = variables.iter().chain([&bind]);
    let environment: Environment = all.map(|(name, value)| (*name, value.as_str())).collect();
    Config::from_environment(&environment, 9).expect("valid")
}

impl Fixture {
    async fn start() -> Self {
        let (issuer, folder, admin) = (MockIssuer::start().await, Folder::new(), free_address());
        folder.write_secret("admin.secret", SECRET);
        let file = |name: &str| folder.path().join(name).display().to_string();
        let variables = [
            ("TOOLGATE_AUTHORIZATION_SERVERS", issuer.url().to_owned()),
            ("TOOLGATE_ADMIN_BIND", admin.to_string()),
            ("TOOLGATE_ADMIN_SECRET_FILE", file("admin.secret")),
            ("TOOLGATE_AUDIT_FILE", file("audit.log")),
            (
                "TOOLGATE_AUDIT_KEY",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned(),
            ),
        ];
        let (changes, revocations) = (Changes::new(), Revocations::new());
        let runs = Runs::default();
        let server = tool_server::protected_unverified_server(&runs)
            .with_changes(&changes)
            .with_revocations(&revocations);
        let running = RunningServer::start_as(server, |address| config(address, &variables)).await;
        // The server runs once it has answered a request.
        let ready = reqwest::get(running.url("/healthz")).await;
        assert_eq!(ready.expect("an answer").status(), 200);
        Self {
            issuer,
            running,
            admin,
            changes,
            revocations,
            runs,
            folder,
        }
    }

    fn token(&self, subject: &str, id: &str) -> String {
        let token = self.issuer.token().audience(&self.running.resource());
        let token = token
            .scope("desk:read")
            .claim("sub", json!(subject))
            .claim("client_id", json!("app"));
        token.claim("jti", json!(id)).build()
    }

    fn client(&self, revision: Revision, token: &str) -> Client {
        Client::new(self.running.resource(), revision).with_token(token)
    }

    async fn call(&self, token: &str) -> u16 {
        let client = self.client(Revision::Stateless, token);
        client.call("read", json!({})).await.status
    }

    /// Sends an action, and returns the status and the answer.
    async fn act(&self, action: Value) -> (u16, Value) {
        let sent = reqwest::Client::new()
            .post(format!("http://{}/v1/actions", self.admin))
            .bearer_auth(SECRET)
            .json(&action)
            .send();
        let answer = sent.await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.expect("JSON"))
    }

    fn audit_log(&self) -> PathBuf {
        self.folder.path().join("audit.log")
    }

    /// Returns the records of the operator's actions.
    fn records(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.audit_log()).expect("the log");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        lines
            .filter(|line: &Value| line["type"] == "operator_action")
            .collect()
    }
}

#[tokio::test]
async fn an_item_that_the_operator_switches_off_is_unknown_until_the_operator_lifts_it() {
    let fixture = Fixture::start().await;
    let token = fixture.token("alice", "1");
    let mut session = fixture.client(Revision::Session("2025-11-25"), &token);
    session.open().await;
    let code = async |client: &Client| {
        let answer = client.call("read", json!({})).await;
        answer.json()["error"]["code"].clone()
    };
    let stateless = fixture.client(Revision::Stateless, &token);
    assert_eq!(code(&stateless).await, Value::Null);
    let off = json!({"action": "switch_off", "tool": "read"});
    let on = json!({"action": "switch_on", "tool": "read"});
    assert_eq!(
        fixture.act(off.clone()).await,
        (200, json!({"changed": true}))
    );
    for client in [&stateless, &session] {
        assert_eq!(code(client).await, -32602);
    }
    // The program cannot undo it, and the operator cannot undo the program.
    fixture.changes.switch_on("read").expect("it is known");
    assert_eq!(code(&stateless).await, -32602);
    fixture.changes.switch_off("read").expect("it is known");
    assert_eq!(fixture.act(on.clone()).await.0, 200);
    assert_eq!(code(&stateless).await, -32602);
    fixture.changes.switch_on("read").expect("it is known");
    for client in [&stateless, &session] {
        assert_eq!(code(client).await, Value::Null);
    }
    fixture.changes.switch_off("write").expect("it is known");
    let write = json!({"action": "switch_on", "tool": "write"});
    assert_eq!(fixture.act(write).await.0, 409);
    let unknown = json!({"action": "switch_off", "tool": "made_up"});
    assert_eq!(fixture.act(unknown).await.0, 404);
}

#[tokio::test]
async fn tokens_of_a_subject_a_client_an_issuer_and_a_jti_are_refused_at_once() {
    let fixture = Fixture::start().await;
    let issuer = fixture.issuer.url();
    let (token, other) = (
        fixture.token("mallory", "one"),
        fixture.token("alice", "two"),
    );
    for (name, value, refuses_other) in [
        ("subject", "mallory", false),
        ("jti", "one", false),
        ("client", "app", true),
        ("", "", true),
    ] {
        let mut revoke = json!({"action": "revoke", "issuer": issuer});
        if !name.is_empty() {
            revoke[name] = value.into();
        }
        assert_eq!(fixture.call(&token).await, 200, "{name}");
        assert_eq!(fixture.act(revoke.clone()).await.0, 200, "{name}");
        assert_eq!(fixture.call(&token).await, 401, "{name}");
        let expected = if refuses_other { 401 } else { 200 };
        assert_eq!(fixture.call(&other).await, expected, "{name}");
        revoke["action"] = "lift".into();
        assert_eq!(fixture.act(revoke.clone()).await.0, 200, "{name}");
        assert_eq!(fixture.act(revoke).await.0, 409, "twice: {name}");
        assert_eq!(fixture.call(&token).await, 200, "{name}");
    }
    // Nobody else's revocation is lifted, and a misspelled issuer is noticed.
    let revoked = toolgate::store::Revoked::subject(issuer, "mallory");
    let revoking = fixture.revocations.revoke(revoked, None);
    revoking.await.expect("it runs");
    let mut body = json!({"action": "revoke", "issuer": issuer, "subject": "mallory"});
    for (action, expected) in [("lift", 409), ("revoke", 200), ("lift", 200), ("lift", 409)] {
        body["action"] = action.into();
        assert_eq!(fixture.act(body.clone()).await.0, expected, "{action}");
        assert_eq!(fixture.call(&token).await, 401, "{action}");
    }
    let wrong = json!({"action": "revoke", "issuer": "https://login.example.com"});
    assert_eq!(fixture.act(wrong).await.0, 404);
}

#[tokio::test]
async fn a_call_that_runs_ends_when_the_operator_switches_its_tool_off() {
    let fixture = Fixture::start().await;
    let token = fixture.token("alice", "1");
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let mut client = fixture.client(revision, &token);
        client.open().await;
        let off = json!({"action": "switch_off", "tool": "slow"});
        let switching = async {
            // The program's own switch does not end what runs.
            let is_running = || fixture.runs.all().contains(&"slow begins");
            while !is_running() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            fixture.changes.switch_off("slow").expect("it is known");
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(fixture.act(off).await.0, 200);
        };
        let call = client.call("slow", json!({"millis": 60_000}));
        let both = async { tokio::join!(call, switching).0 };
        let answer = tokio::time::timeout(Duration::from_secs(5), both).await;
        let answer = answer.expect("it ends");
        assert!(answer.text.contains("switched the item off"), "{answer:?}");
        assert_eq!(fixture.runs.all(), ["slow begins"]);
        let on = json!({"action": "switch_on", "tool": "slow"});
        assert_eq!(fixture.act(on).await.0, 200);
        fixture.changes.switch_on("slow").expect("it is known");
        fixture.runs.forget();
    }
    let start = std::time::Instant::now();
    let outcomes = || {
        let text = fs::read_to_string(fixture.audit_log()).expect("the log");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        let cancelled = lines.filter(|line: &Value| line["reason_code"] == "switched_off");
        cancelled
            .map(|line| line["result"].clone())
            .collect::<Vec<_>>()
    };
    while outcomes() != ["cancelled", "cancelled"] {
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", outcomes());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_open_stream_of_a_revoked_subject_ends() {
    let fixture = Fixture::start().await;
    let token = fixture.token("mallory", "1");
    let mut client = fixture.client(Revision::Session("2025-11-25"), &token);
    client.open().await;
    let stream = client
        .plain(Method::GET)
        .header("accept", "text/event-stream");
    let mut stream = stream.send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let revoke = json!({"action": "revoke", "issuer": fixture.issuer.url(), "subject": "mallory"});
    assert_eq!(fixture.act(revoke).await.0, 200);
    let end = async { while let Ok(Some(_)) = stream.chunk().await {} };
    let ended = tokio::time::timeout(Duration::from_secs(5), end).await;
    ended.expect("the stream ends");
}

#[tokio::test]
async fn each_action_is_a_record_of_the_audit_log() {
    let fixture = Fixture::start().await;
    let issuer = fixture.issuer.url();
    fixture
        .act(json!({"action": "switch_off", "tool": "read"}))
        .await;
    let revoke = json!({"action": "revoke", "issuer": issuer, "subject": "mallory", "seconds": 60});
    fixture.act(revoke).await;
    fixture
        .act(json!({"action": "lift", "issuer": issuer, "subject": "nobody"}))
        .await;
    let records = fixture.records();
    let seen: Vec<_> = records
        .iter()
        .map(|one| (one["action"].as_str(), one["kind"].as_str()))
        .collect();
    let expected = [
        (Some("switch_off"), Some("tool")),
        (Some("revoke"), Some("subject")),
        (Some("lift"), Some("subject")),
    ];
    assert_eq!(seen, expected);
    assert_eq!(records[0]["name"], "read");
    assert_eq!(records[1]["subject"], "mallory");
    assert_eq!(records[1]["issuer"], issuer);
    assert_eq!(records[1]["seconds"], 60);
    assert!(
        records[1]["peer"]
            .as_str()
            .expect("a peer")
            .starts_with("127.0.0.1:")
    );
    let text = fs::read_to_string(fixture.audit_log()).expect("the log");
    assert!(!text.contains(SECRET));
}

#[tokio::test]
async fn the_public_socket_has_no_switches_and_the_listener_has_nothing_else() {
    let fixture = Fixture::start().await;
    let body = json!({"action": "switch_off", "tool": "read"});
    let post = |url: String, secret: &str| {
        let request = reqwest::Client::new().post(url).bearer_auth(secret);
        request.json(&body).send()
    };
    let public = post(fixture.running.url("/v1/actions"), SECRET).await;
    assert_eq!(public.expect("an answer").status(), 404);
    let admin = |path: &str| format!("http://{}{path}", fixture.admin);
    let guessed = post(admin("/v1/actions"), "0123456789abcdef0123456789abcdef").await;
    assert_eq!(guessed.expect("an answer").status(), 401);
    let token = fixture.token("alice", "1");
    let mcp = post(admin("/mcp"), &token).await;
    assert_eq!(mcp.expect("an answer").status(), 401);
    assert_eq!(fixture.call(&token).await, 200);
    assert!(fixture.records().is_empty());
}

/// Starts a server with this file as the secret.
async fn start_error(write: impl Fn(&Folder)) -> String {
    let folder = Folder::new();
    write(&folder);
    let file = folder.path().join("admin.secret");
    let variables = [
        (
            "TOOLGATE_AUTHORIZATION_SERVERS",
            "https://login.example.com".to_owned(),
        ),
        ("TOOLGATE_ADMIN_BIND", free_address().to_string()),
        ("TOOLGATE_ADMIN_SECRET_FILE", file.display().to_string()),
    ];
    let environment: Environment = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let server = tool_server::protected_unverified_server(&Runs::default());
    let built = Config::from_environment(&environment, 9)
        .and_then(|config| server.into_router(config).map(drop));
    built.expect_err("it does not start").to_string()
}

#[tokio::test]
async fn a_weak_or_a_readable_secret_is_an_error_at_the_start() {
    let short = start_error(|folder| folder.write_secret("admin.secret", &SECRET[..31])).await;
    assert!(short.contains("fewer than 32 bytes"), "{short}");
    assert!(!short.contains(&SECRET[..31]), "{short}");
    let readable = start_error(|folder| folder.write("admin.secret", SECRET)).await;
    assert!(readable.contains("can read"), "{readable}");
}
