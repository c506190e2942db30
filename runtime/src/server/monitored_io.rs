//! What a connection speaks, and whether its client takes what it is told.
//!
//! A connection speaks HTTP/2 if it begins with the preface of RFC 9113 §3.4, and HTTP/1.1
//! if it begins with anything else.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that tells what it sees.
pub(super) struct MonitoredIo<I> {
    inner: I,
    activity: Arc<Activity>,
    /// How much of the preface was read; none once it is known what is spoken.
    read: Option<usize>,
}

impl<I> MonitoredIo<I> {
    pub(super) fn new(inner: I, activity: Arc<Activity>) -> Self {
        Self {
            inner,
            activity,
            read: Some(0),
        }
    }

    fn note(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(1..)) => self.activity.write(),
            Poll::Pending => self.activity.block(),
            Poll::Ready(_) => {}
        }
        written
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for MonitoredIo<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let inner = Pin::new(&mut this.inner);
        let Some(read) = this.read else {
            return inner.poll_read(cx, buffer);
        };
        let before = buffer.filled().len();
        let result = ready!(inner.poll_read(cx, buffer));
        let (come, expected) = (&buffer.filled()[before..], &PREFACE[read..]);
        this.read = if come.starts_with(expected) {
            this.activity.speak_http2();
            None
        } else {
            // A part of it may become the whole.
            expected.starts_with(come).then_some(read + come.len())
        };
        Poll::Ready(result)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for MonitoredIo<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, bytes);
        this.note(written)
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
        this.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// Whether a connection over which this came, in pieces, is taken for HTTP/2.
    async fn is_http2(pieces: &[&[u8]]) -> bool {
        let activity = Arc::new(Activity::default());
        let (mut client, server) = duplex(64);
        let mut server = MonitoredIo::new(server, Arc::clone(&activity));
        let mut buffer = [0; 64];
        for piece in pieces {
            client.write_all(piece).await.unwrap();
            let read = server.read(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..read], *piece, "nothing is lost");
        }
        activity.seen().is_none()
    }

    #[tokio::test]
    async fn the_preface_makes_it_http2_however_it_comes_and_nothing_else_does() {
        assert!(is_http2(&[PREFACE]).await);
        assert!(is_http2(&[PREFACE, b"more"]).await);
        assert!(is_http2(&[&[PREFACE, b"more"].concat()]).await);
        assert!(is_http2(&[&PREFACE[..1], &PREFACE[1..10], &PREFACE[10..]]).await);
        for other in [
            &[&b"G"[..]][..],
            &[b"PRX", &PREFACE[3..]],
            &[&PREFACE[..23]],
            &[b"GET / HTTP/1.1\r\n\r\n", PREFACE],
            &[],
        ] {
            assert!(!is_http2(other).await, "{other:?}");
        }
    }
}
