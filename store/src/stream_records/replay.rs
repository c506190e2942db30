//! [`StreamReplay`]: the rest of a stream, for a client that was cut off.

use std::{collections::VecDeque, fmt, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use crate::{RecordKey, StreamEvent, StreamName, stream_record::StreamRecord};

use super::StreamRecords;

/// How often the record of another replica is read while its request runs.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long a record can be missing: it is not written before its stream has some events.
const MISSING: Duration = Duration::from_secs(1);

/// How long the store can be away before the rest of a stream is given up.
const AWAY: Duration = Duration::from_secs(15);

/// The events of a stream after one of them, until the stream ends.
pub struct StreamReplay {
    records: StreamRecords,
    key: RecordKey,
    name: StreamName,
    after: u64,
    /// The stream, if this process runs it.
    local: Option<watch::Receiver<StreamRecord>>,
    ready: VecDeque<StreamEvent>,
    /// When the record was read last.
    read: Instant,
    is_first: bool,
    is_over: bool,
}

/// What a client gets next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// The next event.
    Event(StreamEvent),
    /// The rest is lost: the replica has ended, the record has expired, or an event was too large.
    Lost,
}

impl StreamReplay {
    pub(super) fn new(
        records: StreamRecords,
        key: RecordKey,
        name: StreamName,
        after: u64,
        local: Option<watch::Receiver<StreamRecord>>,
    ) -> Self {
        Self {
            records,
            key,
            name,
            after,
            local,
            ready: VecDeque::new(),
            read: Instant::now(),
            is_first: true,
            is_over: false,
        }
    }

    /// Waits for the next event. Returns `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Replayed> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.after = event.index;
                return Some(Replayed::Event(event));
            }
            if self.is_over {
                return None;
            }
            match self.look().await {
                Some(record) => match record.after(self.after) {
                    Ok(events) => {
                        self.ready = events;
                        self.is_over = record.has_ended;
                    }
                    Err(_) => return self.give_up(),
                },
                None => return self.give_up(),
            }
        }
    }

    fn give_up(&mut self) -> Option<Replayed> {
        self.is_over = true;
        Some(Replayed::Lost)
    }

    /// Waits for a later state of the stream. Returns `None` if the record is lost.
    async fn look(&mut self) -> Option<StreamRecord> {
        let is_first = std::mem::take(&mut self.is_first);
        if let Some(local) = &mut self.local {
            if !is_first {
                // The sender marks the end before it is dropped.
                let _ = local.changed().await;
            }
            return Some(local.borrow_and_update().clone());
        }
        if !is_first {
            sleep(INTERVAL).await;
        }
        loop {
            let wait = match self.records.read(&self.key, &self.name).await {
                Ok(Some(record)) => {
                    self.read = Instant::now();
                    return Some(record);
                }
                Ok(None) => MISSING,
                Err(_) => AWAY,
            };
            if self.read.elapsed() > wait {
                return None;
            }
            sleep(INTERVAL).await;
        }
    }
}

impl fmt::Debug for StreamReplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReplay").finish_non_exhaustive()
    }
}
