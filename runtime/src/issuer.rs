//! One authorization server that is trusted: how it names itself, where its keys come
//! from, and what a token of it may look like.

use std::{
    fmt,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use url::Url;

use crate::error::Faults;

mod algorithm;
mod capped;
mod discovery;
mod fetch;
mod key;
mod key_set;
mod keys;
mod reach;
mod roca;
mod schedule;
mod source;

#[cfg(test)]
pub(crate) mod script;

pub use algorithm::Algorithm;
pub(crate) use capped::{Capped, Quoted};
#[cfg(feature = "development-issuer")]
pub(crate) use fetch::{FetchFault, Fetcher};
pub(crate) use key_set::KeySet;
pub(crate) use keys::{Keys, NoKeys};
pub(crate) use reach::Reach;

/// An authorization server whose access tokens are accepted.
///
/// The name is the issuer identifier (RFC 8414 §2) and is compared with `iss` character
/// for character: `https://as.example` and `https://as.example/` are two issuers.
///
/// ```
/// use toolgate::{Algorithm, Issuer};
///
/// let issuer = Issuer::new("https://as.example/tenant")
///     .with_algorithms([Algorithm::Es256])
///     .with_required_claim("jti");
/// assert_eq!(issuer.name(), "https://as.example/tenant");
/// ```
#[derive(Clone)]
pub struct Issuer {
    name: String,
    spellings: Vec<String>,
    origin: Origin,
    algorithms: Vec<Algorithm>,
    strict: bool,
    required: Vec<String>,
    private_addresses: bool,
    refresh_every: Duration,
    outage_limit: Duration,
}

/// Where an issuer's keys come from.
#[derive(Clone)]
enum Origin {
    Discovered,
    Url(String),
    Fixed(String),
}

impl Issuer {
    /// An issuer whose keys are found by its metadata: RFC 8414, then OpenID Connect
    /// Discovery. Over https, or over http on this machine.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            spellings: vec![name.clone()],
            name,
            origin: Origin::Discovered,
            algorithms: Algorithm::ALL.to_vec(),
            strict: false,
            required: Vec::new(),
            private_addresses: false,
            refresh_every: Duration::from_secs(600),
            outage_limit: Duration::from_secs(24 * 3600),
        }
    }

    /// Accepts a further spelling of `iss` for the same issuer with the same keys, for
    /// providers that name themselves in more than one way.
    #[must_use]
    pub fn with_spelling(mut self, iss: impl Into<String>) -> Self {
        self.spellings.push(iss.into());
        self
    }

    /// Takes the keys from this URL instead of asking the metadata where they are.
    #[must_use]
    pub fn with_jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.origin = Origin::Url(url.into());
        self
    }

    /// Takes the keys from this JWK Set (RFC 7517 §5), as JSON text. Nothing is fetched,
    /// and the keys never change.
    #[must_use]
    pub fn with_jwks(mut self, json: impl Into<String>) -> Self {
        self.origin = Origin::Fixed(json.into());
        self
    }

    /// Narrows the signature algorithms to these (RFC 8725 §3.1). All of
    /// [`Algorithm::ALL`] are accepted otherwise, each with keys of its own type alone.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts only what follows RFC 9068 to the letter: `typ` is `at+jwt`, and `aud`,
    /// `sub`, `client_id`, `iat` and `jti` are there (§2.1 and §2.2).
    #[must_use]
    pub fn with_strict_profile(mut self) -> Self {
        self.strict = true;
        self
    }

    /// Refuses tokens without this claim.
    #[must_use]
    pub fn with_required_claim(mut self, name: impl Into<String>) -> Self {
        self.required.push(name.into());
        self
    }

    /// Lets metadata and keys be fetched from private addresses, and through the proxy
    /// that the environment names. For an issuer inside one's own network.
    #[must_use]
    pub fn with_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// Sets how often the keys are loaded anew: after this time at the latest a
    /// withdrawn key is refused. Ten minutes by default, ten seconds at least.
    #[must_use]
    pub fn with_refresh_every(mut self, interval: Duration) -> Self {
        self.refresh_every = interval.max(Duration::from_secs(10));
        self
    }

    /// Sets how long the last good keys are used while the issuer cannot be reached.
    /// A day by default, and no shorter than the time between two loads.
    #[must_use]
    pub fn with_outage_limit(mut self, limit: Duration) -> Self {
        self.outage_limit = limit;
        self
    }

    /// The issuer identifier.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Every spelling of `iss` that is accepted, the name first.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        self.spellings.iter().map(String::as_str)
    }

    pub(crate) fn accepts(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    pub(crate) fn required(&self) -> &[String] {
        &self.required
    }

    /// The keys of this issuer, not loaded yet; or what is wrong with its settings.
    pub(crate) fn keys(&self, faults: &mut Faults) -> Option<Arc<Keys>> {
        let named = format!("the issuer {:?}", self.name);
        if self.algorithms.is_empty() {
            faults.add(
                format!("{named} has no signature algorithm"),
                "name at least one in with_algorithms",
            );
        }
        if self.spellings.iter().any(String::is_empty) {
            faults.add(
                format!("{named} has an empty name"),
                "write the issuer URL as its metadata spells it",
            );
        }
        let location = match &self.origin {
            Origin::Fixed(json) => return self.fixed(json, faults),
            Origin::Discovered => None,
            Origin::Url(url) => Some(url),
        };
        let issuer = match self.url() {
            Ok(url) => url,
            Err(reason) => {
                faults.add(
                    format!("{named} cannot be asked for its keys: {reason}"),
                    "write the issuer URL as its metadata spells it: https, or http on this machine, \
                     without query or fragment (TOOLGATE_AUTHORIZATION_SERVERS); for one inside your own \
                     network allow private addresses",
                );
                return None;
            }
        };
        let reach = self.reach(&issuer);
        let location = match location.map(|text| self.location(text, reach)).transpose() {
            Ok(None) => source::Location::Discovered(Mutex::default()),
            Ok(Some(url)) => source::Location::Known(url),
            Err(reason) => {
                faults.add(
                    format!("the key set of {named} cannot be fetched: {reason}"),
                    "give with_jwks_uri an absolute https URL",
                );
                return None;
            }
        };
        let source = source::Remote {
            issuer,
            spellings: self.spellings.clone(),
            reach,
            location,
            fetcher: OnceLock::new(),
        };
        let lifetime = keys::Lifetime {
            refresh_every: self.refresh_every,
            outage_limit: self.outage_limit.max(self.refresh_every),
        };
        Some(Keys::loaded_from(source, self.name.clone(), lifetime))
    }

    fn fixed(&self, json: &str, faults: &mut Faults) -> Option<Arc<Keys>> {
        let set = match KeySet::read(json.as_bytes()) {
            Ok(set) if set.len() > 0 => Ok(set),
            Ok(set) => Err(set
                .oddities()
                .unwrap_or_else(|| "it has no key for signatures".to_owned())),
            Err(reason) => Err(reason.to_owned()),
        };
        match set {
            Ok(set) => Some(Keys::fixed(self.name.clone(), set)),
            Err(reason) => {
                faults.add(
                    format!(
                        "the key set given for the issuer {:?} is of no use: {reason}",
                        self.name
                    ),
                    "give with_jwks a JWK Set with a public key for signatures",
                );
                None
            }
        }
    }

    /// RFC 8414 §2: an issuer identifier has no query and no fragment.
    fn url(&self) -> Result<Url, &'static str> {
        let url = Url::parse(&self.name).map_err(|_| "it is not a URL")?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("its URL has a query or a fragment");
        }
        self.reach(&url).permits_url(&url)?;
        Ok(url)
    }

    fn location(&self, text: &str, reach: Reach) -> Result<Url, &'static str> {
        let url = Url::parse(text).map_err(|_| "it is not a URL")?;
        reach.permits_url(&url)?;
        Ok(url)
    }

    fn reach(&self, issuer: &Url) -> Reach {
        match self.private_addresses {
            true => Reach::Anywhere,
            false if reach::is_loopback(issuer) => Reach::ThisMachine,
            false => Reach::Public,
        }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not where the keys come from: a URL can have a secret in its query.
        f.debug_struct("Issuer")
            .field("spellings", &self.spellings)
            .field("algorithms", &self.algorithms)
            .field("strict", &self.strict)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
