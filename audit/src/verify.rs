//! Verifies the files of a log: every line by its MAC, and its place by the MAC before it.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read},
};

use crate::{
    chain::{GENESIS, Head},
    key::AuditKey,
    line::{self, LONGEST_LINE, LineError, SignedLine},
};

/// The most findings of a verification. In a file of another kind each line is a finding.
const MOST_FINDINGS: usize = 100;

/// What is wrong at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the file.
    pub file: String,
    /// The number of the line, from 1, or 0 for the whole log.
    pub line: u64,
    /// What is wrong.
    pub kind: FindingKind,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The line is not a record.
    NotARecord,
    /// The line was changed, or signed with another key.
    WrongMac,
    /// The line has another version of the format.
    UnknownVersion,
    /// The line does not follow the one before it: lines were removed, moved, repeated or
    /// inserted.
    OutOfOrder {
        /// The number of the next record.
        expected: u64,
        /// The number of the line.
        found: u64,
    },
    /// The first line is not the beginning of a file: earlier lines are missing.
    NoBeginning,
    /// A new log begins here, and nothing connects it with the lines before it.
    Unconnected,
    /// The last line is not complete.
    Cut,
    /// The log does not have the record of the given head: the end of the log was removed or
    /// replaced.
    HeadMissing {
        /// The number of records of the given head.
        expected: u64,
        /// The number of records that were found.
        found: u64,
    },
    /// The files have no record.
    Empty,
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotARecord => f.write_str("the line is not a record of this format"),
            Self::WrongMac => f.write_str("the line was changed, or another key has written it"),
            Self::UnknownVersion => {
                f.write_str("the line has another version of the format; use a newer toolgate")
            }
            Self::OutOfOrder { expected, found } => write!(
                f,
                "record {found} is here and {expected} should be: lines were removed, moved, repeated or inserted before it"
            ),
            Self::NoBeginning => f.write_str(
                "the first line does not begin a file: the lines before it were removed",
            ),
            Self::Unconnected => f.write_str(
                "a new log begins here: nothing shows that no line before it was removed",
            ),
            Self::Cut => f.write_str(
                "the last line is not complete: the process was killed while it wrote, or the end was removed",
            ),
            Self::HeadMissing { expected, found } => write!(
                f,
                "the head names {expected} records and the files have {found}, or record {expected} differs: the end was removed or replaced"
            ),
            Self::Empty => f.write_str("there is no record"),
        }
    }
}

/// The result of a verification.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// The lines that are records of this key.
    pub records: u64,
    /// The head after the last of them.
    pub head: Option<Head>,
    /// The first 100 findings.
    pub findings: Vec<Finding>,
    /// Whether there are more findings.
    pub has_more_findings: bool,
    /// The number of the first record, if earlier files precede it.
    pub continues_from: Option<u64>,
    /// The number of lost records that the log reports.
    pub lost: u64,
    /// The number of start records that report the removal of an incomplete line.
    pub cut_before: u64,
    /// The number of start records.
    pub starts: u64,
    /// The number of refusals that have no record of their own.
    pub counted_refusals: u64,
}

struct Verifier<'k> {
    key: &'k AuditKey,
    /// The given heads that were not found yet.
    wanted: Vec<Head>,
    result: Verified,
}

/// Verifies files, the oldest first. `heads` are copies of heads of the log from another place.
/// Without a copy, the removal of the last lines goes unnoticed. If a process has continued the log
/// after such a removal, the latest head is in the log; only a copy of the head of a removed line
/// shows the removal.
///
/// # Errors
///
/// Returns an error if a file cannot be read.
pub fn verify<N: Into<String>, R: Read>(
    files: impl IntoIterator<Item = (N, R)>,
    key: &AuditKey,
    heads: impl IntoIterator<Item = Head>,
) -> io::Result<Verified> {
    let mut verifier = Verifier {
        key,
        wanted: heads
            .into_iter()
            .filter(|head| *head != Head::NONE)
            .collect(),
        result: Verified::default(),
    };
    let mut last_file = String::new();
    for (name, file) in files {
        last_file = name.into();
        verifier.read_file(&last_file, BufReader::new(file))?;
    }
    Ok(verifier.finish(&last_file))
}

impl Verifier<'_> {
    fn read_file(&mut self, name: &str, mut file: impl BufRead) -> io::Result<()> {
        let (mut number, mut text) = (0, Vec::new());
        loop {
            text.clear();
            // The longest line and its line feed. A longer line is not a record.
            let mut limited = (&mut file).take(LONGEST_LINE as u64 + 1);
            if limited.read_until(b'\n', &mut text)? == 0 {
                return Ok(());
            }
            number += 1;
            if text.pop_if(|byte| *byte == b'\n').is_some() {
                self.check_line(name, number, &text);
                continue;
            }
            if text.len() <= LONGEST_LINE {
                self.find(name, number, FindingKind::Cut);
                return Ok(());
            }
            self.find(name, number, FindingKind::NotARecord);
            skip_line(&mut file)?;
        }
    }

    fn check_line(&mut self, name: &str, number: u64, text: &[u8]) {
        let record = match line::read(self.key, text) {
            Ok(record) => record,
            Err(error) => {
                let kind = match error {
                    LineError::Malformed => FindingKind::NotARecord,
                    LineError::WrongMac => FindingKind::WrongMac,
                    LineError::UnknownVersion => FindingKind::UnknownVersion,
                };
                return self.find(name, number, kind);
            }
        };
        match self.result.head {
            Some(before) if before.mac == record.prev && before.count == record.seq => {}
            Some(_) if is_new_log(&record) => {
                self.find(name, number, FindingKind::Unconnected);
            }
            Some(before) => {
                let kind = FindingKind::OutOfOrder {
                    expected: before.count,
                    found: record.seq,
                };
                self.find(name, number, kind);
            }
            None if is_new_log(&record) => {}
            // This record states that an earlier file precedes this one.
            None if number == 1 && matches!(record.record_type(), "start" | "rotated") => {
                self.result.continues_from = Some(record.seq);
            }
            None => self.find(name, number, FindingKind::NoBeginning),
        }
        self.count(&record);
    }

    fn count(&mut self, record: &SignedLine) {
        let result = &mut self.result;
        result.records += 1;
        let head = record.head();
        result.head = Some(head);
        self.wanted.retain(|wanted| *wanted != head);
        match record.record_type() {
            "start" => {
                result.starts += 1;
                result.cut_before += u64::from(record.number("cut_bytes") > 0);
            }
            "refused_unauthenticated" | "refused_authenticated" => {
                let count = record.number("count");
                result.counted_refusals = result.counted_refusals.saturating_add(count);
            }
            "lost" => result.lost = result.lost.saturating_add(record.number("count")),
            _ => {}
        }
    }

    fn finish(mut self, last_file: &str) -> Verified {
        if self.result.records == 0 {
            self.find(last_file, 0, FindingKind::Empty);
        }
        for wanted in std::mem::take(&mut self.wanted) {
            let kind = FindingKind::HeadMissing {
                expected: wanted.count,
                found: self.result.head.map_or(0, |head| head.count),
            };
            self.find(last_file, 0, kind);
        }
        self.result
    }

    fn find(&mut self, file: &str, line: u64, kind: FindingKind) {
        if self.result.findings.len() >= MOST_FINDINGS {
            self.result.has_more_findings = true;
            return;
        }
        let file = file.to_owned();
        self.result.findings.push(Finding { file, line, kind });
    }
}

/// Returns whether a record begins a log that has no records before it.
fn is_new_log(record: &SignedLine) -> bool {
    record.seq == 0 && record.prev == GENESIS && record.record_type() == "start"
}

/// Skips the rest of a line that is too long.
fn skip_line(file: &mut impl BufRead) -> io::Result<()> {
    loop {
        let buffer = file.fill_buf()?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(buffer.len(), |at| at + 1);
        file.consume(length);
        if end.is_some() {
            return Ok(());
        }
    }
}
