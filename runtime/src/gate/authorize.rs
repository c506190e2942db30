//! The order of the checks, from a request's bytes to what may run.
//!
//! Each step consumes what the one before it made. What comes out is a request without
//! the `Authorization` header, beside the [`Permit`] without which nothing runs.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};

use crate::{
    access::ResolvedAccess,
    authorization::{Decision, Denial, Permit},
    bearer::{BearerError, Credentials},
    caller::Caller,
    operation::Operation,
    scope::ScopeSet,
    tool::AuthorizeDenial,
    verify::{DpopRequest, NONCE, PROOF, Proofs, Unauthenticated},
};

use super::{
    Gate, Limits,
    audit::{self, Subject},
    body::{self, Received},
    fast_message::{CURRENT, FastMessage},
    message::IncomingMessage,
    origin::OriginError,
    refusal::{Refusal, RefusedRequest},
    session::{SESSION_ID, SessionAccess, SessionGuard, SessionReservation},
    stateless_fast_path::{PROTOCOL_VERSION, only},
};

/// The longest session id that is looked up; rmcp's have 36 characters.
const LONGEST_SESSION_ID: usize = 128;

/// A request that was let in.
pub(super) struct AuthorizedRequest {
    pub(super) permit: Permit,
    pub(super) body: Bytes,
    /// What goes the short way.
    pub(super) plain: Option<FastMessage>,
    /// Room for the session that it opens, if it does.
    pub(super) room: Option<SessionReservation>,
    /// Whether the answer is a stream that goes on until somebody ends it.
    pub(super) streams: bool,
    pub(super) lists_tools: bool,
    /// The session that it is of, which goes on until this is dropped.
    pub(super) session: Option<Arc<SessionGuard>>,
}

impl Gate {
    /// From a request to an admission, or to the reason why there is none.
    ///
    /// The token is verified from the head, before the body: only a caller whose token is
    /// valid has a whole body kept and unpacked here (CWE-400).
    pub(super) async fn authorize(
        &self,
        parts: &mut Parts,
        body: Body,
    ) -> Result<Box<AuthorizedRequest>, Box<RefusedRequest<'_>>> {
        self.check_origin(parts)?;
        let token = self.read_token(parts)?;
        let session = read_session_id(parts)?;
        let has_body = match parts.method {
            Method::POST => true,
            Method::GET | Method::DELETE => false,
            _ => return Err(Refusal::Method.into()),
        };
        let authenticated = self.authenticate(parts, token).await;
        let is_known = match &authenticated {
            Ok(Some(_)) => true,
            // Where nothing needs a token, nobody is a stranger.
            Ok(None) => *self.rules.unlisted() == ResolvedAccess::Public,
            Err(_) => false,
        };
        let body = match has_body {
            true => self.receive(body, is_known).await?,
            false => Received::nothing(),
        };
        let caller = match (authenticated, is_known) {
            (Ok(caller), true) => caller,
            (authenticated, _) => {
                self.refuse_unauthenticated(parts, session.as_deref(), authenticated.err(), &body)?;
                None
            }
        };
        let headers = &parts.headers;
        let (asked, body) = match has_body {
            true => self.read(headers, body.bytes)?,
            false => (IncomingMessage::of_method(&parts.method), body.bytes),
        };
        let mut subject = Subject {
            operation: asked.operation(),
            caller: None,
        };
        let refuse = |subject: Subject<'_>, refusal| {
            let refused = self.refuse(subject, refusal, headers, asked.response_envelope());
            Err(refused)
        };
        let known = subject.operation;
        let session = match session.map(|id| self.sessions.enter(&id, caller.as_ref())) {
            None => None,
            Some(Ok(session)) => Some(session),
            Some(Err(standing)) => {
                let subject = Subject {
                    caller: caller.as_ref(),
                    ..subject
                };
                let refusal = match standing {
                    SessionAccess::NotFound => Refusal::NoSession,
                    SessionAccess::AuthenticationRequired => Refusal::NoToken {
                        wanted: self.rules.wanted(known),
                    },
                };
                return refuse(subject, refusal);
            }
        };
        // What cannot be read is judged as what has no rule: without a token it is
        // worth a challenge, with one it is told what is wrong.
        let judged = known.unwrap_or(Operation::Unruled("unreadable"));
        let permit = match self.rules.decide(judged, caller) {
            // A session revision without a session can use nothing, and the 400 that rmcp
            // has for it would not tell a client to log in.
            Decision::Admit(permit)
                if permit.caller().is_none()
                    && session.is_none()
                    && self.has_sessions
                    && asked.is_of_sessions(headers)
                    && !self.rules.allows(Operation::Initialize, None) =>
            {
                let wanted = self.rules.wanted(None);
                return refuse(subject, Refusal::NoToken { wanted });
            }
            Decision::Admit(permit) => permit,
            Decision::Deny(denial, caller) => {
                subject.caller = caller.as_ref();
                let refusal = match denial {
                    Denial::NoToken { wanted } => Refusal::NoToken { wanted },
                    Denial::InsufficientScope {
                        needed,
                        missing,
                        held,
                    } => Refusal::InsufficientScope {
                        asked: self.asked(needed, held),
                        needed,
                        missing,
                    },
                    Denial::Unruled => asked.unknown_method(),
                };
                return refuse(subject, refusal);
            }
        };
        subject.caller = permit.caller();
        if let Some(refusal) = asked.check_limits(headers) {
            return refuse(subject, refusal);
        }
        if let Err(refused) = self.run_authorize_function(&permit, &asked) {
            let refusal = self.refusal_by_authorize_function(refused, judged, subject.caller);
            return refuse(subject, refusal);
        }
        if let Err(refusal) = self.check_accepted(headers, judged, &asked, session.is_some()) {
            return refuse(subject, refusal);
        }
        let room = match judged {
            Operation::Initialize => match self.sessions.reserve(subject.caller, &body) {
                Ok(room) => Some(room),
                Err(full) => return refuse(subject, Refusal::SessionLimit(full)),
            },
            _ => None,
        };
        audit::admitted(subject);
        // No tool, and nothing that a tool calls, ever sees the token.
        parts.headers.remove(header::AUTHORIZATION);
        parts.headers.remove(PROOF);
        let streams = matches!(judged, Operation::Stream | Operation::Listen(_));
        let lists_tools = matches!(judged, Operation::ListTools);
        Ok(Box::new(AuthorizedRequest {
            permit,
            body,
            plain: match asked {
                IncomingMessage::FastMessage(plain) => Some(plain),
                IncomingMessage::Method(_)
                | IncomingMessage::Message(_)
                | IncomingMessage::Unreadable => None,
            },
            room,
            streams,
            lists_tools,
            session,
        }))
    }

    /// Who calls: by a valid token, by none, or why the token that came is not valid.
    async fn authenticate(
        &self,
        parts: &Parts,
        token: Result<Option<Credentials>, BearerError>,
    ) -> Result<Option<Caller>, Unauthenticated> {
        let credentials = match token {
            Ok(Some(credentials)) => credentials,
            Ok(None) => return Ok(None),
            Err(_) => {
                let description = "the bearer token is malformed".into();
                return Err(Unauthenticated::Invalid { description });
            }
        };
        let shown = DpopRequest::read(&parts.method, &parts.headers);
        let accepted = self
            .authenticator
            .authenticate(&credentials, &shown)
            .await?;
        Ok(Some(accepted.sent_with(credentials)))
    }

    /// Reads a body: as a whole for a caller who is known, else its beginning.
    async fn receive(&self, body: Body, is_known: bool) -> Result<Received, Refusal> {
        let Limits {
            body: limit,
            unauthenticated_body: keep,
            body_time: time,
            ..
        } = self.limits;
        let received = if is_known {
            let whole = body::read(body, limit, time).await;
            whole.map(|bytes| Received {
                bytes,
                is_whole: true,
            })
        } else {
            body::read_beginning(body, keep.min(limit), limit, time, &self.pending_bodies).await
        };
        received.map_err(Refusal::Body)
    }

    fn check_origin(&self, parts: &Parts) -> Result<(), Refusal> {
        self.origins
            .authorize(&parts.uri, &parts.headers)
            .map_err(|foreign: OriginError| {
                let subject = Subject {
                    operation: None,
                    caller: None,
                };
                self.note(subject, Refusal::OriginError(foreign))
            })
    }

    /// One token, none, or one that cannot be read.
    fn read_token(
        &self,
        parts: &Parts,
    ) -> Result<Result<Option<Credentials>, BearerError>, Refusal> {
        let dpop = self.authenticator.proofs().is_some();
        match Credentials::read(&parts.headers, parts.uri.query(), dpop) {
            Err(fault @ (BearerError::InQuery | BearerError::Repeated)) => {
                let subject = Subject {
                    operation: None,
                    caller: None,
                };
                Err(self.note(subject, Refusal::Credentials(fault)))
            }
            read => Ok(read),
        }
    }

    /// Lets a tool that decides over its arguments decide, before anything of it runs.
    fn run_authorize_function(
        &self,
        permit: &Permit,
        asked: &IncomingMessage,
    ) -> Result<(), AuthorizeDenial> {
        match (&self.stateless_fast_path, asked.operation()) {
            (Some(tools), Some(Operation::CallTool(_))) => {
                tools.authorize(permit, asked.arguments())
            }
            _ => Ok(()),
        }
    }

    /// What a caller is told whom a tool has refused.
    fn refusal_by_authorize_function(
        &self,
        refused: AuthorizeDenial,
        operation: Operation<'_>,
        caller: Option<&Caller>,
    ) -> Refusal {
        let demanded = match refused {
            AuthorizeDenial::Denied(reason) => return Refusal::Forbidden { reason },
            AuthorizeDenial::NeedsScopes(scopes) => scopes,
        };
        let table = self.rules.table();
        let granted = caller.map_or(ScopeSet::EMPTY, Caller::granted);
        let demanded = table.held(demanded.iter().map(|scope| scope.as_str()));
        let needed = self.rules.needed(operation, granted).union(demanded);
        match caller {
            None => Refusal::NoToken { wanted: needed },
            Some(caller) => Refusal::InsufficientScope {
                asked: self.asked(needed, caller.held()),
                needed,
                missing: needed.minus(granted),
            },
        }
    }

    /// Whether a request came by the scheme `DPoP`, whatever is wrong with it.
    pub(super) fn is_dpop(&self, headers: &HeaderMap) -> bool {
        let is_scheme = |value: &HeaderValue| {
            let scheme = value.as_bytes().split(|&byte| byte == b' ').next();
            scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop"))
        };
        self.authenticator.proofs().is_some()
            && headers.get_all(header::AUTHORIZATION).iter().any(is_scheme)
    }

    /// Tells a client that proves its key which nonce the next proof may have (RFC 9449
    /// §8.2), so that it need not be refused to learn it.
    pub(super) fn add_nonce(&self, headers: &mut HeaderMap) {
        let nonce = self.authenticator.proofs().and_then(Proofs::nonce);
        if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
            headers.insert(NONCE, nonce);
        }
    }
}

/// The one session id of a request, or `None`.
///
/// A message of 2026-07-28 has no session, so a client that still sends the id of an older
/// one is answered all the same, and nobody behind the gate sees that header.
fn read_session_id(parts: &mut Parts) -> Result<Option<String>, Refusal> {
    let headers = &mut parts.headers;
    if parts.method == Method::POST
        && only(headers, &PROTOCOL_VERSION).is_some_and(|version| version == CURRENT)
    {
        headers.remove(SESSION_ID);
        return Ok(None);
    }
    let mut ids = headers.get_all(SESSION_ID).iter();
    let id = match (ids.next(), ids.next()) {
        (None, _) => return Ok(None),
        (Some(id), None) => id,
        (Some(_), Some(_)) => return Err(Refusal::Header("the Mcp-Session-Id header is repeated")),
    };
    match id.to_str() {
        Ok(id) if id.len() <= LONGEST_SESSION_ID => Ok(Some(id.to_owned())),
        _ => Err(Refusal::NoSession),
    }
}
