//! Keeps a session open while it has an open request or stream, and its running service while a
//! request needs it.
//!
//! A request is open until its handler has finished, even if its client has disconnected: a
//! client may come back for the answer. So the guard is in the extensions of the request and
//! in the body of its answer.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::{
    sync::{Notify, OwnedRwLockReadGuard, RwLock},
    time::Instant,
};

use crate::item::LogThreshold;

use super::LatestCaller;

/// How many streams of a session can be continued at the same time. Each reads the store twice a
/// second (CWE-400).
const MOST_RESUMED: usize = 16;

/// The number of open requests of a session, when the last one ended, and its service.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    /// Wakes the requests that wait for the end of a release or of a restoration.
    changed: Notify,
    /// Read while a call starts that may still go to the service.
    starting: Arc<RwLock<()>>,
    /// The lowest level of log messages, which the session keeps without a service.
    log_threshold: LogThreshold,
}

#[derive(Debug)]
struct State {
    open: usize,
    resumed: usize,
    ended: Instant,
    service: ServiceState,
    /// Whether a restored service would lack state of this one, such as a subscription.
    is_kept: bool,
}

/// Whether rmcp runs a service for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServiceState {
    Running,
    /// The service is ending. Requests that need a service wait.
    Releasing,
    /// The next request that needs a service restores it.
    Released,
    /// A request restores it. Other requests wait: rmcp ends a service that gets a request before
    /// its handshake.
    Restoring,
}

impl Activity {
    /// Creates the activity of a session that is opened now.
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                open: 0,
                resumed: 0,
                ended: Instant::now(),
                service: ServiceState::Running,
                is_kept: false,
            }),
            changed: Notify::new(),
            starting: Arc::default(),
            log_threshold: LogThreshold::default(),
        }
    }

    /// Creates the activity of a session whose service another replica has run.
    pub(super) fn released() -> Self {
        let activity = Self::new();
        activity.set_service(ServiceState::Released);
        activity
    }

    /// Returns the time since which the session has no open request. Returns `None` if it has one,
    /// or if its service is being released.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.lock();
        let is_idle = state.open == 0 && state.service != ServiceState::Releasing;
        is_idle.then_some(state.ended)
    }

    /// Begins the release of the service, if the session has been idle for long enough and nothing
    /// needs the service. Requests that need one wait until the release is dropped.
    pub(super) fn begin_release(
        self: &Arc<Self>,
        now: Instant,
        after: Duration,
    ) -> Option<Release> {
        let mut state = self.lock();
        let is_idle = state.open == 0 && state.service == ServiceState::Running && !state.is_kept;
        (is_idle && state.ended + after <= now).then(|| {
            state.service = ServiceState::Releasing;
            Release(Arc::clone(self))
        })
    }

    /// Sets the level that the client has requested at another replica.
    pub(super) fn set_log_level(&self, level: Option<u8>) {
        if let Some(level) = level {
            self.log_threshold.set_number(level);
        }
    }

    fn set_service(&self, service: ServiceState) {
        self.lock().service = service;
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that is being continued. It is counted until this is dropped.
pub(in crate::gate) struct ResumedStream(Arc<Activity>);

impl Drop for ResumedStream {
    fn drop(&mut self) {
        self.0.lock().resumed -= 1;
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

    /// Begins to continue a stream, unless the session has too many such streams.
    pub(in crate::gate) fn begin_resumption(&self) -> Option<ResumedStream> {
        let mut state = self.activity.lock();
        (state.resumed < MOST_RESUMED).then(|| {
            state.resumed += 1;
            ResumedStream(Arc::clone(&self.activity))
        })
    }

    /// Waits until no release and no restoration is pending, and returns whether the service runs.
    /// As long as this guard exists, a running service is not released.
    pub(in crate::gate) async fn has_service(&self) -> bool {
        self.settled(|state| state.service == ServiceState::Running)
            .await
    }

    /// Returns whether a request that needs the service cannot be sent to it right now.
    pub(in crate::gate) fn waits_for_service(&self) -> bool {
        self.activity.lock().service != ServiceState::Running
    }

    /// Waits until a request can be sent to the service. The first request after a release gets
    /// the restoration, which other requests wait for.
    pub(in crate::gate) async fn use_service(&self) -> Option<Restoration> {
        let restores = self.settled(|state| {
            let restores = state.service == ServiceState::Released;
            if restores {
                state.service = ServiceState::Restoring;
            }
            restores
        });
        restores.await.then(|| Restoration {
            activity: Arc::clone(&self.activity),
            end: ServiceState::Released,
        })
    }

    /// Waits until no release and no restoration is pending, and calls `with` with the state.
    async fn settled<T>(&self, with: impl Fn(&mut State) -> T) -> T {
        loop {
            let changed = self.activity.changed.notified();
            {
                let mut state = self.activity.lock();
                if let ServiceState::Running | ServiceState::Released = state.service {
                    return with(&mut state);
                }
            }
            changed.await;
        }
    }

    /// Marks the start of a call that may still go to the service.
    pub(in crate::gate) async fn begin_call(&self) -> StartingCall {
        Arc::clone(&self.activity.starting).read_owned().await
    }

    /// Waits until each earlier call has ended or has reached the service. Otherwise a notification
    /// could overtake the call that it cancels.
    pub(in crate::gate) async fn after_starting_calls(&self) {
        drop(self.activity.starting.write().await);
    }

    /// Sets whether a restored service would lack state of the session's service.
    pub(crate) fn keep_service(&self, is_kept: bool) {
        self.activity.lock().is_kept = is_kept;
    }

    /// Returns the lowest level of log messages that the client wants.
    pub(crate) fn log_threshold(&self) -> &LogThreshold {
        &self.activity.log_threshold
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

/// Marks a call that starts. A notification waits until this is dropped.
pub(in crate::gate) type StartingCall = OwnedRwLockReadGuard<()>;

/// The release of a service. It ends when this is dropped, so no failure leaves requests waiting.
#[derive(Debug)]
pub(super) struct Release(Arc<Activity>);

impl Drop for Release {
    fn drop(&mut self) {
        self.0.set_service(ServiceState::Released);
    }
}

/// The restoration of a service by the request that needs it. Dropping this means that it failed.
#[derive(Debug)]
pub(in crate::gate) struct Restoration {
    activity: Arc<Activity>,
    end: ServiceState,
}

impl Restoration {
    /// Marks the restoration as successful: the service has answered.
    pub(in crate::gate) fn succeed(mut self) {
        self.end = ServiceState::Running;
    }
}

impl Drop for Restoration {
    fn drop(&mut self) {
        self.activity.set_service(self.end);
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
