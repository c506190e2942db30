//! The execution path of rmcp: forwards an authorized request, and follows up on the answer.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use tower::Service;

use crate::{caller::Caller, operation::Operation};

use super::{
    Gate, accept_header,
    audit::AuditContext,
    authorize::{AuthorizedRequest, SESSION_UNAVAILABLE},
    body,
    expiring_body::ExpiringBody,
    late_denial::LateDenials,
    refusal::oauth_error,
    session::{GuardedBody, SESSION_ID, SessionGuard, closer},
};

/// The largest plain-text error of rmcp that is converted to JSON, in bytes.
const LARGEST_PLAIN_TEXT: usize = 4096;

/// Marks a forwarded request for the list of tools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListsTools;

/// Forwards an authorized request to rmcp, with the permit for the second check at dispatch.
pub(super) async fn forward_to_rmcp<I, B>(
    gate: &Gate,
    authorized: Box<AuthorizedRequest>,
    mut parts: Parts,
    mut inner: I,
    late: Option<LateDenials>,
) -> Response<Body>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    I::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let AuthorizedRequest {
        permit,
        execution_path: _,
        message,
        body,
        reservation,
        session,
        starting,
        streams,
        lists_tools,
        report,
        policy: _,
    } = *authorized;
    if let (Some(session), Some(Operation::Notify)) = (&session, message.operation()) {
        session.after_starting_calls().await;
    }
    // rmcp reads the bytes again: the values need not be in memory twice.
    let log_level = message.log_level();
    let asks_store = reservation.is_some() || parts.method == Method::DELETE || log_level.is_some();
    let (envelope, headers) = match asks_store {
        true => (message.response_envelope(), parts.headers.clone()),
        false => Default::default(),
    };
    drop(message);
    let caller = permit.caller().cloned();
    let method = parts.method.clone();
    let unavailable = |operation| {
        let context = AuditContext {
            is_late: true,
            ..AuditContext::new(Some(operation), caller.as_ref())
        };
        let refused = gate.refuse(context, SESSION_UNAVAILABLE, &headers, envelope);
        refused.into_response(gate.refusal_context(false))
    };
    if let (Some(shared), Some(session), true) =
        (&gate.shared_sessions, &session, method == Method::DELETE)
        && shared.remove(session.id()).await.is_err()
    {
        return unavailable(Operation::EndSession);
    }
    if let (Some(shared), Some(session), Some(level)) = (&gate.shared_sessions, &session, log_level)
        && shared.set_log_level(session.id(), level).await.is_err()
    {
        return unavailable(Operation::SetLevel);
    }
    let opening = reservation.map(|place| (place, closer(inner.clone(), &parts)));
    parts.extensions.insert(permit.clone());
    if let Some(late) = &late {
        parts.extensions.insert(late.clone());
    }
    if let Some(report) = report {
        parts.extensions.insert(report);
    }
    if lists_tools {
        parts.extensions.insert(ListsTools);
    }
    let mut restoration = None;
    if let Some(session) = &session {
        restoration = session.use_service().await;
        parts.extensions.insert(session.latest_caller().clone());
        // The handler keeps the session open, whether its client waits or not.
        parts.extensions.insert(Arc::clone(session));
    }
    accept_header::write_out(&mut parts.headers);
    let request = Request::from_parts(parts, Body::from(body));
    let response = respond(&mut inner, request).await;
    drop(starting);
    if let Some(restoration) = restoration
        && response.status().is_success()
        && has_service(gate, session.as_deref()).await
    {
        restoration.succeed();
    }

    if let (Some((place, close)), Some(id)) = (opening, response.headers().get(SESSION_ID)) {
        let id = id.to_str().unwrap_or_default().to_owned();
        place.open(id.clone(), caller.as_ref(), Arc::clone(&close));
        if let (Some(shared), Some(owner)) = (&gate.shared_sessions, &caller)
            && shared.publish(&id, owner).await.is_err()
        {
            gate.sessions.remove(&id);
            close(id);
            return unavailable(Operation::Initialize);
        }
    }
    let ended = method == Method::DELETE && response.status().is_success();
    if let Some(session) = &session
        && (ended || response.status() == StatusCode::NOT_FOUND)
    {
        gate.sessions.remove(session.id());
    }
    if ended {
        // The session has ended when rmcp answers, and some clients treat its 202 as a
        // failure, because accepted is not done (RFC 9110 §9.3.5).
        let mut done = Response::new(Body::empty());
        *done.status_mut() = StatusCode::NO_CONTENT;
        return done;
    }
    if streams && response.status().is_success() {
        return until_expiry(gate, caller.as_ref(), session, response.map(Body::new));
    }
    let response = in_json(response).await;
    let response = match late {
        Some(late) => late.settle(&permit, session.is_some(), response).await,
        None => response,
    };
    GuardedBody::guard(response, session)
}

/// Ends an open stream with the token of its caller.
pub(super) fn until_expiry(
    gate: &Gate,
    caller: Option<&Caller>,
    session: Option<Arc<SessionGuard>>,
    response: Response<Body>,
) -> Response<Body> {
    let life = caller.map(|caller| lifetime(gate, caller));
    let revoked = caller.map(|caller| gate.until_revoked(caller));
    let response = response.map(|body| {
        let (stop, open) = (gate.stop.clone(), gate.open_streams.open());
        ExpiringBody::new(body, life, revoked, stop, open)
    });
    GuardedBody::guard(response.map(Body::new), session)
}

/// Returns whether rmcp runs a service for the session.
async fn has_service(gate: &Gate, session: Option<&SessionGuard>) -> bool {
    match (session, gate.session_fast_path.as_deref()) {
        (Some(session), Some(services)) => services.has(session.id()).await,
        _ => false,
    }
}

/// Returns how long a caller's token is still valid, without leeway.
fn lifetime(gate: &Gate, caller: &Caller) -> Duration {
    let expires_at = caller.claims().expires_at();
    Duration::from_secs(expires_at.since(gate.clock.now()))
}

async fn respond<I, B>(inner: &mut I, request: Request<Body>) -> Response<B>
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let ready = std::future::poll_fn(|cx| inner.poll_ready(cx)).await;
    match ready {
        Ok(()) => match inner.call(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        },
        Err(never) => match never {},
    }
}

/// Converts a plain-text error of rmcp to JSON, the form of all other errors.
async fn in_json<B>(response: Response<B>) -> Response<Body>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    let status = response.status();
    let is_typed = response.headers().contains_key(header::CONTENT_TYPE);
    if is_typed || !(status.is_client_error() || status.is_server_error()) {
        return response.map(Body::new);
    }
    let (parts, body) = response.into_parts();
    let text = body::read(body, LARGEST_PLAIN_TEXT, Duration::from_secs(1))
        .await
        .unwrap_or_default();
    let error = match status {
        StatusCode::NOT_FOUND => "session_not_found",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    };
    // Clients do not learn internal errors; rmcp has logged them.
    let description = if status.is_server_error() {
        "the server could not answer".into()
    } else {
        String::from_utf8_lossy(&text)
    };
    let mut refusal = oauth_error(status, error, &description, "");
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_LENGTH {
            refusal.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    refusal
}
