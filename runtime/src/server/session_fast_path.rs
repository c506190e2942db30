//! A call in a session, from the message to the answer, without rmcp's own reading of it.

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
use http::{HeaderName, HeaderValue, Response, header};
use http_body::Frame;
use pin_project_lite::pin_project;
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::streamable_http_server::{SessionManager, session::ServerSseMessage},
};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::gate::SessionFastPath;

use super::{security_schemes::SessionsWithSecuritySchemes, transport::KEEP_ALIVE};

/// How long an answer that has begun waits for its end. Nearly all are whole by then, and
/// one that is whole is written at once, not event by event.
const GRACE: Duration = Duration::from_millis(10);
const ALIVE: &[u8] = b":\n\n";

/// The open sessions.
pub(super) struct OpenSessions {
    pub(super) sessions: Arc<SessionsWithSecuritySchemes>,
    /// Ends what is still being told.
    pub(super) stop: CancellationToken,
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
        let asking = async move {
            match self.sessions.create_stream(&id, request).await {
                Ok(told) => Some(answer(told, &self.stop).await),
                Err(error) => {
                    tracing::error!(%error, "a session did not take a request");
                    None
                }
            }
        };
        asking.boxed()
    }
}

/// What a session tells, as an answer.
async fn answer<S>(told: S, stop: &CancellationToken) -> Response<Body>
where
    S: Stream<Item = ServerSseMessage> + Send + 'static,
{
    let mut told = Box::pin(told);
    let mut begun = Vec::new();
    let mut grace = pin!(sleep(GRACE));
    let is_whole = loop {
        tokio::select! {
            biased;
            event = told.next() => match event {
                Some(event) => write(&mut begun, event),
                None => break true,
            },
            () = &mut grace => break false,
        }
    };
    if is_whole {
        return in_events(begun.into());
    }
    in_events(Body::new(Telling {
        begun: (!begun.is_empty()).then(|| begun.into()),
        told,
        alive: sleep(KEEP_ALIVE),
        stop: stop.clone().cancelled_owned(),
    }))
}

fn in_events(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// One event as rmcp writes it. JSON has no line breaks, so its text is one line of data.
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
    /// The rest of what a session tells.
    struct Telling<S> {
        begun: Option<Bytes>,
        told: Pin<Box<S>>,
        #[pin]
        alive: Sleep,
        #[pin]
        stop: WaitForCancellationFutureOwned,
    }
}

impl<S: Stream<Item = ServerSseMessage>> http_body::Body for Telling<S> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut this = self.project();
        if let Some(begun) = this.begun.take() {
            return Poll::Ready(Some(Ok(Frame::data(begun))));
        }
        if this.stop.poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let text = match this.told.poll_next_unpin(cx) {
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Ready(Some(event)) => {
                let mut text = Vec::new();
                write(&mut text, event);
                text.into()
            }
            Poll::Pending if this.alive.as_mut().poll(cx).is_ready() => Bytes::from_static(ALIVE),
            Poll::Pending => return Poll::Pending,
        };
        this.alive.reset(Instant::now() + KEEP_ALIVE);
        Poll::Ready(Some(Ok(Frame::data(text))))
    }
}

#[cfg(test)]
mod tests;
