//! The test matrix: clients, issuers and lifecycles, and the result of each combination.

use std::{
    fs,
    path::Path,
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer::{Tools, chromium},
    client_transcript_check::{ExpectedTranscript, Lifecycle, StepUpMode},
    example_servers::{EXAMPLES, Example},
    recorded_server::RecordedServer,
    say,
};

/// The time limit for the whole story of one client.
const LIMIT: Duration = Duration::from_secs(180);

/// The time limit for what a server prints when it has started.
const PRINTED: Duration = Duration::from_secs(10);

/// The issuer whose tokens the server accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Issuer {
    Development,
    OidcProvider,
}

impl Issuer {
    const ALL: [Self; 2] = [Self::Development, Self::OidcProvider];

    fn name(self) -> &'static str {
        match self {
            Self::Development => "development issuer",
            Self::OidcProvider => "oidc-provider",
        }
    }
}

/// The runtime of a client.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Runtime {
    Node(&'static str),
    Python(&'static str),
    Rust(&'static str),
}

/// A client, and how it gets its scopes in each lifecycle, or why it does not support it.
pub(crate) struct Client {
    pub(crate) name: &'static str,
    pub(crate) runtime: Runtime,
    session: Result<StepUpMode, &'static str>,
    stateless: Result<StepUpMode, &'static str>,
}

pub(crate) const CLIENTS: [Client; 7] = [
    Client {
        name: "typescript",
        runtime: Runtime::Node("clients/typescript.mjs"),
        session: Ok(StepUpMode::Steps),
        stateless: Ok(StepUpMode::Steps),
    },
    Client {
        name: "typescript-1",
        runtime: Runtime::Node("clients/sdk.mjs"),
        session: Ok(StepUpMode::Steps),
        stateless: Err("its first major version ends with 2025-11-25"),
    },
    Client {
        name: "python",
        runtime: Runtime::Python("clients/python.py"),
        session: Ok(StepUpMode::Steps),
        stateless: Ok(StepUpMode::Steps),
    },
    Client {
        name: "rmcp",
        runtime: Runtime::Rust("examples/client"),
        session: Ok(StepUpMode::Steps),
        stateless: Ok(StepUpMode::Steps),
    },
    // It opens one session per command and requests every scope in the metadata.
    Client {
        name: "inspector-cli",
        runtime: Runtime::Node("clients/inspector.mjs"),
        session: Ok(StepUpMode::AllAtLogin),
        stateless: Ok(StepUpMode::AllAtLogin),
    },
    Client {
        name: "inspector-page",
        runtime: Runtime::Node("clients/page.mjs"),
        session: Ok(StepUpMode::StepsAnew),
        stateless: Ok(StepUpMode::StepsAnew),
    },
    Client {
        name: "mcp-remote",
        runtime: Runtime::Node("clients/remote.mjs"),
        session: Ok(StepUpMode::Steps),
        stateless: Ok(StepUpMode::Steps),
    },
];

impl Client {
    /// Returns how it gets its scopes, or why it does not support the lifecycle.
    pub(crate) fn step_up(&self, lifecycle: Lifecycle) -> Result<StepUpMode, &'static str> {
        match lifecycle {
            Lifecycle::Session => self.session,
            Lifecycle::Stateless => self.stateless,
        }
    }
}

/// Checks that the named client exists, and installs what clients need.
pub(crate) fn prepare(tools: &Tools, only: Option<&str>) -> Result<(), Error> {
    if let Some(name) = only.filter(|name| CLIENTS.iter().all(|client| client.name != *name)) {
        let known = CLIENTS.map(|client| client.name).join(", ");
        return Err(format!("there is no client {name:?}; there are {known}").into());
    }
    tools.python()?;
    chromium()?;
    Ok(())
}

/// Runs every client against every issuer, and prints the results.
pub(crate) fn run(tools: &Tools, only: Option<&str>) -> Result<(), Error> {
    prepare(tools, only)?;
    let mut rows = Vec::new();
    let mut failures = 0;
    for client in CLIENTS
        .iter()
        .filter(|client| only.is_none_or(|name| name == client.name))
    {
        for (example, lifecycle, issuer) in combinations() {
            let (version, outcome) = match client.step_up(lifecycle) {
                Err(reason) => (String::new(), format!("– {reason}")),
                Ok(step_up) => {
                    match run_client_twice(tools, client, step_up, (example, lifecycle, issuer)) {
                        Ok((version, repeated)) => {
                            let again = if repeated {
                                ", at the second attempt"
                            } else {
                                ""
                            };
                            (version, format!("{}{again}", describe(step_up, example)))
                        }
                        Err(error) => {
                            failures += 1;
                            (String::new(), format!("FAILED {error}"))
                        }
                    }
                }
            };
            let row = format!(
                "| {} {version} | {} | {} | {} | {outcome} |",
                client.name,
                example.name,
                lifecycle.revision(),
                issuer.name(),
            );
            say(&row);
            rows.push(row);
        }
    }
    let head = "| client | server | revision | issuer | login, call, 403, step-up, call |\n|---|---|---|---|---|";
    let table = format!("{head}\n{}\n", rows.join("\n"));
    fs::write(tools.work.join("matrix.md"), &table)?;
    say(format!("\n{table}"));
    match failures {
        0 => Ok(()),
        _ => Err(format!("{failures} of {} cells failed", rows.len()).into()),
    }
}

/// Returns the combinations of example, lifecycle and issuer.
fn combinations() -> impl Iterator<Item = (&'static Example, Lifecycle, Issuer)> {
    EXAMPLES.into_iter().flat_map(|example| {
        [Lifecycle::Session, Lifecycle::Stateless]
            .into_iter()
            .flat_map(move |lifecycle| Issuer::ALL.map(|issuer| (example, lifecycle, issuer)))
    })
}

fn describe(step_up: StepUpMode, example: &Example) -> String {
    let often = match example.scopes.len() {
        2 => "once",
        _ => "twice",
    };
    match step_up {
        StepUpMode::Steps => format!("yes, {often} in one session"),
        StepUpMode::StepsAnew => format!("yes, {often}"),
        StepUpMode::AllAtLogin => {
            "login and calls; it requests every scope at the first login, so there is no 403"
                .to_owned()
        }
    }
}

/// Returns the client's version, and whether it needed a second attempt: a browser on a busy
/// machine can time out. The table marks these cells.
fn run_client_twice(
    tools: &Tools,
    client: &Client,
    step_up: StepUpMode,
    (example, lifecycle, issuer): (&'static Example, Lifecycle, Issuer),
) -> Result<(String, bool), Error> {
    let expected = || ExpectedTranscript {
        lifecycle,
        step_up,
        example,
    };
    match run_client(tools, client, expected(), issuer) {
        Ok(version) => Ok((version, false)),
        Err(error) => {
            say(format!("{} failed, and is run again: {error}", client.name));
            run_client(tools, client, expected(), issuer).map(|version| (version, true))
        }
    }
}

/// Runs one client in one lifecycle with one issuer. Returns the client's version.
fn run_client(
    tools: &Tools,
    client: &Client,
    expected: ExpectedTranscript,
    issuer: Issuer,
) -> Result<String, Error> {
    let folder = tools.work.join("cells").join(format!(
        "{}-{}-{}-{}",
        client.name,
        expected.example.name,
        expected.lifecycle.revision(),
        issuer.name().replace(' ', "-")
    ));
    let mut foreign = None;
    let server = RecordedServer::start(
        tools,
        expected.example.name,
        &folder,
        |command, url, record| {
            if issuer == Issuer::OidcProvider {
                let port = free_port()?;
                let origin = format!("http://127.0.0.1:{port}");
                command.env("TOOLGATE_AUTHORIZATION_SERVERS", origin);
                let mut script = tools.script("issuer.mjs");
                script
                    .arg(port.to_string())
                    .arg(url)
                    .arg(record)
                    .args(expected.example.scopes);
                foreign = Some(Server::start(
                    &mut script,
                    port,
                    &folder.join("issuer.log"),
                )?);
            }
            Ok(())
        },
    )?;

    let finished = child_process::run(
        command(tools, client.runtime, &folder)?
            .env("INTEROP_URL", server.url())
            .env("INTEROP_REVISION", expected.lifecycle.revision())
            .env("INTEROP_CALLS", expected.example.calls_as_json())
            .env("INTEROP_COMMAND", printed_command(&folder)),
        LIMIT,
    )?;
    fs::write(folder.join("client.log"), finished.report())?;
    let mut errors = expected.missing(&server.record());
    // The client has finished, so the issuer is no longer needed.
    drop(foreign);
    if !finished.succeeded() {
        errors.insert(0, "the client reports a failure".to_owned());
    }
    match errors.is_empty() {
        true => Ok(version(&finished.out())),
        false => Err(format!("{}; see {}", errors.join("; "), folder.display()).into()),
    }
}

/// Returns the command that a server prints for connecting to it. The server listens before it
/// prints: it first tries to reach its issuers, for at most two seconds.
pub(crate) fn printed_command(folder: &Path) -> String {
    let begun = Instant::now();
    loop {
        let log = fs::read_to_string(folder.join("server.log")).unwrap_or_default();
        let mut lines = log.lines();
        let line = lines.find_map(|line| line.split_once("Connect to it"));
        if let Some((_, command)) = line {
            return command.trim().to_owned();
        }
        if begun.elapsed() > PRINTED {
            return String::new();
        }
        sleep(Duration::from_millis(20));
    }
}

/// Returns the command that starts a client.
pub(crate) fn command(tools: &Tools, runtime: Runtime, folder: &Path) -> Result<Command, Error> {
    let mut command = match runtime {
        Runtime::Node(script) => tools.script(script),
        Runtime::Python(script) => {
            let mut python = Command::new(tools.python()?);
            python.arg(tools.scripts.join(script));
            python
        }
        Runtime::Rust(program) => tools.program(program),
    };
    let browser = tools.scripts.join("browser.mjs");
    command
        .current_dir(folder)
        .env("HOME", folder.join("home"))
        .env("INTEROP_NODE", &tools.node)
        .env(
            "INTEROP_BROWSER",
            format!("{} {}", tools.node.display(), browser.display()),
        )
        .env("INTEROP_CHROMIUM", chromium()?)
        .env("INTEROP_FOLDER", folder);
    Ok(command)
}

/// Returns the version that a client reports in its last line.
pub(crate) fn version(out: &str) -> String {
    let last: Value = out
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok())
        .unwrap_or_default();
    last["version"].as_str().unwrap_or_default().to_owned()
}
