//! [`EventStream`]: the messages of an answer, one after the other.

use axum::body::Body;
use http_body_util::BodyExt;
use serde_json::Value;

/// The messages of an event stream (`text/event-stream`), as they arrive.
pub(crate) struct EventStream {
    body: Body,
    received: Vec<u8>,
}

impl EventStream {
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body,
            received: Vec::new(),
        }
    }

    /// Returns the next message, or `None` when the stream ends. Skips comments and events
    /// without a message.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some(event) = self.take_event() {
                let lines = event.lines().filter_map(|line| line.strip_prefix("data:"));
                let data: String = lines.map(str::trim).collect();
                if let Ok(message) = serde_json::from_str(&data) {
                    return Some(message);
                }
            }
            let frame = self.body.frame().await?.ok()?;
            if let Ok(data) = frame.into_data() {
                self.received.extend_from_slice(&data);
            }
        }
    }

    /// Takes the first complete event out of what has arrived.
    fn take_event(&mut self) -> Option<String> {
        let end = self.received.windows(2).position(|pair| pair == b"\n\n")? + 2;
        let event = self.received.drain(..end).collect::<Vec<_>>();
        Some(String::from_utf8_lossy(&event).into_owned())
    }
}
