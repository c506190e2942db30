//! Answers a slow request outside of a session by an event stream, which has comments until
//! the result is there: a proxy ends a connection on which no byte arrives for a time.

use std::{convert::Infallible, panic::AssertUnwindSafe, time::Duration};

use axum::body::{Body, to_bytes};
use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body_util::BodyExt;
use rmcp::model::RequestId;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    accept_header::{self, AnswerType},
    authorize::AuthorizedRequest,
    late_denial::{InStream, is_event_stream},
    refusal::server_error,
};

/// The interval of comments in silent streams. Some proxies close a silent connection after 30
/// seconds.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A comment of the event stream format, which clients skip. It keeps proxies from closing a
/// silent stream.
pub(crate) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// The error of JSON-RPC for a result that the server could not produce.
const INTERNAL_ERROR: i32 = -32603;

/// Returns the id of a request whose answer may become an event stream: its client accepts one,
/// and no session or endless stream belongs to the answer.
pub(super) fn id_of(request: &AuthorizedRequest, headers: &HeaderMap) -> Option<RequestId> {
    let is_plain = request.session.is_none() && request.reservation.is_none() && !request.streams;
    let accepts = is_plain && accept_header::check(headers, AnswerType::Events).is_ok();
    accepts.then(|| request.message.response_envelope().id)?
}

/// Returns the answer if it is there within the time `after`, or starts an event stream.
pub(super) async fn respond(
    mut answer: BoxFuture<'static, Response<Body>>,
    id: RequestId,
    after: Duration,
) -> Response<Body> {
    if let Ok(answer) = timeout(after, &mut answer).await {
        return answer;
    }
    // The gate catches a panic before the head is sent; the stream needs its own guard.
    let answer = AssertUnwindSafe(answer).catch_unwind();
    let answer = answer.map(|answer| answer.unwrap_or_else(|_| server_error()));
    let started = stream::iter([Ok::<_, Infallible>(COMMENT)]);
    let rest = stream::unfold(Progress::Running(answer.boxed(), id), step);
    event_stream(Body::from_stream(stream::StreamExt::chain(started, rest)))
}

/// Returns the response of an event stream.
pub(crate) fn event_stream(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        // nginx would otherwise collect the events.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Returns a complete event stream of one message.
pub(super) fn in_event_stream(message: &[u8]) -> Response<Body> {
    event_stream(in_event(message).into())
}

/// What the stream waits for.
enum Progress {
    Running(BoxFuture<'static, Response<Body>>, RequestId),
    /// The answer is an event stream itself.
    Forwarding(Body),
    Done,
}

async fn step(progress: Progress) -> Option<(Result<Bytes, Infallible>, Progress)> {
    match progress {
        Progress::Running(mut answer, id) => match timeout(KEEP_ALIVE, &mut answer).await {
            Err(_) => Some((Ok(COMMENT), Progress::Running(answer, id))),
            Ok(answer) if is_event_stream(&answer) => {
                Some((Ok(COMMENT), Progress::Forwarding(answer.into_body())))
            }
            Ok(mut answer) => {
                let event = match answer.extensions_mut().remove::<InStream>() {
                    Some(InStream(message)) => in_event(&message),
                    None => event(answer, &id).await,
                };
                Some((Ok(event), Progress::Done))
            }
        },
        Progress::Forwarding(mut body) => loop {
            let frame = body.frame().await?.ok()?;
            if let Ok(data) = frame.into_data() {
                break Some((Ok(data), Progress::Forwarding(body)));
            }
        },
        Progress::Done => None,
    }
}

/// Returns the event with the message of an answer. The status has been sent, so an answer that
/// is no message of JSON-RPC becomes an error of the request.
async fn event(answer: Response<Body>, id: &RequestId) -> Bytes {
    let message = to_bytes(answer.into_body(), usize::MAX).await;
    let message = message.ok().filter(|message| is_message(message));
    let message = message.unwrap_or_else(|| {
        let error = json!({"code": INTERNAL_ERROR, "message": "the server could not answer"});
        let message = json!({"jsonrpc": "2.0", "id": id, "error": error});
        message.to_string().into()
    });
    in_event(&message)
}

/// Returns the event with this message. Serialized JSON has no line breaks, so it is one line of
/// data.
fn in_event(message: &[u8]) -> Bytes {
    [b"data: ", message, b"\n\n"].concat().into()
}

fn is_message(text: &[u8]) -> bool {
    let is_one_line = !text.contains(&b'\n');
    is_one_line
        && serde_json::from_slice::<Value>(text)
            .is_ok_and(|message| message.get("jsonrpc").is_some())
}

#[cfg(test)]
mod tests;
