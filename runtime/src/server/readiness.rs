//! Whether the server can answer calls, for `/readyz` and the start-up banner.

use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep, timeout},
};

use toolgate_store::Revocations;

use super::Server;
use crate::{log_text::redaction, verify::Authenticator};

/// How long the application's check may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// How long its result is used, so that unauthenticated requests cost it little (CWE-400).
const CHECK_LASTS: Duration = Duration::from_secs(1);

/// How long the start-up banner waits for the issuers.
const PATIENCE: Duration = Duration::from_secs(2);

/// The application's own check.
pub(super) type Check<S> = Box<dyn Fn(S) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Whether the server can answer calls.
#[derive(Clone)]
pub(super) struct Readiness {
    authenticator: Arc<Authenticator>,
    revocations: Revocations,
    stopping: Arc<AtomicBool>,
    check: Option<Arc<CachedCheck>>,
}

/// The application's check, and when it last had which result.
struct CachedCheck {
    check: Check<()>,
    last: Mutex<Option<(Instant, bool)>>,
}

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Adds the application's own condition to `/readyz`, for example that its database
    /// answers.
    ///
    /// `check` runs at most once a second and has five seconds. While it fails, `/readyz`
    /// answers 503, and the log says why: the text of the error is not sent to clients. Calls
    /// are not affected.
    ///
    /// ```
    /// # #[derive(Clone)] struct Pool;
    /// # impl Pool { async fn ping(&self) -> Result<(), std::io::Error> { Ok(()) } }
    /// # let server = toolgate::Server::with_state("todo", Pool);
    /// let server = server.with_readiness(async |pool: Pool| pool.ping().await);
    /// ```
    pub fn with_readiness<F, E>(mut self, check: impl Fn(S) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Display,
    {
        self.readiness_check = Some(self::check(check));
        self
    }
}

/// Erases the types of the application's check.
pub(super) fn check<S, F, E>(check: impl Fn(S) -> F + Send + Sync + 'static) -> Check<S>
where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Display,
{
    Box::new(move |state| {
        let checked = check(state);
        async move { checked.await.map_err(|error| error.to_string()) }.boxed()
    })
}

impl Readiness {
    pub(super) fn new(
        authenticator: Arc<Authenticator>,
        revocations: Revocations,
        check: Option<Check<()>>,
    ) -> Self {
        let cached = |check| CachedCheck {
            check,
            last: Mutex::default(),
        };
        Self {
            authenticator,
            revocations,
            stopping: Arc::default(),
            check: check.map(|check| Arc::new(cached(check))),
        }
    }

    /// Returns why the server is not ready.
    pub(super) async fn error(&self) -> Option<String> {
        if self.stopping.load(Ordering::Relaxed) {
            return Some("the server is stopping".to_owned());
        }
        if let Err(error) = self.authenticator.readiness() {
            return Some(error.to_string());
        }
        if let Err(error) = self.revocations.freshness() {
            return Some(error.to_string());
        }
        match &self.check {
            Some(check) if !check.passes().await => {
                Some("the application is not ready; its log says why".to_owned())
            }
            _ => None,
        }
    }

    /// Waits until the keys of every issuer are loaded, at most for [`PATIENCE`]. Returns the
    /// errors of the issuers whose keys are not loaded by then.
    pub(super) async fn issuer_errors(&self) -> Vec<String> {
        let start = Instant::now();
        loop {
            let errors = self.authenticator.issuer_errors();
            if errors.is_empty() || start.elapsed() >= PATIENCE {
                return errors;
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }
}

impl CachedCheck {
    async fn passes(&self) -> bool {
        // Held during the check: simultaneous requests share its result.
        let mut last = self.last.lock().await;
        if let Some((at, passed)) = *last
            && at.elapsed() < CHECK_LASTS
        {
            return passed;
        }
        let result = timeout(CHECK_TIMEOUT, (self.check)(())).await;
        let error = match result {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some("no result within 5 seconds".to_owned()),
        };
        if let Some(error) = &error {
            let error = redaction::for_log(error);
            tracing::warn!(%error, "the application's readiness check failed");
        }
        *last = Some((Instant::now(), error.is_none()));
        error.is_none()
    }
}
