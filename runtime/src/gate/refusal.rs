//! What a refused request is told: a status, a challenge where one helps, and JSON.

use std::{borrow::Cow, time::Duration};

use axum::body::Body;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE},
};
use rmcp::model::{ErrorCode as RpcCode, RequestId};
use serde_json::json;

use crate::{
    bearer::BearerFault,
    scope::{ScopeSet, ScopeTable},
};

use super::{
    accept::AnswerType,
    body::BodyFault,
    challenge::{Challenges, ErrorCode},
    in_result::{self, Answered},
    made::{Made, Told, Usual},
    origin::Foreign,
    session::Full,
};

/// Why a request goes no further.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Refusal {
    /// It names another server, or a page that may not ask asks.
    Foreign(Foreign),
    /// The credentials are not one token in the header (RFC 6750 §3.1 `invalid_request`).
    Credentials(BearerFault),
    /// There is no token and one is needed.
    NoToken { wanted: ScopeSet },
    /// There is a token and it is no good (RFC 6750 §3.1 `invalid_token`).
    InvalidToken {
        wanted: ScopeSet,
        description: Cow<'static, str>,
    },
    /// There is a token, and who sent it has not proved to be its holder (RFC 9449 §7.1).
    Unproved { wanted: ScopeSet, fault: Unproved },
    /// The token lacks a scope (RFC 6750 §3.1 `insufficient_scope`).
    InsufficientScope { asked: ScopeSet, missing: ScopeSet },
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
    NoRoom(Full),
    /// A header of the protocol cannot be read.
    Header(&'static str),
    /// The body did not come whole.
    Body(BodyFault),
    /// The HTTP method is none of the endpoint's.
    Method,
    /// The client does not accept what the answer can be.
    NotAcceptable(AnswerType),
    /// A challenge that its caller looks for in a tool's result.
    InResult { call: Answered, refusal: Box<Self> },
    /// The body is no message, or one with wrong parameters.
    Rpc {
        id: Option<RequestId>,
        status: StatusCode,
        code: RpcCode,
        message: String,
    },
}

/// What is missing to the proof that a token's sender is its holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unproved {
    /// The token came by a scheme that it is not for.
    Scheme(&'static str),
    /// The proof does not hold.
    Proof(&'static str),
    /// The proof lacks a nonce of this time.
    Nonce,
}

impl Unproved {
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
pub(crate) struct Voice<'a> {
    pub(crate) challenges: &'a Challenges,
    pub(crate) told: &'a Told,
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
            | Self::Unproved { wanted, .. } => (wanted, wanted),
            Self::InsufficientScope { asked, missing } => (asked, missing),
            Self::InResult { ref refusal, .. } => refusal.scopes(),
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
            Self::Foreign(Foreign::Host) => "foreign_host",
            Self::Foreign(Foreign::Origin) => "foreign_origin",
            Self::Credentials(_) => ErrorCode::InvalidRequest.as_str(),
            Self::NoToken { .. } => "no_token",
            Self::InvalidToken { .. } => ErrorCode::InvalidToken.as_str(),
            Self::Unproved { fault, .. } => fault.code().as_str(),
            Self::InsufficientScope { .. } => ErrorCode::InsufficientScope.as_str(),
            Self::Forbidden { .. } => "access_denied",
            Self::Unavailable { .. } => "temporarily_unavailable",
            Self::NoSession => "session_not_found",
            Self::NoRoom(_) => "too_many_sessions",
            Self::Header(_) => "invalid_header",
            Self::Body(BodyFault::TooLarge) => "body_too_large",
            Self::Body(BodyFault::TooSlow) => "body_too_slow",
            Self::Body(BodyFault::Broken) => "body_broken",
            Self::Method => "method_not_allowed",
            Self::NotAcceptable(_) => "not_acceptable",
            Self::InResult { refusal, .. } => refusal.outcome(),
            Self::Rpc { .. } => "rpc_error",
        }
    }

    /// The answer.
    pub(crate) fn into_response(self, voice: Voice<'_>) -> Response<Body> {
        let usual = match self {
            Self::NoToken { wanted } => Usual::NoToken(wanted),
            Self::InsufficientScope { asked, .. } => Usual::InsufficientScope(asked),
            other => return other.made(voice).into_response(),
        };
        let made = voice.told.again(usual, voice.dpop, || self.made(voice));
        made.into_response()
    }

    /// The answer, made. A challenge stands on 400, 401 and 403 that a token can cure, and
    /// on no other: some clients take any challenge on a 403 for a lack of scope.
    fn made(self, voice: Voice<'_>) -> Made {
        let description = self.description(voice);
        let error = self.outcome();
        let scope = voice.challenges.scopes(self.scopes().0, voice.table);
        let bound = voice.dpop || matches!(self, Self::Unproved { .. });
        let challenge = |code, scopes, prose: &str| {
            let (challenges, table) = (voice.challenges, voice.table);
            let mut both = vec![challenges.with_error(code, scopes, table, prose)];
            both.extend(bound.then(|| challenges.of_dpop(Some(code), scopes, table, prose)));
            both
        };
        let (status, challenges) = match self {
            Self::Rpc {
                id,
                status,
                code,
                message,
            } => return rpc_error(id, status, code, message),
            Self::InResult { call, refusal } => {
                let code = match *refusal {
                    Self::InvalidToken { .. } => ErrorCode::InvalidToken,
                    // Without a token as well: there an `error` has to be, and this is
                    // the one that the host's documentation shows.
                    _ => ErrorCode::InsufficientScope,
                };
                let wanted = refusal.scopes().0;
                let challenge =
                    voice
                        .challenges
                        .with_error(code, wanted, voice.table, &description);
                return in_result::result(call, &challenge, &description);
            }
            Self::Foreign(_) => (StatusCode::FORBIDDEN, Vec::new()),
            Self::Credentials(fault) => (
                StatusCode::BAD_REQUEST,
                challenge(
                    ErrorCode::InvalidRequest,
                    ScopeSet::EMPTY,
                    credentials(fault),
                ),
            ),
            Self::NoToken { wanted } => {
                let mut both = vec![voice.challenges.without_error(wanted, voice.table)];
                let dpop = || voice.challenges.of_dpop(None, wanted, voice.table, "");
                both.extend(bound.then(dpop));
                (StatusCode::UNAUTHORIZED, both)
            }
            Self::Unproved { wanted, fault } => (
                StatusCode::UNAUTHORIZED,
                challenge(fault.code(), wanted, fault.description()),
            ),
            Self::InvalidToken {
                wanted,
                description,
            } => (
                StatusCode::UNAUTHORIZED,
                challenge(ErrorCode::InvalidToken, wanted, &description),
            ),
            Self::InsufficientScope { asked, .. } => (
                StatusCode::FORBIDDEN,
                challenge(ErrorCode::InsufficientScope, asked, LACKS_SCOPE),
            ),
            Self::Unavailable { retry_after, .. } => {
                let mut made = oauth(StatusCode::SERVICE_UNAVAILABLE, error, &description, "");
                // RFC 9110 §10.2.3: whole seconds; zero would invite a storm.
                let seconds = HeaderValue::from(retry_after.as_secs().max(1));
                made.headers.insert(RETRY_AFTER, seconds);
                return made;
            }
            Self::NoRoom(full) => {
                let mut made = oauth(full.status(), error, &description, "");
                made.headers.insert(RETRY_AFTER, Full::RETRY_AFTER);
                return made;
            }
            // No challenge: nobody should log in for nothing.
            Self::Forbidden { .. } => (StatusCode::FORBIDDEN, Vec::new()),
            Self::NoSession => (StatusCode::NOT_FOUND, Vec::new()),
            Self::Header(_) => (StatusCode::BAD_REQUEST, Vec::new()),
            Self::Body(BodyFault::TooLarge) => (StatusCode::PAYLOAD_TOO_LARGE, Vec::new()),
            Self::Body(BodyFault::TooSlow) => (StatusCode::REQUEST_TIMEOUT, Vec::new()),
            Self::Body(BodyFault::Broken) => (StatusCode::BAD_REQUEST, Vec::new()),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, Vec::new()),
            Self::NotAcceptable(_) => (StatusCode::NOT_ACCEPTABLE, Vec::new()),
        };
        let mut made = oauth(status, error, &description, &scope);
        let headers = &mut made.headers;
        for challenge in challenges {
            headers.append(WWW_AUTHENTICATE, challenge);
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
        }
        made
    }

    /// What a person reads in the body or a log.
    fn description(&self, voice: Voice<'_>) -> String {
        match self {
            Self::Foreign(Foreign::Host) => format!(
                "this server answers to {}, and the request names another host; behind a proxy, \
                 set TOOLGATE_RESOURCE to the URL that clients connect to and pass the Host header on",
                voice.hosts.join(", ")
            ),
            Self::Foreign(Foreign::Origin) => {
                "pages of this origin may not call this server; TOOLGATE_ALLOWED_ORIGINS lists those that may".to_owned()
            }
            Self::Credentials(fault) => credentials(*fault).to_owned(),
            Self::NoToken { .. } => "an access token is needed".to_owned(),
            Self::InvalidToken { description, .. } => description.clone().into_owned(),
            Self::InsufficientScope { .. } => LACKS_SCOPE.to_owned(),
            Self::Forbidden { reason } => reason.clone().into_owned(),
            Self::Unproved { fault, .. } => fault.description().to_owned(),
            Self::Unavailable { description, .. } => (*description).to_owned(),
            Self::NoSession => "there is no such session; open a new one by initialize".to_owned(),
            Self::NoRoom(full) => full.description().to_owned(),
            Self::Header(what) => (*what).to_owned(),
            Self::Body(BodyFault::TooLarge) => "the body is larger than this server reads".to_owned(),
            Self::Body(BodyFault::TooSlow) => "the body did not arrive in time".to_owned(),
            Self::Body(BodyFault::Broken) => "the body did not arrive whole".to_owned(),
            Self::Method => "the endpoint takes POST, and GET and DELETE for a session".to_owned(),
            Self::NotAcceptable(answer) => answer.description().to_owned(),
            Self::InResult { refusal, .. } => refusal.description(voice),
            Self::Rpc { message, .. } => message.clone(),
        }
    }
}

const LACKS_SCOPE: &str = "the token lacks a scope that this operation needs";

const fn credentials(fault: BearerFault) -> &'static str {
    match fault {
        BearerFault::InQuery => {
            "the access token belongs in the Authorization header, not in the URL"
        }
        BearerFault::Repeated => "the request has more than one Authorization header",
        BearerFault::Malformed => "the bearer token is malformed",
    }
}

/// An error in OAuth's form (RFC 6749 §5.2). No client reads it; people and logs do.
pub(crate) fn oauth_error(
    status: StatusCode,
    error: &str,
    description: &str,
    scope: &str,
) -> Response<Body> {
    oauth(status, error, description, scope).into_response()
}

fn oauth(status: StatusCode, error: &str, description: &str, scope: &str) -> Made {
    let mut body = json!({"error": error, "error_description": description});
    if !scope.is_empty() {
        body["scope"] = scope.into();
    }
    Made::new(status, &body)
}

fn rpc_error(id: Option<RequestId>, status: StatusCode, code: RpcCode, message: String) -> Made {
    let body = json!({
        "jsonrpc": "2.0",
        "id": id,
        "error": {"code": code, "message": message},
    });
    Made::new(status, &body)
}
