//! What a request asks for, as far as that can be read.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorCode as RpcCode, GetMeta, JsonObject, JsonRpcMessage,
    ProtocolVersion, RequestId,
};

use crate::{
    json,
    operation::{Malformed, Operation},
};

use super::{
    Gate,
    fast_message::{FastMessage, FastRequest, Revision},
    log_line_size, message_limits,
    refusal::{Refusal, ResponseEnvelope},
};

/// The one reading of a request. What is judged is what is here, and what runs is this or,
/// behind rmcp, what rmcp reads by the same reader from the same bytes.
pub(super) enum IncomingMessage {
    /// A `GET` or a `DELETE`.
    Method(Operation<'static>),
    /// One that goes the short way if it is let in.
    FastMessage(FastMessage),
    /// Any other message.
    Message(Box<ClientJsonRpcMessage>),
    /// No message at all.
    Unreadable,
}

impl Gate {
    /// Reads what the body of a request asks for, and gives the body that is to be handed on.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] of what would take too much memory, before it is unpacked.
    pub(super) fn read(
        &self,
        headers: &HeaderMap,
        body: Bytes,
    ) -> Result<(IncomingMessage, Bytes), Refusal> {
        let size = self.check_size(&body)?;
        if json::has_private_name(&body) {
            return Ok((IncomingMessage::Unreadable, body));
        }
        if let Some(plain) = self.plain(headers, &body) {
            return Ok((IncomingMessage::FastMessage(plain), body));
        }
        self.check_size_for_rmcp(&body, size)?;
        // The very call by which rmcp reads the very bytes that it is given later.
        Ok(match serde_json::from_slice(&body) {
            Ok(message) => {
                let mut message = Box::new(message);
                let body = log_line_size::shortened(&mut message).unwrap_or(body);
                (IncomingMessage::Message(message), body)
            }
            Err(_) => (IncomingMessage::Unreadable, body),
        })
    }
}

impl IncomingMessage {
    /// What a request without a body asks for.
    pub(super) fn of_method(method: &Method) -> Self {
        Self::Method(match *method {
            Method::GET => Operation::Stream,
            _ => Operation::EndSession,
        })
    }

    /// The operation that it is; none when it cannot be read.
    pub(super) fn operation(&self) -> Option<Operation<'_>> {
        match self {
            Self::Method(operation) => Some(*operation),
            Self::FastMessage(plain) => Some(plain.operation()),
            Self::Message(message) => Operation::from_message(message).ok(),
            Self::Unreadable => None,
        }
    }

    /// The arguments of a tool's call.
    pub(super) fn arguments(&self) -> Option<&JsonObject> {
        match self {
            Self::FastMessage(FastMessage {
                asks: FastRequest::Call { arguments, .. },
                ..
            }) => Some(arguments),
            Self::Message(message) => match message.as_ref() {
                JsonRpcMessage::Request(request) => match &request.request {
                    ClientRequest::CallToolRequest(call) => call.params.arguments.as_ref(),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    /// What of it an answer repeats.
    pub(super) fn response_envelope(&self) -> ResponseEnvelope {
        let (id, is_call, marks_complete) = match self {
            Self::FastMessage(plain) => (
                &plain.id,
                matches!(plain.asks, FastRequest::Call { .. }),
                plain.form == Revision::Current,
            ),
            Self::Message(message) => match message.as_ref() {
                JsonRpcMessage::Request(request) => (
                    &request.id,
                    matches!(request.request, ClientRequest::CallToolRequest(_)),
                    request.request.get_meta().protocol_version()
                        == Some(ProtocolVersion::V_2026_07_28),
                ),
                _ => return ResponseEnvelope::default(),
            },
            Self::Method(_) | Self::Unreadable => return ResponseEnvelope::default(),
        };
        ResponseEnvelope {
            id: message_limits::is_short_id(id).then(|| id.clone()),
            is_call,
            marks_complete,
        }
    }

    /// What is wrong with how its message is called, if anything is.
    pub(super) fn check_limits(&self, headers: &HeaderMap) -> Option<Refusal> {
        match self {
            // Looked at before it was taken for a plain one.
            Self::FastMessage(_) => None,
            Self::Message(message) => message_limits::fault(headers, Some(message)),
            Self::Method(_) | Self::Unreadable => message_limits::fault(headers, None),
        }
    }

    /// What a caller with a token is told about a request for which there is no rule.
    pub(super) fn unknown_method(&self) -> Refusal {
        let (id, per_request_version, malformed) = match self {
            Self::FastMessage(plain) => {
                let is_current = plain.form == Revision::Current;
                (Some(plain.id.clone()), is_current, None)
            }
            Self::Message(message) => {
                let (id, version) = of_request(message);
                (id, version, Operation::from_message(message).err())
            }
            Self::Method(_) | Self::Unreadable => {
                return Refusal::Rpc {
                    id: None,
                    status: StatusCode::BAD_REQUEST,
                    code: RpcCode::PARSE_ERROR,
                    message: "the body is not one JSON-RPC message".to_owned(),
                };
            }
        };
        let is_of_sessions = |malformed: &Malformed<'_>| OF_SESSIONS.contains(&malformed.method);
        match malformed {
            // What the revision does not have has no parameters that could be wrong.
            Some(malformed) if !(per_request_version && is_of_sessions(&malformed)) => {
                Refusal::Rpc {
                    id,
                    status: StatusCode::BAD_REQUEST,
                    code: RpcCode::INVALID_PARAMS,
                    message: malformed.to_string(),
                }
            }
            _ => Refusal::Rpc {
                id,
                // A 404 is 2026-07-28's answer; to a session it would mean that it is gone.
                status: if per_request_version {
                    StatusCode::NOT_FOUND
                } else {
                    StatusCode::OK
                },
                code: RpcCode::METHOD_NOT_FOUND,
                message: "the server does not offer this method".to_owned(),
            },
        }
    }
}

/// The id of a request, and whether it says of itself which revision it is of.
fn of_request(message: &ClientJsonRpcMessage) -> (Option<RequestId>, bool) {
    match message {
        JsonRpcMessage::Request(request) => (
            Some(request.id.clone()),
            request.request.get_meta().protocol_version().is_some(),
        ),
        _ => (None, false),
    }
}

/// Methods that went with the sessions: 2026-07-28 does not have them.
const OF_SESSIONS: &[&str] = &[
    "initialize",
    "logging/setLevel",
    "ping",
    "resources/subscribe",
    "resources/unsubscribe",
];
