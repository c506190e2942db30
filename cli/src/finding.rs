//! Checks and their findings.

use serde::{Serialize, Serializer};

/// The weight of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Information; no action needed.
    Note,
    /// A SHOULD is not met, or some clients work less well than they could.
    Warn,
    /// A MUST is not met, an operation is open, or clients in use break.
    Fail,
}

impl Severity {
    /// Its name in the report and in docs/check.md.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One requirement. Its id is stable, so that reports of two versions can be compared.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    /// The requirement, as a sentence.
    pub(crate) requirement: &'static str,
    /// The source: an RFC section, a page of the specification, or observed client behaviour.
    pub(crate) source: &'static str,
    /// How to fix a violation.
    pub(crate) remedy: &'static str,
}

impl Check {
    pub(crate) const fn new(
        id: &'static str,
        severity: Severity,
        requirement: &'static str,
        source: &'static str,
        remedy: &'static str,
    ) -> Self {
        Self {
            id,
            severity,
            requirement,
            source,
            remedy,
        }
    }

    /// The part of the id before the dot.
    pub(crate) fn family(&self) -> &'static str {
        self.id
            .split_once('.')
            .map_or(self.id, |(family, _)| family)
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pass,
    /// It could not be checked; `seen` says why.
    Skipped,
    Violated,
}

/// One line of the report.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) check: &'static Check,
    pub(crate) outcome: Outcome,
    /// What the server did, or why the check was skipped.
    pub(crate) seen: String,
}

impl Finding {
    /// Returns `pass`, `skipped`, or the severity of the violation.
    pub(crate) fn verdict(&self) -> &'static str {
        match self.outcome {
            Outcome::Pass => "pass",
            Outcome::Skipped => "skipped",
            Outcome::Violated => self.check.severity.name(),
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            id: &'a str,
            verdict: &'a str,
            severity: Severity,
            requirement: &'a str,
            source: &'a str,
            seen: &'a str,
            remedy: &'a str,
        }
        Line {
            id: self.check.id,
            verdict: self.verdict(),
            severity: self.check.severity,
            requirement: self.check.requirement,
            source: self.check.source,
            seen: &self.seen,
            remedy: self.check.remedy,
        }
        .serialize(serializer)
    }
}

/// Formats a count with its noun, in the singular or plural.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// Collects the findings of one family; each check has at most one.
#[derive(Debug)]
pub(crate) struct Section {
    checks: &'static [&'static Check],
    findings: Vec<Finding>,
}

impl Section {
    pub(crate) fn new(checks: &'static [&'static Check]) -> Self {
        Self {
            checks,
            findings: Vec::new(),
        }
    }

    /// Records the verdict. `Ok` and `Err` both contain what was seen.
    pub(crate) fn record(&mut self, check: &'static Check, verdict: Result<String, String>) {
        match verdict {
            Ok(seen) => self.add(check, Outcome::Pass, seen),
            Err(seen) => self.add(check, Outcome::Violated, seen),
        }
    }

    pub(crate) fn skip(&mut self, check: &'static Check, reason: impl Into<String>) {
        self.add(check, Outcome::Skipped, reason.into());
    }

    /// Returns the findings in the order of the matrix. Checks without a verdict are skipped,
    /// for this reason.
    pub(crate) fn close(mut self, reason: &str) -> Vec<Finding> {
        let mut ordered = Vec::with_capacity(self.checks.len());
        for &check in self.checks {
            let at = self.findings.iter().position(|f| f.check == check);
            ordered.push(match at {
                Some(at) => self.findings.swap_remove(at),
                None => Finding {
                    check,
                    outcome: Outcome::Skipped,
                    seen: reason.to_owned(),
                },
            });
        }
        ordered
    }

    fn add(&mut self, check: &'static Check, outcome: Outcome, seen: String) {
        debug_assert!(
            self.checks.contains(&check),
            "{} is not in this family",
            check.id
        );
        debug_assert!(
            self.findings.iter().all(|f| f.check != check),
            "{} has two verdicts",
            check.id
        );
        self.findings.push(Finding {
            check,
            outcome,
            seen,
        });
    }
}
