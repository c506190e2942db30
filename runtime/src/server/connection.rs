//! Serves one connection over HTTP/1.1 or HTTP/2, with limits for both.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
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

use super::{
    http_entry::HttpEntry,
    io_timeout::{HEAD, TimeoutIo},
};

/// The interval of PING frames (RFC 9113 §6.7), which detect a lost HTTP/2 client.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The connection of a request without a token. Limits for unauthenticated callers are per
/// connection; limits for authenticated callers are per caller.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionId(pub(super) u64);

impl ConnectionId {
    /// Returns an ID that is unique within the process.
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// How much is buffered of a connection, in bytes, which also limits a request's head. hyper's
/// default of 400 KiB is six times what is stored of an unauthenticated body.
const READ_AHEAD: usize = 128 * 1024;

/// The same for one stream of HTTP/2, and for all streams of a connection.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// Spawns the tasks of HTTP/2. They are boxed so that all tasks have one type, which is
/// compiled once.
#[derive(Clone)]
struct Boxed;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Boxed {
    fn execute(&self, task: F) {
        tokio::spawn(task.boxed());
    }
}

/// Answers the requests of one connection. `peer` is its address, if a route reads it.
pub(super) fn connection<I>(
    stream: I,
    peer: Option<ConnectInfo<SocketAddr>>,
    entry: HttpEntry,
) -> impl GracefulConnection<Error = axum::BoxError> + Send
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let id = ConnectionId::next();
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(peer);
        }
        if !request.headers().contains_key(AUTHORIZATION) {
            request.extensions_mut().insert(id);
        }
        entry.answer(request)
    });
    let mut builder = auto::Builder::new(Boxed);
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(READ_AHEAD);
    builder
        .http2()
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_concurrent_streams(256);
    let connection = builder.serve_connection(TokioIo::new(TimeoutIo::new(stream)), service);
    connection.into_owned()
}

#[cfg(test)]
mod tests;
