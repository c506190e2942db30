//! Sends a call to an open session of rmcp and writes its answer as an event stream.

use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture};
use http::Response;
use http_body::Frame;
use pin_project_lite::pin_project;
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::streamable_http_server::{SessionManager, session::ServerSseMessage},
};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::gate::{COMMENT, KEEP_ALIVE, SessionFastPath, SessionServices, event_stream};

use super::security_schemes::SessionsWithSecuritySchemes;

/// How long to wait for a complete answer. Most answers are complete by then, and are sent as
/// one body instead of event by event.
const GRACE: Duration = Duration::from_millis(10);

/// The open sessions.
pub(super) struct OpenSessions {
    pub(super) sessions: Arc<SessionsWithSecuritySchemes>,
    /// Ends the answers that are still being sent.
    pub(super) stop: CancellationToken,
}

impl SessionServices for OpenSessions {
    fn release<'s>(&'s self, session: &'s str) -> BoxFuture<'s, ()> {
        let id = session.into();
        async move { self.sessions.release(&id).await }.boxed()
    }
}

impl SessionFastPath for OpenSessions {
    fn has<'s>(&'s self, session: &'s str) -> BoxFuture<'s, bool> {
        let id = session.into();
        async move { self.sessions.has_session(&id).await.unwrap_or(false) }.boxed()
    }

    fn send<'s>(
        &'s self,
        session: &'s str,
        request: ClientJsonRpcMessage,
    ) -> BoxFuture<'s, Option<Response<Body>>> {
        let id = session.into();
        let sending = async move {
            match self.sessions.create_stream(&id, request).await {
                Ok(events) => Some(answer(events, &self.stop).await),
                Err(error) => {
                    tracing::error!(%error, "a session did not accept a request");
                    None
                }
            }
        };
        sending.boxed()
    }
}

/// Returns the events of a session as an answer.
async fn answer<S>(events: S, stop: &CancellationToken) -> Response<Body>
where
    S: Stream<Item = ServerSseMessage> + Send + 'static,
{
    let mut events = Box::pin(events);
    let mut start = Vec::new();
    let mut grace = pin!(sleep(GRACE));
    let is_complete = loop {
        tokio::select! {
            biased;
            event = events.next() => match event {
                Some(event) => write(&mut start, event),
                None => break true,
            },
            () = &mut grace => break false,
        }
    };
    if is_complete {
        return event_stream(start.into());
    }
    event_stream(Body::new(SessionEvents {
        start: (!start.is_empty()).then(|| start.into()),
        events,
        alive: sleep(KEEP_ALIVE),
        stop: stop.clone().cancelled_owned(),
    }))
}

/// Writes one event as rmcp does. Serialized JSON has no line breaks, so it is one line of data.
fn write(text: &mut Vec<u8>, event: ServerSseMessage) {
    text.extend_from_slice(b"data: ");
    if let Some(message) = &event.message {
        let length = text.len();
        if let Err(error) = serde_json::to_writer(&mut *text, message.as_ref()) {
            tracing::error!(%error, "a message could not be written");
            text.truncate(length);
        }
    }
    let id = event.event_id.map(|id| format!("\nid: {id}"));
    let retry = event
        .retry
        .map(|retry| format!("\nretry: {}", retry.as_millis()));
    for line in [id, retry].iter().flatten() {
        text.extend_from_slice(line.as_bytes());
    }
    text.extend_from_slice(b"\n\n");
}

pin_project! {
    /// The body of an answer that was not complete in time.
    struct SessionEvents<S> {
        start: Option<Bytes>,
        events: Pin<Box<S>>,
        #[pin]
        alive: Sleep,
        #[pin]
        stop: WaitForCancellationFutureOwned,
    }
}

impl<S: Stream<Item = ServerSseMessage>> http_body::Body for SessionEvents<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut this = self.project();
        if let Some(start) = this.start.take() {
            return Poll::Ready(Some(Ok(Frame::data(start))));
        }
        if this.stop.poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let text = match this.events.poll_next_unpin(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(event)) => {
                let mut text = Vec::new();
                write(&mut text, event);
                text.into()
            }
            Poll::Pending if this.alive.as_mut().poll(cx).is_ready() => COMMENT,
            Poll::Pending => return Poll::Pending,
        };
        this.alive.reset(Instant::now() + KEEP_ALIVE);
        Poll::Ready(Some(Ok(Frame::data(text))))
    }
}

#[cfg(test)]
mod tests;
