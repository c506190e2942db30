//! `toolgate admin`, as an operator runs it.

use std::{net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    server_process::{Ended, Folder, Program, free_address},
};
use toolgate::{Config, Environment, Server, mcp_tool, tools};

const SECRET: &str = "6f1d0c2b3a495867768594a3b2c1d0ef00112233445566778899aabbccddeeff";

/// Answers.
#[mcp_tool(public)]
fn ping() -> &'static str {
    "pong"
}

/// Reads.
#[mcp_tool(scope = "desk:read")]
fn read() -> &'static str {
    "read ran"
}

/// A server with kill switches.
struct Desk {
    running: RunningServer,
    admin: SocketAddr,
    folder: Folder,
}

impl Desk {
    async fn open() -> Self {
        let (folder, admin) = (Folder::new(), free_address());
        folder.write_secret("admin.secret", &format!("{SECRET}\n"));
        folder.write_secret("wrong.secret", &SECRET.replace('6', "7"));
        let file = folder.path().join("admin.secret").display().to_string();
        let server = Server::new("desk").tools(tools![ping, read]);
        let server = server.without_banner();
        let running = RunningServer::start_as(server, |address| {
            let variables = [
                ("TOOLGATE_BIND", address.to_string()),
                ("TOOLGATE_ADMIN_BIND", admin.to_string()),
                ("TOOLGATE_ADMIN_SECRET_FILE", file),
            ];
            let environment: Environment = variables
                .iter()
                .map(|(name, value)| (*name, value.as_str()))
                .collect();
            Config::from_environment(&environment, 9).expect("valid")
        })
        .await;
        let ready = reqwest::get(running.url("/healthz")).await;
        assert_eq!(ready.expect("an answer").status(), 200);
        Self {
            running,
            admin,
            folder,
        }
    }

    async fn admin(&self, secret: &str, arguments: &[&str]) -> Ended {
        let url = format!("http://{}", self.admin);
        Program::new(env!("CARGO_BIN_EXE_toolgate"), &self.folder)
            .args(&["admin", "--url", &url, "--secret-file", secret])
            .args(arguments)
            .run()
            .await
    }

    /// Returns the exit code and the output of an action with the right secret.
    async fn act(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let ended = self.admin("admin.secret", arguments).await;
        assert!(!ended.stdout.contains(SECRET) && !ended.stderr.contains(SECRET));
        (ended.status.code(), ended.stdout + &ended.stderr)
    }
}

#[tokio::test]
async fn an_operator_switches_an_item_off_and_on_and_lists_what_is_off() {
    let desk = Desk::open().await;
    let client = Client::new(desk.running.resource(), Revision::Stateless);
    let call = async || client.call("ping", json!({})).await.status;
    assert_eq!(call().await, 200);
    let off = ["off", "--tool", "ping"];
    assert_eq!(desk.act(&off).await, (Some(0), "done\n".into()));
    let again = (Some(0), "nothing to do: it was so before\n".into());
    assert_eq!(desk.act(&off).await, again);
    // Without a token, the answer does not reveal that the tool is switched off.
    assert_eq!(call().await, 401);
    let issuer = desk.running.origin();
    let revoke = [
        "revoke",
        "--issuer",
        &issuer,
        "--jti",
        "7",
        "--seconds",
        "60",
    ];
    assert_eq!(desk.act(&revoke).await, (Some(0), "done\n".into()));
    let (code, listed) = desk.act(&["list"]).await;
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    assert_eq!(
        (code, &listed["switched_off"][0]["name"]),
        (Some(0), &"ping".into())
    );
    assert_eq!(listed["revoked"][0]["kind"], "jti");
    let lift = ["lift", "--issuer", &issuer, "--jti", "7"];
    assert_eq!(desk.act(&lift).await, (Some(0), "done\n".into()));
    assert_eq!(desk.act(&["on", "--tool", "ping"]).await.0, Some(0));
    assert_eq!(call().await, 200);
}

#[tokio::test]
async fn what_the_server_refuses_exits_with_code_1_and_what_cannot_be_sent_with_2() {
    let desk = Desk::open().await;
    let wrong = desk.admin("wrong.secret", &["off", "--tool", "ping"]).await;
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        wrong.stderr.contains("secret is missing or wrong"),
        "{wrong:?}"
    );
    for (arguments, code) in [
        (&["off", "--tool", "made_up"][..], 1),
        (&["on", "--tool", "ping"], 1),
        (&["revoke", "--issuer", "https://other.example"], 1),
        (&["off"], 2),
        (&["off", "--tool", "a", "--prompt", "b"], 2),
        (&["revoke", "--subject", "mallory"], 2),
    ] {
        assert_eq!(desk.act(arguments).await.0, Some(code), "{arguments:?}");
    }
    let none = desk.admin("no.secret", &["list"]).await;
    assert_eq!(none.status.code(), Some(2));
    // The listener ends with its server.
    let (folder, admin) = (desk.folder, desk.admin);
    desk.running.stopped().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let url = format!("http://{admin}");
    let ended = Program::new(env!("CARGO_BIN_EXE_toolgate"), &folder)
        .args(&[
            "admin",
            "--url",
            &url,
            "--secret-file",
            "admin.secret",
            "list",
        ])
        .run()
        .await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
}
