//! The order of the checks, from a request's bytes to what may run.
//!
//! Each step consumes what the one before it made. What comes out is a request without
//! the `Authorization` header, beside the [`Admission`] without which nothing runs.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{
    admission::{Admission, Decision, Denial},
    bearer::{BearerFault, Credentials},
    operation::Operation,
    principal::Principal,
    scope::ScopeSet,
    tool::Refused,
    verify::{NONCE, PROOF, Proofs, Shown, Unauthenticated},
};

use super::{
    Gate,
    asked::Asked,
    audit::{self, Subject},
    origin::Foreign,
    plain::Plain,
    refusal::{Refusal, Unproved, Voice},
    session::{InUse, Room, SESSION_ID, Standing},
};

/// The longest session id that is looked up; rmcp's have 36 characters.
const LONGEST_SESSION_ID: usize = 128;

/// A request that was let in.
pub(super) struct Passed {
    pub(super) admission: Admission,
    pub(super) body: Bytes,
    /// What goes the short way.
    pub(super) plain: Option<Plain>,
    /// Room for the session that it opens, if it does.
    pub(super) room: Option<Room>,
    /// Whether the answer is a stream that goes on until somebody ends it.
    pub(super) streams: bool,
    pub(super) lists_tools: bool,
    /// The session that it is of, which goes on until this is dropped.
    pub(super) session: Option<Arc<InUse>>,
}

impl Gate {
    /// From bytes to an admission, or to the reason why there is none.
    pub(super) async fn judge(
        &self,
        parts: &mut Parts,
        body: Body,
    ) -> Result<Box<Passed>, Refusal> {
        self.judge_origin(parts)?;
        let token = self.read_token(parts)?;
        let session = read_session_id(&parts.headers)?;
        let (asked, body) = self.read(parts, body).await?;
        let mut subject = Subject {
            operation: asked.operation(),
            principal: None,
        };
        let headers = &parts.headers;
        let refuse = |subject: Subject<'_>, refusal| {
            let refusal = self.note(subject, refusal);
            Err(self.in_form(refusal, &asked, headers, subject.principal))
        };
        let judged = match &token {
            Ok(Some(credentials)) => {
                let shown = Shown::read(&parts.method, headers);
                Some(self.authenticator.authenticate(credentials, &shown).await)
            }
            Ok(None) | Err(_) => None,
        };
        let known = subject.operation;
        let principal = match (token, judged) {
            (Ok(None), _) => None,
            (Ok(Some(credentials)), Some(Ok(accepted))) => Some(accepted.sent_with(credentials)),
            (Ok(Some(_)), Some(Err(reason))) => {
                return refuse(subject, self.unauthenticated(reason, known));
            }
            (Err(_), _) | (Ok(Some(_)), None) => {
                let description = "the bearer token is malformed".into();
                let reason = Unauthenticated::Invalid { description };
                return refuse(subject, self.unauthenticated(reason, known));
            }
        };

        let session = match session.map(|id| self.sessions.enter(&id, principal.as_ref())) {
            None => None,
            Some(Ok(session)) => Some(session),
            Some(Err(standing)) => {
                let subject = Subject {
                    principal: principal.as_ref(),
                    ..subject
                };
                let refusal = match standing {
                    Standing::Stranger => Refusal::NoSession,
                    Standing::MustSayWho => Refusal::NoToken {
                        wanted: self.rules.wanted(known),
                    },
                };
                return refuse(subject, refusal);
            }
        };
        // What cannot be read is judged as what has no rule: without a token it is
        // worth a challenge, with one it is told what is wrong.
        let judged = known.unwrap_or(Operation::Unruled("unreadable"));
        let admission = match self.rules.decide(judged, principal) {
            Decision::Admit(admission) => admission,
            Decision::Deny(denial, principal) => {
                subject.principal = principal.as_ref();
                let refusal = match denial {
                    Denial::NoToken { wanted } => Refusal::NoToken { wanted },
                    Denial::InsufficientScope {
                        needed,
                        missing,
                        held,
                    } => Refusal::InsufficientScope {
                        asked: self.asked(needed, held),
                        missing,
                    },
                    Denial::Unruled => asked.unruled(),
                };
                return refuse(subject, refusal);
            }
        };
        subject.principal = admission.principal();
        if let Some(refusal) = asked.misnamed(headers) {
            return refuse(subject, refusal);
        }
        if let Err(refused) = self.ask_the_tool(&admission, &asked) {
            let refusal = self.refused_by_the_tool(refused, judged, subject.principal);
            return refuse(subject, refusal);
        }
        if let Err(refusal) = self.check_accepted(headers, judged, &asked, session.is_some()) {
            return refuse(subject, refusal);
        }
        let room = match judged {
            Operation::Initialize => match self.sessions.make_room(subject.principal, &body) {
                Ok(room) => Some(room),
                Err(full) => return refuse(subject, Refusal::NoRoom(full)),
            },
            _ => None,
        };
        audit::admitted(subject);
        // No tool, and nothing that a tool calls, ever sees the token.
        parts.headers.remove(header::AUTHORIZATION);
        parts.headers.remove(PROOF);
        let streams = matches!(judged, Operation::Stream | Operation::Listen(_));
        let lists_tools = matches!(judged, Operation::ListTools);
        Ok(Box::new(Passed {
            admission,
            body,
            plain: match asked {
                Asked::Plain(plain) => Some(plain),
                Asked::Method(_) | Asked::Message(_) | Asked::Unreadable => None,
            },
            room,
            streams,
            lists_tools,
            session,
        }))
    }

    fn judge_origin(&self, parts: &Parts) -> Result<(), Refusal> {
        self.origins
            .judge(&parts.uri, &parts.headers)
            .map_err(|foreign: Foreign| {
                let subject = Subject {
                    operation: None,
                    principal: None,
                };
                self.note(subject, Refusal::Foreign(foreign))
            })
    }

    /// One token, none, or one that cannot be read.
    fn read_token(
        &self,
        parts: &Parts,
    ) -> Result<Result<Option<Credentials>, BearerFault>, Refusal> {
        let dpop = self.authenticator.proofs().is_some();
        match Credentials::read(&parts.headers, parts.uri.query(), dpop) {
            Err(fault @ (BearerFault::InQuery | BearerFault::Repeated)) => {
                let subject = Subject {
                    operation: None,
                    principal: None,
                };
                Err(self.note(subject, Refusal::Credentials(fault)))
            }
            read => Ok(read),
        }
    }

    /// What is told whom a token, or what goes with it, makes nobody.
    fn unauthenticated(
        &self,
        reason: Unauthenticated,
        operation: Option<Operation<'_>>,
    ) -> Refusal {
        let wanted = self.rules.wanted(operation);
        let unproved = |fault| Refusal::Unproved { wanted, fault };
        match reason {
            Unauthenticated::Invalid { description } => Refusal::InvalidToken {
                wanted,
                description,
            },
            Unauthenticated::OtherScheme { description } => unproved(Unproved::Scheme(description)),
            Unauthenticated::NoProof { description } => unproved(Unproved::Proof(description)),
            Unauthenticated::WantsNonce => unproved(Unproved::Nonce),
            Unauthenticated::Unavailable {
                retry_after,
                description,
            } => Refusal::Unavailable {
                retry_after,
                description,
            },
        }
    }

    /// Lets a tool that decides over its arguments decide, before anything of it runs.
    fn ask_the_tool(&self, admission: &Admission, asked: &Asked) -> Result<(), Refused> {
        match (&self.direct, asked.operation()) {
            (Some(tools), Some(Operation::CallTool(_))) => {
                tools.authorize(admission, asked.arguments())
            }
            _ => Ok(()),
        }
    }

    /// What a caller is told whom a tool has refused.
    fn refused_by_the_tool(
        &self,
        refused: Refused,
        operation: Operation<'_>,
        principal: Option<&Principal>,
    ) -> Refusal {
        let demanded = match refused {
            Refused::Because(reason) => return Refusal::Forbidden { reason },
            Refused::Needs(scopes) => scopes,
        };
        let table = self.rules.table();
        let granted = principal.map_or(ScopeSet::EMPTY, Principal::granted);
        let demanded = table.held(demanded.iter().map(|scope| scope.as_str()));
        let needed = self.rules.needed(operation, granted).union(demanded);
        match principal {
            None => Refusal::NoToken { wanted: needed },
            Some(principal) => Refusal::InsufficientScope {
                asked: self.asked(needed, principal.held()),
                missing: needed.minus(granted),
            },
        }
    }

    /// Writes the audit line of a refusal.
    fn note(&self, subject: Subject<'_>, refusal: Refusal) -> Refusal {
        let (needed, missing) = refusal.scopes();
        audit::refused(
            subject,
            refusal.outcome(),
            needed,
            missing,
            self.rules.table(),
        );
        refusal
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

    /// How a refusal is told to whom used the scheme `DPoP`, or not.
    pub(super) fn voice(&self, dpop: bool) -> Voice<'_> {
        Voice {
            challenges: &self.challenges,
            told: &self.told,
            table: self.rules.table(),
            hosts: self.origins.hosts(),
            dpop: dpop || self.authenticator.takes_only_bound(),
        }
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

/// The one session id of a request, or none.
fn read_session_id(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
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
