//! [`ReplicatedSessions`]: the records of sessions in the store that replicas share.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::transport::streamable_http_server::{SessionManager, session::SessionStore};
use serde::{Deserialize, Serialize};
use toolgate_store::{Purpose, RecordKey, SealedStore, StoreError};

use crate::{caller::Caller, gate::SharedSessions};

use super::{security_schemes::SessionsWithSecuritySchemes, session_records::SessionRecords};

/// The records of all replicas, and the sessions of this process.
pub(super) struct ReplicatedSessions {
    pub(super) store: SealedStore,
    pub(super) records: Arc<SessionRecords>,
    pub(super) sessions: Arc<SessionsWithSecuritySchemes>,
    /// How long a record is stored after its session was used.
    pub(super) lifetime: Duration,
}

/// The content of a record.
#[derive(Serialize, Deserialize)]
struct Content {
    owner: Owner,
    handshake: String,
}

/// The owner of a session: the same for all tokens of a caller.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    issuer: String,
    subject: Option<String>,
    /// Only if there is no subject.
    client: Option<String>,
}

impl Owner {
    fn of(caller: &Caller) -> Self {
        let claims = caller.claims();
        let subject = claims.subject().map(str::to_owned);
        let client = claims.client_id().map(str::to_owned);
        Self {
            issuer: claims.issuer().to_owned(),
            client: client.filter(|_| subject.is_none()),
            subject,
        }
    }
}

impl ReplicatedSessions {
    fn key(&self, session: &str) -> RecordKey {
        let name = [session.as_bytes()];
        self.store.record_key(Purpose::Session, &name)
    }
}

type Stored<'s, T> = BoxFuture<'s, Result<T, StoreError>>;

impl SharedSessions for ReplicatedSessions {
    fn find<'s>(&'s self, session: &'s str, caller: &'s Caller) -> Stored<'s, Option<String>> {
        let finding = async move {
            let Some(content) = self.store.get(&self.key(session)).await? else {
                return Ok(None);
            };
            let content: Content =
                serde_json::from_slice(&content).map_err(StoreError::unavailable)?;
            let is_own = content.owner == Owner::of(caller);
            Ok(is_own.then_some(content.handshake))
        };
        finding.boxed()
    }

    fn adopt(&self, session: &str, handshake: String) {
        self.records.adopt(session, handshake);
    }

    fn publish<'s>(&'s self, session: &'s str, owner: &'s Caller) -> Stored<'s, ()> {
        let publishing = async move {
            let Some(handshake) = self.records.handshake(session) else {
                return Err(StoreError::unavailable("the session has no record"));
            };
            let content = Content {
                owner: Owner::of(owner),
                handshake,
            };
            let content = serde_json::to_vec(&content).map_err(StoreError::unavailable)?;
            let key = self.key(session);
            self.store.put(&key, &content, self.lifetime).await
        };
        publishing.boxed()
    }

    fn extend<'s>(&'s self, session: &'s str) -> Stored<'s, bool> {
        async move { self.store.extend(&self.key(session), self.lifetime).await }.boxed()
    }

    fn remove<'s>(&'s self, session: &'s str) -> Stored<'s, ()> {
        async move { self.store.remove(&self.key(session)).await }.boxed()
    }

    fn end_here(&self, session: String) {
        let (sessions, records) = (Arc::clone(&self.sessions), Arc::clone(&self.records));
        let ending = async move {
            let id = session.as_str().into();
            if let Err(error) = sessions.close_session(&id).await {
                tracing::error!(%error, "the service of a session could not be ended");
            }
            // A record in memory is removed without an error.
            let _ = records.delete(&session).await;
        };
        // Boxed like all background tasks, so that they are one type to compile.
        tokio::spawn(ending.boxed());
    }
}
