//! The message of a request: the operation, the arguments and the parts that an answer repeats.

use bytes::Bytes;
use http::{HeaderMap, Method};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, GetMeta, JsonObject, JsonRpcMessage, JsonRpcRequest,
    ProtocolVersion,
};

use serde::de::IgnoredAny;

use crate::{
    config::RequestLimits,
    item::{LogLevel, RoundRequest},
    json,
    observer::trace_context::TRACEPARENT,
    operation::{self, Malformed, Operation},
};

use super::{
    decoded_size,
    fast_message::{FastMessage, FastRequest, Revision},
    log_line_size,
    message_error::MessageError,
    message_limits,
    request_head::{self, FastHead},
    response_envelope::ResponseEnvelope,
};

/// The message of a request, read once. The gate authorizes this value. Then this value runs or,
/// behind rmcp, the value that rmcp reads with the same reader from the same bytes.
pub(super) enum IncomingMessage {
    /// A `GET` or a `DELETE`.
    Method(Operation<'static>),
    /// A message that the fast reader has read.
    Fast(FastMessage),
    /// A message that rmcp's reader has read.
    Message(Box<ClientJsonRpcMessage>),
    /// The body is not a message.
    Unreadable,
}

/// The readers of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// The fast reader, and rmcp's for what it does not read.
    FastFirst,
    /// Only rmcp's: the service behind the gate has no fast path.
    RmcpOnly,
}

impl IncomingMessage {
    /// Returns the message of a request without a body.
    pub(super) fn of_method(method: &Method) -> Self {
        Self::Method(match *method {
            Method::GET => Operation::Stream,
            _ => Operation::EndSession,
        })
    }

    /// Reads the body of a request. A handshake that is too long for a log line is shortened
    /// in the body, too.
    ///
    /// # Errors
    ///
    /// Returns an error, before the message is unpacked, if it would take too much memory.
    pub(super) fn parse(
        readers: Readers,
        limits: &RequestLimits,
        headers: &HeaderMap,
        body: &mut Bytes,
    ) -> Result<Self, MessageError> {
        let size = decoded_size::check(limits, body)?;
        if json::has_private_name(body) {
            return Ok(Self::Unreadable);
        }
        let head = match readers {
            Readers::FastFirst => FastHead::check(headers),
            Readers::RmcpOnly => None,
        };
        if let Some(head) = head
            && let Some(message) = FastMessage::parse(body)
            && head.matches(headers, &message)
        {
            return Ok(Self::Fast(message));
        }
        decoded_size::check_for_rmcp(limits, body, size)?;
        // The same call with which rmcp later reads the same bytes.
        let Ok(message) = serde_json::from_slice(body) else {
            return match is_batch(body) {
                true => Err(MessageError::Batch),
                false => Ok(Self::Unreadable),
            };
        };
        let mut message = Box::new(message);
        if let Some(shortened) = log_line_size::shortened(&mut message) {
            *body = shortened;
        }
        Ok(Self::Message(message))
    }

    /// Returns the operation, or `None` if the message is not readable.
    pub(super) fn operation(&self) -> Option<Operation<'_>> {
        match self {
            Self::Method(operation) => Some(*operation),
            Self::Fast(message) => Some(message.operation()),
            Self::Message(message) => operation::from_message(message).ok(),
            Self::Unreadable => None,
        }
    }

    /// Returns the arguments of a tool call or of a prompt.
    pub(super) fn arguments(&self) -> Option<&JsonObject> {
        match self {
            Self::Fast(FastMessage {
                request: FastRequest::Call { arguments, .. },
                ..
            }) => Some(arguments),
            _ => match &self.request()?.request {
                ClientRequest::CallToolRequest(call) => call.params.arguments.as_ref(),
                ClientRequest::GetPromptRequest(get) => get.params.arguments.as_ref(),
                _ => None,
            },
        }
    }

    /// Returns the message that rmcp's reader has read.
    #[cfg(feature = "stdio")]
    pub(super) fn into_rmcp(self) -> Option<Box<ClientJsonRpcMessage>> {
        match self {
            Self::Message(message) => Some(message),
            Self::Method(_) | Self::Fast(_) | Self::Unreadable => None,
        }
    }

    /// Returns whether the message is a request, which gets an answer.
    pub(super) fn is_request(&self) -> bool {
        matches!(self, Self::Fast(_)) || self.request().is_some()
    }

    /// Returns whether the message continues an earlier round of its request. The fast reader
    /// accepts no such message.
    pub(super) fn continues_rounds(&self) -> bool {
        self.request()
            .is_some_and(|request| match &request.request {
                ClientRequest::CallToolRequest(call) => {
                    !RoundRequest::from(&call.params).is_first()
                }
                ClientRequest::GetPromptRequest(get) => !RoundRequest::from(&get.params).is_first(),
                ClientRequest::ReadResourceRequest(read) => {
                    !RoundRequest::from(&read.params).is_first()
                }
                _ => false,
            })
    }

    /// Returns the trace that the `_meta` of a request names.
    pub(super) fn traceparent(&self) -> Option<&str> {
        match self {
            Self::Fast(message) => message.traceparent.as_deref(),
            _ => {
                let meta = self.request()?.request.get_meta();
                meta.get(TRACEPARENT)?.as_str()
            }
        }
    }

    /// Returns the number of the level that a `logging/setLevel` sets.
    #[expect(
        deprecated,
        reason = "the protocol deprecates log messages in 2026-07-28, and still has them"
    )]
    pub(super) fn log_level(&self) -> Option<u8> {
        match &self.request()?.request {
            ClientRequest::SetLevelRequest(set) => Some(LogLevel::from(set.params.level) as u8),
            _ => None,
        }
    }

    /// Takes the message of the fast reader, to run it.
    pub(super) fn take_fast(&mut self) -> Option<FastMessage> {
        match std::mem::replace(self, Self::Unreadable) {
            Self::Fast(message) => Some(message),
            Self::Method(_) | Self::Message(_) | Self::Unreadable => None,
        }
    }

    /// Returns the parts that an answer repeats.
    pub(super) fn response_envelope(&self) -> ResponseEnvelope {
        let (id, is_call, marks_complete) = match (self, self.request()) {
            (Self::Fast(message), _) => (
                &message.id,
                matches!(message.request, FastRequest::Call { .. }),
                message.revision == Revision::Current,
            ),
            (_, Some(request)) => (
                &request.id,
                matches!(request.request, ClientRequest::CallToolRequest(_)),
                revision(request) == Some(ProtocolVersion::V_2026_07_28),
            ),
            (_, None) => return ResponseEnvelope::default(),
        };
        ResponseEnvelope {
            id: message_limits::is_short_id(id).then(|| id.clone()),
            is_call,
            marks_complete,
        }
    }

    /// Checks the header that names the revision. The fast reader has compared it with known
    /// revisions already.
    ///
    /// # Errors
    ///
    /// Returns a description if the header is malformed.
    pub(super) fn check_version_header(&self, headers: &HeaderMap) -> Result<(), &'static str> {
        match self {
            Self::Fast(_) => Ok(()),
            _ => message_limits::check_version_header(headers),
        }
    }

    /// Checks the limits of the message. The fast reader has checked the id already, and reads
    /// nothing else that has a limit.
    ///
    /// # Errors
    ///
    /// Returns an error if the message exceeds a limit.
    pub(super) fn check_limits(&self) -> Result<(), MessageError> {
        match self {
            Self::Message(message) => message_limits::check(message),
            Self::Method(_) | Self::Fast(_) | Self::Unreadable => Ok(()),
        }
    }

    /// Returns whether the client asks for progress or log messages before the answer. The
    /// fast reader's messages come from clients that get neither.
    pub(super) fn wants_reports(&self) -> bool {
        self.request().is_some_and(|request| {
            let meta = request.request.get_meta();
            meta.get_progress_token().is_some() || meta.log_level().is_some()
        })
    }

    /// Returns whether the request is of a revision that has sessions. As in rmcp, the
    /// message takes precedence over the header, and a request that names no revision is of
    /// the oldest.
    pub(super) fn has_session_revision(&self, headers: &HeaderMap) -> bool {
        match (self, self.request().and_then(revision)) {
            (Self::Fast(message), _) => message.revision != Revision::Current,
            (_, Some(version)) => version.has_initialize(),
            (_, None) => request_head::has_session_revision(headers),
        }
    }

    /// Returns why there is no rule for the operation of the message.
    pub(super) fn unknown_method(&self) -> MessageError {
        let (names_revision, malformed) = match self {
            Self::Fast(message) => (message.revision == Revision::Current, None),
            Self::Message(message) => (
                self.request().and_then(revision).is_some(),
                operation::from_message(message).err(),
            ),
            Self::Method(_) | Self::Unreadable => return MessageError::Unreadable,
        };
        let is_of_sessions = |malformed: &Malformed<'_>| OF_SESSIONS.contains(&malformed.method);
        match malformed {
            // If the revision lacks the method, the method is the error, not its parameters.
            Some(malformed) if !(names_revision && is_of_sessions(&malformed)) => {
                MessageError::Params(malformed.to_string().into())
            }
            _ => MessageError::UnknownMethod { names_revision },
        }
    }

    pub(super) fn request(&self) -> Option<&JsonRpcRequest<ClientRequest>> {
        match self {
            Self::Message(message) => match message.as_ref() {
                JsonRpcMessage::Request(request) => Some(request),
                _ => None,
            },
            Self::Method(_) | Self::Fast(_) | Self::Unreadable => None,
        }
    }
}

/// Returns the revision that a request names in its `_meta`.
fn revision(request: &JsonRpcRequest<ClientRequest>) -> Option<ProtocolVersion> {
    request.request.get_meta().protocol_version()
}

/// Methods that 2026-07-28 removed together with sessions.
const OF_SESSIONS: &[&str] = &[
    "initialize",
    "logging/setLevel",
    "ping",
    "resources/subscribe",
    "resources/unsubscribe",
];

/// Returns whether a body is a JSON array: a batch of JSON-RPC.
fn is_batch(body: &[u8]) -> bool {
    let start = body.iter().find(|byte| !byte.is_ascii_whitespace());
    start == Some(&b'[') && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}
