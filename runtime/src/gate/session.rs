//! The owner and the lifetime of MCP sessions.
//!
//! A session id is not a credential: it travels in a header, is logged, and may be guessed. So
//! a session answers only the caller that opened it, with any of its tokens. A session that was
//! opened without a token, at a server with an open handshake, belongs to the first caller that
//! uses it; other clients that know its id are then refused.
//!
//! - [`session_weight`]: the weight of a session, by the memory that it takes
//! - [`session_table`]: the open sessions, and which of them ends for a new one
//! - [`open_requests`]: keeps a session open
//! - [`shared_sessions`]: the sessions of other replicas
//! - [`closing`]: ends sessions, in rmcp, too
//! - [`release`]: ends the services of idle sessions, which stay open as records

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::FutureExt;
use http::{HeaderName, StatusCode};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use toolgate_store::SessionRecord;

use crate::{
    caller::{Caller, Identity},
    config::SessionLimits,
};

mod closing;
mod open_requests;
mod release;
mod session_table;
mod session_weight;
mod shared_sessions;

pub(crate) use closing::Close;
pub(super) use closing::closer;
pub(crate) use open_requests::SessionGuard;
pub(super) use open_requests::{GuardedBody, StartingCall};
pub(crate) use release::SessionServices;
pub(crate) use shared_sessions::{Resumption, SharedSessions};

use {
    open_requests::Activity,
    session_table::{Entry, Removed, Table},
};

/// The header that names a session, in the revisions that have them.
pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The sessions of a gate and their owners.
pub(crate) struct Sessions {
    store: Arc<SessionStore>,
    /// Stops the task that ends idle sessions when the gate is dropped.
    dropped: CancellationToken,
}

struct SessionStore {
    table: Mutex<Table>,
    limits: SessionLimits,
    /// The services of the sessions, if they can be released.
    services: Option<Arc<dyn SessionServices>>,
}

/// The caller of the latest token in a session, or `None` if no request had a token.
///
/// A session outlives tokens. Notifications go to a subscription that an earlier token
/// authorized; the latest token decides whether the client may still get them.
#[derive(Debug, Clone, Default)]
pub(crate) struct LatestCaller(Arc<Mutex<Option<Caller>>>);

impl LatestCaller {
    /// Returns the caller now.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.lock().clone()
    }

    /// Creates the holder of a caller that no later token replaces.
    #[cfg(feature = "stdio")]
    pub(crate) fn of(caller: Caller) -> Self {
        Self(Arc::new(Mutex::new(Some(caller))))
    }

    fn set(&self, caller: Option<&Caller>) {
        *self.lock() = caller.map(Caller::detached);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Caller>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a caller may not use a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionAccess {
    /// The session has an owner, and the request has no token.
    AuthenticationRequired,
    /// The session does not exist, or has another owner. The answer is the same for both.
    NotFound,
}

/// Why a session cannot be opened: the limit is reached, and no session that could end is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionLimitReached {
    /// The limit of the caller.
    OfCaller,
    /// The limit of the server, or of callers without a token.
    OfServer,
}

impl SessionLimitReached {
    /// When to try again. A session that is in use may become idle at any time.
    pub(super) const RETRY_AFTER: Duration = Duration::from_secs(30);

    /// Returns the status: a caller has reached its limit (RFC 6585 §4), or the server has no
    /// capacity (RFC 9110 §15.6.4).
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::OfCaller => StatusCode::TOO_MANY_REQUESTS,
            Self::OfServer => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the description for the client.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::OfCaller => {
                "you have as many sessions as one caller can have, and all of them are in use; \
                 end one, or try again later"
            }
            Self::OfServer => {
                "the server has as many sessions as it can have, and all of them are in use; \
                 try again later"
            }
        }
    }
}

impl Sessions {
    /// Creates a table without sessions.
    pub(crate) fn new(limits: SessionLimits, services: Option<Arc<dyn SessionServices>>) -> Self {
        Self {
            store: Arc::new(SessionStore {
                table: Mutex::default(),
                limits,
                services,
            }),
            dropped: CancellationToken::new(),
        }
    }

    /// Authorizes a caller to use a session, which does not end before the guard is dropped.
    pub(crate) fn enter(
        &self,
        id: &str,
        caller: Option<&Caller>,
    ) -> Result<Arc<SessionGuard>, SessionAccess> {
        let mut table = self.store.lock();
        let identity = caller.map(Caller::identity);
        let entry = table.get_mut(id).ok_or(SessionAccess::NotFound)?;
        match (&entry.owner, identity) {
            (None, None) => {}
            // A session that is opened without a token and claimed with one counts for its new
            // owner: otherwise one caller could have any number of sessions.
            (None, Some(first)) => {
                if !table.claim(id, first, &self.store.limits) {
                    return Err(SessionAccess::NotFound);
                }
            }
            (Some(_), None) => return Err(SessionAccess::AuthenticationRequired),
            (Some(owner), Some(caller)) if *owner == caller => {}
            (Some(_), Some(_)) => return Err(SessionAccess::NotFound),
        }
        let entry = table.get_mut(id).ok_or(SessionAccess::NotFound)?;
        entry.latest_caller.set(caller);
        let (latest_caller, activity) = (entry.latest_caller.clone(), Arc::clone(&entry.activity));
        Ok(Arc::new(SessionGuard::new(
            id.to_owned(),
            latest_caller,
            activity,
        )))
    }

    /// Reserves the weight of a session that a caller opens with this message. Idle sessions may
    /// end for it.
    pub(crate) fn reserve(
        &self,
        owner: Option<&Caller>,
        handshake: &[u8],
    ) -> Result<SessionReservation, SessionLimitReached> {
        let (owner, weight) = (
            owner.map(Caller::identity),
            session_weight::weight(handshake),
        );
        let limits = &self.store.limits;
        let removed = self.store.lock().take(owner.as_ref(), weight, limits)?;
        let evicted = removed.iter().map(|(id, _)| id.clone()).collect();
        close(removed);
        Ok(SessionReservation {
            store: Arc::clone(&self.store),
            dropped: self.dropped.clone(),
            owner,
            weight,
            evicted,
            is_used: false,
        })
    }

    /// Returns whether this caller has to extend the record of a session now, or `None` if this
    /// process does not have the session. After `true`, the next extension is due later.
    pub(super) fn begin_extension(&self, id: &str, caller: &Caller) -> Option<bool> {
        let mut table = self.store.lock();
        let entry = table.get_mut(id)?;
        let now = Instant::now();
        let is_due = now.duration_since(entry.extended) >= self.store.limits.extension();
        let is_due = is_due && entry.owner.as_ref() == Some(&caller.identity());
        if is_due {
            entry.extended = now;
        }
        Some(is_due)
    }

    /// Returns a function that updates a session of this process from its record, and ends it if the
    /// record was removed.
    pub(super) fn updater(&self) -> impl Fn(&str, Option<SessionRecord>) + Send + use<> {
        let store = Arc::clone(&self.store);
        move |id: &str, record| {
            let mut table = store.lock();
            match (record, table.get_mut(id)) {
                (Some(record), Some(entry)) => entry.activity.set_log_level(record.log_level),
                (Some(_), None) => {}
                (None, _) => {
                    let removed = table.remove(id);
                    drop(table);
                    close(removed.into_iter().collect());
                }
            }
        }
    }

    /// Returns how many sessions are open.
    pub(super) fn count(&self) -> usize {
        self.store.lock().len()
    }

    /// Removes a session that has ended.
    pub(crate) fn remove(&self, id: &str) {
        self.store.lock().remove(id);
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.dropped.cancel();
    }
}

impl SessionStore {
    fn lock(&self) -> MutexGuard<'_, Table> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends sessions in rmcp.
fn close(removed: Vec<Removed>) {
    for (id, entry) in removed {
        (entry.close)(id);
    }
}

/// Places for a session that is about to be opened. Dropped without use, it returns them.
pub(crate) struct SessionReservation {
    store: Arc<SessionStore>,
    dropped: CancellationToken,
    owner: Option<Identity>,
    weight: usize,
    /// The sessions that have ended for it.
    evicted: Vec<String>,
    is_used: bool,
}

impl SessionReservation {
    /// Returns the sessions that have ended for it.
    pub(super) fn evicted(&self) -> &[String] {
        &self.evicted
    }

    /// Adds the session that was opened, with its owner.
    pub(crate) fn open(mut self, id: String, owner: Option<&Caller>, close: Close) {
        self.is_used = true;
        let entry = self.entry(owner, Activity::new(), close);
        let store = Arc::clone(&self.store);
        let mut table = store.lock();
        table.put(id, entry);
        self.watch(&mut table);
    }

    /// Adds a session of another replica, without a service, unless a concurrent request was faster.
    pub(super) fn adopt(mut self, id: &str, owner: &Caller, log_level: Option<u8>, close: Close) {
        let store = Arc::clone(&self.store);
        let mut table = store.lock();
        if table.get_mut(id).is_some() {
            // This reservation locks the table, too, when it is dropped.
            drop(table);
            return;
        }
        self.is_used = true;
        let activity = Activity::released();
        activity.set_log_level(log_level);
        let entry = self.entry(Some(owner), activity, close);
        table.put(id.to_owned(), entry);
        self.watch(&mut table);
    }

    fn entry(&mut self, owner: Option<&Caller>, activity: Activity, close: Close) -> Entry {
        let latest_caller = LatestCaller::default();
        latest_caller.set(owner);
        Entry {
            owner: self.owner.take(),
            latest_caller,
            activity: Arc::new(activity),
            weight: self.weight,
            extended: Instant::now(),
            close,
        }
    }

    /// Starts the task that ends idle sessions, if it does not run.
    fn watch(&self, table: &mut Table) {
        // The task has also ended if its runtime was shut down.
        if table.watch.as_ref().is_none_or(JoinHandle::is_finished) {
            let watch = closing::end_idle(Arc::downgrade(&self.store), self.dropped.clone());
            table.watch = Some(tokio::spawn(watch.boxed()));
        }
    }
}

impl fmt::Debug for SessionReservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionReservation").finish_non_exhaustive()
    }
}

impl Drop for SessionReservation {
    fn drop(&mut self) {
        if !self.is_used {
            let mut table = self.store.lock();
            table.give_back(self.owner.take(), self.weight);
        }
    }
}

#[cfg(test)]
mod tests;
