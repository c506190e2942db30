//! [`RedisStore`]: the connection.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use redis::{
    Client, ConnectionAddr, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use toolgate_store::StoreError;

use crate::scripts::Scripts;

/// How long a connection attempt may take.
const CONNECTING: Duration = Duration::from_millis(400);

/// How long Redis may take to answer. The server stops waiting before.
const ANSWERING: Duration = Duration::from_secs(1);

/// The pauses between two attempts to connect.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// A store in Redis, with one connection that all requests share.
///
/// It connects at the first use, and again whenever the connection is lost.
#[derive(Clone)]
pub struct RedisStore(Arc<Inner>);

struct Inner {
    client: Client,
    connection: OnceLock<ConnectionManager>,
    scripts: Scripts,
}

impl RedisStore {
    /// Uses the Redis of a URL: `redis://host:6379/0`, with a user and a password
    /// `redis://user:password@host`, with TLS `rediss://host`. Does not connect yet.
    ///
    /// # Errors
    ///
    /// If the URL is invalid.
    pub fn new(url: &str) -> Result<Self, RedisUrlError> {
        let client = Client::open(url).map_err(|_| RedisUrlError)?;
        Ok(Self(Arc::new(Inner {
            client,
            connection: OnceLock::new(),
            scripts: Scripts::default(),
        })))
    }

    pub(crate) fn scripts(&self) -> &Scripts {
        &self.0.scripts
    }

    /// Returns the connection. It is made at the first use, because that needs a tokio runtime.
    pub(crate) fn connection(&self) -> Result<ConnectionManager, StoreError> {
        if let Some(connection) = self.0.connection.get() {
            return Ok(connection.clone());
        }
        choose_cryptography(&self.0.client);
        let [shortest, longest] = PAUSES;
        let settings = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECTING))
            .set_response_timeout(Some(ANSWERING))
            .set_min_delay(shortest)
            .set_max_delay(longest)
            .set_number_of_retries(2);
        let made = ConnectionManager::new_lazy_with_config(self.0.client.clone(), settings);
        let made = made.map_err(StoreError::unavailable)?;
        let connection = self.0.connection.get_or_init(|| made).clone();
        tokio::spawn(warn_of_eviction(connection.clone()));
        Ok(connection)
    }
}

/// Chooses the cryptography of TLS, if the program has not: rustls panics if several are compiled
/// in, and a dependency of the program can add one.
fn choose_cryptography(client: &Client) {
    let address = client.get_connection_info().addr();
    if matches!(address, ConnectionAddr::TcpTls { .. }) {
        // Fails if the program has chosen one.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

/// Warns if Redis may drop keys before they expire.
async fn warn_of_eviction(mut connection: ConnectionManager) {
    let memory: RedisResult<String> = redis::cmd("INFO")
        .arg("memory")
        .query_async(&mut connection)
        .await;
    let memory = memory.unwrap_or_default();
    let find = |name: &str| memory.lines().find_map(|line| line.strip_prefix(name));
    let policy = find("maxmemory_policy:").unwrap_or("noeviction");
    if policy != "noeviction" && find("maxmemory:") != Some("0") {
        tracing::warn!(
            policy,
            "Redis may evict keys before they expire, so that a used proof could be used again; set maxmemory-policy to noeviction"
        );
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL can have a password.
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}

/// The error in the URL of a Redis. It does not print the URL, which can have a password.
#[derive(Debug)]
#[non_exhaustive]
pub struct RedisUrlError;

impl fmt::Display for RedisUrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not the URL of a Redis")
    }
}

impl std::error::Error for RedisUrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_url_is_an_error_that_does_not_print_its_password() {
        let error = RedisStore::new("http://user:geheim@host").unwrap_err();
        assert_eq!(error.to_string(), "is not the URL of a Redis");
        assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
        let store = RedisStore::new("redis://user:geheim@127.0.0.1:1/0").unwrap();
        assert!(!format!("{store:?}").contains("geheim"), "{store:?}");
        assert!(RedisStore::new("rediss://host/0").is_ok());
    }
}
