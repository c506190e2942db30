//! A program, its authorization server, a proxy and the running server, with one mistake.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde_json::Value;
use support::server_process::{Ended, Folder, Program, Serving, free_address};
use tokio::net::TcpListener;

use crate::{
    issuer::{self, IssuerFaults},
    proxy::{self, After, Before},
};

/// How many ports are tried for a server.
const MOST_PORTS: usize = 5;

/// What is wrong. By default nothing is.
pub(crate) struct Scene {
    /// Another program than the diagnosed one.
    pub(crate) program: Option<&'static [&'static str]>,
    /// Variables of the command and of the server.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
    /// Variables of the server alone: it was started with other settings.
    pub(crate) stale: Vec<(&'static str, &'static str)>,
    /// Added to the URL of the authorization server in the settings.
    pub(crate) issuer_suffix: &'static str,
    pub(crate) has_issuer: bool,
    pub(crate) is_issuer_down: bool,
    pub(crate) issuer: IssuerFaults,
    pub(crate) is_server_down: bool,
    pub(crate) is_proxy_down: bool,
    pub(crate) before: Before,
    pub(crate) after: After,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            program: None,
            variables: Vec::new(),
            stale: Vec::new(),
            issuer_suffix: "",
            has_issuer: true,
            is_issuer_down: false,
            issuer: IssuerFaults::default(),
            is_server_down: false,
            is_proxy_down: false,
            before: |_| None,
            after: |_| {},
        }
    }
}

/// The program that is diagnosed, which Cargo builds for `cargo test`.
fn diagnosed() -> PathBuf {
    let toolgate = Path::new(env!("CARGO_BIN_EXE_toolgate"));
    let folder = toolgate.parent().expect("the folder of programs");
    let name = format!("diagnosed{}", std::env::consts::EXE_SUFFIX);
    let path = folder.join("examples").join(name);
    assert!(
        path.exists(),
        "run `cargo build -p toolgate-cli --example diagnosed`, or all tests of the package"
    );
    path
}

/// The output of one diagnosis.
#[derive(Debug)]
pub(crate) struct Diagnosis {
    pub(crate) ended: Ended,
    pub(crate) report: Value,
}

impl Diagnosis {
    /// Returns the findings of violated checks.
    pub(crate) fn violated(&self) -> impl Iterator<Item = &Value> {
        let findings = self.report["findings"].as_array().expect("findings");
        let is_violated = |finding: &&Value| {
            let verdict = finding["verdict"].as_str().expect("a verdict");
            !matches!(verdict, "pass" | "skipped")
        };
        findings.iter().filter(is_violated)
    }
}

impl Scene {
    /// Starts everything, and runs `toolgate doctor --json` with further options.
    pub(crate) async fn diagnose(self) -> Diagnosis {
        let folder = Folder::new();
        let front = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let resource = format!("http://{}/mcp", front.local_addr().expect("an address"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = match self.is_issuer_down {
            true => {
                let address = listener.local_addr().expect("an address");
                drop(listener);
                format!("http://{address}")
            }
            false => issuer::start(listener, self.issuer.clone()).await,
        };
        let issuer = format!("{issuer}{}", self.issuer_suffix);
        let with_settings = |program: Program, bind: SocketAddr| {
            let program = program
                .var("TOOLGATE_BIND", bind.to_string())
                .var("TOOLGATE_RESOURCE", &resource);
            let program = match self.has_issuer {
                true => program.var("TOOLGATE_AUTHORIZATION_SERVERS", &issuer),
                false => program,
            };
            let set = |program: Program, (name, value): &(&'static str, &'static str)| {
                program.var(name, value)
            };
            self.variables.iter().fold(program, set)
        };
        let diagnosed = diagnosed();
        let diagnosed = diagnosed.to_str().expect("UTF-8");
        let (bind, server) = match self.is_server_down || self.program.is_some() {
            true => (free_address(), None),
            false => {
                let (bind, serving) = started(|bind| {
                    let program = with_settings(Program::new(diagnosed, &folder), bind);
                    let stale = self.stale.iter();
                    stale.fold(program, |program, (name, value)| program.var(name, value))
                })
                .await;
                (bind, Some(serving))
            }
        };
        match self.is_proxy_down {
            true => drop(front),
            false => proxy::start(front, bind, self.before, self.after),
        }
        let program = self.program.unwrap_or(&[]);
        let program = match program {
            [] => vec![diagnosed],
            other => other.to_vec(),
        };
        let mut arguments = vec!["doctor", "--json", "--"];
        arguments.extend(program);
        let toolgate = Program::new(env!("CARGO_BIN_EXE_toolgate"), &folder).args(&arguments);
        let path = std::env::var("PATH").unwrap_or_default();
        let ended = with_settings(toolgate, bind).var("PATH", path).run().await;
        drop(server);
        let report = serde_json::from_str(&ended.stdout)
            .unwrap_or_else(|error| panic!("{error}: {ended:?}"));
        Diagnosis { ended, report }
    }
}

/// Starts a server on a free port, and waits until it has tried to get the keys of its issuer.
async fn started(program: impl Fn(SocketAddr) -> Program) -> (SocketAddr, Serving) {
    for _ in 0..MOST_PORTS {
        let bind = free_address();
        let mut process = program(bind).start();
        // The banner waits for the issuers.
        if process.says_before_it_ends("Connect to it").await {
            return (bind, process.listens_on(bind).await);
        }
        // Another process can take a free port before the server does.
        let ended = process.ends().await;
        assert!(ended.stderr.contains(&bind.to_string()), "{ended:?}");
    }
    panic!("{MOST_PORTS} free ports were taken");
}
