//! [`Chain`]: the number of records and the MAC of the last one.

use std::{fmt, str::FromStr};

use crate::{
    key::AuditKey,
    line::{MAC_MEMBER, from_hex, hex, push_hex, push_number},
};

/// The MAC before the first record.
pub(crate) const GENESIS: [u8; 32] = [0; 32];

/// The head of a log: the number of its records, and the MAC of the last record. A copy of the head
/// in another place shows that the last lines were not removed.
///
/// Its text is `COUNT:MAC`, as in the log line `audit log head`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The number of records of the log, over all files.
    pub count: u64,
    /// The MAC of the last record.
    pub mac: [u8; 32],
}

impl Head {
    /// The head of a log without records.
    pub(crate) const NONE: Self = Self {
        count: 0,
        mac: GENESIS,
    };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.count, hex(&self.mac))
    }
}

impl FromStr for Head {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected COUNT:MAC, a number and 64 hexadecimal digits";
        let (count, mac) = text.split_once(':').ok_or(EXPECTED)?;
        Ok(Self {
            count: count.parse().map_err(|_| EXPECTED)?,
            mac: from_hex(mac.as_bytes()).ok_or(EXPECTED)?,
        })
    }
}

/// The chain that a process writes.
pub(crate) struct Chain {
    key: AuditKey,
    head: Head,
}

impl Chain {
    pub(crate) fn new(key: AuditKey, head: Head) -> Self {
        Self { key, head }
    }

    pub(crate) fn head(&self) -> Head {
        self.head
    }

    /// Completes the line that begins at `start` of `lines`: appends its number, the MAC of the
    /// record before it, which `head` names, and its own MAC. Returns the head after this line.
    /// Pass it to [`advance`](Self::advance) when the line is in the file.
    pub(crate) fn seal_after(&self, head: Head, lines: &mut Vec<u8>, start: usize) -> Head {
        let Head { count, mac } = head;
        lines.extend_from_slice(br#","seq":"#);
        push_number(lines, count);
        lines.extend_from_slice(br#","prev":""#);
        push_hex(lines, &mac);
        lines.push(b'"');
        let mac = self.key.sign(&lines[start..]);
        lines.extend_from_slice(MAC_MEMBER);
        push_hex(lines, &mac);
        lines.extend_from_slice(b"\"}\n");
        Head {
            count: count + 1,
            mac,
        }
    }

    pub(crate) fn advance(&mut self, head: Head) {
        self.head = head;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_back_and_the_error_of_a_wrong_head_shows_the_form() {
        let head = Head {
            count: 7,
            mac: [0xab; 32],
        };
        assert_eq!(head.to_string().parse(), Ok(head));
        for text in ["", "7", "7:ab", "x:00", &format!("-1:{}", "a".repeat(64))] {
            let error = text.parse::<Head>().unwrap_err();
            assert!(error.contains("COUNT:MAC"), "{text}");
        }
    }
}
