//! [`Context`]: progress, log messages, cancellation and the client of a request.

use std::sync::Arc;

use http::request::Parts;
use rmcp::{
    RoleServer,
    model::{Implementation, ProgressNotificationParam, ProtocolVersion, RequestId},
    service::{Peer, RequestContext},
};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{
    ToolError,
    capability::{ClientCapability, MissingCapabilities},
};
use crate::observer::{REQUEST_ID, trace_context};

mod log;

pub use log::LogLevel;
pub(crate) use log::LogThreshold;

/// The context of a request.
///
/// A tool that takes it does not take the fast path: progress needs a stream, and cancellation
/// needs a task.
///
/// ```
/// use toolgate::{Context, mcp_tool};
///
/// /// Counts to a number.
/// #[mcp_tool(public)]
/// async fn count(
///     /// Where to stop.
///     to: u32,
///     context: Context,
/// ) -> Result<u32, &'static str> {
///     for n in 1..=to {
///         if context.is_cancelled() {
///             return Err("cancelled");
///         }
///         context.progress(f64::from(n), Some(f64::from(to)), None).await;
///     }
///     Ok(to)
/// }
/// ```
#[derive(Clone)]
pub struct Context(Arc<RequestContext<RoleServer>>);

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Keeps the headers of the request out of logs.
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl Context {
    pub(super) fn new(request: Arc<RequestContext<RoleServer>>) -> Self {
        Self(request)
    }

    /// Notifies the client of the progress: `done` of `total`, in any unit, with a message for
    /// people.
    ///
    /// Nothing is sent unless the client requested progress. It is not an error if the client
    /// has disconnected: see [`cancelled`](Self::cancelled).
    pub async fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let Some(token) = self.0.meta.get_progress_token() else {
            return;
        };
        let mut progress = ProgressNotificationParam::new(token, done);
        progress.total = total;
        progress.message = message.map(str::to_owned);
        if self.0.peer.notify_progress(progress).await.is_err() {
            tracing::debug!(target: "toolgate::tool", "progress was not delivered: the client has disconnected");
        }
    }

    /// Sends a log message to the client: a string, or any JSON.
    ///
    /// Nothing is sent below the level that the client requests. In a session it sets the level
    /// with `logging/setLevel`; until then it gets [`LogLevel::Info`] and above. In revision
    /// 2026-07-28 each request states a level, and a request without one gets no messages. Check
    /// what you send: it leaves the server.
    pub async fn log(&self, level: LogLevel, data: impl Into<Value>) {
        log::log(&self.0, level, data.into()).await;
    }

    /// Waits until the client cancels the call, or the server does, because its authorization
    /// ended. In the second case the item is dropped; a task that it has started can wait for this.
    pub async fn cancelled(&self) {
        self.0.ct.cancelled().await;
    }

    /// Returns whether the call was cancelled, as for [`cancelled`](Self::cancelled).
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.ct.is_cancelled()
    }

    /// Returns a token that is cancelled with the call, for other tasks.
    #[must_use]
    pub fn cancellation_token(&self) -> CancellationToken {
        self.0.ct.clone()
    }

    /// Returns whether the client declares this capability.
    #[must_use]
    pub fn can(&self, capability: ClientCapability) -> bool {
        capability.is_among(self.0.client_capabilities().as_ref())
    }

    /// Requires that the client declares this capability.
    ///
    /// # Errors
    ///
    /// Returns an error if it does not. If the tool returns it, the client gets the protocol's
    /// error for a missing capability.
    pub fn require(&self, capability: ClientCapability) -> Result<(), ToolError> {
        let declared = self.0.client_capabilities();
        MissingCapabilities::check(&[capability], declared.as_ref())
            .map_err(ToolError::missing_capabilities)
    }

    /// Returns the id of the JSON-RPC request.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.0.id
    }

    /// Returns the id of the HTTP request: its `X-Request-Id`, or the id that the gate has created.
    /// The answer and every audit line of the request have it, so send it to the services you call.
    #[must_use]
    pub fn http_request_id(&self) -> Option<&str> {
        let head = self.0.extensions.get::<Parts>()?;
        head.headers.get(REQUEST_ID)?.to_str().ok()
    }

    /// Returns the `traceparent` (W3C Trace Context) for the requests that the item sends to other
    /// servers. With the feature `traces` it names the span of the item. Without that feature it is
    /// the `traceparent` of the client, if that is valid.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        let head = self.0.extensions.get::<Parts>()?;
        trace_context::traceparent(&head.headers)
    }

    /// Returns the client, for requests and notifications from the server while this request runs.
    /// Afterwards the connection to the client can end at any time, also within a session: announce
    /// changes with [`Changes`](crate::Changes).
    #[must_use]
    pub fn peer(&self) -> &Peer<RoleServer> {
        &self.0.peer
    }

    /// Returns the protocol revision of the request.
    #[must_use]
    pub fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    /// Returns the name and version that the client claims. They prove nothing.
    #[must_use]
    pub fn client_info(&self) -> Option<Implementation> {
        self.0.client_info()
    }
}
