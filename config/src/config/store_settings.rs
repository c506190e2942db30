//! The store that replicas share. Its variable is read with and without the feature `redis`.

use std::{fmt, sync::Arc, time::Duration};

use toolgate_store::{RevocationTimes, SharedStore};

use super::{
    Config, Environment,
    variable::{STATE_KEY, STORE_URL, add_missing_feature},
};
use crate::start_error::SetupErrors;

/// The oldest copy of the revocations that a replica may use.
const OLDEST: Duration = Duration::from_secs(60);

/// The store, and how old the copy of its revocations may be.
#[derive(Clone, Default)]
pub(super) struct StoreSettings {
    pub(super) store: Option<Arc<dyn SharedStore>>,
    pub(super) times: RevocationTimes,
    /// Whether the variable is set in a program without the feature.
    lacks_feature: bool,
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreSettings")
            .field("store", &self.store.is_some())
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Shares sessions, used DPoP proofs and confirmations, rates and revocations with other replicas
    /// of the server through this store. `TOOLGATE_STORE_URL` sets one in Redis.
    ///
    /// All replicas need the same state key ([`with_state_key`](Self::with_state_key)), which seals
    /// what is stored: a server with a store and without this key does not start.
    #[must_use]
    pub fn with_store(mut self, store: impl SharedStore) -> Self {
        self.store.store = Some(Arc::new(store));
        self
    }

    /// Answers 503 to every request with a token if the list of revocations could not be read from
    /// the shared store for this time. The default and the maximum are one minute.
    #[must_use]
    pub fn with_revocation_age(mut self, most: Duration) -> Self {
        match most.is_zero() || most > OLDEST {
            true => self.add_error(
                format!(
                    "the list of revocations may be {} seconds old",
                    most.as_secs()
                ),
                "give it more than no time and at most a minute",
            ),
            false => self.store.times.most = most,
        }
        self
    }
}

/// Reads the variable.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    let Some(url) = environment.get(STORE_URL) else {
        return;
    };
    config.store.lacks_feature = cfg!(not(feature = "redis"));
    #[cfg(feature = "redis")]
    match toolgate_redis::RedisStore::new(url) {
        Ok(store) => config.store.store = Some(Arc::new(store)),
        // The URL can have a password.
        Err(error) => config.add_error(
            format!("{STORE_URL} {error}"),
            "write redis://host:6379/0, or rediss://host:6379/0 with TLS",
        ),
    }
    // Only the feature reads it.
    let _ = url;
}

/// Adds the error of a store without a state key, or without the feature.
pub(super) fn check(config: &Config, errors: &mut SetupErrors) {
    if config.store.lacks_feature {
        add_missing_feature(STORE_URL, "redis", errors);
    }
    if config.store.store.is_some() && config.state_key.is_none() && config.errors.is_empty() {
        errors.add(
            format!(
                "the server shares a store with other replicas, but {STATE_KEY} is not set, which seals what is stored"
            ),
            "generate it with `openssl rand -base64 32`, and use the same key on every replica",
        );
    }
}

#[cfg(test)]
mod tests;
