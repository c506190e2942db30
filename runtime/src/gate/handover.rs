//! Handing an admitted request over, and keeping the books of what comes back.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{self, HOST},
    request::Parts,
};
use tower::Service;

use crate::principal::Principal;

use super::{
    Gate, body, direct, ending::Ending, judgement::Passed, refusal::oauth_error,
    session::SESSION_ID,
};

/// The largest plain-text refusal of the service behind that is put into JSON.
const LARGEST_PLAIN_TEXT: usize = 4096;

/// Says of an admitted request that it asks for the list of tools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListsTools;

impl Gate {
    /// Runs what was admitted without a session, if it can go the short way.
    pub(super) async fn run_directly(&self, passed: &mut Passed) -> Option<Response<Body>> {
        let direct = self.direct.as_deref()?;
        if passed.session.is_some() {
            return None;
        }
        let plain = passed.plain.take()?;
        direct::run(direct, &passed.admission, plain).await
    }

    /// Runs what was admitted in a session, or behind the gate.
    pub(super) async fn run<I, B>(
        &self,
        mut passed: Box<Passed>,
        mut parts: Parts,
        inner: I,
    ) -> Response<Body>
    where
        I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Send,
        I::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        if let (Some(session), Some(plain)) = (&passed.session, passed.plain.take())
            && let Some(answer) = self
                .run_in_session(session, &passed.admission, &mut parts, plain)
                .await
        {
            return answer;
        }
        Box::pin(self.run_behind(passed, parts, inner)).await
    }

    /// Runs what was admitted behind the gate.
    async fn run_behind<I, B>(
        &self,
        passed: Box<Passed>,
        mut parts: Parts,
        mut inner: I,
    ) -> Response<Body>
    where
        I: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Send,
        I::Future: Send,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let Passed {
            admission,
            body,
            plain: _,
            opens_session,
            streams,
            lists_tools,
            session,
        } = *passed;
        let principal = admission.principal().cloned();
        let method = parts.method.clone();
        // What ends other sessions comes to the same place as what opens this one.
        let here = opens_session.then(|| (parts.uri.clone(), parts.headers.get(HOST).cloned()));
        parts.extensions.insert(admission);
        if lists_tools {
            parts.extensions.insert(ListsTools);
        }
        if let Some(holder) = session.as_ref().and_then(|id| self.sessions.holder(id)) {
            parts.extensions.insert(holder);
        }
        let request = Request::from_parts(parts, Body::from(body));
        let response = respond(&mut inner, request).await;

        if let (Some((uri, host)), Some(id)) = (here, response.headers().get(SESSION_ID)) {
            let id = id.to_str().unwrap_or_default().to_owned();
            for surplus in self.sessions.open(id, principal.as_ref()) {
                close(&mut inner, &surplus, &uri, host.as_ref()).await;
            }
        }
        let ended = method == Method::DELETE && response.status().is_success();
        if let Some(id) = session
            && (ended || response.status() == StatusCode::NOT_FOUND)
        {
            self.sessions.forget(&id);
        }
        if ended {
            // The session is gone when rmcp answers, and some clients take its 202 for a
            // failure: accepted is not done (RFC 9110 §9.3.5).
            let mut done = Response::new(Body::empty());
            *done.status_mut() = StatusCode::NO_CONTENT;
            return done;
        }
        if streams && response.status().is_success() {
            let life = principal.map(|principal| self.life_of(&principal));
            return response.map(|body| Body::new(Ending::new(body, life, self.stop.clone())));
        }
        in_json(response).await
    }

    /// How long a principal's token is good for, leeway not counted.
    fn life_of(&self, principal: &Principal) -> Duration {
        let expires_at = principal.claims().expires_at();
        Duration::from_secs(expires_at.since(self.clock.now()))
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

/// Ends a session that had to make room for another.
///
/// The service behind judges the host of this request too (DNS rebinding), so it names
/// the one by which the other session was opened. Refused, it would leave the session
/// where it was, and their number would have no bound.
async fn close<I, B>(inner: &mut I, session: &str, uri: &Uri, host: Option<&HeaderValue>)
where
    I: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
{
    let Ok(id) = HeaderValue::from_str(session) else {
        return;
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::DELETE;
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(SESSION_ID, id);
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host.clone());
    }
    let status = respond(inner, request).await.status();
    if !status.is_success() {
        tracing::error!(%status, "a session that had to make room was not ended");
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
