//! Why a request is refused.
//!
//! - [`response`]: the answer: a status, a challenge where one helps, and JSON

use std::{borrow::Cow, time::Duration};

use http::StatusCode;
use rmcp::model::{ErrorCode as RpcCode, RequestId};

use crate::{
    authorization::Target,
    bearer::BearerError,
    scope::{ScopeSet, ScopeTable},
};

use super::{
    accept_header::AnswerType,
    body::BodyError,
    challenge::{Challenges, ErrorCode},
    origin::OriginError,
    response_cache::RefusalCache,
    session::SessionLimitReached,
    tool_result_denial::ToolResultEnvelope,
};

mod response;

pub(crate) use response::oauth_error;

/// Why a request goes no further.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// It names another server, or a page that may not ask asks.
    OriginError(OriginError),
    /// The credentials are not one token in the header (RFC 6750 §3.1 `invalid_request`).
    Credentials(BearerError),
    /// There is no token and one is needed.
    NoToken { wanted: ScopeSet },
    /// There is a token and it is no good (RFC 6750 §3.1 `invalid_token`).
    InvalidToken {
        wanted: ScopeSet,
        description: Cow<'static, str>,
    },
    /// There is a token, and who sent it has not proved to be its holder (RFC 9449 §7.1).
    ProofFailure {
        wanted: ScopeSet,
        fault: ProofFailure,
    },
    /// The token lacks a scope (RFC 6750 §3.1 `insufficient_scope`).
    InsufficientScope {
        /// What the challenge asks for.
        asked: ScopeSet,
        /// What the operation needs.
        needed: ScopeSet,
        missing: ScopeSet,
    },
    /// The tool will not have it, and no token would help.
    Forbidden { reason: Cow<'static, str> },
    /// Whether the token is good cannot be told now.
    Unavailable {
        retry_after: Duration,
        description: &'static str,
    },
    /// The session is not the caller's, or there is none.
    NoSession,
    /// There is no room for one more session.
    SessionLimit(SessionLimitReached),
    /// A header of the protocol cannot be read.
    Header(&'static str),
    /// The body did not come whole.
    Body(BodyError),
    /// The client does not accept the answer's media type.
    NotAcceptable(AnswerType),
    /// The operation needs no token, but without one so large a body is not kept.
    TooLargeWithoutToken { limit: usize },
    /// The HTTP method is none of the endpoint's.
    Method,
    /// The body is no message, or one with wrong parameters.
    Rpc {
        id: Option<RequestId>,
        status: StatusCode,
        code: RpcCode,
        message: String,
    },
}

/// A refusal, and what of the request its answer repeats. `'g` is the gate's life.
#[derive(Debug)]
pub(crate) struct RefusedRequest<'g> {
    pub(super) refusal: Refusal,
    pub(super) form: RefusalForm,
    /// The item that was asked for, by its registered name: a caller's own text is never
    /// repeated in prose.
    pub(super) item: Option<(Target, &'g str)>,
    /// The scopes that the operation needs; empty where that is not known, or nothing.
    pub(super) needed: ScopeSet,
}

/// In which form an answer says that a request is refused. Status and headers are the same
/// in the first two.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum RefusalForm {
    /// An error of OAuth (RFC 6749 §5.2).
    OAuth,
    /// A JSON-RPC error that answers this request. Many clients show its message, and
    /// nothing of any other body.
    JsonRpc(RequestId),
    /// A challenge that the caller looks for in the result of this call.
    ToolResult(ToolResultEnvelope),
}

/// What of a message an answer to it repeats.
#[derive(Debug, Default)]
pub(super) struct ResponseEnvelope {
    /// The id, if it is an integer or a text of at most 256 bytes.
    pub(super) id: Option<RequestId>,
    /// Whether a tool is called, so that a denial can be its result.
    pub(super) is_call: bool,
    /// Whether the revision is one that marks results as complete.
    pub(super) marks_complete: bool,
}

impl From<Refusal> for Box<RefusedRequest<'_>> {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.into())
    }
}

impl From<Refusal> for RefusedRequest<'_> {
    /// A refusal before the request's body was read.
    fn from(refusal: Refusal) -> Self {
        Self {
            refusal,
            form: RefusalForm::OAuth,
            item: None,
            needed: ScopeSet::EMPTY,
        }
    }
}

/// What is missing to the proof that a token's sender is its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofFailure {
    /// The token came by a scheme that it is not for.
    Scheme(&'static str),
    /// The proof does not hold.
    Proof(&'static str),
    /// The proof lacks a nonce of this time.
    Nonce,
}

impl ProofFailure {
    fn code(self) -> ErrorCode {
        match self {
            Self::Scheme(_) => ErrorCode::InvalidToken,
            Self::Proof(_) => ErrorCode::InvalidDpopProof,
            Self::Nonce => ErrorCode::UseDpopNonce,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Scheme(told) | Self::Proof(told) => told,
            Self::Nonce => {
                "the proof needs the nonce that the DPoP-Nonce header of this answer has"
            }
        }
    }
}

/// What a refusal needs to know of the server that it speaks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefusalContext<'a> {
    pub(crate) challenges: &'a Challenges,
    pub(crate) told: &'a RefusalCache,
    pub(crate) table: &'a ScopeTable,
    pub(crate) hosts: &'a [String],
    /// Whether the scheme `DPoP` is named beside `Bearer`: to whom uses it, or has to.
    pub(crate) dpop: bool,
}

impl Refusal {
    /// The scopes of the refusal: those asked for and, of them, those that are missing.
    pub(crate) fn scopes(&self) -> (ScopeSet, ScopeSet) {
        match *self {
            Self::NoToken { wanted }
            | Self::InvalidToken { wanted, .. }
            | Self::ProofFailure { wanted, .. } => (wanted, wanted),
            Self::InsufficientScope { asked, missing, .. } => (asked, missing),
            _ => (ScopeSet::EMPTY, ScopeSet::EMPTY),
        }
    }

    /// Whether it asks for a token, or for another one.
    pub(super) fn is_challenge(&self) -> bool {
        matches!(
            self,
            Self::NoToken { .. } | Self::InvalidToken { .. } | Self::InsufficientScope { .. }
        )
    }

    /// One word for the audit log; OAuth's own where there is one.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::OriginError(OriginError::Host) => "foreign_host",
            Self::OriginError(OriginError::Origin) => "foreign_origin",
            Self::Credentials(_) => ErrorCode::InvalidRequest.as_str(),
            Self::NoToken { .. } => "no_token",
            Self::InvalidToken { .. } => ErrorCode::InvalidToken.as_str(),
            Self::ProofFailure { fault, .. } => fault.code().as_str(),
            Self::InsufficientScope { .. } => ErrorCode::InsufficientScope.as_str(),
            Self::Forbidden { .. } => "access_denied",
            Self::Unavailable { .. } => "temporarily_unavailable",
            Self::NoSession => "session_not_found",
            Self::SessionLimit(_) => "too_many_sessions",
            Self::Header(_) => "invalid_header",
            Self::Body(BodyError::TooLarge) => "body_too_large",
            Self::Body(BodyError::TooSlow) => "body_too_slow",
            Self::Body(BodyError::Broken) => "body_broken",
            Self::TooLargeWithoutToken { .. } => "body_too_large",
            Self::NotAcceptable(_) => "not_acceptable",
            Self::Method => "method_not_allowed",
            Self::Rpc { .. } => "rpc_error",
        }
    }

    /// What a person reads in the body or a log.
    fn description(&self, voice: RefusalContext<'_>) -> String {
        match self {
            Self::OriginError(OriginError::Host) => format!(
                "this server answers to {}, and the request names another host; behind a proxy, \
                 set TOOLGATE_RESOURCE to the URL that clients connect to and pass the Host header on",
                voice.hosts.join(", ")
            ),
            Self::OriginError(OriginError::Origin) => {
                "pages of this origin may not call this server; TOOLGATE_ALLOWED_ORIGINS lists those that may".to_owned()
            }
            Self::Credentials(fault) => credentials(*fault).to_owned(),
            Self::NoToken { .. } => "an access token is needed".to_owned(),
            Self::InvalidToken { description, .. } => description.clone().into_owned(),
            Self::InsufficientScope { .. } => LACKS_SCOPE.to_owned(),
            Self::Forbidden { reason } => reason.clone().into_owned(),
            Self::ProofFailure { fault, .. } => fault.description().to_owned(),
            Self::Unavailable { description, .. } => (*description).to_owned(),
            Self::NoSession => "there is no such session; open a new one by initialize".to_owned(),
            Self::SessionLimit(full) => full.description().to_owned(),
            Self::Header(what) => (*what).to_owned(),
            Self::Body(BodyError::TooLarge) => "the body is larger than this server reads".to_owned(),
            Self::NotAcceptable(answer) => answer.description().to_owned(),
            Self::TooLargeWithoutToken { limit } => format!(
                "without an access token a message has at most {limit} bytes and few small objects; send a token, or less"
            ),
            Self::Body(BodyError::TooSlow) => "the body did not arrive in time".to_owned(),
            Self::Body(BodyError::Broken) => "the body did not arrive whole".to_owned(),
            Self::Method => "the endpoint takes POST, and GET and DELETE for a session".to_owned(),
            Self::Rpc { message, .. } => message.clone(),
        }
    }
}

const LACKS_SCOPE: &str = "the token lacks a scope that this operation needs";

const fn credentials(fault: BearerError) -> &'static str {
    match fault {
        BearerError::InQuery => {
            "the access token belongs in the Authorization header, not in the URL"
        }
        BearerError::Repeated => "the request has more than one Authorization header",
        BearerError::Malformed => "the bearer token is malformed",
    }
}
