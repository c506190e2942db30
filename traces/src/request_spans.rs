//! [`RequestSpans`]: the spans of one request, by the semantic conventions of OpenTelemetry for MCP,
//! HTTP and generative AI.
//!
//! The span of the server is the parent of `verify` and of the item, and the item is the parent of
//! the requests that it sends upstream. All are sent together, when the answer has a status and the
//! item has ended.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    exporter::Exporter,
    server_place::ServerPlace,
    span::{Span, SpanKind, Value},
    span_context::SpanContext,
};

mod attributes;
#[cfg(test)]
mod tests;

pub use attributes::{RequestDecision, RequestHead, Verification};

/// A request with this many inner spans records no further upstream requests, of which an item can
/// send any number.
const MOST_UPSTREAM: usize = 64;

/// The outcome of a run without an error.
const RAN: &str = "ran";

/// The spans of one request.
pub struct RequestSpans {
    exporter: Arc<Exporter>,
    /// The time of day at the start, in nanoseconds. All other times are measured with a
    /// monotonic clock.
    wall: u64,
    started: Instant,
    state: Mutex<State>,
}

struct State {
    /// The span of the server.
    context: SpanContext,
    /// The span of the client.
    parent: Option<SpanContext>,
    name: Cow<'static, str>,
    attributes: Vec<(&'static str, Value)>,
    error: Option<Cow<'static, str>>,
    item: Option<ItemSpan>,
    /// The finished spans within the request.
    children: Vec<Span>,
    /// The end of the answer's head.
    answered: Option<u64>,
    is_sent: bool,
}

struct ItemSpan {
    context: SpanContext,
    name: String,
    start: u64,
    end: Option<u64>,
}

/// A request to another server that has not ended.
#[derive(Debug)]
pub struct UpstreamRequest {
    context: SpanContext,
    parent: [u8; 8],
    start: u64,
    place: Option<ServerPlace>,
}

impl UpstreamRequest {
    /// Returns the `traceparent` to send.
    #[must_use]
    pub fn traceparent(&self) -> String {
        self.context.to_string()
    }
}

impl RequestSpans {
    /// Starts the spans of a request at this time since the start of 1970.
    #[must_use]
    pub fn begin(
        exporter: Arc<Exporter>,
        place: Option<&ServerPlace>,
        head: &RequestHead<'_>,
        now: Duration,
    ) -> Self {
        let parent = head.traceparent.and_then(SpanContext::parse);
        let context = continued(&exporter, parent.as_ref());
        let (name, attributes) = attributes::of_head(head, place);
        Self {
            exporter,
            wall: u64::try_from(now.as_nanos()).unwrap_or_default(),
            started: Instant::now(),
            state: Mutex::new(State {
                context,
                parent,
                name: name.into(),
                attributes,
                error: None,
                item: None,
                children: Vec::new(),
                answered: None,
                is_sent: false,
            }),
        }
    }

    /// Returns the `traceparent` of the current span: the span of the item while the item runs,
    /// otherwise the span of the server.
    #[must_use]
    pub fn traceparent(&self) -> String {
        self.state().current().to_string()
    }

    /// Makes the span of the server a child of the span in the message, unless the head of the
    /// request has named a valid span. Returns whether the parent has changed.
    pub fn join(&self, traceparent: &str) -> bool {
        let mut state = self.state();
        let Some(sent) = SpanContext::parse(traceparent).filter(|_| state.parent.is_none()) else {
            return false;
        };
        // The verification is already a child of this span.
        let context = continued(&self.exporter, Some(&sent));
        state.context = state.context.in_trace_of(&context);
        state.parent = Some(sent);
        true
    }

    /// Notes the id of the message.
    pub fn note_id(&self, id: &str) {
        let id = ("jsonrpc.request.id", Value::clipped(id));
        self.state().attributes.push(id);
    }

    /// Notes that a token was verified.
    pub fn note_verification(&self, verification: &Verification) {
        let end = self.now();
        let mut state = self.state();
        let duration = nanoseconds(verification.duration);
        let verify = Span {
            name: "verify".into(),
            kind: SpanKind::Internal,
            context: state.context.child(),
            parent: Some(state.context.span),
            is_parent_remote: false,
            times: [end.saturating_sub(duration), end],
            attributes: verification.attributes(),
            is_error: verification.error.is_some(),
        };
        state.children.push(verify);
    }

    /// Notes the decision. If an item runs, its span begins.
    pub fn decide(&self, decision: &RequestDecision<'_>) {
        let start = self.now();
        let mut state = self.state();
        state.error = decision.error().map(|error| error.to_owned().into());
        if decision.is_late {
            return;
        }
        if let Some(name) = decision.span_name() {
            state.name = name;
        }
        decision.describe(&mut state.attributes);
        if decision.runs {
            state.item = Some(ItemSpan {
                context: state.context.child(),
                name: decision.item.unwrap_or_default().to_owned(),
                start,
                end: None,
            });
        }
    }

    /// Notes the end of the item.
    pub fn end_item(&self, outcome: &'static str) {
        let now = self.now();
        let mut state = self.state();
        let server = state.context.span;
        let Some(item) = &mut state.item else { return };
        if item.end.replace(now).is_some() {
            return;
        }
        let mut attributes = vec![
            ("toolgate.item.name", Value::clipped(&item.name)),
            ("toolgate.run.outcome", outcome.into()),
        ];
        let is_error = outcome != RAN;
        if is_error {
            attributes.push(("error.type", outcome.into()));
        }
        let span = Span {
            name: format!("item {}", item.name).into(),
            kind: SpanKind::Internal,
            context: item.context,
            parent: Some(server),
            is_parent_remote: false,
            times: [item.start, now],
            attributes,
            is_error,
        };
        state.children.push(span);
        if is_error && state.error.is_none() {
            state.error = Some(outcome.into());
        }
        self.send_if_complete(state);
    }

    /// Starts the span of a request to another server.
    #[must_use]
    pub fn begin_upstream(&self, url: &str) -> UpstreamRequest {
        let parent = *self.state().current();
        UpstreamRequest {
            context: parent.child(),
            parent: parent.span,
            start: self.now(),
            place: ServerPlace::of(url),
        }
    }

    /// Ends the span of a request to another server.
    pub fn end_upstream(&self, upstream: UpstreamRequest, error: Option<&'static str>) {
        let mut attributes = vec![("http.request.method", "POST".into())];
        if let Some(place) = &upstream.place {
            place.describe(&mut attributes);
        }
        if let Some(error) = error {
            attributes.push(("error.type", error.into()));
        }
        let span = Span {
            name: "token_exchange".into(),
            kind: SpanKind::Client,
            context: upstream.context,
            parent: Some(upstream.parent),
            is_parent_remote: false,
            times: [upstream.start, self.now()],
            attributes,
            is_error: error.is_some(),
        };
        let mut state = self.state();
        let count = state.children.len();
        if state.is_sent && span.context.is_sampled() {
            // A task of the item has outlived the request.
            drop(state);
            self.exporter.export(vec![span]);
        } else if !state.is_sent && count < MOST_UPSTREAM {
            state.children.push(span);
        }
    }

    /// Notes the status of the answer, or `None` if the client has disconnected before.
    pub fn answer(&self, status: Option<u16>) {
        let now = self.now();
        let mut state = self.state();
        match status {
            Some(status) => {
                let code = ("http.response.status_code", i64::from(status).into());
                state.attributes.push(code);
                if status >= 400 && state.error.is_none() {
                    state.error = Some(status.to_string().into());
                }
            }
            None if state.error.is_none() => state.error = Some("cancelled".into()),
            None => {}
        }
        state.answered = Some(now);
        self.send_if_complete(state);
    }

    fn now(&self) -> u64 {
        self.wall
            .saturating_add(nanoseconds(self.started.elapsed()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send_if_complete(&self, mut state: MutexGuard<'_, State>) {
        let Some(answered) = state.answered.filter(|_| !state.is_sent) else {
            return;
        };
        let end = match &state.item {
            None => answered,
            Some(item) => match item.end {
                Some(end) => end.max(answered),
                None => return,
            },
        };
        state.is_sent = true;
        let spans = state.take_spans([self.wall, end]);
        let is_sampled = state.context.is_sampled();
        drop(state);
        if is_sampled {
            self.exporter.export(spans);
        }
    }
}

impl State {
    fn current(&self) -> &SpanContext {
        match &self.item {
            Some(item) if item.end.is_none() => &item.context,
            _ => &self.context,
        }
    }

    fn take_spans(&mut self, times: [u64; 2]) -> Vec<Span> {
        let mut attributes = std::mem::take(&mut self.attributes);
        let is_error = self.error.is_some();
        if let Some(error) = self.error.take() {
            attributes.push(("error.type", Value::Text(error)));
        }
        let server = Span {
            name: std::mem::take(&mut self.name),
            kind: SpanKind::Server,
            context: self.context,
            parent: self.parent.map(|parent| parent.span),
            is_parent_remote: self.parent.is_some(),
            times,
            attributes,
            is_error,
        };
        let children = std::mem::take(&mut self.children);
        let joined = children.into_iter().map(|child| Span {
            context: child.context.in_trace_of(&self.context),
            ..child
        });
        std::iter::once(server).chain(joined).collect()
    }
}

impl fmt::Debug for RequestSpans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSpans").finish_non_exhaustive()
    }
}

/// Returns the context of the server's span, in the trace of the client or in a new one.
fn continued(exporter: &Exporter, sent: Option<&SpanContext>) -> SpanContext {
    let context = sent.map_or_else(SpanContext::root, SpanContext::child);
    let is_sampled = exporter.sampler().samples(sent, &context);
    context.with_sampled(is_sampled)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
