//! A trusted authorization server: its identifier, the source of its keys, and the rules for
//! its tokens.

use std::{fmt, time::Duration};

use url::Url;

use super::{
    Algorithm, Introspection, Provider,
    egress_policy::{EgressPolicy, normalized_host},
};
use crate::{claims::ClaimMapping, loopback::is_loopback_url};

mod claim_settings;
mod provider_rules;
#[cfg(test)]
mod tests;

/// The source of an issuer's keys.
#[derive(Clone)]
pub(super) enum KeySource {
    /// The URL in the issuer's metadata.
    Discovered,
    /// This URL.
    Url(String),
    /// This JWK Set.
    Fixed(String),
}

/// An authorization server whose access tokens are accepted.
///
/// The name is the issuer identifier (RFC 8414 §2) and is compared with `iss` character by
/// character: `https://as.example` and `https://as.example/` are two issuers.
///
/// ```
/// use toolgate::issuer::{Algorithm, Issuer};
///
/// let issuer = Issuer::new("https://as.example/tenant")
///     .with_algorithms([Algorithm::Es256])
///     .with_required_claim("jti");
/// assert_eq!(issuer.name(), "https://as.example/tenant");
/// ```
#[derive(Clone)]
#[doc(alias = "TrustedIssuer")]
#[doc(alias = "PKCE")]
pub struct Issuer {
    name: String,
    spellings: Vec<String>,
    key_source: KeySource,
    algorithms: Vec<Algorithm>,
    strict: bool,
    required: Vec<String>,
    required_one_of: &'static [&'static [&'static str]],
    required_values: Vec<(String, String)>,
    single_audience: bool,
    claim_mapping: ClaimMapping,
    /// Whether `with_role_claim` has replaced the provider's places of roles.
    has_own_role_claims: bool,
    introspection: Option<Introspection>,
    private_hosts: Vec<String>,
    /// May contain a password.
    proxy: Option<String>,
    refresh_every: Duration,
    outage_limit: Duration,
}

impl Issuer {
    /// Builds an issuer whose keys are discovered from its metadata: RFC 8414, then OpenID
    /// Connect Discovery. The URL uses https, or http on loopback.
    ///
    /// If the URL identifies a provider ([`Provider::recognized`]), the rules of that provider
    /// apply. [`Issuer::for_provider`] names the provider instead.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self::for_provider(Provider::recognized(&name), name)
    }

    /// Builds an issuer of this provider, independently of its URL: for a provider under a custom
    /// domain, or [`Provider::Generic`] for none of the rules of a provider.
    #[must_use]
    pub fn for_provider(provider: Provider, name: impl Into<String>) -> Self {
        provider_rules::apply(provider, Self::generic(name.into()))
    }

    fn generic(name: String) -> Self {
        Self {
            spellings: vec![name.clone()],
            name,
            key_source: KeySource::Discovered,
            algorithms: Algorithm::ALL.to_vec(),
            strict: false,
            required: Vec::new(),
            required_one_of: &[],
            required_values: Vec::new(),
            single_audience: false,
            claim_mapping: ClaimMapping::default(),
            has_own_role_claims: false,
            introspection: None,
            private_hosts: Vec::new(),
            proxy: None,
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
        self.key_source = KeySource::Url(url.into());
        self
    }

    /// Uses the keys of this JWK Set (RFC 7517 §5), given as JSON text. Nothing is fetched,
    /// and the keys never change.
    #[must_use]
    pub fn with_jwks(mut self, json: impl Into<String>) -> Self {
        self.key_source = KeySource::Fixed(json.into());
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

    /// Enables introspection at the issuer (RFC 7662): of tokens that are not JWTs and, if
    /// the [`Introspection`] says so, of JWTs too.
    #[must_use]
    pub fn with_introspection(mut self, introspection: Introspection) -> Self {
        self.introspection = Some(introspection);
        self
    }

    /// Lets requests for this issuer's documents connect to private addresses of this host (a
    /// name or an IP address, without a port): for an issuer inside your own network. They use
    /// https, or http on loopback. Link-local addresses stay refused.
    ///
    /// ```
    /// use toolgate::issuer::Issuer;
    ///
    /// // Clients reach the issuer at a public address, and this server at a private one.
    /// let issuer = Issuer::new("https://login.example.com/realms/mcp")
    ///     .with_jwks_uri("https://keycloak.internal/realms/mcp/protocol/openid-connect/certs")
    ///     .with_private_host("keycloak.internal");
    /// ```
    #[must_use]
    pub fn with_private_host(mut self, host: impl Into<String>) -> Self {
        self.private_hosts.push(host.into());
        self
    }

    /// Sends requests for this issuer's documents through this HTTP proxy, unless the issuer is
    /// on loopback. The proxy's checks of addresses then replace those of this server. Proxies of
    /// the environment (`HTTPS_PROXY`) are never used.
    #[must_use]
    pub fn with_proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
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

    /// Returns the host of the issuer's URL.
    #[doc(hidden)]
    pub fn host(&self) -> Option<String> {
        Some(Url::parse(&self.name).ok()?.host_str()?.to_owned())
    }

    #[doc(hidden)]
    pub fn has_proxy(&self) -> bool {
        self.proxy.is_some()
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

    #[doc(hidden)]
    pub fn claim_mapping(&self) -> &ClaimMapping {
        &self.claim_mapping
    }

    /// The prefix of scopes at this issuer that this server does not use.
    #[doc(hidden)]
    pub fn scope_prefix(&self) -> &str {
        self.claim_mapping
            .scope_prefixes
            .first()
            .map_or("", String::as_str)
    }

    #[doc(hidden)]
    pub fn introspection(&self) -> Option<&Introspection> {
        self.introspection.as_ref()
    }

    /// Returns whether `iss` names this issuer, compared character by character.
    #[doc(hidden)]
    pub fn is_spelled(&self, iss: &str) -> bool {
        self.spellings.iter().any(|spelling| spelling == iss)
    }

    pub(super) fn key_source(&self) -> &KeySource {
        &self.key_source
    }

    pub(super) fn has_algorithms(&self) -> bool {
        !self.algorithms.is_empty()
    }

    /// Returns how often the keys are reloaded, and how long they are used during an outage.
    pub(super) fn key_lifetime(&self) -> (Duration, Duration) {
        let outage_limit = self.outage_limit.max(self.refresh_every);
        (self.refresh_every, outage_limit)
    }

    /// Returns the URL of the issuer and the addresses that its documents may come from. RFC
    /// 8414 §2: an issuer identifier has no query and no fragment.
    pub(super) fn url(&self) -> Result<(Url, EgressPolicy), &'static str> {
        let url = Url::parse(&self.name).map_err(|_| "it is not a URL")?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err("its URL has a query or a fragment");
        }
        let loopback = is_loopback_url(&url);
        let hosts = self.private_hosts.iter().map(|host| normalized_host(host));
        let hosts: Option<_> = hosts.collect();
        let proxy = self.proxy.as_deref().filter(|_| !loopback);
        let proxy = proxy.map(Url::parse).transpose().ok();
        let proxy = proxy.filter(|proxy| proxy.as_ref().is_none_or(is_web_url));
        let proxy = proxy.ok_or("with_proxy needs the http or https URL of a proxy")?;
        let egress = EgressPolicy {
            loopback,
            private_hosts: hosts
                .ok_or("with_private_host needs a name or an address without a port")?,
            proxy,
        };
        egress.permits_url(&url)?;
        Ok((url, egress))
    }

    /// Like `url`, with the fix for the error.
    pub(super) fn url_or_fix(&self) -> Result<(Url, EgressPolicy), (&'static str, &'static str)> {
        self.url().map_err(|reason| {
            let fix = "write the issuer URL exactly as in its metadata: https, or http on loopback";
            (reason, fix)
        })
    }
}

fn is_web_url(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// Like [`Issuer::new`].
impl From<&str> for Issuer {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// Like [`Issuer::new`].
impl From<String> for Issuer {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The source of the keys is left out: a URL can have a secret in its query.
        f.debug_struct("Issuer")
            .field("spellings", &self.spellings)
            .field("algorithms", &self.algorithms)
            .field("strict", &self.strict)
            .field("required", &self.required)
            .field("introspection", &self.introspection)
            .finish_non_exhaustive()
    }
}
