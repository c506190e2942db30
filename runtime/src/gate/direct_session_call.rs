//! The execution path of a call in a session that needs nothing from rmcp.
//!
//! The gate starts the tool itself and waits ten milliseconds for the result. It writes the result
//! of a quick call as one event. It gives a slow call, while it runs, to the rmcp service of the
//! session: then the client can cancel the call, and can reconnect and get the result.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use futures_util::FutureExt;
use http::{HeaderMap, Response, request::Parts};
use rmcp::model::{JsonObject, RequestId};
use tokio::{runtime::Handle, time::timeout};

use crate::throttle::RunningItem;
use crate::{authorization::Permit, operation::Operation};

use super::{
    Gate,
    authorize::AuthorizedRequest,
    fast_message::{FastMessage, FastRequest, Revision},
    refusal::server_error,
    response_envelope::ResponseEnvelope,
    session::SessionGuard,
    slow_answer::in_event_stream,
    stateless_fast_path::{DeniedDuringRun, RunningCall, call_message},
};

/// How long a call runs before the session's service takes it over.
const GRACE: Duration = Duration::from_millis(10);

/// A call that the gate has started, for the handler of its session. It is an extension of the
/// request.
#[derive(Clone)]
pub(crate) struct StartedCall(Arc<Mutex<Option<RunningCall>>>);

impl StartedCall {
    fn new(running: RunningCall) -> Self {
        Self(Arc::new(Mutex::new(Some(running))))
    }

    /// Takes the call. Returns `None` if it was taken before.
    pub(crate) fn take(&self) -> Option<RunningCall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The state of a call when the gate stops waiting for it.
pub(super) enum SessionCallProgress {
    Answered(Response<Body>),
    Denied(Box<DeniedDuringRun>),
    /// The call still runs. The message is as the client sent it, but without the arguments.
    Running(FastMessage, StartedCall),
    /// rmcp has to run the call.
    Declined,
}

/// Runs a permitted call, and waits for its end for at most `GRACE`.
///
/// The authorized request keeps the mark of a call that starts until its service has it.
pub(super) async fn run(
    gate: &Arc<Gate>,
    authorized: &mut AuthorizedRequest,
    parts: &Parts,
) -> SessionCallProgress {
    let (Some(path), Some(session)) = (&gate.stateless_fast_path, &authorized.session) else {
        return SessionCallProgress::Declined;
    };
    let (permit, report) = (&authorized.permit, authorized.report.as_ref());
    let Some(message) = authorized.message.take_fast() else {
        return SessionCallProgress::Declined;
    };
    let FastRequest::Call { name, arguments } = message.request else {
        return SessionCallProgress::Declined;
    };
    authorized.starting = Some(session.begin_call().await);
    let Some(mut running) = path.call(permit, arguments, report) else {
        return SessionCallProgress::Declined;
    };
    let (id, revision) = (message.id, message.revision);
    // Most tools return on the first poll. Such a call needs no timer and no copies for `SlowCall`.
    if let Some(end) = (&mut running).now_or_never() {
        return ended(end, name, id, &revision);
    }
    let mut connected = Connected(Some(SlowCall {
        running,
        gate: Arc::clone(gate),
        session: Arc::clone(session),
        permit: permit.clone(),
        tool: name.clone(),
        headers: parts.headers.clone(),
        _counted: parts.extensions.get::<Arc<RunningItem>>().cloned(),
    }));
    match timeout(GRACE, &mut connected).await {
        Ok(end) => ended(end, name, id, &revision),
        Err(_) => {
            let arguments = JsonObject::new();
            let message = FastMessage {
                id,
                revision,
                request: FastRequest::Call { name, arguments },
                traceparent: message.traceparent,
            };
            match connected.0.take() {
                Some(call) => SessionCallProgress::Running(message, StartedCall::new(call.running)),
                None => SessionCallProgress::Declined,
            }
        }
    }
}

/// Writes the answer of a call that has ended.
fn ended(end: CallEnd, tool: String, id: RequestId, revision: &Revision) -> SessionCallProgress {
    match end {
        // The tool has run, so rmcp must not run it again.
        Ok(response) => SessionCallProgress::Answered(
            call_message(id, response, revision)
                .map_or_else(server_error, |message| in_event_stream(&message)),
        ),
        Err(denial) => {
            SessionCallProgress::Denied(Box::new(DeniedDuringRun::new(tool, *denial, id, revision)))
        }
    }
}

type CallEnd = <RunningCall as Future>::Output;

/// A slow call whose client is connected. If the client disconnects, the call runs on without it:
/// in a session that does not cancel a call (MCP 2025-11-25, Transports, "Sending Messages to the
/// Server").
struct Connected(Option<SlowCall>);

/// A call that did not return on the first poll, with the values to finish it without its client.
struct SlowCall {
    running: RunningCall,
    gate: Arc<Gate>,
    session: Arc<SessionGuard>,
    permit: Permit,
    tool: String,
    headers: HeaderMap,
    /// Counts the call as running until it ends (`concurrency`).
    _counted: Option<Arc<RunningItem>>,
}

impl SlowCall {
    /// Waits for the result after the client has disconnected. Discards the result and records a
    /// denial.
    async fn run_alone(self) {
        let Self {
            running,
            gate,
            session,
            permit,
            tool,
            headers,
            _counted,
        } = self;
        if let Err(denial) = running.await {
            let operation = Operation::CallTool(&tool);
            let envelope = ResponseEnvelope::default();
            drop(gate.refuse_late(&permit, operation, *denial, &headers, envelope));
        }
        drop(session);
    }
}

impl Future for Connected {
    type Output = CallEnd;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CallEnd> {
        let Some(call) = &mut self.0 else {
            return Poll::Pending;
        };
        let end = std::task::ready!(call.running.poll_unpin(cx));
        self.0 = None;
        Poll::Ready(end)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        if let (Some(call), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(call.run_alone().boxed());
        }
    }
}
