//! The body of a request: one buffer, one limit, a limited time.

use std::{pin::pin, task::Poll, time::Duration};

use bytes::{Bytes, BytesMut};
use futures_util::poll;
use http_body::Body;
use http_body_util::BodyExt;

/// Why there is no body to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// It is larger than the limit.
    TooLarge,
    /// It did not come within the time.
    TooSlow,
    /// The connection broke.
    Broken,
}

/// Reads a body of at most `limit` bytes within `time`.
///
/// What is read here is what every later reader gets: a second, smaller limit would
/// refuse calls that the first has let in.
pub(crate) async fn read<B: Body>(
    body: B,
    limit: usize,
    time: Duration,
) -> Result<Bytes, BodyFault> {
    // A length that is told and too large needs no reading at all.
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyFault::TooLarge);
    }
    let mut collecting = pin!(collect(body, limit));
    // Most bodies have come with their heads, and need no clock.
    if let Poll::Ready(read) = poll!(collecting.as_mut()) {
        return read;
    }
    Box::pin(tokio::time::timeout(time, collecting))
        .await
        .unwrap_or(Err(BodyFault::TooSlow))
}

async fn collect<B: Body>(body: B, limit: usize) -> Result<Bytes, BodyFault> {
    use bytes::Buf;

    let mut body = pin!(body);
    // Most bodies are one frame, and then nothing is copied.
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| BodyFault::Broken)?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        let length = data.remaining();
        let so_far = all.len() + first.as_ref().map_or(0, Bytes::len);
        if length > limit - so_far {
            return Err(BodyFault::TooLarge);
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
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;

    async fn chunks(sizes: &[usize], limit: usize) -> Result<Bytes, BodyFault> {
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
    async fn the_limit_holds_to_the_byte_however_the_body_comes() {
        for sizes in [&[10_usize][..], &[3, 7], &[0, 5, 0, 5], &[1; 10]] {
            assert_eq!(
                chunks(sizes, 10).await.map(|b| b.len()),
                Ok(10),
                "{sizes:?}"
            );
            assert_eq!(
                chunks(sizes, 9).await,
                Err(BodyFault::TooLarge),
                "{sizes:?}"
            );
        }
        assert_eq!(chunks(&[], 0).await, Ok(Bytes::new()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up() {
        let never = stream::pending::<Result<Frame<Bytes>, std::convert::Infallible>>();
        let read = read(StreamBody::new(never), 10, Duration::from_secs(60)).await;
        assert_eq!(read, Err(BodyFault::TooSlow));
    }
}
