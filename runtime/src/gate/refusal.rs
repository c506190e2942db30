//! Why a request is refused.
//!
//! - [`response`]: the answer: a status, a challenge where a token can help, and JSON
//! - [`body_members`]: the members of its JSON, and the sentence that a client shows
//! - [`local_caller_advice`]: the same for the caller that a program states

use std::{borrow::Cow, time::Duration};

use crate::{
    access::Conditions,
    authorization::Target,
    challenge::ErrorCode,
    credentials::BearerError,
    denial::{DenialReason, ItemDenial, Remedy},
    scope::ScopeSet,
    throttle::LimitExceeded,
};

use super::{
    accept_header::AnswerType, body::BodyError, message_error::MessageError, origin::OriginError,
    refusal_context::RefusalContext, response_envelope::ResponseEnvelope,
    session::SessionLimitReached,
};

mod body_members;
mod local_caller_advice;
mod response;

pub(crate) use response::oauth_error;
pub(super) use response::server_error;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// The request names another server, or comes from a page of a foreign origin.
    OriginError(OriginError),
    /// The credentials are not one token in the header (RFC 6750 §3.1 `invalid_request`).
    Credentials(BearerError),
    /// The operation needs a token and the request has none.
    NoToken { challenge_scopes: ScopeSet },
    /// The token is not valid (RFC 6750 §3.1 `invalid_token`).
    InvalidToken {
        challenge_scopes: ScopeSet,
        reason: DenialReason,
        description: Cow<'static, str>,
    },
    /// The sender of the token has not proved possession of its key (RFC 9449 §7.1).
    ProofFailure {
        challenge_scopes: ScopeSet,
        failure: ProofFailure,
    },
    /// The token lacks a scope (RFC 6750 §3.1 `insufficient_scope`).
    InsufficientScope {
        /// The scopes that the challenge names.
        challenged: ScopeSet,
        /// The scopes that the operation needs.
        needed: ScopeSet,
        missing: ScopeSet,
    },
    /// The item needs a person, and the token does not show one.
    NoPerson,
    /// The caller lacks a role, and no token would help: a person has to grant it.
    MissingRole { needed: &'static [&'static str] },
    /// The caller has not logged in strongly or recently enough (RFC 9470 §3
    /// `insufficient_user_authentication`).
    InsufficientAuthentication {
        /// The scopes that the challenge names.
        challenged: ScopeSet,
        conditions: Conditions,
    },
    /// The code of the item denies the request, and no token would help.
    Forbidden { reason: ItemDenial },
    /// The caller waits for too many decisions of `authorize` functions.
    TooManyPending,
    /// A limit of the caller or of the address is reached.
    LimitExceeded(LimitExceeded),
    /// The token cannot be verified, or the item does not decide, now.
    Unavailable {
        reason: DenialReason,
        retry_after: Duration,
        description: &'static str,
    },
    /// The session does not exist, or belongs to another caller.
    NoSession,
    /// No further session can be opened.
    SessionLimit(SessionLimitReached),
    /// A header of the protocol is malformed.
    Header(&'static str),
    /// The body could not be received.
    Body(BodyError),
    /// The client does not accept the media type of the answer.
    NotAcceptable(AnswerType),
    /// The operation needs no token, but a body without a token may not be so large.
    TooLargeWithoutToken { limit: usize },
    /// The endpoint does not have the HTTP method.
    Method,
    /// The message is invalid, or the server does not offer its method.
    Message(MessageError),
}

/// A refused request: the refusal, and the parts of the request that its answer depends on.
/// `'g` is the lifetime of the gate.
#[derive(Debug)]
pub(crate) struct RefusedRequest<'g> {
    pub(super) refusal: Refusal,
    pub(super) envelope: ResponseEnvelope,
    /// Whether the denial is answered as the result of a tool call.
    pub(super) is_tool_result: bool,
    /// The requested item, by its registered name: a client's own text is never repeated in
    /// prose.
    pub(super) item: Option<(Target, &'g str)>,
    /// The scopes that the operation needs; empty if it needs none or if they are unknown.
    pub(super) needed: ScopeSet,
}

impl From<Refusal> for Box<RefusedRequest<'_>> {
    /// Refuses a request before its body is read.
    fn from(refusal: Refusal) -> Self {
        RefusedRequest::new(refusal, ResponseEnvelope::default()).into()
    }
}

impl RefusedRequest<'_> {
    /// Refuses a request whose item is unknown.
    pub(super) fn new(refusal: Refusal, envelope: ResponseEnvelope) -> Self {
        Self {
            refusal,
            envelope,
            is_tool_result: false,
            item: None,
            needed: ScopeSet::EMPTY,
        }
    }
}

/// Why a request does not prove possession of its token's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofFailure {
    /// The token came with a scheme that it may not be sent with.
    Scheme(&'static str),
    /// The proof is not valid.
    Proof(&'static str),
    /// The proof has no current nonce.
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
            Self::Scheme(description) | Self::Proof(description) => description,
            Self::Nonce => {
                "the proof needs the nonce that the DPoP-Nonce header of this answer has"
            }
        }
    }
}

impl Refusal {
    /// Returns the scopes that the challenge names.
    pub(crate) fn scopes(&self) -> ScopeSet {
        match *self {
            Self::NoToken { challenge_scopes }
            | Self::InvalidToken {
                challenge_scopes, ..
            }
            | Self::ProofFailure {
                challenge_scopes, ..
            } => challenge_scopes,
            Self::InsufficientScope { challenged, .. }
            | Self::InsufficientAuthentication { challenged, .. } => challenged,
            _ => ScopeSet::EMPTY,
        }
    }

    /// Returns whether the answer challenges the client to send a token or another token.
    pub(super) fn is_challenge(&self) -> bool {
        matches!(
            self,
            Self::NoToken { .. }
                | Self::InvalidToken { .. }
                | Self::InsufficientScope { .. }
                | Self::InsufficientAuthentication { .. }
        )
    }

    /// Returns the stable code of a 401, a 403, a 429 or a 503.
    pub(crate) fn reason(&self) -> Option<DenialReason> {
        Some(match self {
            Self::OriginError(OriginError::Host(_)) => DenialReason::ForeignHost,
            Self::OriginError(OriginError::Origin(_)) => DenialReason::ForeignOrigin,
            Self::NoToken { .. } => DenialReason::NoToken,
            Self::InvalidToken { reason, .. } | Self::Unavailable { reason, .. } => *reason,
            Self::ProofFailure { failure, .. } => match failure {
                ProofFailure::Scheme(_) => DenialReason::WrongScheme,
                ProofFailure::Proof(_) => DenialReason::InvalidProof,
                ProofFailure::Nonce => DenialReason::NonceNeeded,
            },
            Self::InsufficientScope { .. } => DenialReason::MissingScope,
            Self::NoPerson => DenialReason::NoPerson,
            Self::MissingRole { .. } => DenialReason::MissingRole,
            Self::InsufficientAuthentication { .. } => DenialReason::InsufficientAuthentication,
            Self::Forbidden { reason } => reason.reason,
            Self::TooManyPending => DenialReason::TooManyPending,
            Self::LimitExceeded(limited) => limited.reason(),
            Self::SessionLimit(SessionLimitReached::OfCaller) => DenialReason::TooManySessions,
            Self::SessionLimit(SessionLimitReached::OfServer) => DenialReason::SessionsExhausted,
            Self::Credentials(_)
            | Self::NoSession
            | Self::Header(_)
            | Self::Body(_)
            | Self::NotAcceptable(_)
            | Self::TooLargeWithoutToken { .. }
            | Self::Method
            | Self::Message(_) => return None,
        })
    }

    /// Returns what would help.
    fn remedy(&self, context: RefusalContext<'_>) -> Option<Remedy> {
        match self {
            Self::InsufficientScope { .. } | Self::InsufficientAuthentication { .. }
                if context.is_local =>
            {
                Some(Remedy::AskAdministrator)
            }
            Self::Forbidden { reason } => Some(reason.remedy),
            refusal => refusal.reason().map(DenialReason::remedy),
        }
    }

    /// Returns the author's own code.
    pub(super) fn detail(&self) -> Option<&'static str> {
        match self {
            Self::Forbidden { reason } => reason.detail,
            _ => None,
        }
    }

    /// Returns whether the denial of a call can be a tool result: for a client that shows nothing
    /// of a 401 or a 403. Its HTTP client handles proofs of possession.
    pub(super) fn can_be_tool_result(&self) -> bool {
        let status = self.reason().map(DenialReason::status);
        matches!(status, Some(401 | 403)) && !matches!(self, Self::ProofFailure { .. })
    }

    /// Returns the sentence that says what would help, where the description does not.
    fn advice(&self, context: RefusalContext<'_>) -> Option<&'static str> {
        match self {
            denial if context.is_local && denial.is_local_denial() => denial.local_advice(),
            Self::NoToken { .. } => Some("Authorize this client to continue."),
            Self::ProofFailure { .. }
            | Self::Unavailable { .. }
            | Self::TooManyPending
            | Self::LimitExceeded(_)
            | Self::SessionLimit(_) => None,
            refusal => refusal.remedy(context).map(Remedy::advice),
        }
    }

    /// Returns when to try again.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => Some(*retry_after),
            Self::TooManyPending => Some(Duration::from_secs(1)),
            Self::LimitExceeded(limited) => Some(limited.retry_after()),
            Self::SessionLimit(_) => Some(SessionLimitReached::RETRY_AFTER),
            _ => None,
        }
    }

    /// Returns the word for the audit log: OAuth's error code where there is one.
    pub(crate) fn outcome(&self) -> &'static str {
        match self {
            Self::OriginError(OriginError::Host(_)) => "foreign_host",
            Self::OriginError(OriginError::Origin(_)) => "foreign_origin",
            Self::Credentials(_) => ErrorCode::InvalidRequest.as_str(),
            Self::NoToken { .. } => "no_token",
            Self::InvalidToken { .. } => ErrorCode::InvalidToken.as_str(),
            Self::ProofFailure { failure, .. } => failure.code().as_str(),
            Self::InsufficientScope { .. } => ErrorCode::InsufficientScope.as_str(),
            Self::NoPerson => "no_person",
            Self::MissingRole { .. } => "missing_role",
            Self::InsufficientAuthentication { conditions, .. } => {
                ErrorCode::InsufficientUserAuthentication(*conditions).as_str()
            }
            Self::Forbidden { .. } => "access_denied",
            Self::TooManyPending => "too_many_pending_requests",
            Self::LimitExceeded(LimitExceeded::Rate { .. }) => "rate_limited",
            Self::LimitExceeded(LimitExceeded::Running { .. }) => "too_many_running",
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
            Self::Message(_) => "rpc_error",
        }
    }

    /// Returns the description for the body of the answer.
    pub(super) fn description(&self, context: RefusalContext<'_>) -> String {
        match self {
            Self::OriginError(OriginError::Host(host)) => format!(
                "this server answers to {}, and the request names another host: {host}; behind a \
                 proxy, set TOOLGATE_RESOURCE to the URL that clients connect to and pass the Host \
                 header on, or add the host to TOOLGATE_ALLOWED_HOSTS",
                context.hosts.join(", ")
            ),
            Self::OriginError(OriginError::Origin(origin)) => format!(
                "pages of the origin {origin} may not call this server; TOOLGATE_ALLOWED_ORIGINS \
                 lists those that may"
            ),
            Self::Credentials(error) => error.description().to_owned(),
            Self::NoToken { .. } => "an access token is needed".to_owned(),
            Self::InvalidToken { description, .. } => description.clone().into_owned(),
            denial if context.is_local && denial.is_local_denial() => {
                denial.local_description().to_owned()
            }
            Self::InsufficientScope { .. } => LACKS_SCOPE.to_owned(),
            Self::NoPerson => NO_PERSON.to_owned(),
            Self::MissingRole { .. } => {
                "the caller lacks a role that this operation needs".to_owned()
            }
            Self::InsufficientAuthentication { .. } => WEAK_LOGIN.to_owned(),
            Self::Forbidden { reason } => reason.message.clone().into_owned(),
            Self::TooManyPending => {
                "too many of your requests wait; try again when some are answered".to_owned()
            }
            Self::LimitExceeded(limited) => limited.description(),
            Self::ProofFailure { failure, .. } => failure.description().to_owned(),
            Self::Unavailable { description, .. } => (*description).to_owned(),
            Self::NoSession => "there is no such session; open a new one by initialize".to_owned(),
            Self::SessionLimit(full) => full.description().to_owned(),
            Self::Header(what) => (*what).to_owned(),
            Self::Body(BodyError::TooLarge) => {
                "the body is larger than this server reads".to_owned()
            }
            Self::NotAcceptable(answer) => answer.description().to_owned(),
            Self::TooLargeWithoutToken { limit } => format!(
                "without an access token a message has at most {limit} bytes and few small objects; send a token, or less"
            ),
            Self::Body(BodyError::TooSlow) => "the body did not arrive in time".to_owned(),
            Self::Body(BodyError::Broken) => "the body did not arrive whole".to_owned(),
            Self::Method => "the endpoint takes POST, and GET and DELETE for a session".to_owned(),
            Self::Message(error) => error.description().to_owned(),
        }
    }
}

/// The description of a denial because no person stands behind the call.
const NO_PERSON: &str = "the access token does not show that a person stands behind the call";

const LACKS_SCOPE: &str = "the token lacks a scope that this operation needs";

const WEAK_LOGIN: &str =
    "this operation needs a stronger or more recent login; log in again as the challenge says";
