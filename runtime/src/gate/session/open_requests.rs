//! Keeps a session open while a request or a stream of it is open.
//!
//! A request is open until its handler has finished, even if its client has disconnected: a
//! client may come back for the answer. So the guard is in the extensions of the request and
//! in the body of its answer.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::LatestCaller;

/// The number of open requests of a session, and when the last one ended.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug)]
struct State {
    open: usize,
    ended: Instant,
}

impl Activity {
    /// Creates the activity of a session that is opened now.
    pub(super) fn new() -> Self {
        Self(Mutex::new(State {
            open: 0,
            ended: Instant::now(),
        }))
    }

    /// Returns since when no request of the session is open, or `None` if one is.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.lock();
        (state.open == 0).then_some(state.ended)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request of a session. The session does not end before this is dropped.
#[derive(Debug)]
pub(crate) struct SessionGuard {
    id: String,
    latest_caller: LatestCaller,
    activity: Arc<Activity>,
}

impl SessionGuard {
    pub(super) fn new(id: String, latest_caller: LatestCaller, activity: Arc<Activity>) -> Self {
        activity.lock().open += 1;
        Self {
            id,
            latest_caller,
            activity,
        }
    }

    /// Returns the session's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the caller of the latest token in the session.
    pub(crate) fn latest_caller(&self) -> &LatestCaller {
        &self.latest_caller
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        let mut state = self.activity.lock();
        state.open = state.open.saturating_sub(1);
        state.ended = Instant::now();
    }
}

pin_project! {
    /// The body of an answer. Its session is in use until it is dropped.
    pub(crate) struct GuardedBody<B> {
        #[pin]
        inner: B,
        session: Arc<SessionGuard>,
    }
}

impl GuardedBody<axum::body::Body> {
    /// Keeps the session of a response open until its body ends. A body that is complete does
    /// not need it.
    pub(in crate::gate) fn guard(
        response: Response<axum::body::Body>,
        session: Option<Arc<SessionGuard>>,
    ) -> Response<axum::body::Body> {
        match session {
            Some(session) if response.body().size_hint().exact().is_none() => {
                response.map(|inner| axum::body::Body::new(Self { inner, session }))
            }
            _ => response,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for GuardedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
