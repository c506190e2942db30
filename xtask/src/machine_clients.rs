//! Official clients as programs: the grants that need no person at a browser, and bound tokens.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer::Tools,
    client_matrix::{Runtime, command},
    say,
};

const LIMIT: Duration = Duration::from_secs(120);

const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// What a program prints after each grant that worked, and its column.
const GRANTS: [(&str, &str); 5] = [
    ("secret", "`client_credentials`, secret"),
    ("private_key_jwt", "`client_credentials`, `private_key_jwt`"),
    ("dpop", "the same, bound by DPoP"),
    ("id-jag", "ID-JAG"),
    ("token-exchange", "token exchange with `act`"),
];

/// A client, its program, and what its package does not implement.
struct Program {
    name: &'static str,
    runtime: Runtime,
    lacks: &'static [&'static str],
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "typescript",
        runtime: Runtime::Node("clients/machines.mjs"),
        lacks: &["token-exchange"],
    },
    Program {
        name: "python",
        runtime: Runtime::Python("clients/machines.py"),
        lacks: &["dpop", "token-exchange"],
    },
];

pub(crate) fn run(tools: &Tools) -> Result<(), Error> {
    let titles = GRANTS.map(|(_, title)| title).join(" | ");
    let line = "---|".repeat(GRANTS.len());
    let mut rows = vec![
        format!("| client | revision | {titles} |"),
        format!("|---|---|{line}"),
    ];
    let mut errors = Vec::new();
    for program in &PROGRAMS {
        for revision in REVISIONS {
            let (output, is_complete) = measure(tools, program, revision)?;
            rows.push(row(program, revision, &output));
            if !is_complete {
                errors.push(format!("{} {revision}: {output}", program.name));
            }
        }
    }
    let table = format!("{}\n", rows.join("\n"));
    fs::write(tools.work.join("machines.md"), &table)?;
    say(&table);
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.join("\n").into()),
    }
}

/// Runs a program against a server with the development issuer, and returns its output and whether
/// everything worked.
fn measure(tools: &Tools, program: &Program, revision: &str) -> Result<(String, bool), Error> {
    let folder = tools.work.join("machines");
    let folder = folder.join(format!("{}-{revision}", program.name));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("home"))?;
    let port = free_port()?;
    let mut server = tools.program("everything");
    server.env("TOOLGATE_BIND", format!("127.0.0.1:{port}"));
    let _server = Server::start(&mut server, port, &folder.join("server.log"))?;
    let mut client = command(tools, program.runtime, &folder)?;
    client
        .env("INTEROP_URL", format!("http://127.0.0.1:{port}/mcp"))
        .env("INTEROP_REVISION", revision)
        .env("INTEROP_CALLS", "[]");
    let finished = child_process::run(&mut client, LIMIT)?;
    fs::write(folder.join("told.txt"), finished.report())?;
    let output = finished.out();
    let is_complete = finished.succeeded()
        && GRANTS.iter().all(|(grant, _)| {
            program.lacks.contains(grant) != output.lines().any(|line| line == *grant)
        });
    Ok((output, is_complete))
}

fn row(program: &Program, revision: &str, output: &str) -> String {
    let last: Option<Value> = output
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    let version = last.and_then(|last| last["version"].as_str().map(str::to_owned));
    let cells = GRANTS.map(
        |(grant, _)| match output.lines().any(|line| line == grant) {
            true => "yes",
            false if program.lacks.contains(&grant) => "client cannot",
            false => "FAILS",
        },
    );
    let version = version.unwrap_or_default();
    format!(
        "| {} {version} | {revision} | {} |",
        program.name,
        cells.join(" | ")
    )
}

#[cfg(test)]
mod tests {
    use super::{PROGRAMS, row};

    #[test]
    fn a_grant_that_did_not_work_is_no_yes() {
        let output = "secret\nid-jag\n{\"version\":\"1.2.3\"}\n";
        let row = row(&PROGRAMS[0], "r", output);
        assert_eq!(
            row,
            "| typescript 1.2.3 | r | yes | FAILS | FAILS | yes | client cannot |"
        );
    }
}
