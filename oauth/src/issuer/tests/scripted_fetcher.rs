//! A scripted source of keys, on tokio's clock. It is compiled only for tests, where a panic fails
//! the test.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::super::{
    jwks::Jwks,
    jwks_cache::{JwksCache, Lifetime},
    jwks_fetcher::{Boxed, FetchJwks},
};

/// The issuer's answer, which a test can change between loads.
#[derive(Clone, Default)]
pub(crate) struct ScriptedFetcher(Arc<Inner>);

#[derive(Default)]
struct Inner {
    answer: Mutex<Option<String>>,
    delay: Mutex<Duration>,
    loads: AtomicUsize,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

impl ScriptedFetcher {
    /// Publishes this key set from now on.
    pub(crate) fn publish(&self, jwks: &str) {
        *self.0.answer.lock().unwrap() = Some(jwks.to_owned());
    }

    /// Makes every load fail from now on, which is also the initial state.
    pub(crate) fn fail(&self) {
        *self.0.answer.lock().unwrap() = None;
    }

    /// Delays each answer by this time from now on.
    pub(crate) fn delay(&self, time: Duration) {
        *self.0.delay.lock().unwrap() = time;
    }

    /// Returns the number of loads.
    pub(crate) fn loads(&self) -> usize {
        self.0.loads.load(Ordering::SeqCst)
    }

    /// Returns the maximum number of concurrent loads.
    pub(crate) fn most_running(&self) -> usize {
        self.0.most_running.load(Ordering::SeqCst)
    }

    /// Builds a cache that refreshes every ten minutes and has an outage limit of one hour.
    pub(crate) fn keys(&self) -> Arc<JwksCache> {
        let lifetime = Lifetime {
            refresh_every: Duration::from_secs(600),
            outage_limit: Duration::from_secs(3600),
        };
        JwksCache::loaded_from(self.clone(), "https://i".to_owned(), lifetime)
    }
}

impl FetchJwks for ScriptedFetcher {
    fn load(&self) -> Boxed<'_, Result<Jwks, String>> {
        Box::pin(async move {
            let _running = Running::new(&self.0);
            let delay = *self.0.delay.lock().unwrap();
            tokio::time::sleep(delay).await;
            let answer = self.0.answer.lock().unwrap().clone();
            let jwks = answer.ok_or_else(|| "down".to_owned())?;
            Jwks::parse(jwks.as_bytes()).map_err(str::to_owned)
        })
    }
}

struct Running<'a>(&'a Inner);

impl<'a> Running<'a> {
    fn new(inner: &'a Inner) -> Self {
        inner.loads.fetch_add(1, Ordering::SeqCst);
        let running = inner.running.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most_running.fetch_max(running, Ordering::SeqCst);
        Self(inner)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
