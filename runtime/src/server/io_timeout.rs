//! Ends a connection whose client keeps the server waiting.
//!
//! hyper's timer limits the time for the head of a request, and between requests. It starts
//! only when the protocol is known, and it does not limit how long a client may leave a
//! response unread. Both would keep a socket open forever (CWE-400).

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// The limit for the bytes that show the protocol, as for the head of a request.
pub(super) const HEAD: Duration = Duration::from_secs(30);
/// The limit for a client that reads nothing. It is long, because a system reports free
/// space in its send buffer only when much of it is free.
const WRITE: Duration = Duration::from_secs(300);

/// A connection that begins like this speaks HTTP/2 (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection whose reads and writes end with an error if the client is too slow.
pub(super) struct TimeoutIo<I> {
    inner: I,
    /// The timer, and what is left of the preface, until the protocol is known.
    detection: Option<(Pin<Box<Sleep>>, &'static [u8])>,
    /// Runs while the client reads nothing.
    write: Option<Pin<Box<Sleep>>>,
}

impl<I> TimeoutIo<I> {
    /// Starts the timer. Must be called within a runtime.
    pub(super) fn new(inner: I) -> Self {
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
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// Returns whether the protocol is known after these pieces.
    async fn is_known(pieces: &[&[u8]]) -> bool {
        let (mut client, server) = duplex(64);
        let mut server = TimeoutIo::new(server);
        let mut buffer = [0; 64];
        for piece in pieces {
            client.write_all(piece).await.unwrap();
            let read = server.read(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..read], *piece, "nothing is lost");
        }
        server.detection.is_none()
    }

    #[tokio::test]
    async fn the_protocol_is_known_with_the_preface_or_the_first_other_byte() {
        for known in [
            &[PREFACE][..],
            &[PREFACE, b"more"],
            &[&PREFACE[..1], &PREFACE[1..10], &PREFACE[10..]],
            &[&b"G"[..]],
            &[&b"P"[..], b"OST"],
            &[&b"PRX"[..], &PREFACE[3..]],
        ] {
            assert!(is_known(known).await, "{known:?}");
        }
        for unknown in [
            &[][..],
            &[&b"P"[..]],
            &[&PREFACE[..23]],
            &[&b"P"[..], b"RI * "],
        ] {
            assert!(!is_known(unknown).await, "{unknown:?}");
        }
    }
}
