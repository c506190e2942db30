//! Which messages are too large to be unpacked.

use http::StatusCode;
use rmcp::model::ErrorCode as RpcCode;

use super::{
    Gate, body::Received, json_size::JsonSize, message_head::MessageHead, refusal::Refusal,
    request_limits::HANDSHAKE,
};

/// Up to this many bytes nothing is counted: what such a body unpacks to, at the worst, is
/// less than any limit that is worth having.
const SMALL: usize = HANDSHAKE;

/// How many times the memory of its values rmcp's reader takes: it keeps a copy of all
/// values while it tries one kind of message after another.
const RMCP_READERS: usize = 2;

/// Without a token, a message may take this many times the bytes that are kept of it, and in
/// any case this many bytes: a handshake takes some thousands, however few are kept.
const TIMES_KEPT: usize = 8;
const LEAST_UNPACKED: usize = 512 * 1024;

impl Gate {
    /// Refuses a message that has too many values, or that would take too much memory.
    pub(super) fn check_size(&self, body: &[u8]) -> Result<JsonSize, Refusal> {
        let most = self.limits.json_values;
        // A value has a byte at least, so a body that is shorter than the limit is within it.
        if body.len() <= SMALL.min(most) {
            return Ok(JsonSize::default());
        }
        let size = JsonSize::of(body);
        if size.values > most {
            let message = format!(
                "the message has {} JSON values, and this server accepts at most {most}; send less at a time",
                size.values
            );
            return Err(too_large(body, message));
        }
        self.check_unpacked(body, size.unpacked)?;
        Ok(size)
    }

    /// The same for a message that rmcp's reader has to read.
    pub(super) fn check_size_for_rmcp(&self, body: &[u8], size: JsonSize) -> Result<(), Refusal> {
        if body.len() <= SMALL {
            return Ok(());
        }
        // A session keeps what its client says of itself there.
        if MessageHead::read(body).is_initialize() {
            let message = format!(
                "initialize has {} bytes, and this server accepts at most {HANDSHAKE}; say less in clientInfo and capabilities",
                body.len()
            );
            return Err(too_large(body, message));
        }
        self.check_unpacked(body, size.unpacked.saturating_mul(RMCP_READERS))
    }

    /// Whether a message may be unpacked for a caller without a token: all of it was kept,
    /// and it takes at most 8 times of what is kept.
    pub(super) fn is_small_without_token(&self, body: &Received) -> bool {
        let size = JsonSize::of(&body.bytes);
        let kept = self.limits.unauthenticated_body;
        let most = kept.saturating_mul(TIMES_KEPT).max(LEAST_UNPACKED);
        body.is_whole && size.unpacked.saturating_mul(RMCP_READERS) <= most
    }

    fn check_unpacked(&self, body: &[u8], unpacked: usize) -> Result<(), Refusal> {
        if unpacked <= self.limits.unpacked(body.len()) {
            return Ok(());
        }
        let message = "the message has so many small objects that it would take many times its \
                       size in memory; send less at a time";
        Err(too_large(body, message.to_owned()))
    }
}

fn too_large(body: &[u8], message: String) -> Refusal {
    Refusal::Rpc {
        id: MessageHead::read(body).response_envelope().id,
        status: StatusCode::BAD_REQUEST,
        code: RpcCode::INVALID_REQUEST,
        message,
    }
}
