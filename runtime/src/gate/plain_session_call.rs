//! The lane of a call in a session that needs nothing from rmcp.
//!
//! Most calls end at once, and their answer is one event. A call that takes longer goes to the
//! session's service while it runs: then its client can cancel it, or resume its answer.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use futures_util::FutureExt;
use http::Response;
use rmcp::model::JsonObject;
use tokio::{runtime::Handle, time::timeout};

use crate::{authorization::Permit, observer::RunReport};

use super::{
    fast_message::{FastMessage, FastRequest},
    session::SessionGuard,
    slow_answer::in_event_stream,
    stateless_fast_path::{DeniedCall, RunningCall, StatelessFastPath, call_message},
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
pub(super) enum PlainCall {
    Answered(Response<Body>),
    Denied(Box<DeniedCall>),
    /// The call still runs. The message is as the client sent it, but without the arguments.
    Running(FastMessage, StartedCall),
    /// rmcp has to run the call.
    Declined,
}

/// Runs a permitted call, and waits for its end for at most `GRACE`.
pub(super) async fn run(
    path: &dyn StatelessFastPath,
    session: &Arc<SessionGuard>,
    permit: &Permit,
    message: FastMessage,
    report: Option<&Arc<RunReport>>,
) -> PlainCall {
    let FastRequest::Call { name, arguments } = message.request else {
        return PlainCall::Declined;
    };
    let Some(running) = path.call(permit, arguments, report) else {
        return PlainCall::Declined;
    };
    let mut running = Connected {
        running: Some(running),
        session: Arc::clone(session),
    };
    // Most tools are ready at once, and need no timer.
    let end = match (&mut running).now_or_never() {
        Some(end) => end,
        None => timeout(GRACE, &mut running).await.unwrap_or_default(),
    };
    match end {
        Some(Ok(response)) => {
            let message = call_message(message.id, response, &message.revision);
            message.map_or(PlainCall::Declined, |message| {
                PlainCall::Answered(in_event_stream(&message))
            })
        }
        Some(Err(denial)) => {
            let (id, revision) = (message.id, &message.revision);
            PlainCall::Denied(Box::new(DeniedCall::new(name, *denial, id, revision)))
        }
        None => match running.running.take() {
            Some(running) => {
                let arguments = JsonObject::new();
                let request = FastRequest::Call { name, arguments };
                let message = FastMessage { request, ..message };
                PlainCall::Running(message, StartedCall::new(running))
            }
            None => PlainCall::Declined,
        },
    }
}

/// A running call whose client is connected. If the client disconnects, the call runs on without
/// it: in a session that does not cancel a call (MCP 2025-11-25, Transports, "Sending Messages to
/// the Server").
struct Connected {
    running: Option<RunningCall>,
    session: Arc<SessionGuard>,
}

impl Future for Connected {
    type Output = Option<<RunningCall as Future>::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(running) = &mut self.running else {
            return Poll::Ready(None);
        };
        let end = std::task::ready!(running.poll_unpin(cx));
        self.running = None;
        Poll::Ready(Some(end))
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        if let (Some(running), Ok(runtime)) = (self.running.take(), Handle::try_current()) {
            let session = Arc::clone(&self.session);
            let rest = async move {
                // Nobody waits for the answer.
                let _ = running.await;
                drop(session);
            };
            runtime.spawn(rest.boxed());
        }
    }
}
