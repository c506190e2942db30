//! [`ReplicatedSessions`]: the records of sessions in the store that replicas share.

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::transport::streamable_http_server::{SessionManager, session::SessionStore};
use toolgate_store::{
    ResumePoint, SessionOwner, SessionRecord, SharedSessionRecords, StoreError, StreamRecords,
    StreamSearch,
};

use crate::{
    caller::Caller,
    gate::{KEEP_ALIVE, Resumption, SharedSessions},
};

use super::{security_schemes::SessionsWithSecuritySchemes, session_records::SessionRecords};

/// The records of all replicas, and the sessions of this process.
pub(super) struct ReplicatedSessions {
    pub(super) shared: SharedSessionRecords,
    pub(super) streams: StreamRecords,
    pub(super) records: Arc<SessionRecords>,
    pub(super) sessions: Arc<SessionsWithSecuritySchemes>,
}

type Stored<'s, T> = BoxFuture<'s, Result<T, StoreError>>;

impl SharedSessions for ReplicatedSessions {
    fn find<'s>(
        &'s self,
        session: &'s str,
        caller: &'s Caller,
    ) -> Stored<'s, Option<SessionRecord>> {
        async move { self.shared.find(session, &SessionOwner::of(caller)).await }.boxed()
    }

    fn adopt(&self, session: &str, handshake: String) {
        self.records.adopt(session, handshake);
    }

    fn publish<'s>(&'s self, session: &'s str, owner: &'s Caller) -> Stored<'s, ()> {
        let publishing = async move {
            let Some(handshake) = self.records.handshake(session) else {
                return Err(StoreError::unavailable("the session has no record"));
            };
            let record = SessionRecord {
                owner: SessionOwner::of(owner),
                handshake,
                log_level: None,
            };
            self.shared.put(session, &record).await
        };
        publishing.boxed()
    }

    fn extend<'s>(&'s self, session: &'s str) -> Stored<'s, Option<SessionRecord>> {
        self.shared.extend(session).boxed()
    }

    fn set_log_level<'s>(&'s self, session: &'s str, level: u8) -> Stored<'s, ()> {
        self.shared.set_log_level(session, level).boxed()
    }

    fn remove<'s>(&'s self, session: &'s str) -> Stored<'s, ()> {
        self.shared.remove(session).boxed()
    }

    fn resume<'s>(
        &'s self,
        session: &'s str,
        caller: &'s Caller,
        last_event: &'s str,
    ) -> Stored<'s, Resumption> {
        let resuming = async move {
            let Some(point) = ResumePoint::parse(session, last_event) else {
                return Ok(Resumption::Unknown);
            };
            let owner = SessionOwner::of(caller);
            let found = self.streams.find(&owner, &point.name, point.after).await?;
            Ok(match found {
                StreamSearch::Found(replay) => Resumption::Events(point.events(replay, KEEP_ALIVE)),
                StreamSearch::OtherOwner => Resumption::OtherOwner,
                StreamSearch::Unknown => Resumption::Unknown,
            })
        };
        resuming.boxed()
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
