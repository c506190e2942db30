//! A limit on the length of log lines.

use std::io::{self, Write};

/// The longest line in bytes, including the line break.
const LONGEST: usize = 8 * 1024;

/// The end of a line that was cut.
const CUT: &str = " [cut]\n";

/// Cuts log lines after 8 KiB.
///
/// Libraries log what a client sent: whole messages at `debug` and `trace`, which can have
/// megabytes. One client could fill a disk with them, or make a log collector drop the lines
/// around them. Wrap the subscriber's writer in this one:
///
/// ```
/// use std::io;
/// use toolgate::LineLimitWriter;
///
/// tracing_subscriber::fmt()
///     .with_writer(|| LineLimitWriter::new(io::stderr()))
///     .init();
/// ```
///
/// Each call of [`Write::write`] must be one line, as the formatters of `tracing-subscriber`
/// do. Lines of this server and of rmcp at `info` and above stay below 8 KiB without this
/// writer.
#[derive(Debug)]
pub struct LineLimitWriter<W>(W);

impl<W: Write> LineLimitWriter<W> {
    /// Creates a writer that cuts the lines for `writer`.
    pub fn new(writer: W) -> Self {
        Self(writer)
    }
}

impl<W: Write> Write for LineLimitWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if line.len() <= LONGEST {
            self.0.write_all(line)?;
            return Ok(line.len());
        }
        let kept = line.get(..LONGEST - CUT.len()).unwrap_or(line);
        // Do not cut within a character: its bytes after the first begin with the bits 10.
        let is_start = |byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
        let next = line.get(kept.len()).is_none_or(is_start);
        let end = match next {
            true => kept.len(),
            false => kept.iter().rposition(is_start).unwrap_or(kept.len()),
        };
        // One call, so that other threads cannot write into the line.
        let mut cut = kept.get(..end).unwrap_or(kept).to_vec();
        cut.extend(CUT.as_bytes());
        self.0.write_all(&cut)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str) -> String {
        let mut out = Vec::new();
        let mut writer = LineLimitWriter::new(&mut out);
        writer.write_all(line.as_bytes()).unwrap();
        writer.flush().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_of_8_kib_stays_and_a_longer_one_is_cut() {
        for length in [0, 1, LONGEST - 1] {
            let line = format!("{}\n", "a".repeat(length));
            assert_eq!(written(&line), line);
        }
        let cut = written(&format!("{}\n", "a".repeat(LONGEST)));
        assert_eq!(cut.len(), LONGEST);
        assert!(cut.ends_with("aaa [cut]\n"), "{cut}");
    }

    #[test]
    fn no_character_is_cut_in_two() {
        for shift in 0..4 {
            for character in ["ä", "€", "\u{e0001}"] {
                let line = format!("{}{}", "a".repeat(shift), character.repeat(5_000));
                let cut = written(&line);
                let kept = cut.strip_suffix(CUT).unwrap();
                assert!(line.starts_with(kept));
                assert!(cut.len() > LONGEST - 4 && cut.len() <= LONGEST);
            }
        }
    }
}
