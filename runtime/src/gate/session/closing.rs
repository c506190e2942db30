//! Ends sessions in rmcp, idle sessions after their time, and the services of idle sessions
//! earlier.

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

use super::{SESSION_ID, SessionStore, release::RELEASE_AFTER};

/// The shortest time between two scans for idle sessions, which end at most that much later.
const PAUSE: Duration = Duration::from_secs(1);

/// How long rmcp may take to end a session. The gate has removed the session before, so no
/// request finds it.
const CLOSING: Duration = Duration::from_secs(30);

/// Ends the session with an id in rmcp.
pub(crate) type Close = Arc<dyn Fn(String) + Send + Sync>;

/// Returns a function that ends sessions of a service with the request that a client would send.
///
/// The service checks the host of this request, too (DNS rebinding), so the request names the
/// host with which the session was opened. If it were refused, the session would stay, and the
/// number of sessions would have no limit.
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
    // Copied, because the header shares the buffer of the whole request.
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
                tracing::error!(%status, "rmcp did not end a session that the gate has removed");
            }
        };
        // Boxed like all background tasks, so that they are one type to compile.
        tokio::spawn(closing.boxed());
    })
}

/// Ends idle sessions, and the services of idle sessions, until there are none, or the gate is
/// dropped.
pub(super) async fn end_idle(sessions: Weak<SessionStore>, dropped: CancellationToken) {
    loop {
        let next = match sessions.upgrade() {
            Some(sessions) => {
                sessions.release_idle();
                sessions.end_idle()
            }
            None => None,
        };
        let Some(next) = next else { return };
        tokio::select! {
            () = dropped.cancelled() => return,
            () = sleep_until(next) => {}
        }
    }
}

impl SessionStore {
    /// Ends the sessions that have been idle for long enough. Returns the time of the next scan,
    /// or `None` if there are no sessions.
    fn end_idle(&self) -> Option<Instant> {
        let (now, idle) = (Instant::now(), self.limits.idle());
        let (removed, next) = {
            let mut table = self.lock();
            let (removed, next) = table.remove_idle(now, idle);
            if table.is_empty() {
                table.watch = None;
                (removed, None)
            } else {
                // A session that is in use now cannot have been idle for that long before.
                let next = next.unwrap_or(now + idle);
                let next = next.max(now + PAUSE.min(idle));
                let release = self.services.as_ref().map(|_| now + RELEASE_AFTER);
                (removed, Some(release.map_or(next, |at| at.min(next))))
            }
        };
        super::close(removed);
        next
    }
}
