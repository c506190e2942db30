//! [`MessageError`]: why a message is refused. The reasons do not depend on the caller.

use std::borrow::Cow;

use http::StatusCode;
use rmcp::model::ErrorCode as RpcCode;

/// What is wrong with a message. The id of the request travels next to it, in the
/// [`ResponseEnvelope`](super::response_envelope::ResponseEnvelope).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MessageError {
    /// The body is not one JSON-RPC message.
    Unreadable,
    /// The body is a list of messages, which revisions from 2025-06-18 on do not have.
    Batch,
    /// The message has too many values, or takes too much memory.
    TooLarge(Cow<'static, str>),
    /// The id is too long, or has control characters.
    Id,
    /// A parameter is malformed or exceeds a limit.
    Params(Cow<'static, str>),
    /// The server does not offer the method.
    UnknownMethod {
        /// Whether the message names its revision, as requests without a session do.
        names_revision: bool,
    },
}

impl MessageError {
    /// Returns the status of the answer.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownMethod { names_revision } => match names_revision {
                true => StatusCode::NOT_FOUND,
                // 404 is the answer of 2026-07-28; in a session it would mean that the
                // session has ended.
                false => StatusCode::OK,
            },
            Self::Unreadable | Self::Batch | Self::TooLarge(_) | Self::Id | Self::Params(_) => {
                StatusCode::BAD_REQUEST
            }
        }
    }

    /// Returns the JSON-RPC code of the answer.
    pub(super) fn code(&self) -> RpcCode {
        match self {
            Self::Unreadable => RpcCode::PARSE_ERROR,
            Self::Batch | Self::TooLarge(_) | Self::Id => RpcCode::INVALID_REQUEST,
            Self::Params(_) => RpcCode::INVALID_PARAMS,
            Self::UnknownMethod { .. } => RpcCode::METHOD_NOT_FOUND,
        }
    }

    /// Returns the message of the answer.
    pub(super) fn description(&self) -> &str {
        match self {
            Self::Unreadable => "the body is not one JSON-RPC message",
            Self::Batch => "the body is a batch; send one message in each request",
            Self::Id => "the id is too long, or has control characters",
            Self::UnknownMethod { .. } => "the server does not offer this method",
            Self::TooLarge(message) | Self::Params(message) => message,
        }
    }

    /// Returns whether the answer repeats the id of the request: never an invalid one.
    pub(super) fn repeats_id(&self) -> bool {
        !matches!(self, Self::Id)
    }
}
