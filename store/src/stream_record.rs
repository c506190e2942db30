//! [`StreamRecord`]: the events of one stream that its client may still need, within bounds.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::SessionOwner;

/// The most events of one record. rmcp keeps as many for a client that resumes the stream at the
/// replica that holds it.
const MOST_EVENTS: usize = 16;

/// The largest size of all messages of one record, in bytes.
const MOST_BYTES: usize = 128 * 1024;

/// An event with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamEvent {
    /// Its number in the stream.
    pub index: u64,
    /// The id by which the client knows it.
    pub id: String,
    /// The message, as JSON.
    pub message: String,
    /// Whether it reports progress. A later report replaces it (MCP 2025-11-25, Progress: a sender
    /// may leave reports out).
    pub is_progress: bool,
}

/// Which stream a record belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamName {
    /// The id of the session.
    pub session: String,
    /// The process that runs the request of the stream.
    pub process: String,
    /// The service of the session in that process.
    pub service: u32,
    /// The number of the request in that service.
    pub request: u64,
}

/// The client could need an event that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventsLost;

/// The content of a record: the whole state of a stream. A record that could not be written is
/// therefore complete again with the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StreamRecord {
    owner: SessionOwner,
    session: String,
    /// The service and the request.
    stream: (u32, u64),
    events: VecDeque<StreamEvent>,
    /// The last event that is not kept, except for replaced reports of progress.
    dropped: Option<u64>,
    pub(crate) has_ended: bool,
}

impl StreamRecord {
    pub(crate) fn new(owner: SessionOwner, name: &StreamName) -> Self {
        Self {
            owner,
            session: name.session.clone(),
            stream: (name.service, name.request),
            events: VecDeque::new(),
            dropped: None,
            has_ended: false,
        }
    }

    /// Returns whether this is the record of a stream. A record is reused for later streams.
    pub(crate) fn is_of(&self, name: &StreamName) -> bool {
        self.stream == (name.service, name.request)
    }

    /// Returns whether the record belongs to this caller, in this session. The key of the record
    /// depends on the session, and the seal on the key, so this is the second check.
    pub(crate) fn belongs_to(&self, owner: &SessionOwner, name: &StreamName) -> bool {
        self.owner == *owner && self.session == name.session
    }

    /// Adds an event, and drops the oldest ones beyond the bounds.
    pub(crate) fn push(&mut self, event: StreamEvent) {
        if event.is_progress {
            self.events.retain(|earlier| !earlier.is_progress);
        }
        self.events.push_back(event);
        while self.events.len() > MOST_EVENTS || self.size() > MOST_BYTES {
            match self.events.pop_front() {
                Some(event) if event.is_progress => {}
                Some(event) => self.dropped = Some(event.index),
                None => return,
            }
        }
    }

    /// Returns the events after the one with this number.
    ///
    /// # Errors
    ///
    /// If one of them is not kept: a client must not miss an event without noticing.
    pub(crate) fn after(&self, index: u64) -> Result<VecDeque<StreamEvent>, EventsLost> {
        if self.dropped.is_some_and(|dropped| dropped > index) {
            return Err(EventsLost);
        }
        let later = self.events.iter().filter(|event| event.index > index);
        Ok(later.cloned().collect())
    }

    /// Returns the size of the messages in the stored record, as escaped JSON strings.
    fn size(&self) -> usize {
        let size = |event: &StreamEvent| {
            let escaped = event.message.bytes().filter(|byte| b"\"\\".contains(byte));
            event.message.len() + escaped.count() + event.id.len()
        };
        self.events.iter().map(size).sum()
    }
}

#[cfg(test)]
mod tests;
