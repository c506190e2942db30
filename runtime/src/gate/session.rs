//! Whose MCP session is it, and how long does it live?
//!
//! A session's id is no credential: it travels in a header, gets logged, and can be
//! guessed at. So a session answers only the principal that opened it, whichever of
//! their tokens they bring. One that was opened without a token, at a server that lets
//! anybody shake hands, belongs to the first principal who uses it; whoever else knew
//! its id is then shut out.
//!
//! - [`session_limits`]: how many there can be, and for how long
//! - [`session_table`]: which there are, and which of them has to make room
//! - [`session_guard`]: what keeps one from ending
//! - [`closing`]: how one ends, behind the gate as well

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::caller::{Caller, Identity};

mod closing;
mod session_guard;
mod session_limits;
mod session_table;

pub(crate) use closing::Close;
pub(super) use closing::closer;
pub(super) use session_guard::{GuardedBody, SessionGuard};
pub use session_limits::SessionLimits;

use {
    session_guard::Activity,
    session_table::{Entry, Removed, Table},
};

/// The header that names a session, in the revisions that have them.
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The sessions of a gate, and which principal owns which.
pub(crate) struct Sessions {
    shared: Arc<Shared>,
    /// Ends what watches over them when they are gone.
    gone: CancellationToken,
}

struct Shared {
    table: Mutex<Table>,
    limits: SessionLimits,
}

/// Whoever used a session last, by the token that they brought: none while nobody has
/// brought one.
///
/// A session outlives tokens, and what it is told unasked was asked for by an earlier one.
/// Its latest token decides what it may still be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct LatestCaller(Arc<Mutex<Option<Caller>>>);

impl LatestCaller {
    /// Who it is now.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.lock().clone()
    }

    fn set(&self, caller: Option<&Caller>) {
        *self.lock() = caller.map(Caller::detached);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Caller>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a caller does not get into a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionAccess {
    /// It is somebody's, and the caller has shown no token.
    AuthenticationRequired,
    /// There is none of this id, or it is another's, which looks the same.
    NotFound,
}

/// Why a session cannot be opened: there is no room, and nothing that could make some is idle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionLimitReached {
    /// The caller has their share.
    OfCaller,
    /// All places are taken, or all that callers without a token have.
    OfServer,
}

impl SessionLimitReached {
    /// When to try again, in seconds. A session that is in use can be idle at any moment.
    pub(super) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("30");

    /// Whoever has their share has reached a limit (RFC 6585 §4); to all others it is the
    /// server that lacks room (RFC 9110 §15.6.4).
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::OfCaller => StatusCode::TOO_MANY_REQUESTS,
            Self::OfServer => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the caller reads.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::OfCaller => {
                "you have as many sessions as one caller can have, and all of them are in use; \
                 end one, or try get_or_insert later"
            }
            Self::OfServer => {
                "the server has as many sessions as it can have, and all of them are in use; \
                 try get_or_insert later"
            }
        }
    }
}

impl Sessions {
    /// No session yet.
    pub(crate) fn new(limits: SessionLimits) -> Self {
        Self {
            shared: Arc::new(Shared {
                table: Mutex::default(),
                limits,
            }),
            gone: CancellationToken::new(),
        }
    }

    /// Lets a caller into a session. It does not end before what this gives is dropped.
    pub(crate) fn enter(
        &self,
        id: &str,
        caller: Option<&Caller>,
    ) -> Result<Arc<SessionGuard>, SessionAccess> {
        let mut table = self.shared.lock();
        let identity = caller.map(Caller::identity);
        let entry = table.get_mut(id).ok_or(SessionAccess::NotFound)?;
        match (&entry.owner, identity) {
            (None, None) => {}
            // Sessions that are opened without a token and claimed with one count as well:
            // otherwise one principal could have any number of them.
            (None, Some(first)) => {
                if !table.claim(id, first, &self.shared.limits) {
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

    /// Makes room for a session that a caller opens by this message. What is idle may have to
    /// end for it.
    pub(crate) fn reserve(
        &self,
        owner: Option<&Caller>,
        handshake: &[u8],
    ) -> Result<SessionReservation, SessionLimitReached> {
        let (owner, places) = (
            owner.map(Caller::identity),
            session_limits::places(handshake),
        );
        let limits = &self.shared.limits;
        let removed = self.shared.lock().take(owner.as_ref(), places, limits)?;
        close(removed);
        Ok(SessionReservation {
            shared: Arc::clone(&self.shared),
            gone: self.gone.clone(),
            owner,
            places,
            is_used: false,
        })
    }

    /// Forgets a session that has ended.
    pub(crate) fn forget(&self, id: &str) {
        self.shared.lock().remove(id);
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.gone.cancel();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        // Every change is complete in itself: a panic leaves nothing half done.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends sessions behind the gate.
fn close(removed: Vec<Removed>) {
    for (id, entry) in removed {
        (entry.close)(id);
    }
}

/// Room for a session that is about to be opened. Unused, it is given back.
pub(crate) struct SessionReservation {
    shared: Arc<Shared>,
    gone: CancellationToken,
    owner: Option<Identity>,
    places: usize,
    is_used: bool,
}

impl SessionReservation {
    /// Notes that the session was opened, and by whom.
    pub(crate) fn open(mut self, id: String, owner: Option<&Caller>, close: Close) {
        self.is_used = true;
        let latest_caller = LatestCaller::default();
        latest_caller.set(owner);
        let entry = Entry {
            owner: self.owner.take(),
            latest_caller,
            activity: Arc::new(Activity::new()),
            places: self.places,
            close,
        };
        let mut table = self.shared.lock();
        table.put(id, entry);
        // A watch that its runtime has taken along is finished too.
        if table.watch.as_ref().is_none_or(JoinHandle::is_finished) {
            let watch = closing::end_idle(Arc::downgrade(&self.shared), self.gone.clone());
            table.watch = Some(tokio::spawn(watch.boxed()));
        }
    }
}

impl fmt::Debug for SessionReservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").finish_non_exhaustive()
    }
}

impl Drop for SessionReservation {
    fn drop(&mut self) {
        if !self.is_used {
            let mut table = self.shared.lock();
            table.give_back(self.owner.take(), self.places);
        }
    }
}

#[cfg(test)]
mod tests;
