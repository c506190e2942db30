//! What an answer repeats of the message that it answers.

use rmcp::model::RequestId;

/// The parts of a message that every answer to it depends on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ResponseEnvelope {
    /// The id, if it is an integer or a string of at most 256 bytes.
    pub(super) id: Option<RequestId>,
    /// Whether the message calls a tool, so that a denial can be a tool result.
    pub(super) is_call: bool,
    /// Whether the revision marks results as complete.
    pub(super) marks_complete: bool,
}
