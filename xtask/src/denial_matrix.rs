//! What each client does with each kind of denial: it obtains what it lacks, it reports the reason
//! to the user or the model, or it does neither.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{
    Error, child_process,
    client_installer::Tools,
    client_matrix::{self, CLIENTS, Client, command, printed_command, version},
    client_transcript_check::Lifecycle,
    recorded_server::RecordedServer,
    say,
};

/// The time limit for one client and one denial.
const LIMIT: Duration = Duration::from_secs(90);

/// How often a client runs until it reaches the call that is denied.
const ATTEMPTS: usize = 3;

/// One kind of denial, and the calls with which a client causes it.
#[derive(Debug)]
struct Kind {
    /// The head of its column.
    name: &'static str,
    /// The tools that the client calls, in order. The last one is denied.
    tools: &'static [&'static str],
    /// The message of the denial contains one of these texts.
    says: &'static [&'static str],
    /// What the user does on the page of an approval.
    on_page: OnPage,
    /// Whether denials are answered as results of the call.
    as_results: bool,
}

/// What the user does on the page of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnPage {
    Approves,
    Declines,
    /// The approval expires meanwhile.
    Nothing,
}

impl OnPage {
    /// Returns the value of `INTEROP_DECISION`.
    fn name(self) -> &'static str {
        match self {
            Self::Approves => "approve",
            Self::Declines => "decline",
            Self::Nothing => "nothing",
        }
    }
}

/// The reason for a client that cannot open a page.
const NO_PAGE: &str = "this client cannot open one";

static KINDS: [Kind; 13] = [
    Kind::new("no token", &["read"], &["access token"]),
    Kind::new("expired token", &["read", "wait", "read"], &["expired"]),
    Kind::new("missing scope", &["read", "write"], &["files:write"]),
    Kind::new("missing role", &["read", "edit"], &["the role editor"]),
    Kind::new(
        "insufficient authentication",
        &["read", "sign"],
        &["more recent login"],
    ),
    Kind::new("`authorize`", &["read", "open"], &["the file is another's"]),
    Kind::new("late, 403", &["read", "fetch"], &["files:admin"]),
    Kind::new("late, in the stream", &["read", "follow"], &["files:admin"]),
    Kind {
        as_results: true,
        ..Kind::new(
            "missing scope, as a result",
            &["read", "write"],
            &["files:write"],
        )
    },
    Kind::new("approval", &["read", "erase"], &[NO_PAGE]),
    Kind {
        on_page: OnPage::Declines,
        ..Kind::new(
            "declined approval",
            &["read", "erase"],
            &["the user declined this", NO_PAGE],
        )
    },
    Kind {
        on_page: OnPage::Nothing,
        ..Kind::new(
            "expired approval",
            &["read", "format"],
            &["expired", NO_PAGE],
        )
    },
    Kind::new("rate limit", &["count", "read", "count"], &["try again in"]),
];

/// What a client did after a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The client was not denied: it had everything from its first login.
    NotDenied,
    /// The client got what it lacked, and its call succeeded.
    Repaired,
    /// The client reports the reason.
    Reported,
    /// The client reports a failure without the reason.
    Silent,
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Self::NotDenied => "–",
            Self::Repaired => "repaired",
            Self::Reported => "reported",
            Self::Silent => "neither",
        }
    }

    /// Decides by the record of the requests and, for the reason, by what the client prints.
    /// Returns `None` if the client failed before the call that is denied: that says nothing about
    /// the denial.
    fn new(kind: &Kind, record: &str, succeeded: bool, printed: &str) -> Option<Self> {
        let exchanges: Vec<Value> = record
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect();
        let is_refused = |one: &&Value| matches!(one["status"].as_u64(), Some(401 | 403 | 429));
        let calls = |tool: &str| exchanges.iter().filter(|one| one["tool"] == tool).count();
        let planned = |tool: &str| kind.tools.iter().filter(|one| **one == tool).count();
        let denied = kind.tools.last().copied().unwrap_or_default();
        // A session is asked for an approval within its call, which no client gets without a user.
        let was_asked = denied == "erase";
        // A denial that is a result has the status 200: the client calls again.
        let was_denied = was_asked
            || exchanges
                .iter()
                .any(|one| is_refused(&one) && one["tool"] == denied)
            || calls(denied) > planned(denied)
            || (kind
                .tools
                .iter()
                .all(|tool| matches!(*tool, "read" | "wait"))
                && exchanges.iter().any(|one| is_refused(&one)));
        match (succeeded, was_denied) {
            (true, true) => Some(Self::Repaired),
            (true, false) => Some(Self::NotDenied),
            (false, _) if kind.says.iter().any(|reason| printed.contains(reason)) => {
                Some(Self::Reported)
            }
            (false, was_denied) => {
                let is_reached = calls(denied) >= planned(denied) || (was_denied && !was_asked);
                is_reached.then_some(Self::Silent)
            }
        }
    }
}

impl Kind {
    const fn new(
        name: &'static str,
        tools: &'static [&'static str],
        says: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            tools,
            says,
            on_page: OnPage::Approves,
            as_results: false,
        }
    }

    /// Returns the calls in the format of `INTEROP_CALLS`.
    fn calls_as_json(&self) -> String {
        let calls = self.tools.iter().map(|tool| {
            let shows = match *tool {
                "read" => "read",
                "wait" => "waited",
                "write" => "written",
                "edit" => "edited",
                "sign" => "signed",
                "open" => "opened",
                "erase" => "no file is left",
                "format" => "the disk is blank",
                "count" => "one more",
                _ => "fetched",
            };
            format!(r#"{{"name": "{tool}", "arguments": {{}}, "shows": "{shows}"}}"#)
        });
        format!("[{}]", calls.collect::<Vec<_>>().join(", "))
    }
}

/// Runs every client against every kind of denial, and prints the results.
pub(crate) fn run(tools: &Tools, only: Option<&str>) -> Result<(), Error> {
    client_matrix::prepare(tools, only)?;
    let mut rows = Vec::new();
    let chosen = |client: &&Client| only.is_none_or(|name| name == client.name);
    for client in CLIENTS.iter().filter(chosen) {
        for lifecycle in [Lifecycle::Session, Lifecycle::Stateless] {
            if client.step_up(lifecycle).is_err() {
                continue;
            }
            let (mut name, mut cells) = (String::new(), Vec::new());
            for kind in &KINDS {
                let (version, outcome) = run_client(tools, client, lifecycle, kind)?;
                if !version.is_empty() {
                    name = version;
                }
                cells.push(outcome.text());
            }
            let (revision, cells) = (lifecycle.revision(), cells.join(" | "));
            let row = format!("| {} {name} | {revision} | {cells} |", client.name);
            say(&row);
            rows.push(row);
        }
    }
    let names = KINDS.each_ref().map(|kind| kind.name);
    let line = "|---".repeat(names.len() + 2);
    let head = format!("| client | revision | {} |\n{line}|", names.join(" | "));
    let table = format!("{head}\n{}\n", rows.join("\n"));
    fs::write(tools.work.join("denials.md"), &table)?;
    say(format!("\n{table}"));
    Ok(())
}

/// Runs one client against one kind of denial, again if a run shows nothing. Returns the client's
/// version, if it reports one.
///
/// A client that reports nothing runs a second time: a browser on a busy machine also fails for
/// reasons of its own.
fn run_client(
    tools: &Tools,
    client: &Client,
    lifecycle: Lifecycle,
    kind: &Kind,
) -> Result<(String, Outcome), Error> {
    let mut silent = 0;
    for _ in 0..ATTEMPTS {
        match run_once(tools, client, lifecycle, kind)? {
            (version, Some(Outcome::Silent)) => {
                silent += 1;
                if silent == 2 {
                    return Ok((version, Outcome::Silent));
                }
            }
            (version, Some(outcome)) => return Ok((version, outcome)),
            (_, None) => {}
        }
    }
    let (client, revision, kind) = (client.name, lifecycle.revision(), kind.name);
    Err(
        format!("{client}, {revision}, {kind}: {ATTEMPTS} runs ended before the denied call")
            .into(),
    )
}

/// Runs one client once.
fn run_once(
    tools: &Tools,
    client: &Client,
    lifecycle: Lifecycle,
    kind: &Kind,
) -> Result<(String, Option<Outcome>), Error> {
    let cell = format!("{}-{}-{}", client.name, lifecycle.revision(), kind.name);
    let cell = cell.replace([' ', ',', '`'], "-");
    let folder = tools.work.join("denials").join(cell);
    let server = RecordedServer::start(
        tools,
        "examples/denying_server",
        &folder,
        |command, _, _| {
            if kind.as_results {
                command.env("INTEROP_RESULTS", "1");
            }
            Ok(())
        },
    )?;
    let finished = child_process::run(
        command(tools, client.runtime, &folder)?
            .env("INTEROP_URL", server.url())
            .env("INTEROP_REVISION", lifecycle.revision())
            .env("INTEROP_CALLS", kind.calls_as_json())
            .env("INTEROP_DECISION", kind.on_page.name())
            .env("INTEROP_COMMAND", printed_command(&folder)),
        LIMIT,
    )?;
    let printed = finished.report();
    fs::write(folder.join("client.log"), &printed)?;
    let outcome = Outcome::new(kind, &server.record(), finished.succeeded(), &printed);
    Ok((version(&finished.out()), outcome))
}

#[cfg(test)]
mod tests {
    use super::{KINDS, Kind, Outcome};

    const ROLE: &str = "{\"rpc\":\"tools/call\",\"tool\":\"edit\",\"status\":403}";

    fn kind(name: &str) -> &'static Kind {
        KINDS.iter().find(|kind| kind.name == name).expect("a kind")
    }

    #[test]
    fn a_client_that_fails_is_judged_by_what_it_prints() {
        let role = kind("missing role");
        let outcome = |printed| Outcome::new(role, ROLE, false, printed);
        assert_eq!(
            outcome("edit needs the role editor"),
            Some(Outcome::Reported)
        );
        assert_eq!(outcome("403 Forbidden"), Some(Outcome::Silent));
    }

    #[test]
    fn a_client_that_fails_before_the_denied_call_says_nothing_about_the_denial() {
        let login = "{\"tool\":\"read\",\"status\":200}";
        let timed_out = "Timeout 30000ms exceeded";
        assert_eq!(
            Outcome::new(kind("missing role"), login, false, timed_out),
            None
        );
        assert_eq!(
            Outcome::new(kind("approval"), login, false, timed_out),
            None
        );
    }

    #[test]
    fn a_client_that_succeeds_has_repaired_only_what_was_denied() {
        let scope = kind("missing scope");
        let run = "{\"tool\":\"write\",\"status\":200}";
        let denied = "{\"tool\":\"write\",\"status\":403}\n{\"tool\":\"write\",\"status\":200}";
        assert_eq!(Outcome::new(scope, run, true, ""), Some(Outcome::NotDenied));
        assert_eq!(
            Outcome::new(scope, denied, true, ""),
            Some(Outcome::Repaired)
        );
        // In the stream, the status is 200 both times.
        let stream = kind("late, in the stream");
        let once = "{\"tool\":\"follow\",\"status\":200}";
        let twice = format!("{once}\n{once}");
        assert_eq!(
            Outcome::new(stream, once, true, ""),
            Some(Outcome::NotDenied)
        );
        assert_eq!(
            Outcome::new(stream, &twice, true, ""),
            Some(Outcome::Repaired)
        );
        let approved = "{\"tool\":\"erase\",\"status\":200}";
        assert_eq!(
            Outcome::new(kind("approval"), approved, true, ""),
            Some(Outcome::Repaired)
        );
        let rate = kind("rate limit");
        let limited = format!("{run}\n{{\"tool\":\"count\",\"status\":429}}");
        assert_eq!(
            Outcome::new(rate, &limited, true, ""),
            Some(Outcome::Repaired)
        );
        assert_eq!(Outcome::new(rate, run, true, ""), Some(Outcome::NotDenied));
        let login = "{\"rpc\":\"initialize\",\"status\":401}\n{\"tool\":\"read\",\"status\":200}";
        assert_eq!(
            Outcome::new(kind("no token"), login, true, ""),
            Some(Outcome::Repaired)
        );
    }

    #[test]
    fn the_calls_of_each_kind_are_json() {
        for kind in &KINDS {
            let calls: serde_json::Value =
                serde_json::from_str(&kind.calls_as_json()).expect("JSON");
            assert_eq!(calls.as_array().map(Vec::len), Some(kind.tools.len()));
        }
    }
}
