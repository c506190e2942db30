//! Agent libraries that are given a token: each must report why a call is refused.
//!
//! They are many and large, so they have their own Python environment, and `.ci/run` skips
//! them: `cargo xtask interop libraries`.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::Value;

use crate::{
    Error, child_process,
    client_installer::{Tools, python},
    recorded_server::RecordedServer,
    say,
};

/// Their names on PyPI; `interop/requirements-libraries.txt` pins the versions.
const LIBRARIES: [&str; 6] = [
    "openai-agents",
    "pydantic-ai-slim",
    "google-adk",
    "strands-agents",
    "llama-index-tools-mcp",
    "agno",
];

/// The time limit for one library: some take half a minute to import.
const LIMIT: Duration = Duration::from_secs(180);

/// The scope that the token has, and the one that it lacks.
const SCOPES: [&str; 2] = ["todo:read", "todo:write"];

/// Runs every library against `todo`, and prints how each reports the 403.
pub(crate) fn run(tools: &Tools) -> Result<(), Error> {
    let wanted = tools.scripts.join("requirements-libraries.txt");
    let python = python(&tools.work.join("libraries"), &wanted)?;
    let mut rows = Vec::new();
    let mut failed = 0;
    for library in LIBRARIES {
        let outcome = run_client(tools, &python, library);
        failed += usize::from(outcome.is_err());
        let row = match outcome {
            Ok(version) => format!("| {library} {version} | by hand | yes | yes |"),
            Err(error) => format!("| {library} | by hand | FAILED {error} | |"),
        };
        say(&row);
        rows.push(row);
    }
    let head = "| library | token | list and call | reports the scope that a 403 names |\n|---|---|---|---|";
    let table = format!("{head}\n{}\n", rows.join("\n"));
    fs::write(tools.work.join("libraries.md"), &table)?;
    say(format!("\n{table}"));
    match failed {
        0 => Ok(()),
        _ => Err(format!("{failed} of {} libraries failed", rows.len()).into()),
    }
}

/// Runs one library. Returns its version.
fn run_client(tools: &Tools, python: &Path, library: &str) -> Result<String, Error> {
    let folder = tools.work.join("cells").join(library);
    let server = RecordedServer::start(tools, "todo", &folder, |_, _, _| Ok(()))?;
    let mut login = tools.script("token.mjs");
    let token = child_process::run(
        login.args([server.url(), SCOPES[0]]),
        Duration::from_secs(60),
    )?;
    if !token.succeeded() {
        return Err(format!("there is no token: {}", token.report()).into());
    }
    let finished = child_process::run(
        Command::new(python)
            .arg(tools.scripts.join("clients/bearer.py"))
            .arg(library)
            .current_dir(&folder)
            .env("INTEROP_URL", server.url())
            .env("INTEROP_TOKEN", token.out()),
        LIMIT,
    )?;
    fs::write(folder.join("client.log"), finished.report())?;
    let errors = errors(&finished.out(), &server.record());
    match errors.is_empty() {
        true => Ok(last(&finished.out())["version"]
            .as_str()
            .unwrap_or_default()
            .to_owned()),
        false => Err(format!("{}; see {}", errors.join("; "), folder.display()).into()),
    }
}

/// Returns the last line of a client's output, as JSON.
fn last(out: &str) -> Value {
    let last = out
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    last.unwrap_or_default()
}

/// Returns what is missing: calls that the wire does not show, and the reason that the library
/// does not report.
fn errors(out: &str, wire: &str) -> Vec<String> {
    let said: Vec<Value> = wire
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let is_called = |tool: &str, status: u16| {
        said.iter()
            .any(|one| one["rpc"] == "tools/call" && one["tool"] == tool && one["status"] == status)
    };
    let mut errors = Vec::new();
    if !is_called("list_todos", 200) {
        errors.push("list_todos was not called".to_owned());
    }
    if !is_called("add_todo", 403) {
        errors.push("add_todo was not refused".to_owned());
    }
    let told = last(out)["told"].clone();
    let reason = told.as_array().and_then(|told| told.last());
    let reason = reason.and_then(Value::as_str).unwrap_or_default();
    if !reason.contains(SCOPES[1]) {
        errors.push(format!("it does not report {}: {reason:.200}", SCOPES[1]));
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::errors;

    const WIRE: &str = "{\"rpc\":\"tools/call\",\"tool\":\"list_todos\",\"status\":200}\n{\"rpc\":\"tools/call\",\"tool\":\"add_todo\",\"status\":403}\n";

    #[test]
    fn a_library_that_calls_and_reports_the_scope_passes() {
        let out = "noise\n{\"version\":\"1\",\"told\":[\"[]\",\"add_todo needs the scope todo:write\"]}\n";
        assert_eq!(errors(out, WIRE), Vec::<String>::new());
    }

    #[test]
    fn a_reason_without_the_scope_and_a_missing_call_are_errors() {
        let out = "{\"version\":\"1\",\"told\":[\"403 Forbidden\"]}";
        assert_eq!(errors(out, WIRE).len(), 1);
        assert_eq!(errors(out, "").len(), 3);
        assert_eq!(errors("", WIRE).len(), 1);
    }
}
