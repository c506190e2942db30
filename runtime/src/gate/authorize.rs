//! The order of the checks, from the bytes of a request to an authorized request.
//!
//! Each step consumes the result of the step before. The result is a request without the
//! `Authorization` header and with the [`Permit`] without which nothing runs. The permit holds
//! the target: no later step looks up an item by its name, except the second check at rmcp's
//! dispatch, which compares what rmcp has read with the permit.
//!
//! - [`unauthenticated`]: requests without a valid token
//! - [`revocation`]: tokens that were revoked
//! - [`session_entry`]: the session of a request
//! - [`refusals`]: requests that the rules deny, or whose message is not read
//! - [`throttling`], [`replica_rates`]: the limits of callers and of addresses
//! - [`admitted`]: a request that the rules admit, and one that may run
//! - [`rmcp_message`]: a permitted message that rmcp has to read, too
//! - [`item_check`]: the item's own `authorize` function
//! - [`policy_check`]: after it, the decision point of the program

use axum::body::Body;
use bytes::Bytes;
use futures_util::{FutureExt, future::OptionFuture};
use http::{HeaderMap, Method, header, request::Parts};
use tokio::time::Instant;

use crate::{
    access::ResolvedAccess,
    authorization::Decision,
    caller::Caller,
    config::RequestLimits,
    credentials::{BearerError, Credentials},
    denial::DenialReason,
    operation::Operation,
    verify::{AuthenticationError, PROOF, VerificationPath},
};

use super::{
    Gate,
    accept_header::{self, AnswerType},
    audit::{self, AuditContext},
    body::{self, Received},
    execution_path::ExecutionPath,
    message::{IncomingMessage, Readers},
    message_head::MessageHead,
    refusal::{Refusal, RefusedRequest},
    request_head::read_session_id,
};

mod admitted;
mod item_check;
mod policy_check;
mod recording;
mod refusals;
mod replica_rates;
mod revocation;
mod rmcp_message;
mod session_entry;
mod throttling;
mod unauthenticated;

pub(crate) use admitted::Admission;
pub(super) use admitted::{AdmittedRequest, AuthorizedRequest};
pub(super) use policy_check::policy_refusal;
pub(crate) use revocation::is_revoked;
pub(super) use session_entry::SESSION_UNAVAILABLE;

/// The operation of a message that cannot be read. It has no rule: without a token it is
/// answered by a challenge, with a token by an error that describes the message.
pub(super) const UNREADABLE: Operation<'static> = Operation::Unruled("unreadable");

impl Gate {
    /// Authorizes a request.
    ///
    /// The token is verified from the headers, before the body is read: only the body of a
    /// caller with a valid token is stored as a whole and unpacked (CWE-400).
    ///
    /// # Errors
    ///
    /// Returns the refusal, ready to be rendered.
    pub(super) async fn authorize(
        &self,
        parts: &mut Parts,
        body: Body,
    ) -> Result<Box<AuthorizedRequest>, Box<RefusedRequest<'_>>> {
        self.check_origin(parts)?;
        let token = self.read_token(parts)?;
        let session_id = read_session_id(parts)
            .map_err(|refusal| self.refuse_unread(&parts.headers, None, refusal))?;
        let has_body = match parts.method {
            Method::POST => true,
            Method::GET | Method::DELETE => false,
            _ => {
                return Err(self
                    .refuse_unread(&parts.headers, None, Refusal::Method)
                    .into());
            }
        };
        let authenticated = match self.throttle.as_deref() {
            Some(throttle) if throttle.limits_unauthenticated() => {
                let limited = self.authenticate_limited(throttle, parts, token);
                limited.boxed().await?
            }
            _ => self.authenticate(parts, token).await,
        };
        // Before the message is read: until here the future of a request is small.
        if let (Some(id), Ok(Some(caller))) = (session_id.as_deref(), &authenticated) {
            let finding = self.find_session(id, &parts.headers, caller);
            OptionFuture::from(finding).await.transpose()?;
        }
        let may_send_all = match &authenticated {
            Ok(Some(_)) => true,
            // If no item needs a token, clients have none: read their bodies as a whole.
            Ok(None) => *self.rules.access_to_learn_existence() == ResolvedAccess::Public,
            Err(_) => false,
        };
        let body = match has_body {
            true => {
                let caller = authenticated.as_ref().ok().and_then(Option::as_ref);
                self.receive(&parts.headers, caller, body, may_send_all)
                    .await?
            }
            false => Received::empty(),
        };
        let caller = match (authenticated, may_send_all) {
            (Ok(caller), true) => caller,
            (authenticated, _) => {
                let id = session_id.as_deref();
                self.refuse_unauthenticated(parts, id, authenticated.err(), &body)?;
                None
            }
        };
        let settling = {
            let admitted = self.admit(parts, session_id, caller, body, has_body)?;
            self.settle(admitted, &parts.headers)
        };
        let mut authorized = settling.await?;
        self.complete(&mut authorized, &parts.headers).await?;
        if self.observation.is_some() {
            self.trace_run(&mut parts.headers);
        }
        // No tool, and nothing that a tool calls, ever sees the token.
        parts.headers.remove(header::AUTHORIZATION);
        parts.headers.remove(PROOF);
        Ok(authorized)
    }

    /// Applies the rules to a message, and counts it for the limits. A function of its own, so that
    /// the future of `authorize` does not store these values.
    fn admit(
        &self,
        parts: &mut Parts,
        session_id: Option<String>,
        caller: Option<Caller>,
        mut body: Received,
        has_body: bool,
    ) -> Result<AdmittedRequest, Box<RefusedRequest<'_>>> {
        let mut message = match has_body {
            true => {
                let (headers, caller) = (&parts.headers, caller.as_ref());
                self.read_message(self.readers(), headers, caller, &mut body.bytes)?
            }
            false => IncomingMessage::of_method(&parts.method),
        };
        if self.observation.is_some() || message.traceparent().is_some() {
            self.trace_message(&mut parts.headers, &message);
        }
        let caller_key = self.limit_caller(caller.as_ref(), &message, &parts.headers)?;
        let enter = |id: String| self.enter_session(&id, &parts.headers, &message, caller.as_ref());
        let session = session_id.map(enter).transpose()?;
        let admission = self.decide(&parts.headers, &message, session.is_some(), caller)?;
        let (paths, target) = (self.fast_paths(), admission.target());
        let execution_path = ExecutionPath::choose(paths, &message, session.is_some(), target);
        if execution_path == ExecutionPath::Rmcp && matches!(message, IncomingMessage::Fast(_)) {
            message = self.read_for_rmcp(&parts.headers, &admission, &mut body.bytes)?;
        }
        let in_session = session.is_some();
        self.check_request(
            &parts.headers,
            &admission,
            execution_path,
            &message,
            in_session,
        )?;
        let admitted = AdmittedRequest {
            admission,
            execution_path,
            message,
            body: body.bytes,
            session,
        };
        if let Some(throttle) = self.throttle.as_deref() {
            self.limit_use(throttle, caller_key, &admitted, parts)?;
        }
        Ok(admitted)
    }

    fn check_origin(&self, parts: &Parts) -> Result<(), Refusal> {
        self.origins
            .authorize(&parts.uri, &parts.headers)
            .map_err(|error| {
                let context = AuditContext::default().of_request(&parts.headers);
                self.audited(context, Refusal::OriginError(error))
            })
    }

    /// Reads the token of a request. A malformed one is an error of authentication, which is
    /// answered by a challenge.
    fn read_token(
        &self,
        parts: &Parts,
    ) -> Result<Result<Option<Credentials>, BearerError>, Refusal> {
        let dpop = self.authenticator.proofs().is_some();
        match Credentials::from_headers(&parts.headers, parts.uri.query(), dpop) {
            Err(error @ (BearerError::InQuery | BearerError::Repeated)) => {
                let context = AuditContext::default().of_request(&parts.headers);
                Err(self.audited(context, Refusal::Credentials(error)))
            }
            read => Ok(read),
        }
    }

    /// Returns the caller of a valid token, or `None` without a token.
    async fn authenticate(
        &self,
        parts: &Parts,
        token: Result<Option<Credentials>, BearerError>,
    ) -> Result<Option<Caller>, AuthenticationError> {
        let credentials = match token {
            Ok(Some(credentials)) => credentials,
            Ok(None) => return Ok(None),
            Err(_) => {
                let description = "the bearer token is malformed".into();
                return Err(AuthenticationError::Invalid {
                    reason: DenialReason::InvalidToken,
                    description,
                    token: None,
                });
            }
        };
        let mut path = VerificationPath::default();
        let started = self.observation.is_some().then(Instant::now);
        let accepted = self
            .authenticator
            .authenticate(&credentials, &parts.method, &parts.headers, &mut path)
            .await;
        if let Some(started) = started {
            self.report_verified(&parts.headers, started, path, &accepted);
        }
        let caller = accepted?.sent_with(credentials);
        self.check_revocation(&caller)?;
        Ok(Some(caller))
    }

    /// Receives a body: all of it, or only its beginning.
    ///
    /// # Errors
    ///
    /// Returns the refusal if the body does not arrive, or is too large.
    async fn receive(
        &self,
        headers: &HeaderMap,
        caller: Option<&Caller>,
        body: Body,
        all: bool,
    ) -> Result<Received, Refusal> {
        let RequestLimits {
            body: limit,
            unauthenticated_body: keep,
            body_time: time,
            ..
        } = self.limits;
        let received = if all {
            let whole = body::read(body, limit, time).await;
            whole.map(|bytes| Received {
                bytes,
                is_whole: true,
            })
        } else {
            body::read_beginning(body, keep.min(limit), limit, time, &self.pending_bodies).await
        };
        received.map_err(|error| self.refuse_unread(headers, caller, Refusal::Body(error)))
    }

    pub(super) fn read_message(
        &self,
        readers: Readers,
        headers: &HeaderMap,
        caller: Option<&Caller>,
        body: &mut Bytes,
    ) -> Result<IncomingMessage, Box<RefusedRequest<'_>>> {
        IncomingMessage::parse(readers, &self.limits, headers, body).map_err(|error| {
            let refusal = self.refuse_unread(headers, caller, Refusal::Message(error));
            // The message was not unpacked, so the id is read from its beginning.
            let envelope = MessageHead::read(body).response_envelope();
            RefusedRequest::new(refusal, envelope).into()
        })
    }

    /// Decides whether the caller may perform the operation of a message. This resolves the
    /// target, which travels in the permit from here on.
    pub(super) fn decide(
        &self,
        headers: &HeaderMap,
        message: &IncomingMessage,
        is_in_session: bool,
        caller: Option<Caller>,
    ) -> Result<Admission, Box<RefusedRequest<'_>>> {
        let operation = message.operation();
        let refuse = |caller: Option<&Caller>, refusal| {
            let refusal = self.limit_refusal(caller, message, refusal);
            let context = AuditContext::new(operation, caller);
            self.refuse(context, refusal, headers, message.response_envelope())
        };
        let admission = match self.rules.decide(operation.unwrap_or(UNREADABLE), caller) {
            Decision::Admit(permit) => Admission::Permitted(permit),
            Decision::Ask(undecided) => Admission::Undecided(undecided),
            Decision::Deny(denial, caller) => {
                let refusal = self.refusal_of(denial, message);
                return Err(refuse(caller.as_ref(), refusal));
            }
        };
        // A request of a session revision needs a session. Without one, rmcp would answer 400,
        // which does not make the client log in.
        if admission.caller().is_none()
            && !is_in_session
            && self.has_sessions
            && message.has_session_revision(headers)
            && !self.rules.allows(Operation::Initialize, None)
        {
            let challenge_scopes = self.rules.scopes_to_request(None);
            return Err(refuse(None, Refusal::NoToken { challenge_scopes }));
        }
        Ok(admission)
    }

    /// Checks everything else about a permitted request: the limits of its message, and whether
    /// its client can read the answer.
    fn check_request(
        &self,
        headers: &HeaderMap,
        admission: &Admission,
        execution_path: ExecutionPath,
        message: &IncomingMessage,
        is_in_session: bool,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        let operation = message.operation().unwrap_or(UNREADABLE);
        let check = || {
            message
                .check_version_header(headers)
                .map_err(Refusal::Header)?;
            message.check_limits().map_err(Refusal::Message)?;
            let is_list = operation == Operation::ListTools;
            let reports = message.wants_reports()
                && execution_path.can_report(self.fast_paths(), is_list, admission.target());
            let answer = AnswerType::of(operation, is_in_session, self.opens_sessions(), reports);
            answer.map_or(Ok(()), |answer| {
                accept_header::check(headers, answer).map_err(Refusal::NotAcceptable)
            })
        };
        check().map_err(|refusal| {
            let context = AuditContext::new(message.operation(), admission.caller());
            self.refuse(context, refusal, headers, message.response_envelope())
        })
    }

    /// Reserves the place of a session that the request opens, and records the decision before
    /// anything runs.
    pub(in crate::gate) async fn complete(
        &self,
        authorized: &mut AuthorizedRequest,
        headers: &HeaderMap,
    ) -> Result<(), Box<RefusedRequest<'_>>> {
        if authorized.permit.caller().is_none() {
            self.check_freshness(authorized, headers)?;
        }
        // A local caller has one connection and no session in the table.
        if authorized.message.operation() == Some(Operation::Initialize) && !self.is_local {
            self.reserve(authorized, headers)?;
        }
        if self.observation.is_some() {
            self.record(authorized, headers).await?;
        }
        let (context, is_known) = decision(authorized, headers);
        audit::admitted(context, is_known);
        Ok(())
    }
}

/// Returns the decision about a request, and whether the request names something that exists.
fn decision<'a>(
    authorized: &'a AuthorizedRequest,
    headers: &'a HeaderMap,
) -> (AuditContext<'a>, bool) {
    let permit = &authorized.permit;
    let operation = authorized.message.operation().unwrap_or(UNREADABLE);
    let context = AuditContext::new(Some(operation), permit.caller()).of_request(headers);
    let is_known = operation.item_name().is_none() || permit.target().is_some();
    (context.with_policy(authorized.policy.as_deref()), is_known)
}
