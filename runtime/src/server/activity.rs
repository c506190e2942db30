//! Whether anything goes on on a connection.
//!
//! It is counted by those who do it, and looked at now and then from outside. A clock for
//! each request would be set and taken back as often as there are requests, under a lock
//! that all processors share.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};

/// What goes on on one connection.
#[derive(Debug)]
pub(super) struct Activity {
    /// How often something has gone on: a request's head has come, something was written, or
    /// it was found out what is spoken.
    steps: AtomicU64,
    /// Requests that are not answered yet.
    open: AtomicU32,
    /// Whether there is more to write than the client takes.
    is_blocked: AtomicBool,
    is_http2: AtomicBool,
    /// The step after which it is to be ended if there is none more.
    last_step: AtomicU64,
}

/// More steps than a connection takes.
const NEVER: u64 = u64::MAX;

/// What had gone on until somebody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    steps: u64,
    /// Whether the client is waited for to take what it is told, and not to ask.
    pub(super) is_blocked: bool,
}

impl Default for Activity {
    fn default() -> Self {
        Self {
            steps: AtomicU64::new(0),
            open: AtomicU32::new(0),
            is_blocked: AtomicBool::new(false),
            is_http2: AtomicBool::new(false),
            last_step: AtomicU64::new(NEVER),
        }
    }
}

impl Activity {
    /// A request's head has come.
    pub(super) fn begin(self: &Arc<Self>) -> Call {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        Call(Arc::clone(self))
    }

    /// Something was written.
    pub(super) fn write(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.is_blocked.store(false, Ordering::Relaxed);
    }

    /// Nothing more can be written before the client has taken something.
    pub(super) fn block(&self) {
        self.is_blocked.store(true, Ordering::Relaxed);
    }

    /// It is HTTP/2, which asks by itself whether the client is still there.
    pub(super) fn speak_http2(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.is_http2.store(true, Ordering::Relaxed);
    }

    /// What has gone on until now; none where it is the server that is waited for. A client
    /// keeps it waiting if that is the same later.
    pub(super) fn seen(&self) -> Option<Seen> {
        let is_blocked = self.is_blocked.load(Ordering::Relaxed);
        let is_running = self.open.load(Ordering::Relaxed) > 0 && !is_blocked;
        let is_busy = is_running || self.is_http2.load(Ordering::Relaxed);
        (!is_busy).then(|| Seen {
            steps: self.steps.load(Ordering::Relaxed),
            is_blocked,
        })
    }

    /// Asks the connection's own task to end it, the next time that it is woken, if no more
    /// than this was seen until then.
    pub(super) fn give_up(&self, seen: Seen) {
        self.last_step.store(seen.steps, Ordering::Release);
    }

    /// Whether that was asked, and nothing has gone on since. To be called by the connection's
    /// own task: nobody else does anything.
    pub(super) fn is_given_up(&self) -> bool {
        self.last_step.load(Ordering::Acquire) == self.steps.load(Ordering::Relaxed)
    }
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(super) struct Call(Arc<Activity>);

impl Call {
    /// Ends with the answer: at once if it has a length, as then all of it is there, and
    /// otherwise with its body, which may be silent for long.
    pub(super) fn end_with(self, answer: Response<Body>) -> Response<Body> {
        if answer.body().size_hint().exact().is_some() {
            return answer;
        }
        answer.map(|body| Body::new(Answering { body, _call: self }))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The body of an answer that goes on.
struct Answering {
    body: Body,
    _call: Call,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
