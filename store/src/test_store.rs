//! [`TestStore`]: a store for the tests of this crate, in memory and in the time of tokio's clock.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::time::{Instant, sleep};

use crate::{PutNew, RateRule, SharedStore, StoreError, StoreFuture};

/// The values, each with its end.
pub(crate) type Values = HashMap<String, (Vec<u8>, Instant)>;

/// How a store answers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Conduct {
    /// The time before each answer.
    pub(crate) delay: Duration,
    /// Whether each answer is an error.
    pub(crate) fails: bool,
}

/// A store in memory. Clones share their values.
#[derive(Clone, Default)]
pub(crate) struct TestStore {
    values: Arc<Mutex<Values>>,
    conduct: Arc<Mutex<Conduct>>,
    puts: Arc<AtomicUsize>,
}

impl TestStore {
    pub(crate) fn with(conduct: Conduct) -> Self {
        let store = Self::default();
        store.set(conduct);
        store
    }

    pub(crate) fn set(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    /// Returns how many values were written.
    pub(crate) fn puts(&self) -> usize {
        self.puts.load(Ordering::Relaxed)
    }

    /// Returns how many values were written, and counts from zero again.
    pub(crate) fn take_puts(&self) -> usize {
        self.puts.swap(0, Ordering::Relaxed)
    }

    pub(crate) fn values(&self) -> Values {
        self.values.lock().unwrap().clone()
    }

    pub(crate) fn replace_all(&self, values: Values) {
        *self.values.lock().unwrap() = values;
    }

    async fn answer<T>(&self, value: T) -> Result<T, StoreError> {
        let Conduct { delay, fails } = *self.conduct.lock().unwrap();
        if !delay.is_zero() {
            sleep(delay).await;
        }
        match fails {
            true => Err(StoreError::because("away")),
            false => Ok(value),
        }
    }

    /// Answers an operation that only the tests of a failing store use.
    fn fail<'s, T: Send + 's>(&'s self) -> StoreFuture<'s, T> {
        let failing = async {
            self.answer(()).await?;
            unreachable!("no test uses this operation with a store that answers")
        };
        failing.boxed()
    }
}

impl SharedStore for TestStore {
    fn get<'s>(&'s self, key: &'s str) -> StoreFuture<'s, Option<Vec<u8>>> {
        let found = self.values.lock().unwrap().get(key).cloned();
        let found = found.filter(|(_, end)| *end > Instant::now());
        self.answer(found.map(|(value, _)| value)).boxed()
    }

    fn put<'s>(&'s self, key: &'s str, value: Vec<u8>, lifetime: Duration) -> StoreFuture<'s, ()> {
        async move {
            self.answer(()).await?;
            self.puts.fetch_add(1, Ordering::Relaxed);
            let end = Instant::now() + lifetime;
            let mut values = self.values.lock().unwrap();
            values.insert(key.to_owned(), (value, end));
            Ok(())
        }
        .boxed()
    }

    fn put_new<'s>(
        &'s self,
        _: &'s str,
        _: Vec<u8>,
        _: Duration,
        _: &'s str,
    ) -> StoreFuture<'s, PutNew> {
        self.fail()
    }

    fn replace<'s>(
        &'s self,
        _: &'s str,
        _: Option<Vec<u8>>,
        _: Vec<u8>,
        _: Duration,
    ) -> StoreFuture<'s, bool> {
        self.fail()
    }

    fn remove<'s>(&'s self, _: &'s str) -> StoreFuture<'s, ()> {
        self.fail()
    }

    fn take<'s>(&'s self, _: Vec<RateRule>) -> StoreFuture<'s, Option<(usize, Duration)>> {
        self.fail()
    }
}
