//! Messages of a local caller, which arrive on standard input instead of HTTP.
//!
//! What HTTP alone has is missing: the head, the token, sessions, challenges. Everything else is
//! the same code: the reader and its limits, [`Rules::decide`](crate::authorization::Rules::decide),
//! the items' `authorize` functions, the audit lines, and the permit without which nothing runs.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use rmcp::model::{ClientJsonRpcMessage, GetExtensions, JsonRpcMessage};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::throttle::RateLimitKey;
use crate::{observer::trace_context, operation::Operation};

use super::{
    Gate,
    audit::AuditContext,
    authorize::{AdmittedRequest, AuthorizedRequest},
    execution_path::ExecutionPath,
    late_denial::LateDenials,
    message::Readers,
    message_error::MessageError,
    message_head::MessageHead,
    refusal::{Refusal, RefusedRequest},
    request_id,
    session::LatestCaller,
};

/// What the messages of one local caller share.
#[derive(Clone)]
pub(crate) struct LocalConnection {
    /// The caller, who never changes.
    pub(crate) caller: LatestCaller,
    /// One permit for each request that runs.
    pub(crate) slots: Arc<Semaphore>,
    /// Ends the streams that have no end of their own.
    pub(crate) end: CancellationToken,
}

/// Ends a stream when the connection ends. It is an extension of a request.
#[derive(Debug, Clone)]
pub(crate) struct StreamsEnd(pub(crate) CancellationToken);

/// Keeps a request counted until nothing of it runs. It is an extension of the request.
#[derive(Clone)]
struct RunningRequest {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Gate {
    /// Authorizes a message of a local caller, with its permit for the second check at dispatch.
    ///
    /// # Errors
    ///
    /// Returns the answer to a refused message, or `None` for a notification or a reply.
    pub(crate) async fn admit_local(
        self: Arc<Self>,
        mut line: Bytes,
        connection: LocalConnection,
    ) -> Result<Box<ClientJsonRpcMessage>, Option<Value>> {
        let admitted = self.authorize_local(&mut line, &connection).await;
        admitted.map_err(|mut refused| {
            let head = MessageHead::read(&line);
            // A host waits for the answer to its id, even if nothing else could be read.
            if refused.envelope.id.is_none() {
                refused.envelope = head.response_envelope();
            }
            let is_answered =
                !matches!(head.operation(), Some(Operation::Notify | Operation::Reply));
            is_answered.then(|| refused.into_message(self.refusal_context(false)))
        })
    }

    /// Returns the answer to a line that is longer than the limit of a body. `beginning` is the
    /// kept part of the line.
    pub(crate) fn refuse_long_line(&self, beginning: &[u8]) -> Value {
        let limit = self.limits.body;
        let text = format!(
            "the line has more than {limit} bytes, the most that this server reads; send less at a time"
        );
        let mut headers = HeaderMap::new();
        request_id::ensure(&mut headers);
        let refusal = self.audited(
            AuditContext::default().of_request(&headers),
            Refusal::Message(MessageError::TooLarge(text.into())),
        );
        let envelope = MessageHead::read(beginning).response_envelope();
        RefusedRequest::new(refusal, envelope).into_message(self.refusal_context(false))
    }

    async fn authorize_local(
        self: &Arc<Self>,
        line: &mut Bytes,
        connection: &LocalConnection,
    ) -> Result<Box<ClientJsonRpcMessage>, Box<RefusedRequest<'_>>> {
        let mut headers = HeaderMap::new();
        request_id::ensure(&mut headers);
        let caller = connection.caller.caller();
        let message = self.read_message(Readers::RmcpOnly, &headers, caller.as_ref(), line)?;
        trace_context::take_from_message(&mut headers, message.traceparent());
        let caller_key = self.limit_caller(caller.as_ref(), &message, &headers)?;
        let admission = self.decide(&headers, &message, true, caller)?;
        let refuse = |refusal| {
            let context = AuditContext::new(message.operation(), admission.caller());
            self.refuse(context, refusal, &headers, message.response_envelope())
        };
        message
            .check_limits()
            .map_err(|error| refuse(Refusal::Message(error)))?;
        let slot = match message.request() {
            Some(_) => Arc::clone(&connection.slots).try_acquire_owned().map(Some),
            None => Ok(None),
        };
        let slot = slot.map_err(|_| refuse(Refusal::TooManyPending))?;
        let admitted = AdmittedRequest {
            admission,
            execution_path: ExecutionPath::Rmcp,
            message,
            body: Bytes::new(),
            session: None,
        };
        let running = match (self.throttle.as_deref(), caller_key) {
            (Some(throttle), Some(key)) => {
                let rate_limit_key = || RateLimitKey::Caller(key);
                self.begin_use(throttle, &admitted, rate_limit_key, &headers)?
            }
            _ => None,
        };
        let mut authorized = self.settle(admitted, &headers).await?;
        self.complete(&mut authorized, &headers).await?;
        let AuthorizedRequest {
            permit,
            message,
            report,
            ..
        } = *authorized;
        // rmcp puts the head of an HTTP request there: handlers look for its extensions.
        let mut head = Request::new(()).into_parts().0;
        head.headers = headers;
        if let Some(report) = report {
            head.extensions.insert(report);
        }
        head.extensions.insert(permit);
        head.extensions.insert(connection.caller.clone());
        head.extensions.insert(LateDenials::new(self, false));
        head.extensions.insert(StreamsEnd(connection.end.clone()));
        if let Some(running) = running {
            head.extensions.insert(running);
        }
        if let Some(permit) = slot {
            let _permit = Arc::new(permit);
            head.extensions.insert(RunningRequest { _permit });
        }
        let Some(mut message) = message.into_rmcp() else {
            return Err(Refusal::Message(MessageError::Unreadable).into());
        };
        match message.as_mut() {
            JsonRpcMessage::Request(request) => {
                request.request.extensions_mut().insert(head);
            }
            JsonRpcMessage::Notification(notification) => {
                notification.notification.extensions_mut().insert(head);
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        Ok(message)
    }
}
