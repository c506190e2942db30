//! Handing an admitted request over, and keeping the books of what comes back.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header, request::Parts};
use http_body::Body as _;
use tower::Service;

use crate::caller::Caller;

use super::{
    Gate, accept_header,
    authorize::AuthorizedRequest,
    body,
    expiring_body::ExpiringBody,
    refusal::oauth_error,
    session::{GuardedBody, SESSION_ID, SessionGuard, closer},
    stateless_fast_path,
};

/// The largest plain-text refusal of the service behind that is put into JSON.
const LARGEST_PLAIN_TEXT: usize = 4096;

/// Says of an admitted request that it asks for the list of tools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListsTools;

impl Gate {
    /// Runs what was admitted without a session, if it can go the short way.
    pub(super) async fn run_directly(
        &self,
        authorized: &mut AuthorizedRequest,
    ) -> Option<Response<Body>> {
        let stateless_fast_path = self.stateless_fast_path.as_deref()?;
        if authorized.session.is_some() {
            return None;
        }
        let plain = authorized.plain.take()?;
        stateless_fast_path::run(stateless_fast_path, &authorized.permit, plain).await
    }

    /// Runs what was admitted in a session, or behind the gate.
    pub(super) async fn run<I, B>(
        &self,
        mut authorized: Box<AuthorizedRequest>,
        mut parts: Parts,
        inner: I,
    ) -> Response<Body>
    where
        I: Service<Request<Body>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        I::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if let (Some(session), Some(plain)) = (&authorized.session, authorized.plain.take())
            && let Some(answer) = self
                .run_in_session(session, &authorized.permit, &mut parts, plain)
                .await
        {
            return in_use(answer, Some(Arc::clone(session)));
        }
        Box::pin(self.forward_to_rmcp(authorized, parts, inner)).await
    }

    /// Runs what was admitted behind the gate.
    async fn forward_to_rmcp<I, B>(
        &self,
        authorized: Box<AuthorizedRequest>,
        mut parts: Parts,
        mut inner: I,
    ) -> Response<Body>
    where
        I: Service<Request<Body>, Response = Response<B>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        I::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let AuthorizedRequest {
            permit,
            body,
            plain: _,
            room,
            streams,
            lists_tools,
            session,
        } = *authorized;
        let caller = permit.caller().cloned();
        let method = parts.method.clone();
        let opening = room.map(|room| (room, closer(inner.clone(), &parts)));
        parts.extensions.insert(permit);
        if lists_tools {
            parts.extensions.insert(ListsTools);
        }
        if let Some(session) = &session {
            parts.extensions.insert(session.latest_caller().clone());
            // Its handler keeps the session, whether its client waits or not.
            parts.extensions.insert(Arc::clone(session));
        }
        accept_header::write_out(&mut parts.headers);
        let request = Request::from_parts(parts, Body::from(body));
        let response = respond(&mut inner, request).await;

        if let (Some((room, close)), Some(id)) = (opening, response.headers().get(SESSION_ID)) {
            let id = id.to_str().unwrap_or_default().to_owned();
            room.open(id, caller.as_ref(), close);
        }
        let ended = method == Method::DELETE && response.status().is_success();
        if let Some(session) = &session
            && (ended || response.status() == StatusCode::NOT_FOUND)
        {
            self.sessions.forget(session.id());
        }
        if ended {
            // The session is gone when rmcp answers, and some clients take its 202 for a
            // failure: accepted is not done (RFC 9110 §9.3.5).
            let mut done = Response::new(Body::empty());
            *done.status_mut() = StatusCode::NO_CONTENT;
            return done;
        }
        if streams && response.status().is_success() {
            let life = caller.map(|caller| self.life_of(&caller));
            let response = response.map(|body| ExpiringBody::new(body, life, self.stop.clone()));
            return in_use(response.map(Body::new), session);
        }
        in_use(in_json(response).await, session)
    }

    /// How long a principal's token is good for, leeway not counted.
    fn life_of(&self, caller: &Caller) -> Duration {
        let expires_at = caller.claims().expires_at();
        Duration::from_secs(expires_at.since(self.clock.now()))
    }
}

/// An answer that keeps its session until it is told. One that is whole needs no keeping.
fn in_use(response: Response<Body>, session: Option<Arc<SessionGuard>>) -> Response<Body> {
    match session {
        Some(session) if response.body().size_hint().exact().is_none() => {
            response.map(|body| Body::new(GuardedBody::new(body, session)))
        }
        _ => response,
    }
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

/// Puts a plain-text refusal of the service behind into JSON, as all others are.
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
    let told = body::read(body, LARGEST_PLAIN_TEXT, Duration::from_secs(1))
        .await
        .unwrap_or_default();
    let error = match status {
        StatusCode::NOT_FOUND => "session_not_found",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request",
    };
    // What goes wrong inside is for the log, which the service behind has written.
    let description = if status.is_server_error() {
        "the server could not answer".into()
    } else {
        String::from_utf8_lossy(&told)
    };
    let mut refusal = oauth_error(status, error, &description, "");
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_LENGTH {
            refusal.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    refusal
}
