//! The request in which a call came: progress, cancellation and the other side.

use std::sync::Arc;

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

mod log;

pub use log::LogLevel;
pub(crate) use log::LogThreshold;

/// The request in which a call came.
///
/// A tool that takes it goes through rmcp's own machinery on each call, because progress
/// needs a stream and cancellation a task.
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
        // The request's headers stay out of whatever log a tool writes.
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

impl Context {
    pub(super) fn new(request: Arc<RequestContext<RoleServer>>) -> Self {
        Self(request)
    }

    /// Tells the client how far the call has come: `done` of `total`, in units of the
    /// tool's own, with a line for people.
    ///
    /// Nothing is sent unless the client asked for progress. A client that has gone is
    /// no error of the tool's: it learns of it by [`cancelled`](Self::cancelled).
    pub async fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let Some(token) = self.0.meta.get_progress_token() else {
            return;
        };
        let mut progress = ProgressNotificationParam::new(token, done);
        progress.total = total;
        progress.message = message.map(str::to_owned);
        if self.0.peer.notify_progress(progress).await.is_err() {
            tracing::debug!(target: "toolgate::tool", "progress was not delivered: the client has gone");
        }
    }

    /// Tells the client something about the work: a text, or any JSON.
    ///
    /// Nothing is sent to a client that does not want to hear of something so unimportant:
    /// in a session it says so with `logging/setLevel`, and hears of what is
    /// [`LogLevel::Info`] and graver before; in revision 2026-07-28 each request says it,
    /// and one that does not is told nothing. Mind what is in it: it leaves the server.
    pub async fn log(&self, level: LogLevel, data: impl Into<Value>) {
        log::log(&self.0, level, data.into()).await;
    }

    /// Waits until the client cancels the call.
    pub async fn cancelled(&self) {
        self.0.ct.cancelled().await;
    }

    /// Whether the client has cancelled the call.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.ct.is_cancelled()
    }

    /// What is cancelled with the call, to hand to other tasks.
    #[must_use]
    pub fn cancellation_token(&self) -> CancellationToken {
        self.0.ct.clone()
    }

    /// Whether the client declares that it can be asked for this.
    #[must_use]
    pub fn can(&self, capability: ClientCapability) -> bool {
        capability.is_among(self.0.client_capabilities().as_ref())
    }

    /// Goes on only with a client that declares this.
    ///
    /// # Errors
    ///
    /// When it does not. Given back by the tool, it is told as the protocol tells it.
    pub fn require(&self, capability: ClientCapability) -> Result<(), ToolError> {
        let declared = self.0.client_capabilities();
        MissingCapabilities::of(&[capability], declared.as_ref())
            .map_err(ToolError::missing_capabilities)
    }

    /// The id of the JSON-RPC request.
    #[must_use]
    pub fn request_id(&self) -> &RequestId {
        &self.0.id
    }

    /// The client, for requests and notifications of the server's own.
    #[must_use]
    pub fn peer(&self) -> &Peer<RoleServer> {
        &self.0.peer
    }

    /// The revision of the protocol that the request is made in.
    #[must_use]
    pub fn protocol_version(&self) -> Option<ProtocolVersion> {
        self.0.protocol_version()
    }

    /// What the client says that it is. It proves nothing.
    #[must_use]
    pub fn client_info(&self) -> Option<Implementation> {
        self.0.client_info()
    }
}
