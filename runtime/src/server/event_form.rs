//! The form of the events of a session: which of them its client knows, and their ids.

use futures_util::{Stream, StreamExt, future};
use rmcp::transport::streamable_http_server::session::ServerSseMessage;

/// The form of the events of one session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct EventForm {
    /// Whether the revision of the session has events without a message.
    pub(super) is_primed: bool,
    /// How many services the session had before this one. Each service numbers its streams and
    /// events from 0, so the ids name the service: otherwise a client that resumes a stream of an
    /// earlier service would get the events of another stream.
    pub(super) earlier_services: u32,
}

impl EventForm {
    /// Returns the events of a stream in this form, without those that the client does not know.
    pub(super) fn apply(
        self,
        events: impl Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    ) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static {
        let known =
            events.filter(move |event| future::ready(self.is_primed || event.message.is_some()));
        known.map(move |mut event| {
            event.event_id = event.event_id.map(|id| self.published(id));
            event
        })
    }

    fn published(self, id: String) -> String {
        match self.earlier_services {
            0 => id,
            service => format!("{service}.{id}"),
        }
    }

    /// Converts a published id to the id that the service uses for the last event. For an event of
    /// an earlier service this is the beginning of the session's stream, or an id that does not
    /// exist for the stream of a request: that request has ended.
    pub(super) fn last_event(self, published: &str) -> String {
        let (service, id) = match published.split_once('.') {
            Some((service, id)) => (service.parse().ok(), id),
            None => (Some(0), published),
        };
        match (service == Some(self.earlier_services), id.contains('/')) {
            (true, _) => id.to_owned(),
            (false, false) => "0".to_owned(),
            (false, true) => format!("0/{}", u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests;
