//! The fast path into a session: rmcp's session gets the message that was authorized.
//!
//! In a session a call needs rmcp: the client can cancel it by its id, it may report progress and
//! ask its client, and its answer is stored for a client that resumes the stream. But neither the
//! body nor the headers have to be read again.
//! [`ExecutionPath`](super::execution_path::ExecutionPath) says which requests take it. If rmcp
//! does not have the session, rmcp answers the request.

use std::sync::Arc;

use axum::body::Body;
use futures_util::future::BoxFuture;
use http::{Request, Response, request::Parts};
use rmcp::model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage};

use crate::authorization::Permit;

use super::{
    fast_message::FastMessage,
    refusal::server_error,
    session::{SessionGuard, SessionServices},
};

/// The open sessions of the service behind the gate.
pub(crate) trait SessionFastPath: SessionServices {
    /// Returns whether the session exists.
    fn has<'s>(&'s self, session: &'s str) -> BoxFuture<'s, bool>;

    /// Returns the answer of a session to a request, or `None` if it has ended meanwhile.
    fn send<'s>(
        &'s self,
        session: &'s str,
        request: ClientJsonRpcMessage,
    ) -> BoxFuture<'s, Option<Response<Body>>>;
}

/// Sends a permitted call to the service of its session. Returns `None`, without an effect, if
/// rmcp has to answer it: the service was released, or the session has ended.
pub(super) async fn run(
    sessions: &dyn SessionFastPath,
    session: &Arc<SessionGuard>,
    permit: &Permit,
    parts: &mut Parts,
    message: FastMessage,
) -> Option<Response<Body>> {
    if !session.has_service().await || !sessions.has(session.id()).await {
        return None;
    }
    let mut message = message.into_message()?;
    let JsonRpcMessage::Request(request) = &mut message else {
        return None;
    };
    // rmcp puts the head of the request there, with its extensions: handlers look for them.
    let mut head = std::mem::replace(parts, Request::new(()).into_parts().0);
    head.extensions.insert(permit.clone());
    head.extensions.insert(session.latest_caller().clone());
    // The handler keeps the session open, whether its client waits or not.
    head.extensions.insert(Arc::clone(session));
    request.request.extensions_mut().insert(head);
    let answer = sessions.send(session.id(), message).await;
    Some(answer.unwrap_or_else(server_error))
}
