//! Whether and how an issuer is asked about tokens (RFC 7662).

use std::{fmt, time::Duration};

use super::ClientAuthentication;

/// How long an answer is used when nothing else is said.
const KEEP: Duration = Duration::from_secs(60);

/// How an issuer is asked whether a token is good: for tokens that only it can read, and
/// for JWTs that must be refused as soon as they are revoked.
///
/// What the issuer answers is judged like what a JWT says: issuer, audience and time. An
/// answer without `iss` is this issuer's; one without `exp` is refused.
///
/// ```
/// use std::time::Duration;
/// use toolgate::{ClientAuthentication, Introspection, Issuer};
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
    jwts: Jwts,
    missing_audience: Option<String>,
    optional: bool,
    dialect: Dialect,
}

/// What is done with tokens that are JWTs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Jwts {
    /// Their signature is verified.
    Verified,
    /// It is, and the issuer is asked whether it has revoked them.
    VerifiedAndAsked,
    /// The issuer is asked, and there are no keys.
    Asked,
}

/// How a question is worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// RFC 7662.
    Standard,
    /// Google's `tokeninfo`: the token as `access_token`, no `active`, 400 for a token
    /// that is not, and numbers as text.
    TokenInfo,
}

impl Introspection {
    /// Asks the endpoint that the issuer's metadata names (`introspection_endpoint`, RFC
    /// 8414 §2) as this client, about tokens that are no JWTs.
    #[must_use]
    pub fn new(client: ClientAuthentication) -> Self {
        Self {
            client,
            endpoint: None,
            keep: KEEP,
            prefix: String::new(),
            jwts: Jwts::Verified,
            missing_audience: None,
            optional: false,
            dialect: Dialect::Standard,
        }
    }

    /// Asks at this URL instead of the one that the metadata names.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Sets how long a good answer is used, and so for how long a token may go on after
    /// it was revoked. A minute by default; zero asks on each request. It is never used
    /// longer than the token lasts, nor for more than a day, and a bad answer is not kept
    /// at all.
    #[must_use]
    pub fn with_cache(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// Asks only about tokens that begin like this. Needed where several issuers have
    /// tokens that only they can read: nothing else tells whose a token is, and a token
    /// must not be shown to another issuer than its own.
    #[must_use]
    pub fn with_token_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Asks about JWTs as well, once their signature is verified, so that a revoked one
    /// is refused when the cached answer ends.
    #[must_use]
    pub fn for_jwts_too(mut self) -> Self {
        self.jwts = Jwts::VerifiedAndAsked;
        self
    }

    /// Asks about JWTs instead of verifying them; the issuer's keys are never loaded.
    #[must_use]
    pub fn instead_of_keys(mut self) -> Self {
        self.jwts = Jwts::Asked;
        self
    }

    /// Takes an answer without `aud` as one for this audience.
    ///
    /// **Dangerous.** A token that the issuer gave out for any other resource is then
    /// accepted here as well: whoever runs one of those resources can call this server in
    /// the name of its users (RFC 9700 §2.3). Only for an issuer that serves nobody else.
    #[must_use]
    pub fn dangerous_missing_audience_means(mut self, audience: impl Into<String>) -> Self {
        self.missing_audience = Some(audience.into());
        self
    }

    /// Does without, where the issuer's metadata names no endpoint.
    pub(crate) fn if_offered(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(super) fn in_dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    pub(super) fn client(&self) -> &ClientAuthentication {
        &self.client
    }

    pub(super) fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(super) fn is_optional(&self) -> bool {
        self.optional
    }

    pub(crate) fn keep(&self) -> Duration {
        self.keep
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn jwts(&self) -> Jwts {
        self.jwts
    }

    pub(crate) fn missing_audience(&self) -> Option<&str> {
        self.missing_audience.as_deref()
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the endpoint: a URL can have a secret in its query.
        f.debug_struct("Introspection")
            .field("client", &self.client)
            .field("keep", &self.keep)
            .field("jwts", &self.jwts)
            .field("missing_audience", &self.missing_audience)
            .finish_non_exhaustive()
    }
}
