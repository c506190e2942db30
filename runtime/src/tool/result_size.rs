//! The size of a tool's result. A result that no client can take costs the memory of the server,
//! and the client's model never sees it.

use std::io::{self, Write};

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};

use crate::item::CallError;

/// How many bytes a result has at most by default. This is also the default for a request.
pub(crate) const DEFAULT_RESULT_SIZE: usize = 4 * 1024 * 1024;

/// Returns the end of a call, or an error if its result has more than `most` bytes as JSON.
pub(super) fn bound(
    tool: &'static str,
    end: Result<CallToolResponse, CallError>,
    most: usize,
) -> Result<CallToolResponse, CallError> {
    let is_too_large = match &end {
        Ok(CallToolResponse::Complete(result)) => {
            estimate(result).is_none_or(|size| size > most)
                && serde_json::to_writer(Room(most), result).is_err()
        }
        // What a client is asked for is the author's text, and its state has a limit of its own.
        Ok(_) => false,
        Err(error) => error.message().len() > most,
    };
    if !is_too_large {
        return end;
    }
    tracing::warn!(target: "toolgate::tool", tool, most, "a result was not sent: it has too many bytes");
    Err(CallError::failed(format!(
        "the result of this tool has more than {most} bytes, which this server does not send: ask for less, such as fewer entries or a narrower filter"
    )))
}

/// Returns an upper limit of a result's size, without the cost of writing it. `None` if it holds
/// something other than plain text.
fn estimate(result: &CallToolResult) -> Option<usize> {
    if result.structured_content.is_some() || result.meta.is_some() {
        return None;
    }
    let sizes = result.content.iter().map(|block| match block {
        // An escape such as `\u0001` has six bytes for one.
        ContentBlock::Text(text) if text.annotations.is_none() && text.meta.is_none() => {
            Some(64 + 6 * text.text.len())
        }
        _ => None,
    });
    sizes.sum::<Option<usize>>().map(|size| size + 256)
}

/// Accepts this many bytes.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
