//! Where an issuer answers questions: given, or found by its metadata, once for all who
//! wait for it.

use std::{
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};
use url::Url;

use super::{
    ClientAuthentication, Issuer,
    client::Client,
    discovery::{self, Absent},
    fetch::{FetchFault, Fetcher},
    reach::Reach,
};

/// How long a search may take.
const SEARCH: Duration = Duration::from_secs(10);

/// How long a search that failed is not repeated, and how long one is not whose answer
/// was that there is nothing to be found.
const PAUSE: Duration = Duration::from_secs(1);
const LONG_PAUSE: Duration = Duration::from_secs(60);

/// How old a place must be before a failure there makes us look for another.
const SETTLED: Duration = Duration::from_secs(60);

/// An endpoint of an issuer.
pub(super) struct Endpoint {
    /// The member of the issuer's metadata that names it.
    member: &'static str,
    issuer: Url,
    spellings: Vec<String>,
    reach: Reach,
    given: Option<Url>,
    fetcher: OnceLock<Fetcher>,
    /// One search at a time; it is no lock: what was found is behind the other one.
    turn: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<(Url, Instant)>,
    missed: Option<(Absent, Instant)>,
}

impl Issuer {
    /// The endpoint that the metadata names by this member, or the one that is `given`,
    /// and what shows there who asks.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, and what mends it.
    pub(super) fn asked(
        &self,
        member: &'static str,
        given: Option<&str>,
        client: &ClientAuthentication,
    ) -> Result<(Endpoint, Client), (&'static str, &'static str)> {
        let issuer = self.url().map_err(|reason| {
            let remedy =
                "write the issuer URL as its metadata spells it: https, or http on this machine";
            (reason, remedy)
        })?;
        let reach = self.reach(&issuer);
        let given = given.map(|text| self.location(text, reach)).transpose();
        let given = given.map_err(|reason| (reason, "give with_endpoint an absolute https URL"))?;
        let client = client.prepare(self.name()).map_err(|reason| {
            let remedy = "give the credentials that the provider shows for this server";
            (reason, remedy)
        })?;
        let endpoint = Endpoint {
            member,
            issuer,
            spellings: self.spellings().map(str::to_owned).collect(),
            reach,
            given,
            fetcher: OnceLock::new(),
            turn: Semaphore::new(1),
            state: Mutex::default(),
        };
        Ok((endpoint, client))
    }
}

impl Endpoint {
    /// The client, made when it is first needed.
    pub(super) fn fetcher(&self) -> Result<&Fetcher, FetchFault> {
        if let Some(fetcher) = self.fetcher.get() {
            return Ok(fetcher);
        }
        let fetcher = Fetcher::new(self.reach)?;
        Ok(self.fetcher.get_or_init(|| fetcher))
    }

    /// Where it is, looked up if that is not known.
    pub(super) async fn locate(&self) -> Result<Url, Absent> {
        if let Some(known) = self.known() {
            return known;
        }
        let _turn = self.turn.acquire().await;
        // Whoever had the turn before may have found it, or tried in vain just now.
        if let Some(known) = self.known() {
            return known;
        }
        let found = match timeout(SEARCH, self.search()).await {
            Ok(found) => found,
            Err(_) => Err(uncertain("its metadata: no complete answer came in time")),
        };
        let (mut state, now) = (self.state(), Instant::now());
        match &found {
            Ok(url) => (state.found, state.missed) = (Some((url.clone(), now)), None),
            Err(absent) => state.missed = Some((absent.clone(), now)),
        }
        found
    }

    /// Looks for another place next time, if this one has been known for long.
    pub(super) fn doubt(&self) {
        let mut state = self.state();
        state.found.take_if(|(_, since)| since.elapsed() >= SETTLED);
    }

    /// Why it is not known where it is, if it is not.
    pub(super) fn fault(&self) -> Option<Absent> {
        if self.given.is_some() || self.state().found.is_some() {
            return None;
        }
        let missed = self
            .state()
            .missed
            .as_ref()
            .map(|(absent, _)| absent.clone());
        Some(missed.unwrap_or_else(|| uncertain("its metadata was not asked yet")))
    }

    fn known(&self) -> Option<Result<Url, Absent>> {
        if let Some(url) = &self.given {
            return Some(Ok(url.clone()));
        }
        let state = self.state();
        if let Some((url, _)) = &state.found {
            return Some(Ok(url.clone()));
        }
        let (absent, since) = state.missed.as_ref()?;
        let pause = if absent.is_certain { LONG_PAUSE } else { PAUSE };
        (since.elapsed() < pause).then(|| Err(absent.clone()))
    }

    async fn search(&self) -> Result<Url, Absent> {
        let fetcher = self
            .fetcher()
            .map_err(|fault| uncertain(&fault.to_string()))?;
        let accepts = |issuer: &str| self.spellings.iter().any(|one| one == issuer);
        let url = discovery::find(self.member, fetcher, &self.issuer, accepts).await?;
        self.reach
            .permits_url(&url)
            .map_err(|reason| uncertain(&format!("its {}: {reason}", self.member)))?;
        Ok(url)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn uncertain(reason: &str) -> Absent {
    Absent {
        reason: reason.to_owned(),
        is_certain: false,
    }
}
