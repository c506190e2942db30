//! How long a new connection may be silent.
//!
//! A connection speaks HTTP/2 if it begins with the preface of RFC 9113 §3.4. Until that
//! is known no protocol reads it, and so no timer of a protocol runs: whoever connects
//! and says nothing, or a part of the preface, would keep a socket for ever.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Sleep,
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that fails when its first bytes do not come in time.
pub(super) struct Prompt<I> {
    inner: I,
    /// How much of the preface was read, and until when; none once it is known what is
    /// spoken.
    waiting: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<I> Prompt<I> {
    pub(super) fn new(inner: I, time: Duration) -> Self {
        Self {
            inner,
            waiting: Some((0, Box::pin(tokio::time::sleep(time)))),
        }
    }
}

/// How much of the preface was read with these bytes; none when that is all of it, or
/// they are no part of it.
fn after(read: usize, bytes: &[u8]) -> Option<usize> {
    let expected = &PREFACE[read..];
    let is_part = bytes.len() < expected.len() && expected.starts_with(bytes);
    is_part.then_some(read + bytes.len())
}

impl<I: AsyncRead + Unpin> AsyncRead for Prompt<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let inner = Pin::new(&mut this.inner);
        let Some((read, deadline)) = &mut this.waiting else {
            return inner.poll_read(cx, buffer);
        };
        if deadline.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let result = ready!(inner.poll_read(cx, buffer));
        match after(*read, &buffer.filled()[before..]) {
            Some(more) => *read = more,
            None => this.waiting = None,
        }
        Poll::Ready(result)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Prompt<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(cx, bytes)
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
        Pin::new(&mut self.get_mut().inner).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    /// What comes of a connection over which this is sent, and then nothing.
    async fn read(first: &[u8]) -> io::Result<usize> {
        let (mut client, server) = duplex(64);
        client.write_all(first).await.unwrap();
        let mut server = Prompt::new(server, Duration::from_secs(30));
        let mut buffer = [0; 64];
        let mut all = 0;
        loop {
            let more = tokio::time::timeout(Duration::from_secs(3600), server.read(&mut buffer));
            match more.await {
                Ok(read) => all += read?,
                Err(_) => return Ok(all),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_connection_fails_in_time() {
        for silence in [&b""[..], b"P", b"PRI * HTTP/2.0\r\n", &PREFACE[..23]] {
            let start = tokio::time::Instant::now();
            let fault = read(silence).await.unwrap_err();
            assert_eq!(fault.kind(), io::ErrorKind::TimedOut);
            assert_eq!(start.elapsed().as_secs(), 30);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn once_it_is_known_what_is_spoken_the_protocol_keeps_the_time() {
        for spoken in [&b"G"[..], b"POST /", b"PRX", PREFACE] {
            assert_eq!(read(spoken).await.unwrap(), spoken.len());
        }
    }
}
