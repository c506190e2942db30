//! Which revisions a request can be of, as far as it decides whether it needs a session.

use http::HeaderMap;
use rmcp::model::{ClientJsonRpcMessage, GetMeta, JsonRpcMessage, ProtocolVersion};

use super::{fast_message::Revision, message::IncomingMessage, session_fast_path::is_of_sessions};

impl IncomingMessage {
    /// Whether a request is of a revision that has sessions. As rmcp decides it: what a
    /// message says of itself goes before the header, and a request that names no revision
    /// is of the oldest.
    pub(super) fn is_of_sessions(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::FastMessage(plain) => plain.form != Revision::Current,
            Self::Message(message) => match named(message) {
                Some(version) => version.has_initialize(),
                None => is_of_sessions(headers),
            },
            Self::Method(_) | Self::Unreadable => is_of_sessions(headers),
        }
    }
}

/// The revision that a request says it is of.
fn named(message: &ClientJsonRpcMessage) -> Option<ProtocolVersion> {
    match message {
        JsonRpcMessage::Request(request) => request.request.get_meta().protocol_version(),
        _ => None,
    }
}
