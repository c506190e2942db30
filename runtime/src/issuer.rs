//! A trusted authorization server: its identifier, the source of its keys, and the rules for
//! its tokens.

use std::{borrow::Cow, fmt, time::Duration};

use crate::claims::ClaimMapping;

mod algorithm;
mod client_authentication;
mod discovery;
mod egress_policy;
mod endpoint_resolver;
mod http_fetcher;
mod introspection_client;
mod introspection_settings;
mod jwks;
mod jwks_cache;
mod jwks_fetcher;
mod key_location;
mod provider;
mod public_key;
mod refresh_policy;
mod roca;
mod token_exchange_client;
mod upstream;

#[cfg(test)]
pub(crate) mod scripted_fetcher;

pub use algorithm::Algorithm;
pub use client_authentication::ClientAuthentication;
#[cfg(any(test, fuzzing))]
pub(crate) use discovery::fuzzed;
#[cfg(feature = "development-issuer")]
pub(crate) use egress_policy::EgressPolicy;
#[cfg(feature = "development-issuer")]
pub(crate) use http_fetcher::{FetchError, HttpFetcher};
pub(crate) use introspection_client::{IntrospectionClient, IntrospectionError};
pub use introspection_settings::Introspection;
pub(crate) use introspection_settings::JwtHandling;
pub(crate) use jwks::Jwks;
pub(crate) use jwks_cache::{JwksCache, JwksError};
pub use provider::Provider;
pub(crate) use public_key::PublicKey;
pub use token_exchange_client::{ExchangeError, ExchangeErrorKind};
pub(crate) use token_exchange_client::{Exchanged, TokenExchangeClient};
pub use upstream::Upstream;

use key_location::Origin;

/// An authorization server whose access tokens are accepted.
///
/// The name is the issuer identifier (RFC 8414 §2) and is compared with `iss` character by
/// character: `https://as.example` and `https://as.example/` are two issuers.
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
    reading: ClaimMapping,
    introspection: Option<Introspection>,
    private_addresses: bool,
    refresh_every: Duration,
    outage_limit: Duration,
}

impl Issuer {
    /// Builds an issuer whose keys are discovered from its metadata: RFC 8414, then OpenID
    /// Connect Discovery. The URL uses https, or http on loopback.
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
            reading: ClaimMapping::default(),
            introspection: None,
            private_addresses: false,
            refresh_every: Duration::from_secs(600),
            outage_limit: Duration::from_secs(24 * 3600),
        }
    }

    /// Accepts a further spelling of `iss` for the same issuer and keys, for providers that
    /// use several.
    #[must_use]
    pub fn with_spelling(mut self, iss: impl Into<String>) -> Self {
        self.spellings.push(iss.into());
        self
    }

    /// Loads the keys from this URL instead of the one in the metadata.
    #[must_use]
    pub fn with_jwks_uri(mut self, url: impl Into<String>) -> Self {
        self.origin = Origin::Url(url.into());
        self
    }

    /// Uses the keys of this JWK Set (RFC 7517 §5), given as JSON text. Nothing is fetched,
    /// and the keys never change.
    #[must_use]
    pub fn with_jwks(mut self, json: impl Into<String>) -> Self {
        self.origin = Origin::Fixed(json.into());
        self
    }

    /// Restricts the signature algorithms (RFC 8725 §3.1). By default all of
    /// [`Algorithm::ALL`] are accepted, each only with keys of its own type.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts only tokens that follow RFC 9068 strictly: `typ` is `at+jwt`, and `aud`,
    /// `sub`, `client_id`, `iat` and `jti` are present (§2.1 and §2.2).
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

    /// Refuses tokens in which this claim is not exactly this string, such as the token type,
    /// or the tenant of a provider that serves many.
    #[must_use]
    pub fn with_required_value(
        mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.required_values.push((name.into(), value.into()));
        self
    }

    /// Refuses tokens with more than one audience (RFC 7519 §4.1.3): every other audience of
    /// such a token could replay it here.
    #[must_use]
    pub fn with_single_audience(mut self) -> Self {
        self.single_audience = true;
        self
    }

    /// Reads scopes from the first of these claims that is present, and from no other, as a
    /// space-separated string or an array of strings. The default is `scope`, `scp` and
    /// `scopes`.
    #[must_use]
    pub fn with_scope_claims(
        mut self,
        names: impl IntoIterator<Item = impl Into<Cow<'static, str>>>,
    ) -> Self {
        self.reading.scopes = names.into_iter().map(Into::into).collect();
        self
    }

    /// Removes this prefix from scopes, for a provider that prepends the resource: with
    /// `api://news/`, a token's `api://news/read` becomes `read`. Scopes without the prefix
    /// are unchanged. If this is the first issuer, its first prefix is added to the scopes in
    /// `scopes_supported` and in challenges, because clients must request the scopes as the
    /// issuer names them.
    #[must_use]
    pub fn with_scope_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.reading.scope_prefixes.push(prefix.into());
        self
    }

    /// Reads the audience from this claim if a token has no `aud`, for a provider that puts
    /// it elsewhere. The value must still be an accepted audience.
    #[must_use]
    pub fn with_audience_claim(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.reading.audience.push(name.into());
        self
    }

    /// Reads the client from this claim if a token has neither `client_id` nor `azp`.
    #[must_use]
    pub fn with_client_claim(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.reading.client.push(name.into());
        self
    }

    /// Enables introspection at the issuer (RFC 7662): of tokens that are not JWTs and, if
    /// the [`Introspection`] says so, of JWTs too.
    #[must_use]
    pub fn with_introspection(mut self, introspection: Introspection) -> Self {
        self.introspection = Some(introspection);
        self
    }

    /// Allows metadata and keys to be fetched from private addresses, and through the proxy
    /// that the environment sets. For an issuer inside your own network.
    #[must_use]
    pub fn with_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// Sets how often the keys are reloaded. A withdrawn key is refused after this time at
    /// the latest. The default is ten minutes, the minimum ten seconds.
    #[must_use]
    pub fn with_refresh_every(mut self, interval: Duration) -> Self {
        self.refresh_every = interval.max(Duration::from_secs(10));
        self
    }

    /// Sets how long the last good keys are used while the issuer cannot be reached. The
    /// default is one day, the minimum the refresh interval.
    #[must_use]
    pub fn with_outage_limit(mut self, limit: Duration) -> Self {
        self.outage_limit = limit;
        self
    }

    /// Returns the issuer identifier.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns every accepted spelling of `iss`, the name first.
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

    /// Lists of claims: a token must have at least one claim of each list.
    pub(crate) fn required_one_of(&self) -> &'static [&'static [&'static str]] {
        self.required_one_of
    }

    pub(crate) fn required_values(&self) -> &[(String, String)] {
        &self.required_values
    }

    pub(crate) fn has_single_audience(&self) -> bool {
        self.single_audience
    }

    pub(crate) fn reading(&self) -> &ClaimMapping {
        &self.reading
    }

    /// The prefix of scopes at this issuer that this server does not use.
    pub(crate) fn scope_prefix(&self) -> &str {
        self.reading
            .scope_prefixes
            .first()
            .map_or("", String::as_str)
    }

    pub(crate) fn introspection(&self) -> Option<&Introspection> {
        self.introspection.as_ref()
    }

    /// Returns whether `iss` names this issuer, compared character by character.
    pub(crate) fn is_spelled(&self, iss: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling == iss)
    }
}

/// Builds an issuer of the provider that its URL belongs to ([`Provider::recognized`]).
impl From<&str> for Issuer {
    fn from(name: &str) -> Self {
        Self::of(Provider::recognized(name), name)
    }
}

/// Builds an issuer of the provider that its URL belongs to ([`Provider::recognized`]).
impl From<String> for Issuer {
    fn from(name: String) -> Self {
        Self::from(&*name)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The origin of the keys is left out: a URL can have a secret in its query.
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
