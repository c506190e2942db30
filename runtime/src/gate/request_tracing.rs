//! Traces requests, if the observer of the gate supports traces.

use std::sync::Arc;

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request, Response};

use crate::observer::{self, AnswerGuard, RequestHead, RequestTrace, trace_context};

use super::{Gate, message::IncomingMessage};

impl Gate {
    /// Starts the trace of a request, and writes its `traceparent` into the headers: every record of
    /// the request has its id.
    pub(super) fn begin_trace(
        &self,
        request: &mut Request<Body>,
        id: &HeaderValue,
    ) -> Option<Arc<dyn RequestTrace>> {
        let observation = self.observation.as_ref()?;
        let trace = observation.begin(&RequestHead {
            method: request.method(),
            path: request.uri().path(),
            version: request.version(),
            headers: request.headers(),
            request_id: id.to_str().unwrap_or_default(),
        })?;
        observer::write(&*trace, request.headers_mut());
        Some(trace)
    }

    /// Takes the trace from the `_meta` of a message, if the headers have no valid one.
    pub(super) fn trace_message(&self, headers: &mut HeaderMap, message: &IncomingMessage) {
        match self.trace() {
            None => trace_context::take_from_message(headers, message.traceparent()),
            Some(trace) => {
                if let Some(id) = message.response_envelope().id {
                    trace.read(&id);
                }
                if message.traceparent().is_some_and(|sent| trace.join(sent)) {
                    observer::write(&*trace, headers);
                }
            }
        }
    }

    /// Writes the `traceparent` of the item that is about to run into the headers.
    pub(super) fn trace_run(&self, headers: &mut HeaderMap) {
        if let Some(trace) = self.trace() {
            observer::write(&*trace, headers);
        }
    }

    fn trace(&self) -> Option<Arc<dyn RequestTrace>> {
        self.observation.as_ref()?.trace()
    }
}

/// Answers a request as part of its trace.
pub(super) async fn traced(
    trace: Arc<dyn RequestTrace>,
    answering: impl Future<Output = Response<Body>>,
) -> Response<Body> {
    let guard = AnswerGuard::new(&trace);
    let answer = observer::within(trace, answering).await;
    guard.answered(answer.status().as_u16());
    answer
}
