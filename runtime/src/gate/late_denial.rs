//! Denials of an item that is already running.
//!
//! If no byte of the answer was sent, the client gets the refusal that it would have got at the
//! gate: a status and a challenge. Otherwise the item answers with a failed tool result or an error
//! that contains the same denial. The state of the answer decides this, not the author.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, Response, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use rmcp::{ErrorData, model::RequestId};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{authorization::Permit, item::AuthorizeError, operation::Operation, scope::Scope};

use super::{
    Gate, audit::AuditContext, authorize::policy_refusal, authorizer::NotAuthorized,
    decision_point::PolicyFault, message_limits, refusal::RefusedRequest,
    refusal_context::RefusalContext, response_envelope::ResponseEnvelope,
    tool_result_denial::DeniedAnswer,
};

/// How long the status of an answer in a session waits for the first message, if the item
/// declares that it can demand scopes, or if the decision point decides about a list. A status that was sent cannot become a 403.
const WAIT: Duration = Duration::from_secs(2);

/// The message of a tool that denied its call, for an answer whose status was sent. It is an
/// extension of the refusal.
#[derive(Clone)]
pub(super) struct InStream(pub(super) Bytes);

/// Renders the denial of one request that rmcp runs, and keeps the refusal for the gate. It is
/// an extension of the request.
#[derive(Clone)]
pub(crate) struct LateDenials(Arc<LateDenialState>);

struct LateDenialState {
    gate: Arc<Gate>,
    dpop: bool,
    refusal: Mutex<Option<Response<Body>>>,
}

impl fmt::Debug for LateDenials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LateDenials").finish_non_exhaustive()
    }
}

impl Gate {
    /// Returns the scopes that the code of the permitted item can demand.
    fn demandable(&self, permit: &Permit) -> &'static [Scope] {
        let items = self.stateless_fast_path.as_deref();
        let found = items.zip(permit.target());
        found.map_or(&[], |(items, target)| items.authorize_scopes(target))
    }

    /// Refuses a request whose item runs, with an audit line of its own.
    pub(super) fn refuse_late(
        &self,
        permit: &Permit,
        operation: Operation<'_>,
        denial: AuthorizeError,
        headers: &HeaderMap,
        envelope: ResponseEnvelope,
    ) -> Box<RefusedRequest<'_>> {
        let caller = permit.caller();
        let item = permit
            .target()
            .and_then(|target| self.item_names.get(target));
        let item = (operation.kind(), item.unwrap_or_default());
        let denial = denial.resolve(item, self.demandable(permit), caller);
        let context = AuditContext {
            is_late: true,
            ..AuditContext::new(Some(operation), caller)
        };
        let refusal = self.item_refusal(NotAuthorized::Denied(denial), context);
        self.refuse(context, refusal, headers, envelope)
    }
}

impl LateDenials {
    pub(super) fn new(gate: &Arc<Gate>, dpop: bool) -> Self {
        Self(Arc::new(LateDenialState {
            gate: Arc::clone(gate),
            dpop,
            refusal: Mutex::default(),
        }))
    }

    /// Refuses the request. Returns what the item answers if the refusal comes too late.
    pub(crate) fn deny(
        &self,
        permit: &Permit,
        operation: Operation<'_>,
        denial: AuthorizeError,
        headers: &HeaderMap,
        (id, is_current): (&RequestId, bool),
    ) -> DeniedAnswer {
        let envelope = ResponseEnvelope {
            id: message_limits::is_short_id(id).then(|| id.clone()),
            is_call: matches!(operation, Operation::CallTool(_)),
            marks_complete: is_current,
        };
        let gate = &self.0.gate;
        let refused = gate.refuse_late(permit, operation, denial, headers, envelope);
        self.keep(*refused)
    }

    /// Refuses a list that the decision point has not decided on. Returns the error of the
    /// protocol, which the refusal replaces.
    pub(crate) fn refuse_list(
        &self,
        permit: &Permit,
        fault: &PolicyFault,
        headers: &HeaderMap,
        (id, is_current): (&RequestId, bool),
    ) -> ErrorData {
        let envelope = ResponseEnvelope {
            id: message_limits::is_short_id(id).then(|| id.clone()),
            is_call: false,
            marks_complete: is_current,
        };
        let context = AuditContext {
            is_late: true,
            ..AuditContext::new(Some(Operation::ListResources), permit.caller())
        };
        let gate = &self.0.gate;
        let refused = gate.refuse(context, policy_refusal(fault), headers, envelope);
        self.keep(*refused).error
    }

    /// Keeps a refusal for the gate. Returns what is answered if it comes too late.
    fn keep(&self, refused: RefusedRequest<'_>) -> DeniedAnswer {
        let LateDenialState {
            gate,
            dpop,
            refusal,
        } = &*self.0;
        let context = gate.refusal_context(*dpop);
        let answer = refused.denied_answer(context);
        let response = late_response(gate, refused, context);
        *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(response);
        answer
    }

    /// Returns whether the answer is always a message: there is no status.
    pub(crate) fn is_local(&self) -> bool {
        self.0.gate.is_local
    }

    fn take(&self) -> Option<Response<Body>> {
        let mut refusal = self.0.refusal.lock();
        refusal
            .as_mut()
            .map_or_else(|error| error.get_mut().take(), |refusal| refusal.take())
    }

    fn is_denied(&self) -> bool {
        let refusal = self.0.refusal.lock();
        refusal.unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Returns the refusal in place of the answer, if the item has denied the request and the
    /// answer has no message before the denial.
    pub(super) async fn settle(
        &self,
        permit: &Permit,
        is_in_session: bool,
        answer: Response<Body>,
    ) -> Response<Body> {
        if !is_event_stream(&answer) {
            // rmcp writes JSON only if the answer is the first message.
            return self.take().unwrap_or(answer);
        }
        // The decision point can still refuse the list of a handler.
        let can_refuse = !self.0.gate.demandable(permit).is_empty()
            || (permit.is_decided() && permit.target().is_none());
        let wait = match is_in_session && can_refuse {
            true => WAIT,
            false if self.is_denied() => Duration::ZERO,
            false => return answer,
        };
        let (head, mut body) = answer.into_parts();
        let (mut start, end) = (Vec::new(), Instant::now() + wait);
        let is_answer = loop {
            if let Some(message) = first_message(&start) {
                break is_answer(message);
            }
            match timeout_at(end, body.frame()).await {
                Ok(Some(Ok(frame))) => start.extend(frame.into_data().unwrap_or_default()),
                Ok(None | Some(Err(_))) | Err(_) => break false,
            }
        };
        if is_answer && let Some(refusal) = self.take() {
            return refusal;
        }
        let start = Bytes::from(start);
        let body = match body.is_end_stream() {
            true => Body::from(start),
            false => {
                let start = stream::iter((!start.is_empty()).then_some(Ok(start)));
                Body::from_stream(start.chain(body.into_data_stream()))
            }
        };
        Response::from_parts(head, body)
    }
}

/// Renders the refusal of a request whose item runs.
pub(super) fn late_response(
    gate: &Gate,
    refused: RefusedRequest<'_>,
    context: RefusalContext<'_>,
) -> Response<Body> {
    // Without `stream_after`, no status is sent before the item has ended.
    let in_stream = gate.limits.stream_after.and_then(|_| refused.call_id());
    let result = in_stream.map(|id| refused.tool_result(id, context));
    let mut response = refused.into_response(context);
    if let Some(result) = result {
        let message = InStream(result.to_string().into());
        response.extensions_mut().insert(message);
    }
    response
}

/// Returns whether an answer is an event stream.
pub(super) fn is_event_stream(answer: &Response<Body>) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// Returns the first complete message of an event stream. Skips events without a message, which
/// only let a client resume.
fn first_message(events: &[u8]) -> Option<&[u8]> {
    let mut lines = events.split_inclusive(|&byte| byte == b'\n');
    lines.find_map(|line| {
        let message = line.strip_prefix(b"data:")?.strip_suffix(b"\n")?;
        let message = message.trim_ascii();
        (!message.is_empty()).then_some(message)
    })
}

/// Returns whether a message is a response, not a request or a notification of the item.
fn is_answer(message: &[u8]) -> bool {
    serde_json::from_slice::<Value>(message)
        .is_ok_and(|message| message.get("id").is_some() && message.get("method").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_found_behind_comments_and_the_priming_event() {
        for (events, message) in [
            (":\n\ndata: \nid: 0\nretry: 3000\n\n", None),
            ("data: {\"id\":1", None),
            ("data: {\"id\":1}\n\n", Some("{\"id\":1}")),
            (
                "data:\nid: 0\n\ndata: {\"a\":1}\ndata: {}\n",
                Some("{\"a\":1}"),
            ),
        ] {
            let found = first_message(events.as_bytes());
            assert_eq!(found, message.map(str::as_bytes), "{events:?}");
        }
    }

    #[test]
    fn a_notification_and_a_question_are_no_answer() {
        for (message, expected) in [
            (r#"{"id":1,"result":{}}"#, true),
            (r#"{"id":1,"error":{}}"#, true),
            (r#"{"id":1,"method":"elicitation/create"}"#, false),
            (r#"{"method":"notifications/progress"}"#, false),
            ("{", false),
        ] {
            assert_eq!(is_answer(message.as_bytes()), expected, "{message}");
        }
    }
}
