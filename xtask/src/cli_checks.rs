//! Runs `toolgate check` against every example, with a login and a step-up. It must find
//! nothing.

use std::{fs, time::Duration};

use crate::{
    Error,
    child_process::{self, Server, free_port},
    client_installer::Tools,
    say,
};

/// The example servers, and for each the call that needs a step-up.
const EXAMPLES: [(&str, &[&str]); 4] = [
    ("finance-news", &[]),
    (
        "todo",
        &["--tool", "add_todo", "--arguments", r#"{"title": "x"}"#],
    ),
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
        let mut check = tools.script("check.mjs");
        check
            .arg(tools.program("toolgate").get_program())
            .args(["check", &url, "--login"])
            .args(call);
        let finished = child_process::run(&mut check, Duration::from_secs(120))?;
        fs::write(folder.join("report.txt"), finished.report())?;
        let report = finished.out();
        let summary = report.lines().find(|line| line.contains(" failed, "));
        say(format!("{name}: {}", summary.unwrap_or("no report").trim()));
        // A skipped check has not passed.
        let is_stepped_up = call.is_empty() || report.contains("  pass     stepup.recover");
        if !finished.succeeded() || !is_stepped_up {
            faulty.push(format!(
                "{name}, see {}",
                folder.join("report.txt").display()
            ));
        }
    }
    match faulty.is_empty() {
        true => Ok(()),
        false => Err(faulty.join("; ").into()),
    }
}
