//! Starts the trace of each request, and gives its spans the events of the gate.

use std::{fmt, sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use http::Version;
use toolgate_traces::{
    Exporter, RequestDecision, RequestSpans, ServerPlace, TraceSettings, UpstreamRequest,
};

use crate::{
    clock::Clock,
    denial::DenialReason,
    error::SetupErrors,
    observer::{
        self, DecisionEvent, NotRecordedError, Observer, OutcomeEvent, RequestHead, RequestTrace,
        UpstreamTrace, VerificationEvent, VerificationOutcome, trace_context,
    },
};

/// How long a server that stops waits for its collector. With the other limits of the shutdown it
/// stays below 30 seconds.
const FINISH: Duration = Duration::from_secs(2);

const SESSION: &str = "mcp-session-id";
const REVISION: &str = "mcp-protocol-version";

/// The observer that records and exports traces.
pub(super) struct TraceObserver {
    exporter: Arc<Exporter>,
    place: Option<ServerPlace>,
    clock: Arc<dyn Clock>,
}

impl TraceObserver {
    /// Starts to export. Returns `None` and adds an error if that fails.
    pub(super) fn start(
        settings: &TraceSettings,
        server: &str,
        resource: &str,
        clock: &Arc<dyn Clock>,
        faults: &mut SetupErrors,
    ) -> Option<Arc<Self>> {
        let endpoint = settings.endpoint();
        let settings = settings.clone().with_server_name(server);
        let exporter = Exporter::start(&settings)
            .map_err(|missing| {
                faults.add(
                    format!("traces cannot be sent to {endpoint}: {missing}"),
                    "remove OTEL_EXPORTER_OTLP_ENDPOINT, or supply what is missing",
                );
            })
            .ok()?;
        tracing::info!(target: "toolgate::traces", endpoint, "traces are sent");
        Some(Arc::new(Self {
            exporter,
            place: ServerPlace::of(resource),
            clock: Arc::clone(clock),
        }))
    }
}

impl Observer for TraceObserver {
    fn traces(&self) -> bool {
        true
    }

    fn begin(&self, request: &RequestHead<'_>) -> Option<Arc<dyn RequestTrace>> {
        let header = |name| request.headers.get(name)?.to_str().ok();
        let head = toolgate_traces::RequestHead {
            method: request.method.as_str(),
            path: request.path,
            version: match request.version {
                Version::HTTP_11 => Some("1.1"),
                Version::HTTP_2 => Some("2"),
                _ => None,
            },
            traceparent: trace_context::traceparent(request.headers),
            request_id: request.request_id,
            session: header(SESSION),
            revision: header(REVISION),
        };
        let (exporter, now) = (Arc::clone(&self.exporter), self.clock.since_epoch());
        let spans = RequestSpans::begin(exporter, self.place.as_ref(), &head, now);
        Some(Arc::new(Spans(spans)))
    }

    fn verified(&self, verification: &VerificationEvent<'_>) {
        if let Some(trace) = observer::current() {
            trace.verified(verification);
        }
    }

    fn decided(&self, decision: &DecisionEvent<'_>) -> Result<(), NotRecordedError> {
        if let Some(trace) = observer::current() {
            trace.decided(decision);
        }
        Ok(())
    }

    fn ended(&self, _: &OutcomeEvent<'_>) {
        // The run can end in another task. Its report notifies the trace.
    }

    fn finish(&self) -> BoxFuture<'_, ()> {
        self.exporter.finish(FINISH).boxed()
    }
}

/// The spans of one request.
struct Spans(RequestSpans);

impl RequestTrace for Spans {
    fn traceparent(&self) -> String {
        self.0.traceparent()
    }

    fn join(&self, traceparent: &str) -> bool {
        self.0.join(traceparent)
    }

    fn read(&self, id: &dyn fmt::Display) {
        self.0.note_id(&id.to_string());
    }

    fn verified(&self, verification: &VerificationEvent<'_>) {
        self.0.note_verification(&toolgate_traces::Verification {
            is_cached: verification.is_cached,
            kind: verification.kind,
            error: match verification.outcome {
                VerificationOutcome::Accepted => None,
                failed => Some(failed.as_str()),
            },
            duration: verification.duration,
        });
    }

    fn decided(&self, decision: &DecisionEvent<'_>) {
        self.0.decide(&RequestDecision {
            method: decision.known_method,
            item: decision.registered_item.map(|name| &**name),
            is_allowed: decision.is_allowed,
            outcome: decision.outcome,
            reason: decision.reason.map(DenialReason::code),
            is_late: decision.is_late,
            runs: decision.runs,
        });
    }

    fn ended(&self, end: &OutcomeEvent<'_>) {
        self.0.end_item(end.outcome.as_str());
    }

    fn upstream(self: Arc<Self>, url: &str) -> Box<dyn UpstreamTrace> {
        let request = self.0.begin_upstream(url);
        let traceparent = request.traceparent();
        Box::new(UpstreamSpan {
            request: Some(request),
            traceparent,
            spans: self,
        })
    }

    fn answered(&self, status: Option<u16>) {
        self.0.answer(status);
    }
}

struct UpstreamSpan {
    spans: Arc<Spans>,
    request: Option<UpstreamRequest>,
    traceparent: String,
}

impl UpstreamTrace for UpstreamSpan {
    fn traceparent(&self) -> String {
        self.traceparent.clone()
    }

    fn end(mut self: Box<Self>, error: Option<&'static str>) {
        if let Some(request) = self.request.take() {
            self.spans.0.end_upstream(request, error);
        }
    }
}

impl Drop for UpstreamSpan {
    fn drop(&mut self) {
        if let Some(request) = self.request.take() {
            self.spans.0.end_upstream(request, Some("cancelled"));
        }
    }
}
