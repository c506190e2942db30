//! A store in memory that can fail, be slow, or return wrong data.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use toolgate::store::{PutNew, RateRule, SharedStore, StoreError, StoreFuture};

/// A store that several servers of a test share.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<State>>);

/// How a store answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Conduct {
    /// As it should.
    #[default]
    Honest,
    /// With an error.
    Away,
    /// After two seconds.
    Slow,
    /// With bytes that nobody has sealed.
    Garbage,
    /// As if every key were new, and every change were made.
    Forgetful,
}

/// A value and when it expires.
pub type Stored = (Vec<u8>, Instant);

#[derive(Debug, Default)]
struct State {
    conduct: Conduct,
    values: BTreeMap<String, Stored>,
    restored: BTreeMap<String, Duration>,
    operations: usize,
    reads: Vec<String>,
    start: Option<Instant>,
}

impl MemoryStore {
    /// Answers like this from now on.
    pub fn set(&self, conduct: Conduct) {
        self.lock().conduct = conduct;
    }

    /// Loses everything, as a restart without a copy on disk does.
    pub fn lose_everything(&self) {
        self.lock().values.clear();
    }

    /// Returns the values whose keys have this part.
    #[must_use]
    pub fn values(&self, part: &str) -> BTreeMap<String, Stored> {
        let state = self.lock();
        let values = state.values.iter().filter(|(key, _)| key.contains(part));
        values
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// Puts values back, whatever is there.
    pub fn put_back(&self, values: BTreeMap<String, Stored>) {
        self.lock().values.extend(values);
    }

    /// Returns how many keys with this part were read.
    #[must_use]
    pub fn reads(&self, part: &str) -> usize {
        let state = self.lock();
        state.reads.iter().filter(|key| key.contains(part)).count()
    }

    /// Returns how many operations there were.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.lock().operations
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("not poisoned")
    }

    fn answer<'s, T: Send + 's>(
        &'s self,
        work: impl FnOnce(&mut State) -> T + Send + 's,
    ) -> StoreFuture<'s, T> {
        async move {
            let conduct = {
                let mut state = self.lock();
                state.operations += 1;
                state.conduct
            };
            match conduct {
                Conduct::Away => return Err(StoreError::unavailable("the store is away")),
                Conduct::Slow => tokio::time::sleep(Duration::from_secs(2)).await,
                Conduct::Honest | Conduct::Garbage | Conduct::Forgetful => {}
            }
            Ok(work(&mut self.lock()))
        }
        .boxed()
    }
}

impl State {
    fn read(&self, key: &str) -> Option<Vec<u8>> {
        if self.conduct == Conduct::Garbage {
            return Some(vec![7; 60]);
        }
        let (value, end) = self.values.get(key)?;
        (*end > Instant::now()).then(|| value.clone())
    }

    fn write(&mut self, key: &str, value: Vec<u8>, lifetime: Duration) {
        let end = Instant::now() + lifetime;
        self.values.insert(key.to_owned(), (value, end));
    }
}

impl SharedStore for MemoryStore {
    fn get<'s>(&'s self, key: &'s str) -> StoreFuture<'s, Option<Vec<u8>>> {
        self.answer(move |state| {
            state.reads.push(key.to_owned());
            state.read(key)
        })
    }

    fn put<'s>(&'s self, key: &'s str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'s, ()> {
        self.answer(move |state| state.write(key, value, lifetime))
    }

    fn put_new<'s>(
        &'s self,
        key: &'s str,
        value: Vec<u8>,
        lifetime: Duration,
        witness: &'s str,
    ) -> StoreFuture<'s, PutNew> {
        self.answer(move |state| {
            let forgets = state.conduct == Conduct::Forgetful;
            let is_new = forgets || state.read(key).is_none();
            if is_new {
                state.write(key, value, lifetime);
            }
            PutNew {
                is_new: is_new || state.conduct == Conduct::Garbage,
                witness: state.read(witness),
            }
        })
    }

    fn replace<'s>(
        &'s self,
        key: &'s str,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
        lifetime: Duration,
    ) -> StoreFuture<'s, bool> {
        self.answer(move |state| {
            if state.conduct == Conduct::Forgetful {
                return true;
            }
            let is_same = state.read(key) == expected;
            if is_same {
                state.write(key, value, lifetime);
            }
            is_same
        })
    }

    fn remove<'s>(&'s self, key: &'s str) -> StoreFuture<'s, ()> {
        self.answer(move |state| {
            state.values.remove(key);
        })
    }

    fn take<'s>(&'s self, rates: Vec<RateRule>) -> StoreFuture<'s, Option<(usize, Duration)>> {
        self.answer(move |state| {
            let now = state.start.get_or_insert_with(Instant::now).elapsed();
            let mut next = Vec::new();
            for (index, rate) in rates.iter().enumerate() {
                let full = now + rate.burst;
                let restored = state.restored.get(&rate.key).copied().unwrap_or_default();
                let restored = restored.clamp(now, full) + rate.interval;
                if restored > full {
                    return Some((index, restored - full));
                }
                next.push((rate.key.clone(), restored));
            }
            state.restored.extend(next);
            None
        })
    }
}
