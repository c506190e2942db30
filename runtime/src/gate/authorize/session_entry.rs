//! The session of a request: in this process, or in the store of all replicas.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use http::HeaderMap;
use toolgate_store::SessionRecord;

use crate::{caller::Caller, denial::DenialReason};

use super::super::{
    Gate,
    audit::AuditContext,
    message::IncomingMessage,
    refusal::{Refusal, RefusedRequest},
    session::{
        SessionAccess, SessionGuard, SessionLimitReached, SessionReservation, SharedSessions,
    },
};

/// The refusal of a request whose session cannot be read, opened or ended in the store.
pub(in crate::gate) const SESSION_UNAVAILABLE: Refusal = Refusal::Unavailable {
    reason: DenialReason::StoreUnavailable,
    retry_after: Duration::from_secs(1),
    description: "the session cannot be read or stored now; try again later",
};

impl Gate {
    /// Authorizes a caller to use a session of this process.
    pub(super) fn enter_session(
        &self,
        id: &str,
        headers: &HeaderMap,
        message: &IncomingMessage,
        caller: Option<&Caller>,
    ) -> Result<Arc<SessionGuard>, Box<RefusedRequest<'_>>> {
        self.sessions.enter(id, caller).map_err(|access| {
            let refusal = match access {
                SessionAccess::NotFound => Refusal::NoSession,
                SessionAccess::AuthenticationRequired => Refusal::NoToken {
                    challenge_scopes: self.rules.scopes_to_request(message.operation()),
                },
            };
            let refusal = self.limit_refusal(caller, message, refusal);
            let context = AuditContext::new(message.operation(), caller);
            self.refuse(context, refusal, headers, message.response_envelope())
        })
    }

    /// Finds the session of a request at the other replicas. Returns `None` if they share no
    /// sessions, or if this process has the session: then it only extends the life of the record.
    pub(super) fn find_session<'g: 'c, 'c>(
        &'g self,
        id: &'c str,
        headers: &'c HeaderMap,
        caller: &'c Caller,
    ) -> Option<BoxFuture<'c, Result<(), Box<RefusedRequest<'g>>>>> {
        let shared = self.shared_sessions.as_ref()?;
        if let Some(is_due) = self.sessions.begin_extension(id, caller) {
            if is_due {
                tokio::spawn(self.extension(shared, id).boxed());
            }
            return None;
        }
        // The store has no id of another form, so an invalid id causes no request to it.
        if !is_session_id(id) {
            return None;
        }
        let finding = async move {
            let adopted = self.adopt_limited(shared, id, caller).await;
            let refuse = |refusal| self.refuse_unread(headers, Some(caller), refusal).into();
            adopted.map_err(refuse)
        };
        Some(finding.boxed())
    }

    /// Looks for a session in the store, unless its caller has reached its rate. The look-up of an
    /// unknown session also counts for the rate: it costs the store a request (CWE-400).
    async fn adopt_limited(
        &self,
        shared: &Arc<dyn SharedSessions>,
        id: &str,
        caller: &Caller,
    ) -> Result<(), Refusal> {
        let Some(throttle) = self.throttle.as_deref() else {
            return self.adopt_session(shared, id, caller).await.map(drop);
        };
        let key = throttle.key_of_caller(caller.claims());
        throttle.count_caller(key).map_err(Refusal::LimitExceeded)?;
        let is_adopted = self.adopt_session(shared, id, caller).await?;
        // The request itself is counted later.
        if is_adopted {
            throttle.give_back_caller(key);
        }
        Ok(())
    }

    /// Adds a session of another replica to the sessions of this process, if it belongs to the
    /// caller. Returns whether it does.
    async fn adopt_session(
        &self,
        shared: &Arc<dyn SharedSessions>,
        id: &str,
        caller: &Caller,
    ) -> Result<bool, Refusal> {
        let found = shared.find(id, caller).await;
        let Some(record) = found.map_err(|_| SESSION_UNAVAILABLE)? else {
            return Ok(false);
        };
        let SessionRecord {
            handshake,
            log_level,
            ..
        } = record;
        let place = self.reserve_session(Some(caller), handshake.as_bytes());
        let place = place.map_err(Refusal::SessionLimit)?;
        let ends = Arc::clone(shared);
        // Before `place.adopt`: from then on a concurrent request can use the session.
        shared.adopt(id, handshake);
        let close = Arc::new(move |id| ends.end_here(id));
        place.adopt(id, caller, log_level, close);
        Ok(true)
    }

    /// Reserves the weight of a session. Also removes the records of the sessions that it replaces:
    /// otherwise a caller who opens session after session could fill the store (CWE-400).
    pub(super) fn reserve_session(
        &self,
        owner: Option<&Caller>,
        handshake: &[u8],
    ) -> Result<SessionReservation, SessionLimitReached> {
        let place = self.sessions.reserve(owner, handshake)?;
        if let (Some(shared), false) = (&self.shared_sessions, place.evicted().is_empty()) {
            let (shared, evicted) = (Arc::clone(shared), place.evicted().to_vec());
            let removing = async move {
                for id in evicted {
                    // A record that stays expires later.
                    let _ = shared.remove(&id).await;
                }
            };
            tokio::spawn(removing.boxed());
        }
        Ok(place)
    }

    /// Extends the life of a session in the store. If it has ended there, it ends here.
    fn extension(
        &self,
        shared: &Arc<dyn SharedSessions>,
        id: &str,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (shared, id, update) = (Arc::clone(shared), id.to_owned(), self.sessions.updater());
        async move {
            if let Ok(record) = shared.extend(&id).await {
                update(&id, record);
            }
        }
    }
}

/// Returns whether a text has the form of rmcp's session ids: a UUID with hyphens.
fn is_session_id(id: &str) -> bool {
    let is_part = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    id.len() == 36 && id.bytes().enumerate().all(is_part)
}
