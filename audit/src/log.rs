//! [`AuditLog`]: writes the records of a process.

use std::{
    fmt, io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    chain::{Chain, Head},
    key::AuditKey,
    record::{self, Decision, Outcome, Verdict},
    refusals::Refusals,
    sink::{FileSink, Sink, StdoutSink},
    tail::Tail,
};

#[cfg(test)]
mod tests;

/// What happens to a request whose decision cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// It is refused before it runs.
    #[default]
    Refuse,
    /// It runs, and a later record has the number of lost records.
    Continue,
}

/// How subjects are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Subjects {
    /// As the token has them.
    #[default]
    Plain,
    /// As pseudonyms. Only a holder of the key can compute the pseudonym of a subject.
    Pseudonymous,
}

impl Subjects {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Pseudonymous => "pseudonymous",
        }
    }
}

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// What happens if a decision cannot be written.
    pub on_failure: OnFailure,
    /// How subjects are written.
    pub subjects: Subjects,
}

/// A decision could not be written, and must not take effect without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWrittenError;

impl fmt::Display for NotWrittenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the audit log cannot be written")
    }
}

impl std::error::Error for NotWrittenError {}

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The file cannot be opened, read or written.
    Io(io::Error),
    /// Another key signed the last line of the file.
    ForeignFile,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be opened: {error}"),
            Self::ForeignFile => f.write_str(
                "ends with a line that this key has not written, so nothing is appended to it",
            ),
        }
    }
}

impl std::error::Error for OpenError {}

/// The audit log of one process. It is safe to write from several threads: the order of the lines
/// is the order of the chain.
pub struct AuditLog {
    key: AuditKey,
    settings: Settings,
    /// The number of the start record.
    start: u64,
    state: Mutex<State>,
}

struct State {
    chain: Chain,
    sink: Box<dyn Sink>,
    /// Refusals of requests without an authentic token.
    unauthenticated: Refusals,
    /// Refusals by a limit, and refusals of authentic tokens that are not accepted.
    repeated: Refusals,
    /// The number of lost records that no `lost` record has reported.
    unreported: u64,
    /// The number of all lost records.
    lost: u64,
    /// The error of the last write, if it failed.
    failure: Option<String>,
}

impl AuditLog {
    /// Opens a log at a path, or on standard output for the path `stdout`. `time` is now, in
    /// seconds since the start of 1970.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the file cannot be opened or written, or belongs to another key.
    pub fn open(
        path: &Path,
        key: AuditKey,
        settings: Settings,
        time: u64,
    ) -> Result<Self, OpenError> {
        let sink: Box<dyn Sink> = match path.to_str() {
            Some("stdout") => Box::new(StdoutSink::new().map_err(OpenError::Io)?),
            _ => Box::new(FileSink::open(path).map_err(OpenError::Io)?),
        };
        Self::to_sink(sink, key, settings, time)
    }

    /// Continues the chain of a sink with a start record, which names the last record.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn to_sink(
        mut sink: Box<dyn Sink>,
        key: AuditKey,
        settings: Settings,
        time: u64,
    ) -> Result<Self, OpenError> {
        let tail = Tail::read(&mut *sink, &key)?;
        sink.remove_end(tail.cut).map_err(OpenError::Io)?;
        let start = record::start(&key, settings.subjects, time, tail.head, tail.cut);
        let mut state = State {
            chain: Chain::new(key.clone(), tail.head),
            sink,
            unauthenticated: Refusals::default(),
            repeated: Refusals::default(),
            unreported: 0,
            lost: 0,
            failure: None,
        };
        state.append(start).map_err(OpenError::Io)?;
        Ok(Self {
            key,
            settings,
            start: tail.head.count,
            state: Mutex::new(state),
        })
    }

    /// Writes a decision before it takes effect. Two kinds of refusals are only counted, because a
    /// client can cause them without limit: refusals of requests without an authentic token, and
    /// each [`Verdict::Repeatable`] after the first one of a second. Their counts are written at
    /// most once a second.
    ///
    /// # Errors
    ///
    /// [`NotWrittenError`] if the operation is allowed and must not run without its record. The
    /// record then does not count as lost.
    pub fn decide(&self, decision: &Decision<'_>) -> Result<(), NotWrittenError> {
        if self.is_counted(decision) {
            return Ok(());
        }
        let line = record::decision(&self.key, self.settings.subjects, self.start, decision);
        let mut state = self.lock();
        state.write_due_refusals(&self.key, decision.time);
        if state.write(&self.key, decision.time, line) {
            return Ok(());
        }
        let is_allowed = matches!(decision.verdict, Verdict::Allowed { .. });
        if is_allowed && self.settings.on_failure == OnFailure::Refuse {
            return Err(NotWrittenError);
        }
        state.lose();
        Ok(())
    }

    /// Counts a decision that gets no record of its own. Returns whether it has counted it.
    fn is_counted(&self, decision: &Decision<'_>) -> bool {
        let (reason, is_repeatable) = match decision.verdict {
            // An allowed decision has a record of its own. It precedes a late denial.
            Verdict::Allowed { .. } | Verdict::Denied { is_late: true, .. } => return false,
            Verdict::Denied { reason, .. } => (reason, false),
            Verdict::Repeatable { reason } => (reason, true),
        };
        let reason = reason.unwrap_or(decision.outcome);
        let (time, mut state) = (decision.time, self.lock());
        if decision.issuer.is_none() {
            state.unauthenticated.count(reason, time);
        } else if is_repeatable && !state.repeated.take_second(time) {
            state.repeated.count(reason, time);
        } else {
            return false;
        }
        state.write_due_refusals(&self.key, time);
        true
    }

    /// Writes the counts of refusals now. The log also writes them with a decision, at most once a
    /// second, and when it is dropped.
    pub fn write_refusals(&self, time: u64) {
        self.lock().write_refusals(&self.key, time);
    }

    /// Writes the end of a run. If that fails, the record counts as lost: the run has happened.
    pub fn end(&self, outcome: &Outcome<'_>) {
        let line = record::outcome(&self.key, self.start, outcome);
        let mut state = self.lock();
        if !state.write(&self.key, outcome.time, line) {
            state.lose();
        }
    }

    /// Opens the file again, after `logrotate` has renamed it. A new file begins with a record that
    /// names the last one of the earlier file. Returns whether there is a new file.
    ///
    /// # Errors
    ///
    /// Returns an error if the new file cannot be used. Then the earlier one is still written.
    pub fn reopen(&self, time: u64) -> io::Result<bool> {
        let mut state = self.lock();
        let is_new = state.sink.reopen()?;
        if is_new {
            let line = record::rotated(&self.key, time, state.chain.head());
            state.append(line)?;
        }
        Ok(is_new)
    }

    /// Returns the head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.lock().chain.head()
    }

    /// Returns how many records this process has lost.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Returns the error of the last write, or `None` if it succeeded.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        self.lock().failure.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The chain advances only after a line is written, so a panic leaves it consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Writes a record. If records were lost, a record with their number precedes it. Returns
    /// whether the record is written.
    fn write(&mut self, key: &AuditKey, time: u64, line: Vec<u8>) -> bool {
        if self.unreported > 0 {
            let lost = record::lost(key, time, self.unreported);
            if self.append(lost).is_err() {
                return false;
            }
            self.unreported = 0;
        }
        self.append(line).is_ok()
    }

    /// Writes the counted refusals, if none were written in this second.
    fn write_due_refusals(&mut self, key: &AuditKey, time: u64) {
        if !self.unauthenticated.is_empty() && self.unauthenticated.take_second(time) {
            self.write_unauthenticated(key, time);
        }
        if !self.repeated.is_empty() && self.repeated.take_second(time) {
            self.write_repeated(key, time);
        }
    }

    fn write_refusals(&mut self, key: &AuditKey, time: u64) {
        self.write_unauthenticated(key, time);
        self.write_repeated(key, time);
    }

    fn write_unauthenticated(&mut self, key: &AuditKey, time: u64) {
        let counted = std::mem::take(&mut self.unauthenticated);
        self.unauthenticated = self.write_counted(key, "refused_unauthenticated", time, counted);
    }

    fn write_repeated(&mut self, key: &AuditKey, time: u64) {
        let counted = std::mem::take(&mut self.repeated);
        self.repeated = self.write_counted(key, "refused_repeated", time, counted);
    }

    /// Writes a record of counted refusals. If that fails, they stay counted for the next one.
    fn write_counted(
        &mut self,
        key: &AuditKey,
        record_type: &'static str,
        time: u64,
        mut counted: Refusals,
    ) -> Refusals {
        if !counted.is_empty() {
            let line = record::refusals(key, record_type, time, counted.since(), counted.counts());
            if self.write(key, time, line) {
                counted.clear();
            }
        }
        counted
    }

    fn append(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        let head = self.chain.seal(&mut line);
        let written = self.sink.append(&line);
        self.failure = written.as_ref().err().map(io::Error::to_string);
        if written.is_ok() {
            self.chain.advance(head);
        }
        written
    }

    fn lose(&mut self) {
        self.unreported += 1;
        self.lost += 1;
    }
}

impl Drop for AuditLog {
    /// Writes the counts of refusals that are not written yet.
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        let time = state.unauthenticated.latest().max(state.repeated.latest());
        state.write_refusals(&self.key, time);
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
