//! Resolves an endpoint of an issuer: configured, or discovered once for all waiting callers.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, timeout};
use url::Url;

use super::{
    ClientAuthentication, Issuer,
    client_authentication::Client,
    discovery::{self, MissingMetadata},
    http_fetcher::HttpFetcher,
};
use crate::single_flight::SingleFlight;

/// The time limit of discovery.
const SEARCH: Duration = Duration::from_secs(10);

/// The pauses after a discovery that failed, and after one that found that the endpoint does
/// not exist.
const PAUSE: Duration = Duration::from_secs(1);
const LONG_PAUSE: Duration = Duration::from_secs(60);

/// The minimum age of a discovered URL before a failure there starts a new discovery.
const SETTLED: Duration = Duration::from_secs(60);

/// An endpoint of an issuer.
pub(super) struct EndpointResolver {
    /// The member of the issuer's metadata that names the endpoint.
    member: &'static str,
    issuer: Url,
    spellings: Vec<String>,
    given: Option<Url>,
    fetcher: HttpFetcher,
    discoveries: SingleFlight<(), Result<Url, MissingMetadata>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<(Url, Instant)>,
    missed: Option<(MissingMetadata, Instant)>,
}

impl EndpointResolver {
    /// Builds the resolver of the endpoint in this member of an issuer's metadata, or of the
    /// `given` one, with the client authentication to use there.
    ///
    /// # Errors
    ///
    /// The error in the settings, and its fix.
    pub(super) fn new(
        issuer: &Issuer,
        member: &'static str,
        given: Option<&str>,
        client: &ClientAuthentication,
    ) -> Result<(Self, Client), (&'static str, &'static str)> {
        let (url, egress) = issuer.url_or_fix()?;
        let given = given.map(|text| egress.parse_url(text)).transpose();
        let given =
            given.map_err(|reason| (reason, "pass an absolute https URL to with_endpoint"))?;
        let client = client.validate(issuer.name()).map_err(|reason| {
            let fix = "use the client credentials that the provider issued for this server";
            (reason, fix)
        })?;
        let endpoint = Self {
            member,
            issuer: url,
            spellings: issuer.spellings().map(str::to_owned).collect(),
            given,
            fetcher: HttpFetcher::new(egress),
            discoveries: SingleFlight::default(),
            state: Mutex::default(),
        };
        Ok((endpoint, client))
    }

    /// The HTTP client for the endpoint.
    pub(super) fn fetcher(&self) -> &HttpFetcher {
        &self.fetcher
    }

    /// Returns the URL of the endpoint, and discovers it if necessary.
    pub(super) async fn locate(&self) -> Result<Url, MissingMetadata> {
        let discovery = self.discover();
        self.discoveries
            .known_or_run((), || self.known(), discovery)
            .await
    }

    /// Discovers the URL and records the result.
    async fn discover(&self) -> Result<Url, MissingMetadata> {
        let found = match timeout(SEARCH, self.search()).await {
            Ok(found) => found,
            Err(_) => Err(uncertain("its metadata: no complete answer in time")),
        };
        let (mut state, now) = (self.state(), Instant::now());
        match &found {
            Ok(url) => (state.found, state.missed) = (Some((url.clone(), now)), None),
            Err(absent) => state.missed = Some((absent.clone(), now)),
        }
        found
    }

    /// Forgets a discovered URL if it is old, so that the next call discovers it again.
    pub(super) fn forget_if_old(&self) {
        let mut state = self.state();
        state.found.take_if(|(_, since)| since.elapsed() >= SETTLED);
    }

    /// Returns why the URL is not known, or `None` if it is.
    pub(super) fn missing(&self) -> Option<MissingMetadata> {
        if self.given.is_some() || self.state().found.is_some() {
            return None;
        }
        let missed = self
            .state()
            .missed
            .as_ref()
            .map(|(absent, _)| absent.clone());
        Some(missed.unwrap_or_else(|| uncertain("its metadata is not loaded yet")))
    }

    fn known(&self) -> Option<Result<Url, MissingMetadata>> {
        if let Some(url) = &self.given {
            return Some(Ok(url.clone()));
        }
        let state = self.state();
        if let Some((url, _)) = &state.found {
            return Some(Ok(url.clone()));
        }
        let (absent, since) = state.missed.as_ref()?;
        let pause = if absent.not_offered {
            LONG_PAUSE
        } else {
            PAUSE
        };
        (since.elapsed() < pause).then(|| Err(absent.clone()))
    }

    async fn search(&self) -> Result<Url, MissingMetadata> {
        let accepts = |issuer: &str| self.spellings.iter().any(|one| one == issuer);
        let url = discovery::find_url(self.member, &self.fetcher, &self.issuer, accepts).await?;
        self.fetcher
            .egress()
            .permits_url(&url)
            .map_err(|reason| uncertain(&format!("its {}: {reason}", self.member)))?;
        Ok(url)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent at all times, so a poisoned lock is safe.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uncertain(reason: &str) -> MissingMetadata {
    MissingMetadata {
        reason: reason.to_owned(),
        not_offered: false,
    }
}
