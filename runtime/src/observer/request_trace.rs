//! [`RequestTrace`]: the trace of one request, and the task-local value that holds it.

use std::{fmt, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};

use super::{DecisionEvent, OutcomeEvent, VerificationEvent, trace_context::TRACEPARENT};

/// What the head of a request states, before anything is checked.
#[derive(Debug, Clone, Copy)]
pub struct RequestHead<'a> {
    /// The HTTP method.
    pub method: &'a Method,
    /// The path, without a query.
    pub path: &'a str,
    /// The HTTP version.
    pub version: Version,
    /// The headers, with the id of the request.
    pub headers: &'a HeaderMap,
    /// The id of the request.
    pub request_id: &'a str,
}

/// Records the spans of one request. An [`Observer`](super::Observer) that traces starts it.
pub trait RequestTrace: Send + Sync {
    /// Returns the `traceparent` of the current span: the span of the item while the item runs,
    /// otherwise the span of the server.
    fn traceparent(&self) -> String;

    /// Joins the trace that the `_meta` of the message names, unless the headers have named a valid
    /// one. Returns whether the trace has changed.
    fn join(&self, traceparent: &str) -> bool;

    /// Gets the id of the message.
    fn read(&self, id: &dyn fmt::Display);

    /// Gets the verification of the token.
    fn verified(&self, verification: &VerificationEvent<'_>);

    /// Gets the decision.
    fn decided(&self, decision: &DecisionEvent<'_>);

    /// Gets the end of the run.
    fn ended(&self, end: &OutcomeEvent<'_>);

    /// Starts the span of a request to another server at this URL.
    fn upstream(self: Arc<Self>, url: &str) -> Box<dyn UpstreamTrace>;

    /// Gets the status of the answer, or `None` if the client disconnects before it has one.
    fn answered(&self, status: Option<u16>);
}

/// Records the span of one request to another server. A value that is dropped before
/// [`end`](Self::end) records a cancelled request.
pub trait UpstreamTrace: Send + Sync {
    /// Returns the `traceparent` to send.
    fn traceparent(&self) -> String;

    /// Ends the span.
    fn end(self: Box<Self>, error: Option<&'static str>);
}

tokio::task_local! {
    /// The trace of the request that a task serves.
    static CURRENT: Arc<dyn RequestTrace>;
}

/// Returns the trace of the request that this task serves, if it is traced.
pub(crate) fn current() -> Option<Arc<dyn RequestTrace>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Runs a future as part of a trace.
pub(crate) fn within<F: Future>(
    trace: Arc<dyn RequestTrace>,
    future: F,
) -> impl Future<Output = F::Output> {
    CURRENT.scope(trace, future)
}

/// Writes the `traceparent` of the current span into the headers of the request. Records and items
/// read it there.
pub(crate) fn write(trace: &dyn RequestTrace, headers: &mut HeaderMap) {
    if let Ok(value) = HeaderValue::try_from(trace.traceparent()) {
        headers.insert(HeaderName::from_static(TRACEPARENT), value);
    }
}

/// Reports the end of an answer exactly once.
pub(crate) struct AnswerGuard(Option<Arc<dyn RequestTrace>>);

impl AnswerGuard {
    pub(crate) fn new(trace: &Arc<dyn RequestTrace>) -> Self {
        Self(Some(Arc::clone(trace)))
    }

    pub(crate) fn answered(mut self, status: u16) {
        if let Some(trace) = self.0.take() {
            trace.answered(Some(status));
        }
    }
}

impl Drop for AnswerGuard {
    fn drop(&mut self) {
        if let Some(trace) = self.0.take() {
            trace.answered(None);
        }
    }
}
