//! Runs the command as a user does.

use std::{collections::BTreeMap, process::Stdio};

use serde_json::Value;
use tokio::process::Command;

/// The output of one run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Ran {
    /// Returns the findings by id.
    pub(crate) fn findings(&self) -> BTreeMap<String, Value> {
        let report: Value =
            serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        let findings = report["findings"].as_array().expect("findings");
        let by_id = findings.iter().map(|finding| {
            (
                finding["id"].as_str().expect("an id").to_owned(),
                finding.clone(),
            )
        });
        by_id.collect()
    }

    /// Returns the ids of the violated checks.
    pub(crate) fn violated(&self) -> Vec<String> {
        let with = |(id, finding): (String, Value)| {
            let verdict = finding["verdict"].as_str().expect("a verdict").to_owned();
            (!matches!(&*verdict, "pass" | "skipped")).then_some(id)
        };
        self.findings().into_iter().filter_map(with).collect()
    }

    /// Returns the ids of the skipped checks.
    pub(crate) fn skipped(&self) -> Vec<String> {
        let findings = self.findings().into_iter();
        let skipped = findings.filter(|(_, finding)| finding["verdict"] == "skipped");
        skipped.map(|(id, _)| id).collect()
    }
}

/// Builds `toolgate check` with these arguments.
pub(crate) fn command(arguments: &[&str], tokens: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_toolgate"));
    command
        .arg("check")
        .args(arguments)
        .env("TOOLGATE_CHECK_TOKEN", tokens.join(" "))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs the command to its end.
pub(crate) async fn run(arguments: &[&str], tokens: &[String]) -> Ran {
    let output = command(arguments, tokens).output().await.expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        errors: text(output.stderr),
    }
}
