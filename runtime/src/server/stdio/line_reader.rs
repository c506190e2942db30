//! Reads lines of standard input, of a bounded length.

use std::{
    io::{self, BufRead, BufReader, ErrorKind, Read},
    thread,
};

use bytes::Bytes;
use tokio::sync::mpsc;

/// How much is kept of a line that is too long, in bytes: enough for the id of its message.
const BEGINNING: usize = 64 * 1024;

/// One line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line of an allowed length.
    Whole(Bytes),
    /// The beginning of a line that is too long. The rest was read and dropped.
    TooLong(Vec<u8>),
}

/// Reads lines in a thread of its own, until the input ends or nobody takes them.
///
/// # Errors
///
/// Returns an error if the thread cannot be started.
pub(super) fn read_lines(
    input: impl Read + Send + 'static,
    limit: usize,
) -> io::Result<mpsc::Receiver<Line>> {
    let (sender, lines) = mpsc::channel(1);
    let mut input = BufReader::new(input);
    let read = move || {
        loop {
            match next_line(&mut input, limit) {
                Ok(Some(line)) => {
                    if sender.blocking_send(line).is_err() {
                        return;
                    }
                }
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "standard input cannot be read; the server stops");
                    return;
                }
            }
        }
    };
    thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(read)?;
    Ok(lines)
}

/// Reads the next line that is not blank, or `None` at the end of the input.
fn next_line(input: &mut impl BufRead, limit: usize) -> io::Result<Option<Line>> {
    let (mut line, mut is_long) = (Vec::new(), false);
    loop {
        let buffer = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        let end = memchr::memchr(b'\n', buffer);
        let part = buffer.get(..end.unwrap_or(buffer.len()));
        let part = part.unwrap_or_default();
        if !is_long {
            line.extend_from_slice(part);
            if line.len() > limit {
                is_long = true;
                line.truncate(BEGINNING.min(limit));
                line.shrink_to_fit();
            }
        }
        let (is_at_end, used) = (buffer.is_empty(), part.len() + usize::from(end.is_some()));
        input.consume(used);
        if end.is_none() && !is_at_end {
            continue;
        }
        match is_long {
            true => return Ok(Some(Line::TooLong(line))),
            false if line.trim_ascii().is_empty() => line.clear(),
            false => return Ok(Some(Line::Whole(line.into()))),
        }
        if is_at_end {
            return Ok(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads with small buffers, so that lines are in several of them.
    fn lines(text: &str, limit: usize) -> Vec<Line> {
        let mut input = BufReader::with_capacity(3, text.as_bytes());
        std::iter::from_fn(|| next_line(&mut input, limit).unwrap()).collect()
    }

    fn whole(text: &'static str) -> Line {
        Line::Whole(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn lines_are_read_one_by_one_and_blank_ones_are_none() {
        assert_eq!(
            lines("{1}\n\n \r\n{22}\r\n{333}", 9),
            [whole("{1}"), whole("{22}\r"), whole("{333}")]
        );
        assert!(lines("", 9).is_empty());
        assert!(lines("\n\n", 9).is_empty());
    }

    #[test]
    fn a_line_that_is_too_long_is_dropped_up_to_its_end() {
        let text = format!("{}\nnext\n{}", "a".repeat(100), "b".repeat(11));
        assert_eq!(
            lines(&text, 10),
            [
                Line::TooLong(b"a".repeat(10)),
                whole("next"),
                Line::TooLong(b"b".repeat(10)),
            ]
        );
        assert_eq!(lines("0123456789\n", 10), [whole("0123456789")]);
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_memory_than_the_limit() {
        let mut endless = BufReader::new(io::repeat(b'a').take(64 * 1024 * 1024));
        let (line, counted) = {
            let mut line = None;
            let counted = allocation_counter::measure(|| {
                line = next_line(&mut endless, 1024 * 1024).unwrap();
            });
            (line, counted)
        };
        assert!(matches!(line, Some(Line::TooLong(kept)) if kept.len() == BEGINNING));
        assert!(counted.bytes_max < 4 * 1024 * 1024, "{counted:?}");
    }
}
