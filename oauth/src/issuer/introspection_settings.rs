//! The settings of introspection (RFC 7662).

use std::{fmt, time::Duration};

use super::ClientAuthentication;

/// How long an answer is cached by default.
const KEEP: Duration = Duration::from_secs(60);

/// The introspection of tokens at their issuer: for opaque tokens, and for JWTs that must be
/// refused as soon as they are revoked.
///
/// The issuer's answer is validated like the claims of a JWT: issuer, audience and time. An
/// answer without `iss` counts as this issuer's; one without `exp` is refused.
///
/// ```
/// use std::time::Duration;
/// use toolgate::issuer::{ClientAuthentication, Introspection, Issuer};
///
/// let client = ClientAuthentication::basic("news-server", "s3cr3t");
/// let issuer = Issuer::new("https://as.example")
///     .with_introspection(Introspection::new(client).with_cache(Duration::from_secs(20)));
/// ```
#[derive(Clone)]
pub struct Introspection {
    client: ClientAuthentication,
    endpoint: Option<String>,
    keep: Duration,
    prefix: String,
    jwts: JwtHandling,
    missing_audience: Option<String>,
    optional: bool,
    dialect: IntrospectionDialect,
}

/// How JWTs are validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JwtHandling {
    /// By signature.
    Verified,
    /// By signature, and then by introspection, which detects revoked tokens.
    VerifiedAndIntrospected,
    /// By introspection only, without keys.
    Introspected,
}

/// The protocol of introspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IntrospectionDialect {
    /// RFC 7662.
    Standard,
    /// Google's `tokeninfo`: the token as `access_token`, no `active`, 400 for an invalid
    /// token, and numbers as strings.
    TokenInfo,
}

impl Introspection {
    /// Introspects tokens that are not JWTs, as this client, at the endpoint in the issuer's
    /// metadata (`introspection_endpoint`, RFC 8414 §2).
    #[must_use]
    pub fn new(client: ClientAuthentication) -> Self {
        Self {
            client,
            endpoint: None,
            keep: KEEP,
            prefix: String::new(),
            jwts: JwtHandling::Verified,
            missing_audience: None,
            optional: false,
            dialect: IntrospectionDialect::Standard,
        }
    }

    /// Uses this URL instead of the one in the metadata.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Sets how long a positive answer is cached, which is how long a revoked token can still
    /// be accepted. The default is one minute; zero introspects each request. An answer is
    /// never used after the token expires, nor for more than a day. Negative answers are not
    /// cached.
    #[must_use]
    pub fn with_cache(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// Introspects only tokens with this prefix. Required if several issuers have opaque
    /// tokens: nothing else identifies the issuer of such a token, and a token must not be
    /// sent to another issuer.
    #[must_use]
    pub fn with_token_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Introspects JWTs too, after their signature is verified, so that a revoked token is
    /// refused when the cached answer expires.
    #[must_use]
    pub fn with_jwts(mut self) -> Self {
        self.jwts = JwtHandling::VerifiedAndIntrospected;
        self
    }

    /// Introspects JWTs instead of verifying them. The issuer's keys are never loaded.
    #[must_use]
    pub fn without_jwks(mut self) -> Self {
        self.jwts = JwtHandling::Introspected;
        self
    }

    /// Treats an answer without `aud` as if it had this audience.
    ///
    /// **Dangerous.** A token that the issuer issued for any other resource is then accepted
    /// here too: the operator of that resource can call this server in the name of its users
    /// (RFC 9700 §2.3). Only for an issuer that serves no other resource.
    #[must_use]
    pub fn dangerous_missing_audience_means(mut self, audience: impl Into<String>) -> Self {
        self.missing_audience = Some(audience.into());
        self
    }

    /// Makes introspection optional, for an issuer whose metadata names no endpoint.
    #[doc(hidden)]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(super) fn in_dialect(mut self, dialect: IntrospectionDialect) -> Self {
        self.dialect = dialect;
        self
    }

    pub(super) fn client(&self) -> &ClientAuthentication {
        &self.client
    }

    pub(super) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    pub(super) fn dialect(&self) -> IntrospectionDialect {
        self.dialect
    }

    pub(super) fn is_optional(&self) -> bool {
        self.optional
    }

    pub(crate) fn cache_time(&self) -> Duration {
        self.keep
    }

    pub(crate) fn token_prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn jwts(&self) -> JwtHandling {
        self.jwts
    }

    pub(crate) fn missing_audience(&self) -> Option<&str> {
        self.missing_audience.as_deref()
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The endpoint is left out: a URL can have a secret in its query.
        f.debug_struct("Introspection")
            .field("client", &self.client)
            .field("keep", &self.keep)
            .field("jwts", &self.jwts)
            .field("missing_audience", &self.missing_audience)
            .finish_non_exhaustive()
    }
}
