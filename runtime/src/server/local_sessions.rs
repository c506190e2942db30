//! Sessions in the memory of this process, which send each client only events of its
//! revision.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use futures_util::{Stream, StreamExt, future, stream};
use rmcp::{
    model::{
        ClientJsonRpcMessage, JsonRpcMessage, ProtocolVersion, ServerJsonRpcMessage, ServerResult,
    },
    transport::streamable_http_server::{
        SessionId, SessionManager,
        session::{RestoreOutcome, ServerSseMessage, local::LocalSessionManager},
    },
};
use tokio::{sync::oneshot, time::timeout};

use super::transport::{self, RETRY};

/// The ID of the first event of a `GET` stream, with which a client can resume it.
const FIRST: &str = "0";

/// How long the service of an idle session may take to end. Nothing runs in it.
const RELEASING: Duration = Duration::from_secs(30);

/// rmcp's sessions in the memory of this process, set up for a [`HandlerGate`](crate::gate::HandlerGate), which
/// ends them. [`HandlerGate::sessions`](crate::gate::HandlerGate::sessions) creates them.
///
/// If the session's revision is 2025-11-25 or later, streams begin with an event without a
/// message, which lets a client resume them (the priming event of MCP 2025-11-25, Transports,
/// "Sending Messages to the Server"). Clients of earlier revisions fail on that event.
#[derive(Debug)]
pub struct LocalSessions {
    inner: LocalSessionManager,
    /// The sessions whose revision has the priming event.
    primed: RwLock<HashSet<SessionId>>,
    /// The sessions whose service is being released, and the senders that report its end.
    releasing: Mutex<HashMap<SessionId, oneshot::Sender<()>>>,
}

impl Default for LocalSessions {
    fn default() -> Self {
        Self {
            inner: transport::session_manager(),
            primed: RwLock::default(),
            releasing: Mutex::default(),
        }
    }
}

impl LocalSessions {
    /// Ends the service of a session, and waits until it has ended: a service closes its session
    /// when it ends, and must not close the session of a restored service.
    pub(super) async fn release(&self, id: &SessionId) {
        if !self.inner.has_session(id).await.unwrap_or(false) {
            return;
        }
        let (ended, end) = oneshot::channel();
        self.releasing().insert(id.clone(), ended);
        if let Err(error) = self.inner.close_session(id).await {
            tracing::error!(%error, "the service of an idle session could not be ended");
        }
        if timeout(RELEASING, end).await.is_err() {
            self.releasing().remove(id);
            tracing::error!("the service of an idle session did not end");
        }
    }

    fn releasing(&self) -> MutexGuard<'_, HashMap<SessionId, oneshot::Sender<()>>> {
        self.releasing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn is_primed(&self, id: &SessionId) -> bool {
        let primed = self.primed.read().unwrap_or_else(PoisonError::into_inner);
        primed.contains(id)
    }

    fn set_primed(&self, id: &SessionId, is_primed: bool) {
        let mut primed = self.primed.write().unwrap_or_else(PoisonError::into_inner);
        match is_primed {
            true => primed.insert(id.clone()),
            false => primed.remove(id),
        };
    }
}

/// Returns whether this answer opened a session of a revision with the priming event.
fn has_priming(answer: &ServerJsonRpcMessage) -> bool {
    let JsonRpcMessage::Response(response) = answer else {
        return false;
    };
    let ServerResult::InitializeResult(result) = &response.result else {
        return false;
    };
    // Revisions are dates, which compare as strings.
    result.protocol_version.as_str() >= ProtocolVersion::V_2025_11_25.as_str()
}

/// Returns the events of a stream, without events without a message if the client's revision
/// does not have them.
fn known(
    events: impl Stream<Item = ServerSseMessage> + Send + Sync + 'static,
    is_primed: bool,
) -> impl Stream<Item = ServerSseMessage> + Send + Sync + 'static {
    events.filter(move |event| future::ready(is_primed || event.message.is_some()))
}

type Fault = <LocalSessionManager as SessionManager>::Error;
type Events = <LocalSessionManager as SessionManager>::Transport;

impl SessionManager for LocalSessions {
    type Error = Fault;
    type Transport = Events;

    async fn create_session(&self) -> Result<(SessionId, Events), Fault> {
        self.inner.create_session().await
    }

    async fn initialize_session(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<ServerJsonRpcMessage, Fault> {
        let answer = self.inner.initialize_session(id, message).await?;
        if has_priming(&answer) {
            self.set_primed(id, true);
            // Do not keep a session that has ended meanwhile.
            if !self.inner.has_session(id).await? {
                self.set_primed(id, false);
            }
        }
        Ok(answer)
    }

    async fn has_session(&self, id: &SessionId) -> Result<bool, Fault> {
        self.inner.has_session(id).await
    }

    async fn close_session(&self, id: &SessionId) -> Result<(), Fault> {
        let released = self.releasing().remove(id);
        if let Some(released) = released {
            // The release no longer waits.
            let _ = released.send(());
            return Ok(());
        }
        self.set_primed(id, false);
        self.inner.close_session(id).await
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Events>, Fault> {
        self.inner.restore_session(id).await
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let events = self.inner.create_stream(id, message).await?;
        Ok(known(events, self.is_primed(id)))
    }

    async fn accept_message(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<(), Fault> {
        self.inner.accept_message(id, message).await
    }

    async fn create_standalone_stream(
        &self,
        id: &SessionId,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let events = self.inner.create_standalone_stream(id).await?;
        let is_primed = self.is_primed(id);
        let first = is_primed.then(|| ServerSseMessage::priming(FIRST, RETRY));
        Ok(stream::iter(first).chain(known(events, is_primed)))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let events = self.inner.resume(id, last_event_id).await?;
        Ok(known(events, self.is_primed(id)))
    }
}

#[cfg(test)]
mod tests;
