//! One authorization server that is trusted: how it names itself, where its keys come
//! from, and what a token of it may look like.

use std::{borrow::Cow, fmt, time::Duration};

use crate::claims::Reading;

mod algorithm;
mod capped;
mod client;
mod discovery;
mod endpoint;
mod exchanger;
mod fetch;
mod introspection;
mod introspector;
mod key;
mod key_set;
mod keys;
mod origin;
mod provider;
mod reach;
mod roca;
mod schedule;
mod source;
mod upstream;

#[cfg(test)]
pub(crate) mod script;

pub use algorithm::Algorithm;
pub(crate) use capped::{Capped, Quoted};
pub use client::ClientAuthentication;
#[cfg(any(test, fuzzing))]
pub(crate) use discovery::fuzzed;
pub use exchanger::{ExchangeError, ExchangeErrorKind};
pub(crate) use exchanger::{Exchanged, Exchanger};
#[cfg(feature = "development-issuer")]
pub(crate) use fetch::{FetchFault, Fetcher};
pub use introspection::Introspection;
pub(crate) use introspection::Jwts;
pub(crate) use introspector::{Introspector, Unanswered};
pub(crate) use key::PublicKey;
pub(crate) use key_set::KeySet;
pub(crate) use keys::{Keys, NoKeys};
pub use provider::Provider;
#[cfg(feature = "development-issuer")]
pub(crate) use reach::{Reach, is_loopback};
pub use upstream::Upstream;

use origin::Origin;

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
    required_one_of: &'static [&'static [&'static str]],
    required_values: Vec<(String, String)>,
    single_audience: bool,
    reading: Reading,
    introspection: Option<Introspection>,
    private_addresses: bool,
    refresh_every: Duration,
    outage_limit: Duration,
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
            required_one_of: &[],
            required_values: Vec::new(),
            single_audience: false,
            reading: Reading::default(),
            introspection: None,
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

    /// Refuses tokens in which this claim is not this very text: the kind of a token, or
    /// the one tenant of a provider that serves many.
    #[must_use]
    pub fn with_required_value(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.required_values.push((name.into(), value.into()));
        self
    }

    /// Refuses tokens whose audience is more than one (RFC 7519 §4.1.3): each of the others
    /// that such a token is for could use it here.
    #[must_use]
    pub fn with_single_audience(mut self) -> Self {
        self.single_audience = true;
        self
    }

    /// Reads scopes from the first of these claims that is there, and from no other, as a
    /// string with spaces or an array of strings. By default these are `scope`, `scp` and
    /// `scopes`.
    #[must_use]
    pub fn with_scope_claims(
        mut self,
        names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
    ) -> Self {
        self.reading.scopes = names.into_iter().map(Into::into).collect();
        self
    }

    /// Takes this off the beginning of scopes, for a provider that puts the resource
    /// before them: with `api://news/` a token's `api://news/read` is `read`. Scopes that
    /// begin otherwise stay as they are. The first that is set stands before the scopes
    /// that clients are told to ask for, if this issuer is the first: what
    /// `scopes_supported` and challenges name is what the issuer knows.
    #[must_use]
    pub fn with_scope_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.reading.scope_prefixes.push(prefix.into());
        self
    }

    /// Takes the audience from this claim where a token has no `aud`, for a provider that
    /// says in another one whom a token is for. What it says must still be an accepted
    /// audience.
    #[must_use]
    pub fn with_audience_claim(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.reading.audience.push(name.into());
        self
    }

    /// Takes the client from this claim where a token has neither `client_id` nor `azp`.
    #[must_use]
    pub fn with_client_claim(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.reading.client.push(name.into());
        self
    }

    /// Asks the issuer about tokens (RFC 7662): about those that are no JWTs and, if the
    /// [`Introspection`] says so, about JWTs too.
    #[must_use]
    pub fn with_introspection(mut self, introspection: Introspection) -> Self {
        self.introspection = Some(introspection);
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

    /// Lists of claims, of each of which a token must have one.
    pub(crate) fn required_one_of(&self) -> &'static [&'static [&'static str]] {
        self.required_one_of
    }

    pub(crate) fn required_values(&self) -> &[(String, String)] {
        &self.required_values
    }

    pub(crate) fn has_single_audience(&self) -> bool {
        self.single_audience
    }

    pub(crate) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// What scopes begin with at this issuer and not here.
    pub(crate) fn scope_prefix(&self) -> &str {
        self.reading
            .scope_prefixes
            .first()
            .map_or("", String::as_str)
    }

    pub(crate) fn introspection(&self) -> Option<&Introspection> {
        self.introspection.as_ref()
    }

    /// Whether `iss` names this issuer, character for character.
    pub(crate) fn is_spelled(&self, iss: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling == iss)
    }
}

/// An issuer of the provider to whom its address belongs ([`Provider::recognized`]).
impl From<&str> for Issuer {
    fn from(name: &str) -> Self {
        Self::of(Provider::recognized(name), name)
    }
}

/// An issuer of the provider to whom its address belongs ([`Provider::recognized`]).
impl From<String> for Issuer {
    fn from(name: String) -> Self {
        Self::from(&*name)
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
            .field("introspection", &self.introspection)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
