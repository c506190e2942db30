//! The text of a line: hexadecimal digits, its MAC, and its members.

use serde_json::Value;

use crate::{chain::Head, key::AuditKey};

/// The text before the MAC of a line.
pub(crate) const MAC_MEMBER: &[u8] = br#","mac":""#;

/// The text after the MAC, without the line feed.
const END: &[u8] = br#""}"#;

/// The longest line, in bytes. Every field of a record is bounded, so no line is longer.
pub(crate) const LONGEST_LINE: usize = 16 * 1024;

/// The version of the schema.
pub(crate) const VERSION: u64 = 1;

/// Writes bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(2 * bytes.len());
    push_hex(&mut text, bytes);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends bytes as hexadecimal digits.
pub(crate) fn push_hex(text: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let start = text.len();
    text.resize(start + 2 * bytes.len(), 0);
    for (pair, byte) in text[start..].chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// Appends a number in decimal digits.
pub(crate) fn push_number(text: &mut Vec<u8>, number: u64) {
    text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Reads 32 bytes from 64 hexadecimal digits in lower case.
pub(crate) fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// A line whose MAC is valid.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SignedLine {
    /// Its number.
    pub(crate) seq: u64,
    /// The MAC of the line before it.
    pub(crate) prev: [u8; 32],
    pub(crate) mac: [u8; 32],
    /// All members.
    pub(crate) members: Value,
}

impl SignedLine {
    /// Returns the head of a log that ends with this line.
    pub(crate) fn head(&self) -> Head {
        Head {
            count: self.seq.saturating_add(1),
            mac: self.mac,
        }
    }

    /// Returns the type of the record.
    pub(crate) fn record_type(&self) -> &str {
        self.members["type"].as_str().unwrap_or_default()
    }

    /// Returns a member that is a number, or 0 without it.
    pub(crate) fn number(&self, member: &str) -> u64 {
        self.members[member].as_u64().unwrap_or_default()
    }
}

/// Why a line is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineError {
    /// The line is not a record.
    Malformed,
    /// The line was changed, or signed with another key.
    WrongMac,
    /// The line has another version of the format.
    UnknownVersion,
}

/// Reads a line without its line feed. Its JSON is parsed only after its MAC was verified.
pub(crate) fn read(key: &AuditKey, line: &[u8]) -> Result<SignedLine, LineError> {
    let signed = line.strip_suffix(END).ok_or(LineError::Malformed)?;
    let at = signed.len().checked_sub(64).ok_or(LineError::Malformed)?;
    let (before, mac) = signed.split_at(at);
    let text = before
        .strip_suffix(MAC_MEMBER)
        .ok_or(LineError::Malformed)?;
    let mac = from_hex(mac).ok_or(LineError::Malformed)?;
    if !key.has_signed(text, &mac) {
        return Err(LineError::WrongMac);
    }
    // The line was signed with this key, so an unknown form is another version of the format.
    let members: Value = serde_json::from_slice(line).map_err(|_| LineError::UnknownVersion)?;
    let seq = members["seq"].as_u64();
    let prev = members["prev"].as_str();
    let prev = prev.and_then(|prev| from_hex(prev.as_bytes()));
    match (members["v"].as_u64(), seq, prev) {
        (Some(VERSION), Some(seq), Some(prev)) => Ok(SignedLine {
            seq,
            prev,
            mac,
            members,
        }),
        _ => Err(LineError::UnknownVersion),
    }
}
