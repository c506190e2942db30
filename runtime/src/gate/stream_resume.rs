//! Continues the stream of a request for a client that was cut off, at any replica.

use std::{convert::Infallible, sync::Arc};

use axum::body::Body;
use futures_util::StreamExt;
use http::{HeaderName, Method, Response, request::Parts};

use crate::{caller::Caller, operation::Operation};

use super::{
    Gate,
    audit::AuditContext,
    authorize::{AuthorizedRequest, SESSION_UNAVAILABLE},
    refusal::Refusal,
    response_envelope::ResponseEnvelope,
    rmcp_forward::until_expiry,
    session::{Resumption, SessionGuard, SharedSessions},
    slow_answer::event_stream,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A request to continue a stream, in a session that replicas share.
pub(super) struct Resumed<'r> {
    shared: &'r dyn SharedSessions,
    session: &'r Arc<SessionGuard>,
    caller: &'r Caller,
    last_event: &'r str,
}

impl<'r> Resumed<'r> {
    /// Reads a request to continue a stream. Returns `None` for every other request.
    pub(super) fn of(
        gate: &'r Gate,
        authorized: &'r AuthorizedRequest,
        parts: &'r Parts,
    ) -> Option<Self> {
        let last_event = parts.headers.get(LAST_EVENT_ID)?;
        if parts.method != Method::GET {
            return None;
        }
        Some(Self {
            shared: gate.shared_sessions.as_deref()?,
            session: authorized.session.as_ref()?,
            caller: authorized.permit.caller()?,
            last_event: last_event.to_str().ok()?,
        })
    }

    /// Answers the request. Returns `None` if only rmcp can know the stream.
    pub(super) async fn answer(self, gate: &Gate, parts: &Parts) -> Option<Response<Body>> {
        let Self {
            shared,
            session,
            caller,
            last_event,
        } = self;
        let Some(resumed) = session.begin_resumption() else {
            return Some(refuse(gate, parts, caller, Refusal::TooManyPending));
        };
        let refusal = match shared.resume(session.id(), caller, last_event).await {
            Ok(Resumption::Unknown) => return None,
            Ok(Resumption::Events(events)) => {
                let events = events.map(move |event| {
                    let _counted = &resumed;
                    Ok::<String, Infallible>(event)
                });
                let response = event_stream(Body::from_stream(events));
                let session = Some(Arc::clone(session));
                return Some(until_expiry(gate, Some(caller), session, response));
            }
            // The same answer as for a session that does not exist.
            Ok(Resumption::OtherOwner) => Refusal::NoSession,
            Err(_) => SESSION_UNAVAILABLE,
        };
        Some(refuse(gate, parts, caller, refusal))
    }
}

fn refuse(gate: &Gate, parts: &Parts, caller: &Caller, refusal: Refusal) -> Response<Body> {
    let context = AuditContext {
        is_late: true,
        ..AuditContext::new(Some(Operation::Stream), Some(caller))
    };
    let envelope = ResponseEnvelope::default();
    let refused = gate.refuse(context, refusal, &parts.headers, envelope);
    refused.into_response(gate.refusal_context(false))
}
