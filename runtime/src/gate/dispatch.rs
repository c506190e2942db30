//! Dispatch: runs an authorized request in its execution path.

use std::{convert::Infallible, sync::Arc};

use axum::body::Body;
use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response, request::Parts};
use tower::Service;

use crate::{authorization::Permit, operation::Operation};

use super::{
    Gate,
    authorize::AuthorizedRequest,
    direct_session_call::{self, SessionCallProgress},
    execution_path::ExecutionPath,
    late_denial::{LateDenials, late_response},
    message::IncomingMessage,
    refusal::server_error,
    rmcp_forward::forward_to_rmcp,
    session::GuardedBody,
    session_fast_path, slow_answer,
    stateless_fast_path::{self, DeniedDuringRun},
    stream_resume::Resumed,
};

/// Runs an authorized request and returns its answer. If it takes long outside of a session,
/// the answer may become an event stream.
pub(super) async fn dispatch<I, B>(
    gate: &Arc<Gate>,
    authorized: Box<AuthorizedRequest>,
    parts: &mut Parts,
    inner: I,
    dpop: bool,
) -> Response<Body>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    if let Some(after) = gate.limits.stream_after
        && let Some(id) = slow_answer::id_of(&authorized, &parts.headers)
    {
        let (gate, mut parts) = (Arc::clone(gate), take_parts(parts));
        let answer = async move { run(&gate, authorized, &mut parts, inner, dpop).await };
        return slow_answer::respond(answer.boxed(), id, after)
            .boxed()
            .await;
    }
    run(gate, authorized, parts, inner, dpop).await
}

/// Runs an authorized request in its execution path. A request that a fast path declines is
/// forwarded to rmcp.
///
/// Only the stateless execution paths are part of this future: all others are rare or slow, and
/// boxed, so that the future that each request allocates stays small.
async fn run<I, B>(
    gate: &Arc<Gate>,
    mut authorized: Box<AuthorizedRequest>,
    parts: &mut Parts,
    inner: I,
    dpop: bool,
) -> Response<Body>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let response = match authorized.execution_path {
        ExecutionPath::StatelessCall | ExecutionPath::ToolList => {
            run_stateless(gate, &mut authorized, parts, dpop).await
        }
        ExecutionPath::DirectSessionCall => {
            let running = run_direct_in_session(gate, &mut authorized, parts, dpop);
            running.boxed().await
        }
        ExecutionPath::SessionCall => {
            let running = run_in_session(gate, &mut authorized, parts, dpop);
            running.boxed().await
        }
        ExecutionPath::Rmcp => match Resumed::of(gate, &authorized, parts) {
            Some(resumed) => resumed.answer(gate, parts).boxed().await,
            None => None,
        },
    };
    if let Some(response) = response {
        return response;
    }
    let opens_session = authorized.reservation.is_some();
    let session = authorized.session.as_ref();
    let restores_session = session.is_some_and(|session| session.waits_for_service());
    let (gate, parts) = (Arc::clone(gate), take_parts(parts));
    // From here on only the item can deny, or the decision point for the list of a handler.
    let can_deny = authorized.permit.target().is_some() || authorized.permit.is_decided();
    let late = can_deny.then(|| LateDenials::new(&gate, dpop));
    let forwarding = async move { forward_to_rmcp(&gate, authorized, parts, inner, late).await };
    let forwarding = forwarding.boxed();
    match opens_session || restores_session {
        // A client that disconnects meanwhile must not leave a session that has no owner and is
        // not counted, or a service without its handshake.
        true => tokio::spawn(forwarding)
            .await
            .unwrap_or_else(|_| server_error()),
        false => forwarding.await,
    }
}

/// Takes the head of a request. Moving it as an argument would store it twice in the future.
fn take_parts(parts: &mut Parts) -> Parts {
    std::mem::replace(parts, Request::new(()).into_parts().0)
}

async fn run_stateless(
    gate: &Gate,
    authorized: &mut AuthorizedRequest,
    parts: &Parts,
    dpop: bool,
) -> Option<Response<Body>> {
    let path = gate.stateless_fast_path.as_deref()?;
    let message = authorized.message.take_fast()?;
    let (permit, report) = (&authorized.permit, authorized.report.as_ref());
    match stateless_fast_path::run(path, permit, message, report).await {
        Ok(response) => response,
        Err(denied) => Some(deny(gate, permit, *denied, parts, dpop)),
    }
}

/// Answers a call that its tool has denied while it ran.
fn deny(
    gate: &Gate,
    permit: &Permit,
    denied: DeniedDuringRun,
    parts: &Parts,
    dpop: bool,
) -> Response<Body> {
    let DeniedDuringRun {
        tool,
        denial,
        envelope,
    } = denied;
    let call = Operation::CallTool(&tool);
    let refused = gate.refuse_late(permit, call, denial, &parts.headers, envelope);
    late_response(gate, *refused, gate.refusal_context(dpop))
}

/// Runs a call without the session's service. If it takes long, the service waits for its end.
async fn run_direct_in_session(
    gate: &Arc<Gate>,
    authorized: &mut AuthorizedRequest,
    parts: &mut Parts,
    dpop: bool,
) -> Option<Response<Body>> {
    match direct_session_call::run(gate, authorized, parts).await {
        SessionCallProgress::Answered(response) => Some(response),
        SessionCallProgress::Denied(denied) => {
            Some(deny(gate, &authorized.permit, *denied, parts, dpop))
        }
        SessionCallProgress::Running(message, started) => {
            parts.extensions.insert(started);
            authorized.message = IncomingMessage::Fast(message);
            run_in_session(gate, authorized, parts, dpop).await
        }
        SessionCallProgress::Declined => None,
    }
}

async fn run_in_session(
    gate: &Arc<Gate>,
    authorized: &mut AuthorizedRequest,
    parts: &mut Parts,
    dpop: bool,
) -> Option<Response<Body>> {
    let sessions = gate.session_fast_path.as_deref()?;
    let message = authorized.message.take_fast()?;
    let session = authorized.session.as_ref()?;
    let permit = &authorized.permit;
    let late = LateDenials::new(gate, dpop);
    parts.extensions.insert(late.clone());
    if let Some(report) = &authorized.report {
        parts.extensions.insert(Arc::clone(report));
    }
    let response = session_fast_path::run(sessions, session, permit, parts, message).await?;
    let response = late.settle(permit, true, response).await;
    Some(GuardedBody::guard(response, Some(Arc::clone(session))))
}
