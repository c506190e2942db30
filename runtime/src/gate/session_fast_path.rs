//! The short way into a session: rmcp is handed the message that was judged.
//!
//! In a session a call needs rmcp: others cancel it by its id, it may be told of and asked
//! along the way, and its answer is kept for a client that comes back for it. What it does
//! not need is to be read again, nor the head of its request to be judged again. Taken is
//! what is right in every particular; all else goes the long way and gets rmcp's own
//! answer. A session that is not there is no particular of the request, so rmcp is asked.

use std::sync::Arc;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Request, Response, request::Parts};
use rmcp::model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage};

use crate::authorization::Permit;

use super::{
    Gate,
    fast_message::{FastMessage, FastRequest, Revision},
    message_limits,
    service::broken,
    session::SessionGuard,
    stateless_fast_path::{PROTOCOL_VERSION, is_plain_head, only},
};

/// The revisions that have sessions. One that names none is of the oldest.
const REVISIONS: &[&str] = &["2025-03-26", "2025-06-18", "2025-11-25"];

/// The open sessions of the service behind.
pub(crate) trait SessionFastPath: Send + Sync {
    /// Whether there is such a session.
    fn has<'s>(&'s self, session: &'s str) -> BoxFuture<'s, bool>;

    /// The answer of a session to a request; none if it has ended meanwhile.
    fn ask<'s>(
        &'s self,
        session: &'s str,
        request: ClientJsonRpcMessage,
    ) -> BoxFuture<'s, Option<Response<Body>>>;
}

/// Whether a head is of a revision that has sessions.
pub(super) fn is_of_sessions(headers: &HeaderMap) -> bool {
    match only(headers, &PROTOCOL_VERSION) {
        Some(version) => REVISIONS.iter().any(|known| version == known),
        None => !headers.contains_key(PROTOCOL_VERSION),
    }
}

impl Gate {
    /// A call that can be handed to a session if it is let in; none for all others.
    pub(super) fn plain_in_session(&self, headers: &HeaderMap, body: &[u8]) -> Option<FastMessage> {
        self.session_fast_path.as_ref()?;
        let is_plain = is_of_sessions(headers) && is_plain_head(headers);
        let plain = is_plain.then(|| FastMessage::read(body))??;
        let is_for_it = matches!(plain.form, Revision::Older { .. })
            && matches!(plain.asks, FastRequest::Call { .. })
            && message_limits::is_plain_id(&plain.id);
        is_for_it.then_some(plain)
    }

    /// Hands a session what was admitted; none, and nothing is done, if rmcp has to be asked.
    pub(super) async fn run_in_session(
        &self,
        session: &Arc<SessionGuard>,
        permit: &Permit,
        parts: &mut Parts,
        plain: FastMessage,
    ) -> Option<Response<Body>> {
        let sessions = self.session_fast_path.as_deref()?;
        if !sessions.has(session.id()).await {
            return None;
        }
        let mut message = plain.into_message()?;
        let JsonRpcMessage::Request(request) = &mut message else {
            return None;
        };
        // As rmcp puts it there, with what it is given: a handler looks for all of it.
        let mut head = std::mem::replace(parts, Request::new(()).into_parts().0);
        head.extensions.insert(permit.clone());
        head.extensions.insert(session.latest_caller().clone());
        // Its handler keeps the session, whether its client waits or not.
        head.extensions.insert(Arc::clone(session));
        request.request.extensions_mut().insert(head);
        let answer = sessions.ask(session.id(), message).await;
        Some(answer.unwrap_or_else(broken))
    }
}
