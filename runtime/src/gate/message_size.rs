//! Which messages are too large to be unpacked.

use http::StatusCode;
use rmcp::model::ErrorCode as RpcCode;

use super::{
    Gate, json_size::JsonSize, limits::HANDSHAKE, message_head::MessageHead, refusal::Refusal,
};

/// Up to this many bytes nothing is counted: what such a body unpacks to, at the worst, is
/// less than any limit that is worth having.
const SMALL: usize = HANDSHAKE;

/// How many times the memory of its values rmcp's reader takes: it keeps a copy of all
/// values while it tries one kind of message after another.
const RMCP_READERS: usize = 2;

impl Gate {
    /// Refuses a message that has too many values, or that would take too much memory.
    pub(super) fn check_size(&self, body: &[u8]) -> Result<JsonSize, Refusal> {
        if body.len() <= SMALL {
            return Ok(JsonSize::default());
        }
        let size = JsonSize::of(body);
        let most = self.limits.json_values;
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
        id: MessageHead::read(body).answer_to().id,
        status: StatusCode::BAD_REQUEST,
        code: RpcCode::INVALID_REQUEST,
        message,
    }
}
