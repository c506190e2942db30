//! The official conformance suite, against an open server and a protected one.

use std::{collections::BTreeMap, fs, path::Path, process::Command, time::Duration};

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer::Tools,
    example_servers::EXAMPLES,
    say,
};

const SUITE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

const LIMIT: Duration = Duration::from_secs(300);

/// Known failures by the prefix of the scenario's name, with the reason. A scenario that passes
/// must be removed; a required one stays in the table as a debt.
const KNOWN: [(&str, &str); 1] = [(
    "tasks-",
    "the extension io.modelcontextprotocol/tasks is not offered",
)];

pub(crate) fn run(tools: &Tools) -> Result<(), Error> {
    let mut errors = Vec::new();
    let mut runs = Vec::new();
    let mut rows = vec![
        "| revision | server | required scenarios | checks | of the required | of those not scored |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for revision in REVISIONS {
        for protected in [false, true] {
            let kind = if protected { "protected" } else { "open" };
            let folder = tools.work.join("suite").join(format!("{revision}-{kind}"));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder)?;
            let output = measure(tools, &folder, revision, protected)?;
            fs::write(folder.join("told.txt"), &output)?;
            let summary = Summary::read(&output).ok_or_else(|| {
                format!(
                    "the suite printed no summary; see {}",
                    folder.join("told.txt").display()
                )
            })?;
            rows.push(summary.row(revision, kind));
            let output = summary.errors();
            errors.extend(output.map(|error| format!("{revision} {kind}: {error}")));
            runs.push(summary);
        }
    }
    errors.extend(settled(&runs));
    let table = format!("{}\n", rows.join("\n"));
    fs::write(tools.work.join("suite.md"), &table)?;
    say(&table);
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.join("\n").into()),
    }
}

/// Runs the suite against a server, and returns its output.
fn measure(tools: &Tools, folder: &Path, revision: &str, protected: bool) -> Result<String, Error> {
    let (bind, port) = (free_port()?, free_port()?);
    let mut server = tools.program("everything");
    server.env("TOOLGATE_BIND", format!("127.0.0.1:{bind}"));
    let mut between = None;
    let mut url = format!("http://127.0.0.1:{bind}/mcp");
    if protected {
        // The suite cannot send a token, so a proxy adds one.
        url = format!("http://127.0.0.1:{port}/mcp");
        server.env("TOOLGATE_RESOURCE", &url);
        let mut wire = tools.script("wire.mjs");
        let token = folder.join("token");
        fs::write(&token, "")?;
        wire.args([port.to_string(), bind.to_string()])
            .arg(folder.join("wire.jsonl"))
            .arg(&token);
        between = Some((wire, token));
    } else {
        server.arg("--open");
    }
    let _server = Server::start(&mut server, bind, &folder.join("server.log"))?;
    let _between = match between {
        None => None,
        Some((mut wire, token)) => {
            let wire = Server::start(&mut wire, port, &folder.join("wire.log"))?;
            fs::write(token, log_in(tools, &url)?)?;
            Some(wire)
        }
    };
    let mut suite = Command::new(&tools.node);
    suite
        .arg(tools.scripts.join(SUITE))
        .args(["server", "--url", &url, "--requirements", revision, "-o"])
        .arg(folder.join("results"))
        .current_dir(folder);
    Ok(child_process::run(&mut suite, LIMIT)?.report())
}

/// Gets a token with every scope of the server.
fn log_in(tools: &Tools, url: &str) -> Result<String, Error> {
    let mut login = tools.script("token.mjs");
    // All scopes: the suite calls the first tool of the list, whichever it is.
    login.arg(url).args(EXAMPLES[0].scopes);
    let finished = child_process::run(&mut login, Duration::from_secs(60))?;
    match finished.succeeded() {
        true => Ok(finished.out()),
        false => Err(format!("there is no token for the suite: {}", finished.report()).into()),
    }
}

/// The summary at the end of the suite's output.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    /// The number of passed and failed checks, by scenario.
    scenarios: BTreeMap<String, (u32, u32)>,
    /// Scenarios that are not scored, with the reason.
    not_scored: BTreeMap<String, String>,
}

impl Summary {
    fn read(output: &str) -> Option<Self> {
        let (_, end) = output.split_once("=== SUMMARY ===")?;
        let mut summary = Self::default();
        for line in end.lines().map(str::trim) {
            let Some(line) = line.strip_prefix(['✓', '✗']) else {
                continue;
            };
            let line = line.trim();
            if let Some((name, counts)) = line.split_once(": ") {
                let mut numbers = counts.split(' ').filter_map(|word| word.parse().ok());
                let counts = (numbers.next()?, numbers.next()?);
                summary.scenarios.insert(name.to_owned(), counts);
            } else if let Some((name, reason)) = line.split_once(" (") {
                let reason = reason.trim_end_matches(')');
                summary
                    .not_scored
                    .insert(name.to_owned(), reason.to_owned());
            }
        }
        // A run without any check is not a success.
        (!summary.scenarios.is_empty()).then_some(summary)
    }

    fn required(&self) -> impl Iterator<Item = (&String, &(u32, u32))> {
        self.scenarios
            .iter()
            .filter(|(name, _)| !self.not_scored.contains_key(*name))
    }

    fn row(&self, revision: &str, kind: &str) -> String {
        let all = self.required().count();
        let good = self.required().filter(|(_, counts)| counts.1 == 0).count();
        let checks: u32 = self.required().map(|(_, counts)| counts.0).sum();
        let debts = self.listed(self.required().map(|(name, _)| name));
        let others = self.listed(self.not_scored.keys());
        format!("| {revision} | {kind} | {good} of {all} | {checks} | {debts} | {others} |")
    }

    /// Lists these scenarios: failures with their reason, and the number of passes.
    fn listed<'a, I: Iterator<Item = &'a String>>(&self, names: I) -> String {
        let mut reasons = BTreeMap::<&str, Vec<&str>>::new();
        let mut passed = 0;
        for name in names {
            match self.has_failed(name) {
                false => passed += 1,
                true => reasons
                    .entry(reason(name).unwrap_or("FAILS"))
                    .or_default()
                    .push(name),
            }
        }
        let failed = reasons
            .iter()
            .map(|(reason, names)| format!("{}: {reason}", names.join(", ")));
        let output: Vec<_> = [format!("{passed} pass")]
            .into_iter()
            .chain(failed)
            .collect();
        output.join("; ")
    }

    fn has_failed(&self, name: &str) -> bool {
        self.scenarios.get(name).is_some_and(|counts| counts.1 > 0)
    }

    /// Returns failures without a known reason.
    fn errors(&self) -> impl Iterator<Item = String> {
        let failed = self.scenarios.keys().filter(|name| self.has_failed(name));
        failed
            .filter(|name| reason(name).is_none())
            .map(|name| match self.not_scored.get(name) {
                Some(kind) => {
                    format!("{name} fails, which is not scored ({kind}), and has no known reason")
                }
                None => format!("{name} fails"),
            })
    }
}

/// Returns the known reason of a failing scenario.
fn reason(scenario: &str) -> Option<&'static str> {
    let mut known = KNOWN.iter();
    known.find_map(|(name, reason)| scenario.starts_with(name).then_some(*reason))
}

/// Returns known failures that no longer fail.
fn settled(runs: &[Summary]) -> Vec<String> {
    let fails = |begins: &str| {
        runs.iter().any(|run| {
            run.scenarios
                .keys()
                .any(|name| name.starts_with(begins) && run.has_failed(name))
        })
    };
    let passed = KNOWN.iter().filter(|(name, _)| !fails(name));
    passed
        .map(|(name, _)| {
            format!("{name} passes: remove it from the list in xtask/src/conformance_suite.rs")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, Summary, settled};

    const TOLD: &str = "noise\n=== SUMMARY ===\n✓ tools-list: 3 passed, 0 failed\n✗ ping: 1 passed, 1 failed\n✗ later: 0 passed, 2 failed\n\nTotal: 4 passed, 3 failed\n\nNot scored for 2025-11-25: 1 scenario(s) run\n  ✗ later (pending)\n";

    #[test]
    fn a_failed_scenario_is_an_error_unless_it_is_listed_with_a_reason() {
        let summary = Summary::read(TOLD).expect("a summary");
        let errors: Vec<_> = summary.errors().collect();
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(
            errors[0].starts_with("later fails, which is not scored (pending)"),
            "{errors:?}"
        );
        assert_eq!(errors[1], "ping fails");
        let row = summary.row("r", "open");
        assert!(
            row.contains("| 1 of 2 | 4 | 1 pass; ping: FAILS | 0 pass; later: FAILS |"),
            "{row}"
        );
    }

    #[test]
    fn a_listed_scenario_that_passes_is_an_error() {
        let known = KNOWN.len();
        let summary = Summary::read(TOLD).expect("a summary");
        assert_eq!(settled(&[summary]).len(), known);
        let failing = TOLD.replace("ping", &format!("{}x", KNOWN[0].0));
        let summary = Summary::read(&failing).expect("a summary");
        assert_eq!(settled(&[summary]).len(), known - 1);
    }

    #[test]
    fn a_run_without_results_is_no_success() {
        assert_eq!(Summary::read("Error: no server\n"), None);
        assert_eq!(Summary::read("=== SUMMARY ===\nTotal: 0\n"), None);
    }
}
