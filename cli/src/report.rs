//! The report: text for people, JSON for programs.

mod check_reference;

use std::{
    env,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use serde_json::json;

use crate::{
    checks::Family,
    exit,
    finding::{Check, Finding, Outcome, Severity},
    report_args::ReportArgs,
    untrusted_text::printable,
};

pub(crate) use check_reference::{list_json, list_markdown, write_families};

/// The longest server text that is printed, in characters.
const LONGEST: usize = 400;

/// All findings of a run.
#[derive(Debug)]
pub(crate) struct Report {
    url: String,
    families: Vec<&'static Family>,
    findings: Vec<Finding>,
}

impl Report {
    /// Takes the findings. Removes `secrets` from all texts, wherever the server repeated them.
    pub(crate) fn new(
        url: &str,
        families: Vec<&'static Family>,
        mut findings: Vec<Finding>,
        secrets: &[String],
    ) -> Self {
        for finding in &mut findings {
            finding.seen = shown(&finding.seen, secrets);
        }
        Self {
            url: shown(url, secrets),
            families,
            findings,
        }
    }

    /// Prints the report to standard output, in colours if it is a terminal. The exit code is 1 if
    /// a check fails; with `--strict` also if one warns.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be written.
    pub(crate) fn print(&self, output: ReportArgs) -> Result<ExitCode, String> {
        let mut out = io::stdout().lock();
        let written = match output.json {
            true => self.write_json(&mut out),
            false => {
                let is_coloured = out.is_terminal() && env::var_os("NO_COLOR").is_none();
                self.write_text(&mut out, is_coloured)
            }
        };
        let severity = match output.strict {
            true => Severity::Warn,
            false => Severity::Fail,
        };
        let code = match self.is_free_of(severity) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
        exit::after_output(written.and_then(|()| out.flush()), code)
    }

    /// Whether there is no violation of this severity or a higher one.
    pub(crate) fn is_free_of(&self, severity: Severity) -> bool {
        let mut violated = self
            .findings
            .iter()
            .filter(|f| f.outcome == Outcome::Violated);
        violated.all(|finding| finding.check.severity < severity)
    }

    /// # Errors
    ///
    /// If it cannot be written.
    fn write_json(&self, out: &mut impl Write) -> io::Result<()> {
        let count = |verdict| self.count(verdict);
        let report = json!({
            "url": self.url,
            "ok": self.is_free_of(Severity::Fail),
            "summary": {
                "fail": count("fail"), "warn": count("warn"), "note": count("note"),
                "pass": count("pass"), "skipped": count("skipped"),
            },
            "findings": self.findings,
        });
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }

    /// # Errors
    ///
    /// If it cannot be written.
    fn write_text(&self, out: &mut impl Write, is_coloured: bool) -> io::Result<()> {
        writeln!(out, "{}", self.url)?;
        let width = self
            .findings
            .iter()
            .map(|f| f.check.id.len())
            .max()
            .unwrap_or(0);
        for family in &self.families {
            writeln!(out, "\n{}", family.name)?;
            let own = |finding: &&Finding| finding.check.family() == family.name;
            let own: Vec<_> = self.findings.iter().filter(own).collect();
            if let Some(reason) = skipped_for(&own) {
                let verdict = paint("skipped", is_coloured);
                writeln!(out, "  {verdict}  {:width$}  {reason}", "all checks")?;
                continue;
            }
            for finding in own {
                let verdict = paint(finding.verdict(), is_coloured);
                writeln!(
                    out,
                    "  {verdict}  {:width$}  {}",
                    finding.check.id, finding.seen
                )?;
                if finding.outcome == Outcome::Violated {
                    let verb = match finding.check.severity {
                        Severity::Fail => "must",
                        Severity::Warn => "should",
                        Severity::Note => "could",
                    };
                    writeln!(out, "           {verb:6}  {}", finding.check.requirement)?;
                    writeln!(out, "           source  {}", finding.check.source)?;
                    writeln!(out, "           do      {}", finding.check.remedy)?;
                }
            }
        }
        writeln!(
            out,
            "\n{} failed, {} warned, {} noted, {} passed, {} skipped",
            self.count("fail"),
            self.count("warn"),
            self.count("note"),
            self.count("pass"),
            self.count("skipped"),
        )?;
        // At the end, where readers of a long log look first.
        let mut errors = self.errors();
        errors.sort_by_key(|check| std::cmp::Reverse(check.severity));
        match errors.iter().map(|check| check.id).collect::<Vec<_>>() {
            none if none.is_empty() => Ok(()),
            ids => writeln!(out, "to fix: {}", ids.join(", ")),
        }
    }

    /// Returns the violations that must or should be fixed.
    fn errors(&self) -> Vec<&Check> {
        let violated = self
            .findings
            .iter()
            .filter(|f| f.outcome == Outcome::Violated && f.check.severity > Severity::Note);
        violated.map(|finding| finding.check).collect()
    }

    fn count(&self, verdict: &str) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.verdict() == verdict)
            .count()
    }
}

/// Returns the reason if a whole family was skipped.
fn skipped_for<'a>(findings: &[&'a Finding]) -> Option<&'a str> {
    let first = findings.first()?;
    let is_skipped = |f: &&Finding| f.outcome == Outcome::Skipped && f.seen == first.seen;
    findings.iter().all(is_skipped).then_some(&first.seen)
}

/// Pads a verdict to seven columns, and colours it.
fn paint(verdict: &str, is_coloured: bool) -> String {
    let padded = format!("{verdict:7}");
    let colour = match verdict {
        "fail" => "1;31",
        "warn" => "1;33",
        "note" => "36",
        "pass" => "32",
        _ => "2",
    };
    match is_coloured {
        true => format!("\x1b[{colour}m{padded}\x1b[0m"),
        false => padded,
    }
}

/// Removes secrets from untrusted text, and makes it safe for a terminal and for JSON readers.
fn shown(text: &str, secrets: &[String]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.as_str(), "[token]");
    }
    printable(&text, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_text_in_a_report_has_no_control_characters_and_no_token() {
        let secrets = ["secret".to_owned(), String::new()];
        assert_eq!(
            shown("a\x1b[2Jb\u{202e}secret\n", &secrets),
            "a\\u{1b}[2Jb\\u{202e}[token]\\n"
        );
        assert_eq!(shown(&"ä".repeat(1000), &[]).chars().count(), LONGEST + 1);
    }
}
