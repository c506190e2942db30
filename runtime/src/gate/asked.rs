//! What a request asks for, as far as that can be read.

use axum::body::Body;
use bytes::Bytes;
use http::{Method, StatusCode, request::Parts};
use rmcp::model::{
    ClientJsonRpcMessage, ClientRequest, ErrorCode as RpcCode, GetMeta, JsonObject, JsonRpcMessage,
    ProtocolVersion, RequestId,
};

use crate::{
    json,
    operation::{Malformed, Operation},
};

use super::{
    Gate, body, identifiers,
    in_result::Answered,
    plain::{Form, Plain, PlainAsked},
    refusal::Refusal,
};

/// The one reading of a request. What is judged is what is here, and what runs is this or,
/// behind rmcp, what rmcp reads by the same reader from the same bytes.
pub(super) enum Asked {
    /// A `GET` or a `DELETE`.
    Method(Operation<'static>),
    /// One that goes the short way if it is let in.
    Plain(Plain),
    /// Any other message.
    Message(Box<ClientJsonRpcMessage>),
    /// No message at all.
    Unreadable,
}

impl Gate {
    /// Reads what a request asks for, and the body by which it does.
    pub(super) async fn read(&self, parts: &Parts, body: Body) -> Result<(Asked, Bytes), Refusal> {
        match parts.method {
            Method::GET => return Ok((Asked::Method(Operation::Stream), Bytes::new())),
            Method::DELETE => return Ok((Asked::Method(Operation::EndSession), Bytes::new())),
            Method::POST => {}
            _ => return Err(Refusal::Method),
        }
        let body = body::read(body, self.body_limit, self.body_time)
            .await
            .map_err(Refusal::Body)?;
        if json::has_private_name(&body) {
            return Ok((Asked::Unreadable, body));
        }
        if let Some(plain) = self.plain(&parts.headers, &body) {
            return Ok((Asked::Plain(plain), body));
        }
        // The very call by which rmcp reads the very bytes that it is given later.
        let asked = match serde_json::from_slice(&body) {
            Ok(message) => Asked::Message(Box::new(message)),
            Err(_) => Asked::Unreadable,
        };
        Ok((asked, body))
    }
}

impl Asked {
    /// The operation that it is; none when it cannot be read.
    pub(super) fn operation(&self) -> Option<Operation<'_>> {
        match self {
            Self::Method(operation) => Some(*operation),
            Self::Plain(plain) => Some(plain.operation()),
            Self::Message(message) => Operation::read(message).ok(),
            Self::Unreadable => None,
        }
    }

    /// The arguments of a tool's call.
    pub(super) fn arguments(&self) -> Option<&JsonObject> {
        match self {
            Self::Plain(Plain {
                asks: PlainAsked::Call { arguments, .. },
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

    /// What a denial in a result answers: the call of a tool.
    pub(super) fn answered(&self) -> Option<Answered> {
        match self {
            Self::Plain(plain) => plain.answered(),
            Self::Message(message) => match message.as_ref() {
                JsonRpcMessage::Request(request) => {
                    let version = request.request.get_meta().protocol_version();
                    matches!(request.request, ClientRequest::CallToolRequest(_)).then(|| Answered {
                        id: request.id.clone(),
                        marks_complete: version == Some(ProtocolVersion::V_2026_07_28),
                    })
                }
                _ => None,
            },
            Self::Method(_) | Self::Unreadable => None,
        }
    }

    /// What is wrong with how its message is called, if anything is.
    pub(super) fn misnamed(&self, headers: &http::HeaderMap) -> Option<Refusal> {
        match self {
            // Looked at before it was taken for a plain one.
            Self::Plain(_) => None,
            Self::Message(message) => identifiers::fault(headers, Some(message)),
            Self::Method(_) | Self::Unreadable => identifiers::fault(headers, None),
        }
    }

    /// What a caller with a token is told about a request for which there is no rule.
    pub(super) fn unruled(&self) -> Refusal {
        let (id, per_request_version, malformed) = match self {
            Self::Plain(plain) => {
                let is_current = plain.form == Form::Current;
                (Some(plain.id.clone()), is_current, None)
            }
            Self::Message(message) => {
                let (id, version) = of_request(message);
                (id, version, Operation::read(message).err())
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
