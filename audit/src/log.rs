//! [`AuditLog`]: writes the records of a process.

use std::{
    fmt, io,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    chain::{Chain, Head},
    event::{Decision, OperatorAction, RunEnd, UserDecision},
    key::AuditKey,
    record,
    sink::{FileSink, Sink, StdoutSink},
    tail::Tail,
};

mod batch;
#[cfg(test)]
mod tests;
mod writer;

pub use batch::Batch;
use writer::{Counts, Writer};

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

/// A record could not be written, so the decision or action must not take effect.
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

/// The state of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The head.
    pub head: Head,
    /// How many records this process has lost.
    pub lost: u64,
    /// The error of the last write, or `None` if it succeeded.
    pub failure: Option<String>,
}

/// The audit log of one process. It is safe to write from several threads: the order of the lines
/// is the order of the chain.
pub struct AuditLog {
    inner: Arc<Inner>,
}

/// The parts of a log. A [`Batch`] can outlive the log.
struct Inner {
    key: AuditKey,
    settings: Settings,
    /// The number of the start record.
    start: u64,
    /// Whether [`Writer::failure`] is set. It can be read without the lock.
    is_failing: Arc<AtomicBool>,
    state: Mutex<Writer>,
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
        let is_failing = Arc::new(AtomicBool::new(false));
        let chain = Chain::new(key.clone(), tail.head);
        let mut state = Writer::new(chain, sink, Arc::clone(&is_failing));
        state.append(&start).map_err(OpenError::Io)?;
        Ok(Self {
            inner: Arc::new(Inner {
                key,
                settings,
                start: tail.head.count,
                is_failing,
                state: Mutex::new(state),
            }),
        })
    }

    /// Writes a decision before it takes effect. Two kinds of refusals are only counted, because a
    /// client can cause them without limit: refusals of requests without an authentic token, and
    /// each [`Verdict::Aggregated`](crate::Verdict::Aggregated) after the first one of a second. Their counts are written at
    /// most once a second.
    ///
    /// # Errors
    ///
    /// [`NotWrittenError`] if the operation is allowed and must not run without its record. The
    /// record then does not count as lost.
    pub fn decide(&self, decision: &Decision<'_>) -> Result<(), NotWrittenError> {
        let is_allowed = decision.is_allowed();
        let time = decision.time;
        if !is_allowed {
            let mut state = self.inner.lock();
            if state.counted.count(decision) {
                state.write_refusals(&self.inner.key, time, Counts::Due);
                return Ok(());
            }
        }
        // The line is built without the lock.
        let line = record::decision(
            &self.inner.key,
            self.inner.settings.subjects,
            self.inner.start,
            decision,
        );
        let mut state = self.inner.lock();
        state.write_refusals(&self.inner.key, time, Counts::Due);
        if state.write(&self.inner.key, time, &line) {
            return Ok(());
        }
        if is_allowed && self.inner.refuses() {
            return Err(NotWrittenError);
        }
        state.lose(1);
        Ok(())
    }

    /// Accepts an allowed decision. One write records the decisions of all requests that are
    /// decided at the same time. The operation must not run before [`Batch::write`] returns `Ok`.
    /// Returns `None` if the decision cannot wait: then write it with [`decide`](Self::decide).
    #[must_use]
    pub fn decide_later(&self, decision: &Decision<'_>) -> Option<Arc<Batch>> {
        if !decision.is_allowed() {
            return None;
        }
        let Inner {
            key,
            settings,
            start,
            ..
        } = &*self.inner;
        let line = record::decision(key, settings.subjects, *start, decision);
        let mut state = self.inner.lock();
        state.write_refusals(key, decision.time, Counts::Due);
        state.can_defer().then(|| {
            let begin = || Arc::new(Batch::new(Arc::downgrade(&self.inner)));
            state.join(&line, self.inner.refuses(), begin)
        })
    }

    /// Writes the decision of a user. If that fails, the record counts as lost.
    pub fn user_decided(&self, decision: &UserDecision<'_>) {
        let line = record::user_decision(&self.inner.key, self.inner.settings.subjects, decision);
        let mut state = self.inner.lock();
        if !state.write(&self.inner.key, decision.time, &line) {
            state.lose(1);
        }
    }

    /// Writes an action of the operator before it takes effect.
    ///
    /// # Errors
    ///
    /// [`NotWrittenError`] if it cannot be written. The record then counts as lost.
    pub fn operator_acts(&self, action: &OperatorAction<'_>) -> Result<(), NotWrittenError> {
        let line = record::operator_action(&self.inner.key, self.inner.settings.subjects, action);
        let mut state = self.inner.lock();
        if state.write(&self.inner.key, action.time, &line) {
            return Ok(());
        }
        state.lose(1);
        Err(NotWrittenError)
    }

    /// Writes the counts of refusals now. The log also writes them with a decision, at most once a
    /// second, and when it is dropped.
    pub fn write_refusals(&self, time: u64) {
        self.inner
            .lock()
            .write_refusals(&self.inner.key, time, Counts::All);
    }

    /// Writes the end of a run. If that fails, the record counts as lost: the run has happened.
    pub fn end(&self, end: &RunEnd<'_>) {
        self.end_later(end);
        self.flush();
    }

    /// Accepts the end of a run, to write it together with the next record of any kind: a busy
    /// server then writes to the file once for each call. Without a next record,
    /// [`flush`](Self::flush) writes it. Returns whether it is the first record that waits. If the
    /// process is killed, the waiting ends of runs are lost, but no decision that has taken effect.
    pub fn end_later(&self, end: &RunEnd<'_>) -> bool {
        let line = record::run(&self.inner.key, self.inner.start, end);
        let mut state = self.inner.lock();
        if !state.can_defer() {
            if !state.write(&self.inner.key, end.time, &line) {
                state.lose(1);
            }
            return false;
        }
        state.defer(&line)
    }

    /// Writes the records that wait. If that fails, they count as lost.
    pub fn flush(&self) {
        self.inner.lock().flush();
    }

    /// Opens the file again, after `logrotate` has renamed it. A new file begins with a record that
    /// names the last one of the earlier file. If that record cannot be written now, it precedes the
    /// next one. Returns whether there is a new file.
    ///
    /// # Errors
    ///
    /// Returns an error if the new file cannot be used. Then the earlier one is still written.
    pub fn reopen(&self, time: u64) -> io::Result<bool> {
        let mut state = self.inner.lock();
        // The waiting outcomes belong to the earlier file.
        state.flush();
        let is_new = state.sink.reopen()?;
        if is_new {
            (state.lacks_beginning, state.rotated_at) = (true, time);
            state.begin_file(&self.inner.key, time);
        }
        Ok(is_new)
    }

    /// Returns the head.
    #[must_use]
    pub fn head(&self) -> Head {
        self.inner.lock().chain.head()
    }

    /// Returns the state of the log.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.inner.lock();
        Status {
            head: state.chain.head(),
            lost: state.lost,
            failure: state.failure.clone(),
        }
    }

    /// Returns whether the last write has failed, without a lock.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.inner.is_failing.load(Ordering::Relaxed)
    }
}

impl Inner {
    /// Returns whether an operation must not run without the record of its decision.
    fn refuses(&self) -> bool {
        self.settings.on_failure == OnFailure::Refuse
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        // The chain advances only after a line is written, so a panic leaves it consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    /// Writes the pending records: the first record of a new file, and the counts of refusals.
    fn drop(&mut self) {
        let state = self.state.get_mut();
        let state = state.unwrap_or_else(PoisonError::into_inner);
        state.flush();
        let time = state.counted.latest().max(state.rotated_at);
        state.begin_file(&self.key, time);
        state.write_refusals(&self.key, time, Counts::All);
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditLog")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
