//! [`ResumePoint`]: where a client continues the stream of a request.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{Replayed, StreamName, StreamReplay};

/// Separates the id of an event in its session from the process and the request.
const SEPARATOR: char = '~';

/// The longest id of a request in the id of an event.
const LONGEST_REQUEST: usize = 1024;

/// The error of JSON-RPC for a result that the server could not produce.
const INTERNAL_ERROR: i32 = -32603;

const LOST: &str = "the answer of this request is lost: the server that ran it has ended, or the \
    answer was too large or is too old; the request may have run, so check its effect before you \
    send it again";

/// A comment of the event stream format, which keeps proxies from closing a silent stream.
const COMMENT: &str = ":\n\n";

/// Where a client continues the stream of a request, parsed from the id of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct ResumePoint {
    /// The stream.
    pub name: StreamName,
    /// The number of the last event that the client has got.
    pub after: u64,
    /// The id of the request. It is in the id of each event, so that a replica that knows nothing
    /// else can end the request with an error.
    pub request: Value,
}

/// Returns what follows the id of each event of a request in a session.
pub(crate) fn suffix(process: &str, request: &Value) -> String {
    let request = BASE64_URL_SAFE_NO_PAD.encode(request.to_string());
    format!("{SEPARATOR}{process}{SEPARATOR}{request}")
}

impl ResumePoint {
    /// Reads the id of an event of a recorded stream.
    pub fn parse(session: &str, event: &str) -> Option<Self> {
        let mut parts = event.split(SEPARATOR);
        let (event, process, request) = (parts.next()?, parts.next()?, parts.next()?);
        let ((service, after, number), is_last) = (numbers(event)?, parts.next().is_none());
        let is_short = process.len() <= 16 && request.len() <= LONGEST_REQUEST;
        let request = BASE64_URL_SAFE_NO_PAD.decode(request).ok()?;
        let request: Value = serde_json::from_slice(&request).ok()?;
        let is_id = request.is_string() || request.is_i64();
        (is_last && is_short && is_id).then_some(Self {
            name: StreamName {
                session: session.to_owned(),
                process: process.to_owned(),
                service,
                request: number,
            },
            after,
            request,
        })
    }

    /// Returns the id of the event within its session, without the process and the request.
    pub fn in_session(event: &str) -> &str {
        event
            .split_once(SEPARATOR)
            .map_or(event, |(event, _)| event)
    }

    /// Returns the error that ends a request whose answer is lost, as a message of JSON-RPC.
    pub fn lost(&self) -> Value {
        let data = json!({"error": "server_error", "reason": "answer_lost"});
        let error = json!({"code": INTERNAL_ERROR, "message": LOST, "data": data});
        json!({"jsonrpc": "2.0", "id": self.request, "error": error})
    }

    /// Returns the rest of the stream as text, with a comment after each silence of this length.
    pub fn events(self, replay: StreamReplay, silence: Duration) -> BoxStream<'static, String> {
        let text = stream::unfold((self, replay), move |(point, mut replay)| async move {
            let text = match timeout(silence, replay.next()).await {
                Err(_) => COMMENT.to_owned(),
                Ok(None) => return None,
                Ok(Some(Replayed::Event(event))) => {
                    format!("data: {}\nid: {}\n\n", event.message, event.id)
                }
                Ok(Some(Replayed::Lost)) => format!("data: {}\n\n", point.lost()),
            };
            Some((text, (point, replay)))
        });
        text.boxed()
    }
}

/// Reads the service, the event and the request of an event's id in a session: `2.5/3`, or `5/3` of
/// the first service.
pub(crate) fn numbers(event: &str) -> Option<(u32, u64, u64)> {
    let (service, event) = event.split_once('.').unwrap_or(("0", event));
    let (index, request) = event.split_once('/')?;
    Some((
        service.parse().ok()?,
        index.parse().ok()?,
        request.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests;
