//! How sessions end: behind the gate as well, and without anybody asking for it.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use axum::body::Body;
use futures_util::FutureExt;
use http::{HeaderValue, Method, Request, StatusCode, header::HOST, request::Parts};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

use super::{SESSION_ID, Shared};

/// The shortest time between two looks for idle sessions, which end that much later at most.
const PAUSE: Duration = Duration::from_secs(1);

/// How long the service behind may take to end a session. It has forgotten the session by
/// then, so that nobody finds it any more.
const CLOSING: Duration = Duration::from_secs(30);

/// Ends the session of an id behind the gate.
pub(crate) type Close = Arc<dyn Fn(String) + Send + Sync>;

/// Ends sessions of a service by the request that a client would send.
///
/// The service judges the host of this request too (DNS rebinding), so it names the one by
/// which the session was opened. Refused, it would leave the session where it was, and their
/// number would have no bound.
pub(in crate::gate) fn closer<I, B>(service: I, opening: &Parts) -> Close
where
    I: Service<Request<Body>, Response = http::Response<B>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    I::Future: Send + 'static,
    B: Send + 'static,
{
    let authority = opening.uri.authority().map(|authority| authority.as_str());
    let host = opening.headers.get(HOST).map(HeaderValue::as_bytes);
    // A copy: the header is a part of the buffer that the whole request was read into.
    let host = host.or(authority.map(str::as_bytes)).unwrap_or_default();
    let host = HeaderValue::from_bytes(host).ok();
    let service = Mutex::new(service);
    Arc::new(move |id| {
        let service = service
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Ok(session) = HeaderValue::try_from(id) else {
            return;
        };
        let mut request = Request::new(Body::empty());
        *request.method_mut() = Method::DELETE;
        request.headers_mut().insert(SESSION_ID, session);
        request
            .headers_mut()
            .extend(host.clone().map(|host| (HOST, host)));
        let closing = async move {
            let answer = timeout(CLOSING, service.oneshot(request)).await;
            let status = answer.map_or(StatusCode::GATEWAY_TIMEOUT, |answer| match answer {
                Ok(response) => response.status(),
                Err(never) => match never {},
            });
            if !status.is_success() {
                tracing::error!(%status, "a session that was over was not ended");
            }
        };
        // Boxed, as all tasks in the background: so they are one type to compile.
        tokio::spawn(closing.boxed());
    })
}

/// Ends idle sessions until there are none, or nobody who could open one.
pub(super) async fn end_idle(sessions: Weak<Shared>, gone: CancellationToken) {
    loop {
        let next = match sessions.upgrade() {
            Some(sessions) => sessions.end_idle(),
            None => None,
        };
        let Some(next) = next else { return };
        tokio::select! {
            () = gone.cancelled() => return,
            () = sleep_until(next) => {}
        }
    }
}

impl Shared {
    /// Ends the sessions that have been idle for long enough. Gives the time of the next look;
    /// none when there is nothing more to look at.
    fn end_idle(&self) -> Option<Instant> {
        let (now, idle) = (Instant::now(), self.limits.idle);
        let (removed, next) = {
            let mut table = self.lock();
            let (removed, next) = table.remove_idle(now, idle);
            if table.is_empty() {
                table.watch = None;
                (removed, None)
            } else {
                // What is in use now is not idle for that long before then.
                let next = next.unwrap_or(now + idle);
                (removed, Some(next.max(now + PAUSE.min(idle))))
            }
        };
        super::close(removed);
        next
    }
}
