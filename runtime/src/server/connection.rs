//! Serves one connection over HTTP/1.1 or HTTP/2, with limits for both, and ends a connection whose
//! client keeps the server waiting.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll, ready},
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
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::http_entry::HttpEntry;

/// The interval of PING frames (RFC 9113 §6.7), which detect a lost HTTP/2 client.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The limit for the bytes that show the protocol, as for the head of a request.
const HEAD: Duration = Duration::from_secs(30);
/// The limit for a client that reads nothing. It is long, because a system reports free
/// space in its send buffer only when much of it is free.
const WRITE: Duration = Duration::from_secs(300);

/// A connection that begins like this speaks HTTP/2 (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

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

/// A connection whose reads and writes end with an error if the client is too slow.
///
/// hyper's timer limits the time for the head of a request, and between requests. It starts only
/// when the protocol is known, and it does not limit how long a client may leave a response unread.
/// In both cases a client could keep a socket open forever (CWE-400).
struct TimeoutIo<I> {
    inner: I,
    /// The timer, and what is left of the preface, until the protocol is known.
    detection: Option<(Pin<Box<Sleep>>, &'static [u8])>,
    /// Runs while the client reads nothing.
    write: Option<Pin<Box<Sleep>>>,
}

impl<I> TimeoutIo<I> {
    /// Starts the timer. Must be called within a runtime.
    fn new(inner: I) -> Self {
        Self {
            inner,
            detection: Some((Box::pin(sleep(HEAD)), PREFACE)),
            write: None,
        }
    }

    fn limit(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.write = None;
            return written;
        }
        let timer = self.write.get_or_insert_with(|| Box::pin(sleep(WRITE)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for TimeoutIo<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = Pin::new(&mut this.inner).poll_read(cx, buffer);
        let Some((timer, rest)) = &mut this.detection else {
            return result;
        };
        if result.is_pending() {
            ready!(timer.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        match rest.strip_prefix(&buffer.filled()[before..]) {
            Some(more @ [_, ..]) => *rest = more,
            _ => this.detection = None,
        }
        result
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for TimeoutIo<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.limit(cx, written)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, slices);
        this.limit(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
