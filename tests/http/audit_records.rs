//! The audit log of requests that arrive at the same time.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use support::{
    MockIssuer,
    client::{Client, Revision},
    running_server::RunningServer,
    server_process::Folder,
    tool_server::{self, Runs},
};
use tokio::task::JoinSet;
use toolgate::{
    Config, Environment, Server,
    policy::{Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyRequest},
};

/// Allows `read` and denies everything else that a tool does.
struct ReadOnly;

impl PolicyDecisionPoint for ReadOnly {
    async fn decide(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        let is_write = request.resource().item() == "write";
        let effect = if is_write {
            Effect::Deny
        } else {
            Effect::Allow
        };
        let decision = PolicyDecision::new(effect).with_version("2026-12");
        Ok(decision.with_policy(if is_write { "no-writes" } else { "reads" }))
    }
}

struct Fixture {
    issuer: MockIssuer,
    running: RunningServer,
    folder: Folder,
}

impl Fixture {
    async fn start(extend: impl FnOnce(Server<Runs>) -> Server<Runs>) -> Self {
        let (issuer, folder) = (MockIssuer::start().await, Folder::new());
        let variables = [
            ("TOOLGATE_AUTHORIZATION_SERVERS", issuer.url().to_owned()),
            (
                "TOOLGATE_AUDIT_FILE",
                folder.path().join("audit.log").display().to_string(),
            ),
            (
                "TOOLGATE_AUDIT_KEY",
                "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned(),
            ),
        ];
        let server = extend(tool_server::protected_unverified_server(&Runs::default()));
        let running = RunningServer::start_as(server, |address| {
            let bind = ("TOOLGATE_BIND", address.to_string());
            let all = variables.iter().chain([&bind]);
            let environment: Environment =
                all.map(|(name, value)| (*name, value.as_str())).collect();
            Config::from_environment(&environment, 9).expect("valid")
        })
        .await;
        Self {
            issuer,
            running,
            folder,
        }
    }

    fn client(&self) -> Client {
        let token = self.issuer.token().audience(&self.running.resource());
        let token = token.scope("desk:read desk:write").build();
        Client::new(self.running.resource(), Revision::Stateless).with_token(&token)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("audit.log")
    }
}

/// Returns the records of one type.
fn records(file: &PathBuf, of_type: &str) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("the log");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    lines
        .filter(|line: &Value| line["type"] == of_type)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_many_calls_at_the_same_time_has_its_decision_in_the_file_before_its_answer() {
    let fixture = Fixture::start(|server| server).await;
    let mut calls = JoinSet::new();
    for _ in 0..24 {
        let (client, file) = (fixture.client(), fixture.file());
        calls.spawn(async move {
            for _ in 0..8 {
                let answer = client.call("read", json!({})).await;
                assert_eq!(answer.status, 200);
                let id = answer.header("x-request-id").expect("an id").to_owned();
                let decisions = records(&file, "decision");
                let of_call = decisions
                    .iter()
                    .filter(|line| line.to_string().contains(&id));
                assert_eq!(of_call.count(), 1, "{id}");
            }
        });
    }
    while let Some(ended) = calls.join_next().await {
        ended.expect("every call has its record");
    }
    let file = fixture.file();
    fixture.running.stopped().await;
    let decisions = records(&file, "decision");
    let ran = decisions.iter().filter(|line| line["runs"] == true).count();
    assert_eq!(ran, 24 * 8);
    let text = fs::read(&file).expect("the log");
    let key = toolgate_audit::AuditKey::parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let verified = toolgate_audit::verify([("audit.log", &*text)], &key.expect("a key"), None);
    assert_eq!(verified.expect("a log").findings, []);
}

#[tokio::test]
async fn the_records_of_an_allow_and_of_a_deny_name_the_policy_and_its_version() {
    let fixture = Fixture::start(|server| server.with_decision_point(ReadOnly)).await;
    for (tool, status) in [("read", 200), ("write", 403)] {
        let answer = fixture.client().call(tool, json!({})).await;
        assert_eq!(answer.status, status, "{tool}");
    }
    let policies: Vec<_> = records(&fixture.file(), "decision")
        .iter()
        .map(|line| {
            let member = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            (
                member("item"),
                line["allowed"] == true,
                member("policy"),
                member("policy_version"),
            )
        })
        .collect();
    let expected = |item: &str, allowed, policy: &str| {
        (
            item.to_owned(),
            allowed,
            policy.to_owned(),
            "2026-12".to_owned(),
        )
    };
    assert_eq!(
        policies,
        [
            expected("read", true, "reads"),
            expected("write", false, "no-writes")
        ]
    );
}
