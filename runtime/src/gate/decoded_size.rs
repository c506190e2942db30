//! Refuses messages that are too large to be unpacked.

use crate::config::RequestLimits;

use super::{
    body::Received, json_memory_estimate::DecodedSize, message_error::MessageError,
    message_head::MessageHead,
};

/// Bodies up to this many bytes are not counted: even in the worst case they unpack to less
/// than any useful limit.
const SMALL: usize = HANDSHAKE;

/// The largest handshake, in bytes: a session stores the client information in it.
const HANDSHAKE: usize = 16 * 1024;

/// rmcp's reader takes this many times the memory of the values: it keeps a copy of all values
/// while it tries one kind of message after another.
const RMCP_READERS: usize = 2;

/// Without a token, a message may take this many times the bytes that are kept of it, and always
/// this many bytes: a handshake takes some thousands, even if fewer are kept.
const TIMES_KEPT: usize = 8;
const LEAST_UNPACKED: usize = 512 * 1024;

/// Checks that a message has neither too many values nor takes too much memory. Returns its
/// size.
pub(super) fn check(limits: &RequestLimits, body: &[u8]) -> Result<DecodedSize, MessageError> {
    let most = limits.json_values;
    // A value has at least one byte, so a body that is shorter than the limit is within it.
    if body.len() <= SMALL.min(most) {
        return Ok(DecodedSize::default());
    }
    let size = DecodedSize::of(body);
    if size.values > most {
        let message = format!(
            "the message has {} JSON values, and this server accepts at most {most}; send less at a time",
            size.values
        );
        return Err(MessageError::TooLarge(message.into()));
    }
    check_unpacked(limits, body, size.unpacked)?;
    Ok(size)
}

/// Checks the same for a message that rmcp's reader reads.
pub(super) fn check_for_rmcp(
    limits: &RequestLimits,
    body: &[u8],
    size: DecodedSize,
) -> Result<(), MessageError> {
    if body.len() <= SMALL {
        return Ok(());
    }
    // A session stores its handshake.
    if MessageHead::read(body).is_initialize() {
        let message = format!(
            "initialize has {} bytes, and this server accepts at most {HANDSHAKE}; say less in clientInfo and capabilities",
            body.len()
        );
        return Err(MessageError::TooLarge(message.into()));
    }
    check_unpacked(limits, body, size.unpacked.saturating_mul(RMCP_READERS))
}

/// Returns whether a message may be unpacked for a caller without a token: all of it was
/// kept, and it takes at most 8 times the bytes that are kept.
pub(super) fn is_small_without_token(limits: &RequestLimits, body: &Received) -> bool {
    let size = DecodedSize::of(&body.bytes);
    let kept = limits.unauthenticated_body;
    let most = kept.saturating_mul(TIMES_KEPT).max(LEAST_UNPACKED);
    body.is_whole && size.unpacked.saturating_mul(RMCP_READERS) <= most
}

fn check_unpacked(
    limits: &RequestLimits,
    body: &[u8],
    unpacked: usize,
) -> Result<(), MessageError> {
    if unpacked <= limits.unpacked(body.len()) {
        return Ok(());
    }
    let message = "the message has so many small objects that it would take many times its \
                   size in memory; send less at a time";
    Err(MessageError::TooLarge(message.into()))
}
