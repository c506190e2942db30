//! A body of three chunks. Most of the bytes are shared: a long list is never copied.

use std::{
    array,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Three chunks, sent one after another, whose total length is known.
pub(super) struct ChunkedBody {
    chunks: array::IntoIter<Bytes, 3>,
    left: u64,
}

impl ChunkedBody {
    pub(super) fn new(chunks: [Bytes; 3]) -> Self {
        let left = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self {
            chunks: chunks.into_iter(),
            left,
        }
    }
}

impl Body for ChunkedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let chunk = this.chunks.next();
        if let Some(chunk) = &chunk {
            this.left -= chunk.len() as u64;
        }
        Poll::Ready(chunk.map(|chunk| Ok(Frame::data(chunk))))
    }

    fn is_end_stream(&self) -> bool {
        self.chunks.as_slice().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn chunks_are_one_body_of_a_known_length() {
        let chunks = || ChunkedBody::new([&b"{"[..], b"", b"}"].map(Bytes::from_static));
        assert_eq!(chunks().size_hint().exact(), Some(2));
        assert!(!chunks().is_end_stream());
        let whole = chunks().collect().await.unwrap();
        assert_eq!(whole.to_bytes(), "{}");
    }
}
