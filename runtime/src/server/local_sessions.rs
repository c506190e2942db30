//! Sessions in the memory of this process, which send each client only events of its
//! revision.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
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

use super::{
    event_form::EventForm,
    transport::{self, RETRY},
};

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
    /// The form of the events of each session.
    forms: RwLock<HashMap<SessionId, EventForm>>,
    /// The sessions whose service is being released, and the senders that report its end.
    releasing: Mutex<HashMap<SessionId, oneshot::Sender<()>>>,
}

impl Default for LocalSessions {
    fn default() -> Self {
        Self {
            inner: transport::session_manager(),
            forms: RwLock::default(),
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

    fn form(&self, id: &SessionId) -> EventForm {
        let forms = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        forms.get(id).copied().unwrap_or_default()
    }

    fn has_form(&self, id: &SessionId) -> bool {
        let forms = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        forms.contains_key(id)
    }

    fn change_form(&self, id: &SessionId, change: impl FnOnce(&mut EventForm)) {
        let mut forms = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        change(forms.entry(id.clone()).or_default());
    }

    fn forget_form(&self, id: &SessionId) {
        let mut forms = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        forms.remove(id);
    }
}

/// Returns a random number. Two processes are very unlikely to get the same number.
fn random_number() -> u32 {
    // The keys of the hash are random, in each process.
    let number = RandomState::new().hash_one(());
    u32::try_from(number >> 33).unwrap_or_default()
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
            self.change_form(id, |form| form.is_primed = true);
            // Do not keep a session that has ended meanwhile.
            if !self.inner.has_session(id).await? {
                self.forget_form(id);
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
            // If the release has timed out, it has dropped the receiver.
            let _ = released.send(());
            return Ok(());
        }
        self.forget_form(id);
        self.inner.close_session(id).await
    }

    async fn restore_session(&self, id: SessionId) -> Result<RestoreOutcome<Events>, Fault> {
        let outcome = self.inner.restore_session(id.clone()).await?;
        if let RestoreOutcome::Restored(_) = outcome {
            let first = self.has_form(&id).then_some(0);
            // Another replica may have used any number for an adopted session: start at random.
            let first = first.unwrap_or_else(random_number);
            self.change_form(&id, |form| form.earlier_services += first + 1);
        }
        Ok(outcome)
    }

    async fn create_stream(
        &self,
        id: &SessionId,
        message: ClientJsonRpcMessage,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let events = self.inner.create_stream(id, message).await?;
        Ok(self.form(id).apply(events))
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
        let form = self.form(id);
        let first = form
            .is_primed
            .then(|| ServerSseMessage::priming(FIRST, RETRY));
        Ok(form.apply(stream::iter(first).chain(events)))
    }

    async fn resume(
        &self,
        id: &SessionId,
        last_event_id: String,
    ) -> Result<impl Stream<Item = ServerSseMessage> + Send + Sync + 'static, Fault> {
        let form = self.form(id);
        let last_event = form.last_event(&last_event_id);
        let events = self.inner.resume(id, last_event).await?;
        Ok(form.apply(events))
    }
}

#[cfg(test)]
mod tests;
