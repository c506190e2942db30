//! A stream that ends when its token expires or is revoked, or when the server stops.
//!
//! A stream outlives the authorization of its request. Without a limit it would send data to
//! a caller whose token has expired, and keep a stopping server from stopping.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

pin_project! {
    /// A body that ends after a time, after an event, or when the server stops.
    pub(crate) struct ExpiringBody<B> {
        #[pin]
        inner: B,
        #[pin]
        time: Option<Sleep>,
        revoked: Option<BoxFuture<'static, ()>>,
        #[pin]
        stop: WaitForCancellationFutureOwned,
        ended: bool,
        open: OpenStream,
    }
}

/// The number of open streams, as clones of this value.
#[derive(Debug, Default)]
pub(crate) struct OpenStreams(Arc<()>);

/// Counts one stream until it is dropped.
pub(crate) struct OpenStream(#[expect(dead_code, reason = "it is only counted")] Arc<()>);

impl OpenStreams {
    /// Counts a further stream.
    pub(crate) fn open(&self) -> OpenStream {
        OpenStream(Arc::clone(&self.0))
    }

    /// Returns how many streams are open.
    pub(crate) fn count(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl<B> ExpiringBody<B> {
    /// Limits the body to `lifetime`, if there is one, and to the time before `stop` and `revoked`.
    pub(crate) fn new(
        inner: B,
        lifetime: Option<Duration>,
        revoked: Option<BoxFuture<'static, ()>>,
        stop: CancellationToken,
        open: OpenStream,
    ) -> Self {
        Self {
            inner,
            time: lifetime.map(tokio::time::sleep),
            revoked,
            stop: stop.cancelled_owned(),
            ended: false,
            open,
        }
    }
}

impl<B: Body<Data = Bytes>> Body for ExpiringBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        let is_over = *this.ended
            || this.stop.poll(cx).is_ready()
            || this
                .time
                .as_pin_mut()
                .is_some_and(|time| time.poll(cx).is_ready())
            || (this.revoked.as_mut()).is_some_and(|revoked| revoked.poll_unpin(cx).is_ready());
        if is_over {
            *this.ended = true;
            return Poll::Ready(None);
        }
        let frame = ready!(this.inner.poll_frame(cx));
        *this.ended = frame.is_none();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        // The number of bytes before the end is unknown.
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;
    use http_body_util::{BodyExt, StreamBody};
    use std::convert::Infallible;

    fn endless() -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
        StreamBody::new(stream::pending())
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_its_token() {
        let start = tokio::time::Instant::now();
        let life = Duration::from_secs(90);
        let mut body = Box::pin(ExpiringBody::new(
            endless(),
            Some(life),
            None,
            CancellationToken::new(),
            OpenStreams::default().open(),
        ));
        assert!(body.frame().await.is_none());
        assert_eq!(start.elapsed().as_secs(), 90);
        assert!(body.is_end_stream());
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_ends_with_the_server() {
        let stop = CancellationToken::new();
        let mut body = Box::pin(ExpiringBody::new(
            endless(),
            None,
            None,
            stop.clone(),
            OpenStreams::default().open(),
        ));
        stop.cancel();
        assert!(body.frame().await.is_none());
    }
}
