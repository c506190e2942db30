//! Records the streams of requests in sessions, in the store that the replicas share.
//!
//! rmcp's `EventStore` gets the id of a stream, which is a random number, and neither the session nor
//! its owner; and it waits for the store before it sends an event. So the events are taken from the
//! streams of a session here, after they were sent.

use std::hash::{BuildHasher, RandomState};

use futures_util::{Stream, StreamExt, future::Either};
use http::request::Parts;
use rmcp::{
    model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage, ServerNotification},
    transport::streamable_http_server::session::ServerSseMessage,
};
use toolgate_store::{
    EventKind, RecordedStream, Recording, SealedStore, SessionEvent, SessionOwner, StreamRecords,
};

use crate::authorization::Permit;

/// Returns the records of this process.
pub(super) fn records(store: &SealedStore) -> StreamRecords {
    // The keys of the hash are random, in each process.
    let process = RandomState::new().hash_one(());
    StreamRecords::new(store.clone(), format!("{process:016x}"))
}

/// Returns what records the events of a request, if its caller has a token.
pub(super) fn recording(
    records: &StreamRecords,
    session: &str,
    message: &ClientJsonRpcMessage,
) -> Option<Recording> {
    let JsonRpcMessage::Request(request) = message else {
        return None;
    };
    let head = request.request.extensions().get::<Parts>()?;
    let owner = SessionOwner::of(head.extensions.get::<Permit>()?.caller()?);
    let request = serde_json::to_value(&request.id).ok()?;
    Some(Recording::new(records, session, owner, &request))
}

/// Returns the events of a request, which are recorded if there is a recording.
pub(super) fn recorded(
    events: impl Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    recording: Option<Recording>,
) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static {
    match recording {
        Some(recording) => {
            let events = RecordedStream::new(events.map(Event), recording);
            Either::Left(events.map(|Event(event)| event))
        }
        None => Either::Right(events),
    }
}

#[derive(Clone)]
struct Event(ServerSseMessage);

impl SessionEvent for Event {
    fn id(&self) -> Option<&str> {
        self.0.event_id.as_deref()
    }

    fn with_id(mut self, id: String) -> Self {
        self.0.event_id = Some(id);
        self
    }

    fn message(&self) -> Option<String> {
        serde_json::to_string(self.0.message.as_deref()?).ok()
    }

    fn kind(&self) -> EventKind {
        match self.0.message.as_deref() {
            Some(JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_)) => EventKind::Answer,
            Some(JsonRpcMessage::Notification(notification)) => match &notification.notification {
                ServerNotification::ProgressNotification(_) => EventKind::Progress,
                _ => EventKind::Other,
            },
            _ => EventKind::Other,
        }
    }
}
