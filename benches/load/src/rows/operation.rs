//! The cost of limits, metrics and the audit log for a protected call.

use std::{env, fs, path::PathBuf, process};

use super::take_turns::{ComparedServer, Results, compare};
use crate::{Fault, options::Options, process::Process, stage::Stage, table::Row};

/// The other servers: their names, and their settings.
const SERVERS: [(&str, &str); 4] = [
    ("Toolgate, limits", "limits"),
    ("Toolgate, metrics", "metrics"),
    ("Toolgate, audit log in a file", "audit"),
    ("Toolgate, all of them", "limits,metrics,audit"),
];

/// The file of an audit log. Dropping this value removes the file.
struct LogFile(PathBuf);

impl LogFile {
    fn of(words: &str) -> Self {
        let name = format!("toolgate-load-{}-{words}.jsonl", process::id());
        Self(env::temp_dir().join(name))
    }
}

impl Drop for LogFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Measures stateless calls with each setting, with all settings, and without any.
pub(super) fn operation(stage: &Stage, options: &Options) -> Result<[Row; 4], Fault> {
    let files = SERVERS.map(|(_, words)| LogFile::of(words));
    let mut servers = Vec::new();
    for ((_, words), file) in SERVERS.iter().zip(&files) {
        let file = file.0.display().to_string();
        let process = Process::start(&["operated", stage.issuer.url(), words, &file], "")?;
        let target = stage.like_protected(&process)?;
        servers.push((process, target));
    }
    let compared = |at: usize| ComparedServer {
        name: SERVERS[at].0,
        process: &servers[at].0,
        target: &servers[at].1,
    };
    let targets = &stage.targets;
    let protected = ComparedServer {
        name: "Toolgate, protected, warm token",
        process: &stage.protected,
        target: &targets.protected_call,
    };
    let unprotected = ComparedServer {
        name: "rmcp, unprotected",
        process: &stage.unprotected,
        target: &targets.unprotected_call,
    };
    let all = [
        protected,
        compared(0),
        compared(1),
        compared(2),
        compared(3),
        unprotected,
    ];
    let results = compare("tools/call, stateless, as operators run it", all, options)?;
    let [without, limits, metrics, audit, all, rmcp] = &results;
    let row = |measure, with: &Results, target, least| {
        let figures = format!("{:.0} and {:.0} calls/s", with.rate(), without.rate());
        Row::ratio(measure, figures, with.ratio_to(without), target, least)
    };
    Ok([
        row(
            "protected stateless call of a tool with `rate`, `concurrency` and `timeout`, for a caller with a rate, against the same without",
            limits,
            "≥ 0.95",
            0.95,
        ),
        row(
            "the same with metrics, against the same without",
            metrics,
            "≥ 0.95",
            0.95,
        ),
        row(
            "the same with an audit log in a file, against the same without",
            audit,
            "≥ 0.75",
            0.75,
        ),
        Row::ratio(
            "the same with all of them, against **unprotected** rmcp",
            format!("{:.0} and {:.0} calls/s", all.rate(), rmcp.rate()),
            all.ratio_to(rmcp),
            "≥ 1.8",
            1.8,
        ),
    ])
}
