//! [`Revocations`]: the tokens that a server and its replicas no longer accept.

use std::{
    fmt,
    sync::{
        Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    runtime::Handle,
    sync::watch,
    time::{Instant, timeout},
};
use toolgate_core::clock::{Clock, UnixTime};

use crate::{
    OneTimeUses, Purpose, RecordKey, Revocation, RevocationError, RevocationTimes, Revoked,
    SealedStore, StaleRevocationsError, StoreError, TokenNames, revocation_list::RevocationList,
};

mod keep_fresh;
mod switched_items;

use keep_fresh::keep_fresh;
use switched_items::SwitchItems;

/// How long the list is stored without a change. A replica then stores it again.
const LIFETIME: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How often a change is tried, if other replicas change the list at the same time.
const ATTEMPTS: usize = 16;

/// The tokens that a server no longer accepts, although their issuer does.
///
/// Without a shared store the list belongs to this process. With one, every replica has a copy,
/// which it refreshes four times a second, and a change needs the store: it fails while the store is
/// away. A replica that has not refreshed its copy for a minute answers 503 to every request with a
/// token.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use toolgate::{Server, store::{Revocations, Revoked}};
///
/// let revocations = Revocations::new();
/// let server = Server::new("notes").with_revocations(&revocations);
/// // Later, while it serves:
/// revocations
///     .revoke(Revoked::subject("https://login.example.com", "mallory"), None)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    server: OnceLock<Attached>,
    copy: RwLock<Copy>,
    /// Whether a token has to be looked up.
    is_used: AtomicBool,
    /// Whether a task refreshes the copy.
    is_started: AtomicBool,
    changes: watch::Sender<u64>,
    /// Gets the items that the operator has switched off.
    switches: OnceLock<SwitchItems>,
}

struct Attached {
    clock: Arc<dyn Clock>,
    shared: Option<(SealedStore, RecordKey)>,
    times: RevocationTimes,
}

/// The list as this process knows it.
#[derive(Default)]
struct Copy {
    list: RevocationList,
    /// The record that the list was read from.
    sealed: Vec<u8>,
    /// The last time at which the store had no newer list.
    refreshed: Option<Instant>,
}

impl Revocations {
    /// Creates a handle for one server.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            server: OnceLock::new(),
            copy: RwLock::default(),
            is_used: AtomicBool::new(false),
            is_started: AtomicBool::new(false),
            changes: watch::Sender::new(0),
            switches: OnceLock::new(),
        }))
    }

    /// Refuses tokens from now on, until a time or until it is lifted. If they are revoked already,
    /// the later of both ends stays. Their open streams end, and their running requests are
    /// cancelled. When this returns, this replica refuses them; with a shared store, every other
    /// does within a second.
    ///
    /// # Errors
    ///
    /// If the server does not run, if the list is full, or if the shared store does not work. If
    /// the store has not answered, the revocation may still come into effect.
    pub async fn revoke(
        &self,
        revoked: Revoked,
        until: Option<UnixTime>,
    ) -> Result<(), RevocationError> {
        let added = Revocation {
            revoked,
            until,
            by_operator: false,
        };
        let add = |list: &mut RevocationList, now| {
            list.add(added.clone(), now).ok_or(RevocationError::Full)
        };
        self.change(add).await.map(drop)
    }

    /// Accepts tokens again, unless the operator has revoked them, too (feature `admin`). Returns
    /// whether the program had revoked them.
    ///
    /// # Errors
    ///
    /// As [`revoke`](Self::revoke).
    pub async fn lift(&self, revoked: &Revoked) -> Result<bool, RevocationError> {
        self.change(|list, now| Ok(list.remove(revoked, false, now)))
            .await
    }

    /// Returns the revocations that this replica knows.
    #[must_use]
    pub fn list(&self) -> Vec<Revocation> {
        let entries = self.now().map(|now| self.read().list.entries_of(now));
        entries.unwrap_or_default()
    }

    /// Attaches the handle to a server. Returns `false` if it is already attached to a server.
    #[doc(hidden)]
    #[must_use]
    pub fn attach(
        &self,
        store: Option<&SealedStore>,
        clock: Arc<dyn Clock>,
        times: RevocationTimes,
    ) -> bool {
        let shared = store.map(|store| {
            let key = store.record_key(Purpose::Revocations, &[]);
            (store.clone(), key)
        });
        let is_used = shared.is_some();
        let attached = Attached {
            clock,
            shared,
            times,
        };
        let is_first = self.0.server.set(attached).is_ok();
        if is_first && is_used {
            self.0.is_used.store(true, Ordering::Release);
        }
        is_first
    }

    /// Begins to refresh the copy, if there is a store and this is called within a tokio runtime.
    /// The first look-up of a token does the same.
    #[doc(hidden)]
    pub fn start(&self) {
        let Some(server) = self.0.server.get() else {
            return;
        };
        let (Some((store, _)), Ok(runtime)) = (&server.shared, Handle::try_current()) else {
            return;
        };
        if !self.0.is_started.swap(true, Ordering::Relaxed) {
            let uses = OneTimeUses::new(store.clone());
            let (own, interval) = (Arc::downgrade(&self.0), server.times.interval);
            runtime.spawn(keep_fresh(own, uses, interval));
        }
    }

    /// Returns whether a token has to be looked up.
    #[doc(hidden)]
    #[must_use]
    pub fn is_used(&self) -> bool {
        self.0.is_used.load(Ordering::Acquire)
    }

    /// Returns whether a token is revoked.
    ///
    /// # Errors
    ///
    /// If the copy of the list is too old.
    #[doc(hidden)]
    pub fn revokes(&self, token: TokenNames<'_>) -> Result<bool, StaleRevocationsError> {
        if !self.is_used() {
            return Ok(false);
        }
        let server = self.0.server.get().ok_or(StaleRevocationsError)?;
        if !self.0.is_started.load(Ordering::Relaxed) {
            self.start();
        }
        let copy = self.read();
        if server.shared.is_some() && !copy.is_fresh(server.times.most) {
            return Err(StaleRevocationsError);
        }
        let list = &copy.list;
        Ok(!list.is_empty() && list.revokes(token, server.clock.now()))
    }

    /// Returns whether the copy of the list is recent enough.
    ///
    /// # Errors
    ///
    /// If it is not.
    #[doc(hidden)]
    pub fn freshness(&self) -> Result<(), StaleRevocationsError> {
        match self.0.server.get() {
            Some(server) if server.shared.is_some() => {
                match self.read().is_fresh(server.times.most) {
                    true => Ok(()),
                    false => Err(StaleRevocationsError),
                }
            }
            _ => Ok(()),
        }
    }

    /// Waits until a token is revoked, or the copy of the list is too old: a stream must not go on
    /// without a check.
    #[doc(hidden)]
    pub async fn until_revoked(&self, is_revoked: impl Fn(&Self) -> bool) {
        let mut changes = self.0.changes.subscribe();
        loop {
            if is_revoked(self) || self.freshness().is_err() {
                return;
            }
            let shared = self.0.server.get().filter(|server| server.shared.is_some());
            // The sender is part of this handle, so waiting does not fail.
            let _ = match shared.map(|server| server.times.most / 4) {
                // The copy becomes too old without a change.
                Some(pause) => timeout(pause, changes.changed())
                    .await
                    .map(drop)
                    .map_err(drop),
                None => changes.changed().await.map_err(drop),
            };
        }
    }

    /// Reads the list from the store.
    ///
    /// # Errors
    ///
    /// If the store does not work, or returns an older list.
    #[doc(hidden)]
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let Some((store, key)) = self.0.server.get().and_then(|one| one.shared.as_ref()) else {
            return Ok(());
        };
        let asked = Instant::now();
        let sealed = store.get_sealed(key).await?;
        if sealed.as_deref().unwrap_or_default() == self.read().sealed {
            self.write().refreshed = Some(asked);
            return Ok(());
        }
        let (stored, is_newer) = self.newest(store, key, sealed.as_deref())?;
        if is_newer {
            self.adopt(stored, sealed.unwrap_or_default(), asked);
            return Ok(());
        }
        // The store has lost its data, or returns an old list. It must not make this replica
        // forget a revocation, and the others have to know it, too.
        let mut merged = stored;
        merged.version += 1;
        let content = merged.write()?;
        if let Some(sealed) = store.replace(key, sealed, &content, LIFETIME).await? {
            let refreshed = self.read().refreshed;
            let mut copy = self.write();
            (copy.list, copy.sealed, copy.refreshed) = (merged, sealed, refreshed);
            self.announce(copy);
        }
        // The next refresh shows whether the store has kept it.
        Ok(())
    }

    /// Returns the list of the store and `true` if it replaces the copy. Otherwise returns the
    /// union of both lists and `false`.
    fn newest(
        &self,
        store: &SealedStore,
        key: &RecordKey,
        sealed: Option<&[u8]>,
    ) -> Result<(RevocationList, bool), StoreError> {
        let stored = match sealed {
            Some(sealed) => RevocationList::read(&store.open(key, sealed)?)?,
            None => RevocationList::default(),
        };
        let copy = self.read();
        if stored.version > copy.list.version || stored == copy.list {
            return Ok((stored, true));
        }
        let mut merged = copy.list.clone();
        merged.merge(stored);
        Ok((merged, false))
    }

    pub(crate) async fn change(
        &self,
        change: impl Fn(&mut RevocationList, UnixTime) -> Result<bool, RevocationError>,
    ) -> Result<bool, RevocationError> {
        let server = self.0.server.get().ok_or(RevocationError::NotRunning)?;
        let Some((store, key)) = &server.shared else {
            let mut copy = self.write();
            let changed = change(&mut copy.list, server.clock.now())?;
            copy.list.version += 1;
            self.announce(copy);
            return Ok(changed);
        };
        for _ in 0..ATTEMPTS {
            let asked = Instant::now();
            let sealed = store.get_sealed(key).await?;
            let (mut list, _) = self.newest(store, key, sealed.as_deref())?;
            let changed = change(&mut list, server.clock.now())?;
            list.version += 1;
            let content = list.write()?;
            if let Some(sealed) = store.replace(key, sealed, &content, LIFETIME).await? {
                self.adopt(list, sealed, asked);
                return Ok(changed);
            }
        }
        Err(StoreError::because("other replicas change the list all the time").into())
    }

    fn adopt(&self, list: RevocationList, sealed: Vec<u8>, asked: Instant) {
        let mut copy = self.write();
        // A concurrent change can have been faster.
        if list.version >= copy.list.version {
            *copy = Copy {
                list,
                sealed,
                refreshed: Some(asked),
            };
        }
        self.announce(copy);
    }

    /// Switches items, and wakes the tasks that wait for a change.
    ///
    /// The list stays locked until its items are switched: a request must not run between. Without
    /// the lock a concurrent `lift` could also store that the list is empty after a `revoke` has
    /// returned, and no token would be compared with the list.
    fn announce(&self, copy: RwLockWriteGuard<'_, Copy>) {
        let is_shared = self.0.server.get().is_some_and(|one| one.shared.is_some());
        let is_used = is_shared || !copy.list.is_empty();
        self.0.is_used.store(is_used, Ordering::Release);
        if let Some(switch) = self.0.switches.get() {
            switch(copy.list.switched_off());
        }
        drop(copy);
        self.0
            .changes
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    fn read(&self) -> RwLockReadGuard<'_, Copy> {
        // Each change is one step, so a panic leaves no inconsistent state.
        self.0.copy.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Copy> {
        self.0.copy.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Copy {
    fn is_fresh(&self, most: Duration) -> bool {
        self.refreshed.is_some_and(|at| at.elapsed() <= most)
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
