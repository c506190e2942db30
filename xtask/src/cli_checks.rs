//! Runs `toolgate check` against every example, with a login and a step-up. It must find
//! nothing.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer::Tools,
    say,
};

/// The call of `todo` that needs a step-up.
pub(crate) const TODO_CALL: &[&str] = &["--tool", "add_todo", "--arguments", r#"{"title": "x"}"#];

/// The example servers, and for each the call that needs a step-up.
const EXAMPLES: [(&str, &[&str]); 4] = [
    ("finance-news", &[]),
    ("todo", TODO_CALL),
    (
        "readme",
        &["--tool", "write_note", "--arguments", r#"{"text": "x"}"#],
    ),
    ("everything", &["--tool", "write"]),
];

pub(crate) fn run(tools: &Tools) -> Result<(), Error> {
    let mut faulty = Vec::new();
    for (name, call) in EXAMPLES {
        let folder = tools.work.join("check").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let port = free_port()?;
        let mut server = tools.program(name);
        server
            .current_dir(&folder)
            .env("TOOLGATE_BIND", format!("127.0.0.1:{port}"));
        let _server = Server::start(&mut server, port, &folder.join("server.log"))?;
        let url = format!("http://127.0.0.1:{port}/mcp");
        match check(&mut tools.script("check.mjs"), tools, (&url, call), &folder) {
            Ok(summary) => say(format!("{name}: {summary}")),
            Err(error) => faulty.push(format!("{name}: {error}")),
        }
    }
    match faulty.is_empty() {
        true => Ok(()),
        false => Err(faulty.join("; ").into()),
    }
}

/// Runs `toolgate check` against a URL, with a login and the call that needs a step-up. Writes
/// the report into the folder, and returns its summary.
pub(crate) fn check(
    script: &mut Command,
    tools: &Tools,
    (url, call): (&str, &[&str]),
    folder: &Path,
) -> Result<String, Error> {
    script
        .arg(tools.program("toolgate").get_program())
        .args(["check", url, "--login"])
        .args(call);
    let finished = child_process::run(script, Duration::from_secs(120))?;
    let path = folder.join("report.txt");
    fs::write(&path, finished.report())?;
    let report = finished.out();
    let summary = report.lines().find(|line| line.contains(" failed, "));
    let summary = summary.unwrap_or("no report").trim();
    // A skipped check has not passed.
    let is_stepped_up = call.is_empty() || report.contains("  pass     stepup.recover");
    match finished.succeeded() && is_stepped_up {
        true => Ok(summary.to_owned()),
        false => Err(format!("{summary}, see {}", path.display()).into()),
    }
}
