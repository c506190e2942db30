//! One connection, and the protocols that it may speak.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo};
use futures_util::FutureExt;
use http::{Request, header::AUTHORIZATION};
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulConnection},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{activity::Activity, http_entry::HttpEntry, monitored_io::MonitoredIo};

/// How often a client of HTTP/2 is asked whether it is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Which connection a request without a token came by. Bounds of what a stranger keeps here
/// count by it; those of everybody else count by principal.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionId(pub(super) u64);

impl ConnectionId {
    /// One that no other connection of this process has.
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// How much of a connection is read before somebody asks for it, in bytes, and so the longest
/// head. The library's own 400 KiB are six times what is kept of a stranger's body.
const READ_AHEAD: usize = 128 * 1024;

/// The same for one stream of HTTP/2, and for all of a connection.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Runs the tasks of HTTP/2. Boxed they are of one type with all other tasks, which is
/// compiled once.
#[derive(Clone)]
struct Boxed;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Boxed {
    fn execute(&self, task: F) {
        tokio::spawn(task.boxed());
    }
}

/// Answers what comes over one connection, of which it is known who is at its other end where
/// somebody asks.
pub(super) fn connection<I>(
    stream: I,
    peer: Option<ConnectInfo<SocketAddr>>,
    entrance: HttpEntry,
    activity: Arc<Activity>,
) -> impl GracefulConnection<Error = axum::BoxError> + Send
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let observed = MonitoredIo::new(stream, Arc::clone(&activity));
    let id = ConnectionId::next();
    let service = service_fn(move |request: Request<Incoming>| {
        let call = activity.begin();
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        if !request.headers().contains_key(AUTHORIZATION) {
            request.extensions_mut().insert(id);
        }
        let answer = entrance.answer(request);
        async move { answer.await.map(|answer| call.end_with(answer)) }
    });
    let mut builder = auto::Builder::new(Boxed);
    // Silent clients are looked for elsewhere, and a clock for each head costs them all.
    builder
        .http1()
        .header_read_timeout(None)
        .max_buf_size(READ_AHEAD);
    builder
        .http2()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_concurrent_streams(256);
    let connection = builder.serve_connection(TokioIo::new(observed), service);
    connection.into_owned()
}
