//! A body in pieces of which most are shared: a long list is copied for nobody.

use std::{
    array,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Three pieces, sent one after another, of a length that is known.
pub(super) struct ChunkedBody {
    pieces: array::IntoIter<Bytes, 3>,
    left: u64,
}

impl ChunkedBody {
    pub(super) fn new(pieces: [Bytes; 3]) -> Self {
        let left = pieces.iter().map(|piece| piece.len() as u64).sum();
        Self {
            pieces: pieces.into_iter(),
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
        let piece = this.pieces.next();
        if let Some(piece) = &piece {
            this.left -= piece.len() as u64;
        }
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.as_slice().is_empty()
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
    async fn pieces_are_one_body_of_a_known_length() {
        let pieces = || ChunkedBody::new([&b"{"[..], b"", b"}"].map(Bytes::from_static));
        assert_eq!(pieces().size_hint().exact(), Some(2));
        assert!(!pieces().is_end_stream());
        let whole = pieces().collect().await.unwrap();
        assert_eq!(whole.to_bytes(), "{}");
    }
}
