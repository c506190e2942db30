//! The JWKS cache of one issuer: it loads the keys once for all waiting callers, refreshes
//! them, uses them during an outage, and drops them when they are withdrawn.
//!
//! No lock is held across an await. Each load is a single flight whose leader is a task of the
//! cache, so that a client that disconnects does not cancel the load for others.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};

use super::{
    jwks::Jwks,
    jwks_fetcher::FetchJwks,
    refresh_policy::{Demand, Outcome, RefreshPolicy},
};
use crate::{
    log_text::Truncated,
    single_flight::{Role, SingleFlight, Waiting},
};

/// The time limit of a load, including discovery.
const LOAD: Duration = Duration::from_secs(10);

/// When keys are refreshed, and how long they are used without a successful refresh.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lifetime {
    pub(super) refresh_every: Duration,
    pub(super) outage_limit: Duration,
}

/// The keys of one issuer.
pub(crate) struct JwksCache {
    issuer: String,
    /// `None` for fixed keys, which are never loaded.
    source: Option<Box<dyn FetchJwks>>,
    lifetime: Lifetime,
    state: Mutex<State>,
    loads: SingleFlight<(), ()>,
    /// Incremented when the set changes. A cached verdict stores the generation it belongs
    /// to.
    generation: AtomicU64,
    /// The time until which the set may be used, in milliseconds since `born`.
    usable_until: AtomicU64,
    born: Instant,
}

#[derive(Default)]
struct State {
    loaded: Option<Loaded>,
    schedule: RefreshPolicy,
    last_error: Option<String>,
}

struct Loaded {
    snapshot: Snapshot,
    at: Instant,
}

/// The keys at one moment.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) set: Arc<Jwks>,
    pub(crate) generation: u64,
}

/// The issuer's keys are not loaded; a retry makes sense after this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JwksError {
    pub(crate) retry_after: Duration,
}

impl JwksCache {
    /// Builds a cache of fixed keys.
    pub(super) fn fixed(issuer: String, set: Jwks) -> Arc<Self> {
        let lifetime = Lifetime {
            refresh_every: Duration::MAX,
            outage_limit: Duration::MAX,
        };
        let keys = Self::new(issuer, None, lifetime);
        keys.store(set, Instant::now());
        keys
    }

    /// Builds a cache that loads its keys from a source.
    pub(super) fn loaded_from(
        source: impl FetchJwks,
        issuer: String,
        lifetime: Lifetime,
    ) -> Arc<Self> {
        Self::new(issuer, Some(Box::new(source)), lifetime)
    }

    fn new(issuer: String, source: Option<Box<dyn FetchJwks>>, lifetime: Lifetime) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            source,
            lifetime,
            state: Mutex::default(),
            loads: SingleFlight::default(),
            generation: AtomicU64::new(0),
            usable_until: AtomicU64::new(0),
            born: Instant::now(),
        })
    }

    /// Returns the refresh interval and the outage limit.
    #[cfg(test)]
    pub(super) fn lifetime(&self) -> (Duration, Duration) {
        (self.lifetime.refresh_every, self.lifetime.outage_limit)
    }

    /// Returns whether a verification with the keys of this generation is still valid. Runs
    /// on every request, so it only reads two atomics.
    pub(crate) fn is_current(&self, generation: u64) -> bool {
        self.generation.load(Ordering::Acquire) == generation
            && millis(self.born.elapsed()) < self.usable_until.load(Ordering::Acquire)
    }

    /// Returns the keys, and loads them first if there are none. Old keys are returned while
    /// a refresh runs.
    ///
    /// # Errors
    ///
    /// [`JwksError`] if they cannot be loaded now.
    pub(crate) async fn snapshot(self: &Arc<Self>) -> Result<Snapshot, JwksError> {
        let load = {
            let state = self.state();
            let known = self.usable(&state).map(|loaded| {
                let old = loaded.at.elapsed() >= self.lifetime.refresh_every;
                (loaded.snapshot.clone(), old)
            });
            match known {
                Some((snapshot, false)) => return Ok(snapshot),
                Some((snapshot, true)) => {
                    self.join_or_start(&state, Demand::Due);
                    return Ok(snapshot);
                }
                None => self.join_or_start(&state, Demand::Due),
            }
        };
        finished(load).await;
        let state = self.state();
        match self.usable(&state) {
            Some(loaded) => Ok(loaded.snapshot.clone()),
            None => Err(no_keys(&state)),
        }
    }

    /// Returns newer keys than `known`, for a token with an unknown key, or `None` if there
    /// are none or the schedule permits no load now.
    ///
    /// # Errors
    ///
    /// [`JwksError`] if the issuer did not answer.
    pub(crate) async fn newer_than(
        self: &Arc<Self>,
        known: &Snapshot,
    ) -> Result<Option<Snapshot>, JwksError> {
        let newer = |state: &State| {
            let loaded = self.usable(state)?;
            (loaded.snapshot.generation != known.generation).then(|| loaded.snapshot.clone())
        };
        let load = {
            let state = self.state();
            if let Some(snapshot) = newer(&state) {
                return Ok(Some(snapshot));
            }
            self.join_or_start(&state, Demand::UnknownKey)
        };
        finished(load).await;
        let state = self.state();
        match newer(&state) {
            Some(snapshot) => Ok(Some(snapshot)),
            None if state.schedule.is_failing() => Err(no_keys(&state)),
            None => Ok(None),
        }
    }

    /// Returns the time since the last successful load, or since the start if there was none.
    /// Returns `None` for fixed keys.
    pub(crate) fn age(&self) -> Option<Duration> {
        self.source.as_ref()?;
        let loaded = self.state().loaded.as_ref().map(|loaded| loaded.at);
        Some(loaded.unwrap_or(self.born).elapsed())
    }

    /// Returns why there are no keys, or `None` if there are.
    pub(crate) fn readiness_error(&self) -> Option<String> {
        let state = self.state();
        if self.usable(&state).is_some() {
            return None;
        }
        Some(match &state.last_error {
            Some(error) => format!(
                "the keys of {} are not loaded: {error}",
                Truncated(&self.issuer, 256)
            ),
            None => format!(
                "the keys of {} are not loaded yet",
                Truncated(&self.issuer, 256)
            ),
        })
    }

    /// Refreshes the keys for as long as the cache is in use.
    pub(crate) async fn maintain(keys: Weak<Self>) {
        loop {
            let Some(due) = keys.upgrade().and_then(|keys| keys.due_in()) else {
                return;
            };
            sleep(due).await;
            let Some(keys) = keys.upgrade() else {
                return;
            };
            let load = keys.join_or_start(&keys.state(), Demand::Due);
            drop(keys);
            finished(load).await;
        }
    }

    /// Returns the time until the next scheduled load, or `None` for fixed keys.
    fn due_in(&self) -> Option<Duration> {
        self.source.as_ref()?;
        let (state, now) = (self.state(), Instant::now());
        let fresh = self.usable(&state).map_or(Duration::ZERO, |loaded| {
            let age = now.saturating_duration_since(loaded.at);
            self.lifetime.refresh_every.saturating_sub(age)
        });
        // Never zero, so that the task does not spin on a load that another task started.
        Some(fresh.max(state.schedule.wait(Demand::Due, now)).max(MOMENT))
    }

    /// Joins the running load, or starts one if the schedule permits it. Returns `None`
    /// otherwise.
    fn join_or_start(self: &Arc<Self>, state: &State, demand: Demand) -> Option<Waiting<()>> {
        if let Some(running) = self.loads.join(&()) {
            return Some(running);
        }
        self.source.as_ref()?;
        if !state.schedule.wait(demand, Instant::now()).is_zero() {
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        let leader = match self.loads.join_or_start(()) {
            Role::Follow(running) => return Some(running),
            Role::Lead(leader) => leader,
        };
        let load = leader.follow();
        let keys = Arc::clone(self);
        let loading = async move {
            keys.load(demand).await;
            leader.publish(&());
        };
        // Boxed like all background tasks, so that they compile to one type.
        runtime.spawn(loading.boxed());
        Some(load)
    }

    async fn load(&self, demand: Demand) {
        let Some(source) = &self.source else {
            return;
        };
        let loaded = match timeout(LOAD, source.load()).await {
            Ok(loaded) => loaded,
            Err(_) => Err("no complete answer in time".to_owned()),
        };
        let now = Instant::now();
        let issuer = Truncated(&self.issuer, 256);
        match loaded {
            Ok(set) => {
                let (count, warnings) = (set.len(), set.warnings());
                let outcome = self.store(set, now);
                self.state().schedule.record(demand, outcome, now);
                if outcome == Outcome::Changed {
                    tracing::info!(%issuer, keys = count, "keys of the issuer loaded");
                    if let Some(warnings) = warnings {
                        tracing::warn!(%issuer, %warnings, "some keys of the issuer are not used");
                    }
                }
            }
            Err(error) => {
                let mut state = self.state();
                state.schedule.record(demand, Outcome::Failed, now);
                let again = state.schedule.wait(demand, now);
                let kept = self.usable(&state).is_some();
                let error = Truncated(&error, 1024).to_string();
                state.last_error = Some(error.clone());
                drop(state);
                tracing::warn!(
                    %issuer,
                    %error,
                    last_good_keys_used = kept,
                    again_in_seconds = again.as_secs(),
                    "keys of the issuer cannot be loaded"
                );
            }
        }
    }

    fn store(&self, set: Jwks, now: Instant) -> Outcome {
        let mut state = self.state();
        let known = state.loaded.take();
        let same = known.filter(|known| known.snapshot.set.is_same_as(&set));
        let (snapshot, outcome) = match same {
            Some(known) => (known.snapshot, Outcome::Unchanged),
            None => {
                let snapshot = Snapshot {
                    set: Arc::new(set),
                    generation: self.generation.load(Ordering::Acquire) + 1,
                };
                (snapshot, Outcome::Changed)
            }
        };
        let until = now
            .saturating_duration_since(self.born)
            .saturating_add(self.lifetime.outage_limit);
        self.generation
            .store(snapshot.generation, Ordering::Release);
        self.usable_until.store(millis(until), Ordering::Release);
        state.loaded = Some(Loaded { snapshot, at: now });
        state.last_error = None;
        outcome
    }

    fn usable<'a>(&self, state: &'a State) -> Option<&'a Loaded> {
        state
            .loaded
            .as_ref()
            .filter(|loaded| self.is_current(loaded.snapshot.generation))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent at all times, so a poisoned lock is safe.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shortest sleep of the maintenance task.
const MOMENT: Duration = Duration::from_millis(50);

/// Waits until a load has ended, successfully or not.
async fn finished(load: Option<Waiting<()>>) {
    if let Some(load) = load {
        load.outcome().await;
    }
}

fn no_keys(state: &State) -> JwksError {
    let wait = state.schedule.wait(Demand::Due, Instant::now());
    JwksError {
        retry_after: wait.max(Duration::from_secs(1)),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
