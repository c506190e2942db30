//! Finds the end of an HTTP/1.1 response, and its parts.
//!
//! It parses what the measured servers send: a status, and a body with a length or in chunks.
//! Anything else is an error and ends the run.

use std::borrow::Cow;

use crate::Fault;

/// The sizes of a response at the start of a buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) status: u16,
    /// The offset of the body.
    pub(crate) head: usize,
    /// The offset of the end.
    pub(crate) total: usize,
    is_chunked: bool,
}

impl Frame {
    /// Measures a response. Returns `None` while it is incomplete.
    pub(crate) fn of(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let Some(end) = find(bytes, b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&bytes[..end])?;
        let status = head
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3));
        let status = status.ok_or_else(|| format!("this is not an HTTP/1.1 response: {head}"))?;
        let status: u16 = status.parse()?;
        let begin = end + 4;
        let chunked = field(head, "transfer-encoding").is_some_and(|coding| coding == "chunked");
        let total = match field(head, "content-length") {
            Some(length) => Some(begin + length.parse::<usize>()?),
            // 204 No Content has no body (RFC 9110 §15.3.5).
            None if status == 204 => Some(begin),
            None if chunked => end_of_chunks(bytes, begin)?,
            None => return Err(format!("a response without a length: {head}").into()),
        };
        Ok(total
            .filter(|&total| total <= bytes.len())
            .map(|total| Self {
                status,
                head: begin,
                total,
                is_chunked: chunked,
            }))
    }

    /// Whether these bytes look like a response with the same frame: the same length and
    /// status, and a body at the same offset. A response with another actual length also has
    /// another body.
    pub(crate) fn fits(self, bytes: &[u8]) -> bool {
        !self.is_chunked
            && bytes.len() == self.total
            && bytes[..self.head].ends_with(b"\r\n\r\n")
            && std::str::from_utf8(&bytes[9..12]).is_ok_and(|text| text.parse() == Ok(self.status))
    }

    /// Returns the body, without chunk framing.
    pub(crate) fn body(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        let body = &bytes[self.head..self.total];
        if !self.is_chunked {
            return Cow::Borrowed(body);
        }
        let mut whole = Vec::with_capacity(body.len());
        let mut at = 0;
        while let Ok(Some((from, to))) = chunk(body, at) {
            whole.extend_from_slice(&body[from..to]);
            at = to + 2;
        }
        Cow::Owned(whole)
    }

    /// Returns the header fields except those that hyper adds.
    pub(crate) fn fields(self, bytes: &[u8]) -> Vec<(String, String)> {
        let head = String::from_utf8_lossy(&bytes[..self.head]);
        let fields = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "));
        let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
        let is_own = |name: &str| !matches!(name, "date" | "content-length" | "transfer-encoding");
        fields.filter(|(name, _)| is_own(name)).collect()
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(": "));
    let found = fields.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value)
}

/// Returns the range of a chunk's bytes, or `None` if it is the last chunk or incomplete.
fn chunk(bytes: &[u8], at: usize) -> Result<Option<(usize, usize)>, Fault> {
    let Some(line) = bytes.get(at..).and_then(|rest| find(rest, b"\r\n")) else {
        return Ok(None);
    };
    let size = std::str::from_utf8(&bytes[at..at + line])?;
    let size = usize::from_str_radix(size, 16)?;
    let from = at + line + 2;
    Ok((size > 0 && from + size + 2 <= bytes.len()).then_some((from, from + size)))
}

fn end_of_chunks(bytes: &[u8], mut at: usize) -> Result<Option<usize>, Fault> {
    while let Some((_, to)) = chunk(bytes, at)? {
        at = to + 2;
    }
    Ok(bytes[at..].starts_with(b"0\r\n\r\n").then_some(at + 5))
}

pub(crate) fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nx-a: b\r\n\r\nbody";
    const CHUNKED: &[u8] =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0\r\n\r\n12345\r\n0\r\n\r\n";

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let more = [PLAIN, b"HTTP/1.1"].concat();
        let frame = Frame::of(&more).unwrap().unwrap();
        assert_eq!((frame.status, frame.total), (200, PLAIN.len()));
        assert_eq!(&*frame.body(&more), b"body");
        assert_eq!(frame.fields(&more), [("x-a".to_owned(), "b".to_owned())]);
    }

    #[test]
    fn an_answer_of_the_same_measures_is_recognised() {
        let frame = Frame::of(PLAIN).unwrap().unwrap();
        assert!(frame.fits(PLAIN));
        assert!(!frame.fits(&PLAIN[..PLAIN.len() - 1]));
        assert!(!frame.fits(b"HTTP/1.1 400 OK\r\ncontent-length: 4\r\nx-a: b\r\n\r\nbody"));
        assert!(!Frame::of(CHUNKED).unwrap().unwrap().fits(CHUNKED));
    }

    #[test]
    fn chunks_are_put_together_whatever_is_in_them() {
        let frame = Frame::of(CHUNKED).unwrap().unwrap();
        assert_eq!(frame.total, CHUNKED.len());
        assert_eq!(&*frame.body(CHUNKED), b"abc0\r\n\r\n12345");
    }

    #[test]
    fn what_is_not_there_as_a_whole_is_waited_for() {
        for whole in [PLAIN, CHUNKED] {
            for end in 0..whole.len() {
                assert_eq!(Frame::of(&whole[..end]).unwrap(), None, "{end}");
            }
        }
    }

    #[test]
    fn no_content_ends_with_its_head() {
        let bytes = b"HTTP/1.1 204 No Content\r\nx-a: b\r\n\r\n";
        let frame = Frame::of(bytes).unwrap().unwrap();
        assert_eq!((frame.total, frame.body(bytes).len()), (bytes.len(), 0));
    }

    #[test]
    fn what_has_no_end_is_an_error() {
        assert!(Frame::of(b"HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n").is_err());
        assert!(Frame::of(b"SSH-2.0\r\n\r\n").is_err());
    }
}
