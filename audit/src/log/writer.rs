//! [`Writer`]: seals the lines of a log and writes them.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::batch::Batch;
use crate::{
    chain::{Chain, Head},
    key::AuditKey,
    record,
    refusals::CountedRefusals,
    sink::Sink,
};

/// A further record can wait if the waiting records have at most this many bytes.
const MOST_UNWRITTEN: usize = 32 * 1024;

/// The chain of a log and its file.
pub(super) struct Writer {
    /// The end of the written lines.
    pub(super) chain: Chain,
    /// Complete lines that are not written yet, their number, and the end of the chain with them.
    unwritten: Vec<u8>,
    unwritten_records: u64,
    unwritten_head: Head,
    /// The batch of the decisions among these lines, if any, and the number of decisions that a
    /// failed write refuses instead of losing their records.
    batch: Option<Arc<Batch>>,
    refusable: u64,
    pub(super) sink: Box<dyn Sink>,
    pub(super) counted: CountedRefusals,
    /// Whether the first record of a new file is not written yet, and when the file was opened.
    pub(super) lacks_beginning: bool,
    pub(super) rotated_at: u64,
    /// The number of lost records that no `lost` record has reported.
    unreported: u64,
    /// The number of all lost records.
    pub(super) lost: u64,
    /// The error of the last write, if it failed.
    pub(super) failure: Option<String>,
    is_failing: Arc<AtomicBool>,
}

/// The counts of refusals to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    All,
    /// The counts that have no record in this second yet.
    Due,
}

impl Writer {
    pub(super) fn new(chain: Chain, sink: Box<dyn Sink>, is_failing: Arc<AtomicBool>) -> Self {
        Self {
            unwritten: Vec::new(),
            unwritten_records: 0,
            unwritten_head: chain.head(),
            batch: None,
            refusable: 0,
            chain,
            sink,
            counted: CountedRefusals::default(),
            lacks_beginning: false,
            rotated_at: 0,
            unreported: 0,
            lost: 0,
            failure: None,
            is_failing,
        }
    }

    /// Writes a record. If records were lost, a record with their number precedes it. Returns
    /// whether the record is written.
    pub(super) fn write(&mut self, key: &AuditKey, time: u64, line: &[u8]) -> bool {
        if !self.begin_file(key, time) {
            return false;
        }
        if self.unreported > 0 {
            let lost = record::lost(key, time, self.unreported);
            if self.append(&lost).is_err() {
                return false;
            }
            // No outcome waits while a loss is unreported, so this write has lost none.
            self.unreported = 0;
        }
        self.append(line).is_ok()
    }

    /// Writes the first record of a new file, if it is not written yet. Returns whether the file
    /// has its first record. Without it nothing shows that an earlier file precedes this one.
    pub(super) fn begin_file(&mut self, key: &AuditKey, time: u64) -> bool {
        if self.lacks_beginning {
            let line = record::rotated(key, time, self.chain.head());
            self.lacks_beginning = self.append(&line).is_err();
        }
        !self.lacks_beginning
    }

    /// Writes counts of refusals. If that fails, they stay counted for the next record.
    pub(super) fn write_refusals(&mut self, key: &AuditKey, time: u64, counts: Counts) {
        if self.counted.is_empty() {
            return;
        }
        let mut counted = std::mem::take(&mut self.counted);
        for refusals in counted.counts() {
            let is_due = counts == Counts::All || refusals.take_second(time);
            if is_due && self.write(key, time, &refusals.line(key, time)) {
                refusals.clear();
            }
        }
        self.counted = counted;
    }

    /// Writes the waiting records and then this record. If that fails, the waiting records count as
    /// lost; the caller decides whether this record does.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<()> {
        self.seal(line);
        let written = self.write_sealed();
        if written.is_err() {
            self.unwritten_records -= 1;
            self.lose_unwritten();
        }
        written
    }

    /// Adds a line to the waiting lines, and completes it with its number and the MACs.
    fn seal(&mut self, line: &[u8]) {
        self.unwritten.extend_from_slice(line);
        let start = self.unwritten.len() - line.len();
        self.unwritten_head =
            (self.chain).seal_after(self.unwritten_head, &mut self.unwritten, start);
        self.unwritten_records += 1;
    }

    /// Writes all sealed lines in one call of the sink.
    fn write_sealed(&mut self) -> io::Result<()> {
        let written = self.sink.append(&self.unwritten);
        match &written {
            Ok(()) => {
                self.chain.advance(self.unwritten_head);
                self.clear_unwritten(true);
                self.failure = None;
            }
            Err(error) => self.failure = Some(error.to_string()),
        }
        self.is_failing
            .store(self.failure.is_some(), Ordering::Relaxed);
        written
    }

    /// Returns whether a record can wait: the last write has succeeded, no other record must
    /// precede it, and not too many wait.
    pub(super) fn can_defer(&self) -> bool {
        self.failure.is_none()
            && !self.lacks_beginning
            && self.unreported == 0
            && self.unwritten.len() <= MOST_UNWRITTEN
    }

    /// Adds a line that waits for the next write. Returns whether it is the first waiting line.
    pub(super) fn defer(&mut self, line: &[u8]) -> bool {
        self.seal(line);
        self.unwritten_records == 1
    }

    /// Completes the line of a decision, which takes effect only after the batch is written.
    /// `refuses` is whether its operation must not run without the record.
    pub(super) fn join(
        &mut self,
        line: &[u8],
        refuses: bool,
        begin: impl FnOnce() -> Arc<Batch>,
    ) -> Arc<Batch> {
        self.seal(line);
        self.refusable += u64::from(refuses);
        Arc::clone(self.batch.get_or_insert_with(begin))
    }

    /// Writes the records that wait. If that fails, they count as lost.
    pub(super) fn flush(&mut self) {
        if self.unwritten_records > 0 && self.write_sealed().is_err() {
            self.lose_unwritten();
        }
    }

    pub(super) fn lose(&mut self, records: u64) {
        self.unreported += records;
        self.lost += records;
    }

    /// Drops the lines that could not be written: the chain continues after the last written line.
    fn lose_unwritten(&mut self) {
        let may_run = self.refusable == 0;
        self.lose(self.unwritten_records.saturating_sub(self.refusable));
        self.clear_unwritten(may_run);
        self.unwritten_head = self.chain.head();
    }

    fn clear_unwritten(&mut self, may_run: bool) {
        self.unwritten.clear();
        self.unwritten_records = 0;
        self.refusable = 0;
        if let Some(batch) = self.batch.take() {
            batch.end(may_run);
        }
    }
}
