//! `toolgate check`, against every example: what it finds in others it must not find here.

use std::{fs, time::Duration};

use crate::{
    Fault,
    running::{self, Server, free_port},
    say,
    tools::Tools,
};

/// The examples that serve, and how they are started.
const EXAMPLES: [(&str, &[&str]); 4] = [
    ("finance-news", &[]),
    ("todo", &[]),
    ("readme", &[]),
    ("everything", &[]),
];

pub(crate) fn run(tools: &Tools) -> Result<(), Fault> {
    let mut faulty = Vec::new();
    for (name, arguments) in EXAMPLES {
        let label = format!("{name} {}", arguments.join(" "));
        let label = label.trim();
        let folder = tools.work.join("check").join(label.replace(' ', ""));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let port = free_port()?;
        let mut server = tools.program(name);
        server
            .args(arguments)
            .current_dir(&folder)
            .env("TOOLGATE_BIND", format!("127.0.0.1:{port}"));
        let _server = Server::start(&mut server, port, &folder.join("server.log"))?;
        let mut check = tools.program("toolgate");
        check.args(["check", &format!("http://127.0.0.1:{port}/mcp")]);
        let ended = running::run(&mut check, Duration::from_secs(120))?;
        fs::write(folder.join("report.txt"), ended.told())?;
        let summary = ended.out();
        let summary = summary
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("no report");
        say(format!("{label}: {}", summary.trim()));
        if !ended.succeeded() {
            faulty.push(format!(
                "{label}, see {}",
                folder.join("report.txt").display()
            ));
        }
    }
    match faulty.is_empty() {
        true => Ok(()),
        false => Err(faulty.join("; ").into()),
    }
}
