//! [`Tail`]: how the log of an earlier process ends.

use crate::{
    chain::Head,
    key::AuditKey,
    line::{self, LONGEST_LINE},
    log::OpenError,
    sink::Sink,
};

/// The end of a log when a process starts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tail {
    /// The head of the log after its last complete line.
    pub(crate) head: Head,
    /// The length of the incomplete line after it, in bytes.
    pub(crate) cut: u64,
}

impl Tail {
    /// Reads the last complete line.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be read, or if its last line is not signed with this
    /// key: the file belongs to another key or was changed, and nothing may be appended to it.
    pub(crate) fn read(sink: &mut dyn Sink, key: &AuditKey) -> Result<Self, OpenError> {
        // Enough for the last line and a part of another line.
        let (end, is_all) = sink.read_end(2 * LONGEST_LINE).map_err(OpenError::Io)?;
        let complete = end.iter().rposition(|&byte| byte == b'\n');
        let after = complete.map_or(0, |at| at + 1);
        let cut = (end.len() - after) as u64;
        if complete.is_none() && !is_all {
            return Err(OpenError::ForeignFile);
        }
        let Some(complete) = complete else {
            // The file is new, or its first line was cut. Otherwise another program wrote the file.
            let head = &end[..end.len().min(5)];
            return match br#"{"v":"#.starts_with(head) {
                true => Ok(Self {
                    head: Head::NONE,
                    cut,
                }),
                false => Err(OpenError::ForeignFile),
            };
        };
        let before = end[..complete].iter().rposition(|&byte| byte == b'\n');
        let last = &end[before.map_or(0, |at| at + 1)..complete];
        let last = line::read(key, last).map_err(|_| OpenError::ForeignFile)?;
        Ok(Self {
            head: last.head(),
            cut,
        })
    }
}
