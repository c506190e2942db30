//! Where a key set comes from each time it is loaded.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use url::Url;

use super::{
    discovery,
    fetch::{FetchFault, Fetcher},
    key_set::KeySet,
    reach::Reach,
};

/// How long the place that the metadata named is used before it is asked for again.
const LOCATION_LASTS: Duration = Duration::from_secs(6 * 3600);

/// A future that a trait object can return.
pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Loads the key set of one issuer. Called by one task at a time.
pub(super) trait Source: Send + Sync + 'static {
    /// The keys, or why there are none, in words for the log.
    fn load(&self) -> Boxed<'_, Result<KeySet, String>>;
}

/// Loads over HTTP, from where the issuer's metadata says or from a URL that is known.
pub(super) struct Remote {
    pub(super) issuer: Url,
    /// Every spelling of the issuer that its metadata may have.
    pub(super) spellings: Vec<String>,
    pub(super) reach: Reach,
    pub(super) location: Location,
    pub(super) fetcher: OnceLock<Fetcher>,
}

/// Where the key set is.
pub(super) enum Location {
    /// At a URL that was configured.
    Known(Url),
    /// Where the metadata said, once it was asked.
    Discovered(Mutex<Option<(Url, Instant)>>),
}

impl Remote {
    /// The client, made when it is first needed: reading the machine's certificates
    /// takes time and can fail.
    fn fetcher(&self) -> Result<&Fetcher, FetchFault> {
        if let Some(fetcher) = self.fetcher.get() {
            return Ok(fetcher);
        }
        let fetcher = Fetcher::new(self.reach)?;
        Ok(self.fetcher.get_or_init(|| fetcher))
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let fetcher = self.fetcher().map_err(of_keys)?;
        let remembered = match &self.location {
            Location::Known(url) => return read(fetcher, url).await,
            Location::Discovered(remembered) => remembered,
        };
        // Taken out, and put back only when it has served: a key set that has moved is
        // found by the next attempt.
        let location = remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .filter(|(_, since)| since.elapsed() < LOCATION_LASTS);
        let (location, since) = match location {
            Some(location) => location,
            None => {
                let accepts = |issuer: &str| self.spellings.iter().any(|one| one == issuer);
                let found = discovery::find("jwks_uri", fetcher, &self.issuer, accepts)
                    .await
                    .map_err(|absent| absent.reason)?;
                (found, Instant::now())
            }
        };
        let keys = read(fetcher, &location).await?;
        *remembered.lock().unwrap_or_else(PoisonError::into_inner) = Some((location, since));
        Ok(keys)
    }
}

impl Source for Remote {
    fn load(&self) -> Boxed<'_, Result<KeySet, String>> {
        Box::pin(self.fetch())
    }
}

async fn read(fetcher: &Fetcher, location: &Url) -> Result<KeySet, String> {
    let document = fetcher.get(location).await.map_err(of_keys)?;
    KeySet::read(&document).map_err(str::to_owned)
}

fn of_keys(fault: FetchFault) -> String {
    format!("its key set: {fault}")
}
