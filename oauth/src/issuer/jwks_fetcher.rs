//! The JWKS fetcher: loads a key set from its source.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use url::Url;

use super::{
    discovery,
    http_fetcher::{FetchError, HttpFetcher},
    jwks::Jwks,
};

/// How long a discovered URL is used before it is discovered again.
const LOCATION_LASTS: Duration = Duration::from_secs(6 * 3600);

/// A future that a method of a trait object can return.
pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Loads the key set of one issuer. Only one task calls it at a time.
pub(super) trait FetchJwks: Send + Sync + 'static {
    /// Loads the keys, or returns the reason for the log.
    fn load(&self) -> Boxed<'_, Result<Jwks, String>>;
}

/// Loads over HTTP, from a discovered or a configured URL.
pub(super) struct JwksFetcher {
    pub(super) issuer: Url,
    /// Every spelling of the issuer that is accepted in its metadata.
    pub(super) spellings: Vec<String>,
    pub(super) location: Location,
    pub(super) fetcher: HttpFetcher,
}

/// The URL of the key set.
pub(super) enum Location {
    /// The configured URL.
    Known(Url),
    /// The URL from the metadata, once it is discovered.
    Discovered(Mutex<Option<(Url, Instant)>>),
}

impl JwksFetcher {
    async fn fetch(&self) -> Result<Jwks, String> {
        let fetcher = &self.fetcher;
        let remembered = match &self.location {
            Location::Known(url) => return load_keys(fetcher, url).await,
            Location::Discovered(remembered) => remembered,
        };
        // Taken out, and restored only after a successful load, so that the next attempt
        // discovers a key set that has moved.
        let location = remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .filter(|(_, since)| since.elapsed() < LOCATION_LASTS);
        let (location, since) = match location {
            Some(location) => location,
            None => {
                let accepts = |issuer: &str| self.spellings.iter().any(|one| one == issuer);
                let found = discovery::find_url("jwks_uri", fetcher, &self.issuer, accepts)
                    .await
                    .map_err(|absent| absent.reason)?;
                (found, Instant::now())
            }
        };
        let keys = load_keys(fetcher, &location).await?;
        *remembered.lock().unwrap_or_else(PoisonError::into_inner) = Some((location, since));
        Ok(keys)
    }
}

impl FetchJwks for JwksFetcher {
    fn load(&self) -> Boxed<'_, Result<Jwks, String>> {
        Box::pin(self.fetch())
    }
}

async fn load_keys(fetcher: &HttpFetcher, location: &Url) -> Result<Jwks, String> {
    let document = fetcher.get(location).await.map_err(key_set_error)?;
    Jwks::parse(&document).map_err(str::to_owned)
}

fn key_set_error(error: FetchError) -> String {
    format!("its key set: {error}")
}
