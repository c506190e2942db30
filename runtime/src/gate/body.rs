//! Reads the body of a request: into one buffer, with one limit, in a limited time.

use std::{
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::poll;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::time::{Instant, sleep_until};

use super::pending_bodies::PendingBodies;

/// Why a body could not be received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// A body, or its beginning.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    /// Whether the bytes are the whole body.
    pub(crate) is_whole: bool,
}

impl Received {
    /// Returns the body of a request without one.
    pub(super) fn empty() -> Self {
        Self {
            bytes: Bytes::new(),
            is_whole: true,
        }
    }
}

/// Reads a body of at most `limit` bytes within `time`.
///
/// Every later reader gets these bytes, so there is no second, smaller limit that could refuse
/// a request that was authorized.
pub(crate) async fn read<B: Body>(
    body: B,
    limit: usize,
    time: Duration,
) -> Result<Bytes, BodyError> {
    refuse_too_large(&body, limit)?;
    let mut collecting = pin!(collect(body, limit));
    // Most bodies arrive together with the headers, and need no timer.
    if let Poll::Ready(read) = poll!(collecting.as_mut()) {
        return read;
    }
    Box::pin(tokio::time::timeout(time, collecting))
        .await
        .unwrap_or(Err(BodyError::TooSlow))
}

/// Reads a body of at most `limit` bytes within `time`, keeps its first `keep` bytes, and
/// discards the rest.
///
/// The rest is still read: a connection that is closed while its client sends is reset, and
/// the client then sees a broken connection instead of its 401. Incomplete bodies share
/// `budget`: without capacity in it nothing is kept.
pub(crate) async fn read_beginning<B: Body>(
    body: B,
    keep: usize,
    limit: usize,
    time: Duration,
    budget: &PendingBodies,
) -> Result<Received, BodyError> {
    refuse_too_large(&body, limit)?;
    let mut beginning = Beginning::new(keep);
    let mut body = pin!(body);
    let polled = {
        let mut discarding = pin!(beginning.collect(body.as_mut(), limit, budget));
        poll!(discarding.as_mut())
    };
    if let Poll::Ready(read) = polled {
        return read.map(|()| beginning.into());
    }
    // Allocated for few requests only, so that the future of all others stays small.
    Box::pin(async move {
        let _share = match budget.reserve(keep) {
            Some(share) => Some(share),
            None => {
                beginning.keep_nothing();
                None
            }
        };
        match tokio::time::timeout(time, beginning.collect(body, limit, budget)).await {
            Ok(read) => read.map(|()| beginning.into()),
            Err(_) => Err(BodyError::TooSlow),
        }
    })
    .await
}

/// Refuses a body whose declared length is too large, without reading it.
fn refuse_too_large<B: Body>(body: &B, limit: usize) -> Result<(), BodyError> {
    match body.size_hint().lower() > limit as u64 {
        true => Err(BodyError::TooLarge),
        false => Ok(()),
    }
}

/// A copy of the first bytes of a body. A frame itself would keep everything in memory that its
/// connection has read with it.
struct Beginning {
    kept: BytesMut,
    keep: usize,
    length: usize,
}

impl Beginning {
    fn new(keep: usize) -> Self {
        Self {
            kept: BytesMut::new(),
            keep,
            length: 0,
        }
    }

    fn keep_nothing(&mut self) {
        self.keep = 0;
        self.kept = BytesMut::new();
    }

    /// Continues to read. Dropping the future loses nothing: between two frames all state is
    /// in `self`.
    async fn collect<B: Body>(
        &mut self,
        mut body: Pin<&mut B>,
        limit: usize,
        shared: &PendingBodies,
    ) -> Result<(), BodyError> {
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| BodyError::Broken)?;
            if let Some(resume_at) = self.take(frame, limit, shared)? {
                // Allocated for few requests only, so that the future of all others stays small.
                Box::pin(sleep_until(resume_at)).await;
            }
        }
        Ok(())
    }

    /// Keeps the beginning of a frame and discards the rest. Returns when to continue.
    fn take<D: Buf>(
        &mut self,
        frame: Frame<D>,
        limit: usize,
        shared: &PendingBodies,
    ) -> Result<Option<Instant>, BodyError> {
        let Ok(mut data) = frame.into_data() else {
            return Ok(None);
        };
        if data.remaining() > limit - self.length {
            return Err(BodyError::TooLarge);
        }
        self.length += data.remaining();
        while data.has_remaining() && self.kept.len() < self.keep {
            let chunk = data.chunk();
            let kept = chunk.len().min(self.keep - self.kept.len());
            self.kept.extend_from_slice(&chunk[..kept]);
            data.advance(kept);
        }
        Ok(match data.remaining() {
            0 => None,
            discarded => shared.resume_at(u32::try_from(discarded).unwrap_or(u32::MAX)),
        })
    }
}

impl From<Beginning> for Received {
    fn from(beginning: Beginning) -> Self {
        Self {
            is_whole: beginning.length == beginning.kept.len(),
            bytes: beginning.kept.freeze(),
        }
    }
}

async fn collect<B: Body>(body: B, limit: usize) -> Result<Bytes, BodyError> {
    let mut body = pin!(body);
    // Most bodies are one frame, which is not copied.
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyError::Broken)?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let length = data.remaining();
        let so_far = all.len() + first.as_ref().map_or(0, Bytes::len);
        if length > limit - so_far {
            return Err(BodyError::TooLarge);
        }
        let data = data.copy_to_bytes(length);
        match first.take() {
            None if all.is_empty() => first = Some(data),
            earlier => {
                all.extend_from_slice(&earlier.unwrap_or_default());
                all.extend_from_slice(&data);
            }
        }
    }
    Ok(first.unwrap_or_else(|| all.freeze()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};
    use http_body_util::StreamBody;

    async fn chunks(sizes: &[usize], limit: usize) -> Result<Bytes, BodyError> {
        let frames: Vec<_> = sizes
            .iter()
            .map(|&size| {
                Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(vec![b'a'; size])))
            })
            .collect();
        read(
            StreamBody::new(stream::iter(frames)),
            limit,
            Duration::from_secs(1),
        )
        .await
    }

    #[tokio::test]
    async fn the_limit_is_exact_for_any_number_of_frames() {
        for sizes in [&[10_usize][..], &[3, 7], &[0, 5, 0, 5], &[1; 10]] {
            assert_eq!(
                chunks(sizes, 10).await.map(|b| b.len()),
                Ok(10),
                "{sizes:?}"
            );
            assert_eq!(
                chunks(sizes, 9).await,
                Err(BodyError::TooLarge),
                "{sizes:?}"
            );
        }
        assert_eq!(chunks(&[], 0).await, Ok(Bytes::new()));
    }

    type Sent = Result<Frame<Bytes>, std::convert::Infallible>;

    fn frame(size: usize) -> Sent {
        Ok(Frame::data(Bytes::from(vec![b'a'; size])))
    }

    async fn beginning(
        body: impl futures_util::Stream<Item = Sent>,
        budget: &PendingBodies,
    ) -> Result<(usize, bool), BodyError> {
        let time = Duration::from_secs(60);
        let read = read_beginning(StreamBody::new(body), 10, 100, time, budget).await?;
        Ok((read.bytes.len(), read.is_whole))
    }

    #[tokio::test]
    async fn the_beginning_of_a_long_body_is_kept_and_the_rest_is_read() {
        let budget = PendingBodies::new(10);
        for (sizes, expected) in [
            (&[][..], Ok((0, true))),
            (&[10], Ok((10, true))),
            (&[3, 7, 0], Ok((10, true))),
            (&[11], Ok((10, false))),
            (&[4, 96], Ok((10, false))),
            (&[100], Ok((10, false))),
            (&[101], Err(BodyError::TooLarge)),
            (&[60, 41], Err(BodyError::TooLarge)),
        ] {
            let frames = stream::iter(sizes.iter().map(|&size| frame(size)));
            assert_eq!(beginning(frames, &budget).await, expected, "{sizes:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn incomplete_bodies_share_a_budget_and_return_it() {
        let budget = PendingBodies::new(25);
        let half_sent = || stream::once(async { frame(5) }).chain(stream::pending());
        let whole_later = stream::iter([frame(5)]).chain(stream::once(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            frame(5)
        }));
        let late = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            beginning(whole_later, &budget).await
        };
        // Two hold ten bytes each, and five are left.
        let (first, second, third) = tokio::join!(
            beginning(half_sent(), &budget),
            beginning(half_sent(), &budget),
            late
        );
        assert_eq!(first, Err(BodyError::TooSlow));
        assert_eq!(second, Err(BodyError::TooSlow));
        assert_eq!(third, Ok((0, false)));
        assert_eq!(budget.available(), 25);
    }

    #[tokio::test(start_paused = true)]
    async fn discarded_bytes_share_a_rate() {
        const MIB: usize = 1024 * 1024;
        let budget = PendingBodies::new(10);
        let time = Duration::from_secs(60);
        let send = async |frames: usize| {
            let frames = stream::iter((0..frames).map(|_| frame(64 * 1024)));
            let body = StreamBody::new(frames);
            let read = read_beginning(body, 10, 64 * MIB, time, &budget).await;
            assert!(read.is_ok_and(|read| !read.is_whole));
        };
        let start = Instant::now();
        // 1 MiB alone, then the same together with three that send 21 MiB each.
        send(16).await;
        let alone = start.elapsed();
        assert!((14..=20).contains(&alone.as_millis()), "{alone:?}");
        let start = Instant::now();
        let beside = async {
            send(16).await;
            start.elapsed()
        };
        let (beside, ..) = tokio::join!(beside, send(336), send(336), send(336));
        assert!((50..=90).contains(&beside.as_millis()), "{beside:?}");
        let all = start.elapsed();
        assert!((950..=1050).contains(&all.as_millis()), "{all:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_times_out_as_a_whole() {
        let start = Instant::now();
        let drips = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_secs(9)).await;
            Some((frame(1), ()))
        });
        let read = beginning(drips, &PendingBodies::new(10)).await;
        assert_eq!(read, Err(BodyError::TooSlow));
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_body_times_out() {
        let never = stream::pending::<Result<Frame<Bytes>, std::convert::Infallible>>();
        let read = read(StreamBody::new(never), 10, Duration::from_secs(60)).await;
        assert_eq!(read, Err(BodyError::TooSlow));
    }
}
