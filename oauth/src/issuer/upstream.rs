//! An API that tools call on a caller's behalf, and the token exchange for it.

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use super::{ClientAuthentication, Issuer};
use crate::{
    clock::{Clock, SystemClock},
    scope::is_scope_token,
};

/// An upstream API, and the issuer that exchanges a caller's token for a token of that API
/// (RFC 8693).
///
/// ```
/// use toolgate::issuer::{ClientAuthentication, Upstream};
///
/// let client = ClientAuthentication::basic("news-server", "s3cr3t");
/// let calendar = Upstream::new("https://as.example", client)
///     .with_resource("https://calendar.example/api")
///     .with_scopes("calendar:read");
/// ```
#[derive(Clone)]
pub struct Upstream {
    pub(super) issuer: Issuer,
    pub(super) client: ClientAuthentication,
    pub(super) endpoint: Option<String>,
    pub(super) resources: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) scopes: Vec<String>,
    callers_of: Vec<String>,
    keep: Duration,
    clock: Arc<dyn Clock>,
}

impl Upstream {
    /// Exchanges tokens as this client at the issuer's token endpoint, which is discovered
    /// from its metadata (`token_endpoint`, RFC 8414 §2). Only tokens of this issuer are sent
    /// to it.
    #[must_use]
    pub fn new(issuer: impl Into<Issuer>, client: ClientAuthentication) -> Self {
        Self {
            issuer: issuer.into(),
            client,
            endpoint: None,
            resources: Vec::new(),
            audiences: Vec::new(),
            scopes: Vec::new(),
            callers_of: Vec::new(),
            keep: Duration::MAX,
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the URL of the API (`resource`, RFC 8707 §2). May be called several times.
    #[must_use]
    pub fn with_resource(mut self, uri: impl Into<String>) -> Self {
        self.resources.push(uri.into());
        self
    }

    /// Sets the name of the API at the issuer (`audience`, RFC 8693 §2.1). May be called
    /// several times.
    #[must_use]
    pub fn with_audience(mut self, name: impl Into<String>) -> Self {
        self.audiences.push(name.into());
        self
    }

    /// Requests these space-separated scopes. An answer that lacks one of them is an error,
    /// so that a tool never runs with partial access. By default the issuer chooses.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &str) -> Self {
        let asked = scopes.split(' ').filter(|scope| !scope.is_empty());
        self.scopes.extend(asked.map(str::to_owned));
        self
    }

    /// Uses this URL instead of the one in the metadata.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Also exchanges tokens of this other issuer, compared with `iss` character by
    /// character: for an API whose issuer trusts the issuer that callers log in with.
    #[must_use]
    pub fn with_callers_of(mut self, iss: impl Into<String>) -> Self {
        self.callers_of.push(iss.into());
        self
    }

    /// Sets how long a token is cached at most, which is how long a change at the issuer can
    /// go unnoticed. The default is the token's lifetime. A token is never used after it or
    /// the caller's own token expires.
    #[must_use]
    pub fn with_cache(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// Uses another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    #[doc(hidden)]
    pub fn takes_tokens_of(&self, iss: &str) -> bool {
        self.issuer.is_spelled(iss) || self.callers_of.iter().any(|one| one == iss)
    }

    #[doc(hidden)]
    pub fn cache_time(&self) -> Duration {
        self.keep
    }

    #[doc(hidden)]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Returns the errors in the settings, and their remedies.
    pub(super) fn errors(&self) -> impl Iterator<Item = (String, &'static str)> {
        let nameless = (self.resources.is_empty() && self.audiences.is_empty()).then(|| {
            (
                "the API for which tokens are requested is not set".to_owned(),
                "call with_resource or with_audience: a token without an audience could be used at any API",
            )
        });
        // RFC 8707 §2: an absolute URI without a fragment.
        let is_resource =
            |uri: &str| Url::parse(uri).is_ok_and(|url| url.has_host() && url.fragment().is_none());
        let resources = self.resources.iter().filter(move |uri| !is_resource(uri));
        let resources = resources.map(|uri| {
            (
                format!("{uri:?} is not a resource URI"),
                "write an absolute URL without a fragment (RFC 8707)",
            )
        });
        let audiences = self.audiences.iter().filter(|name| name.is_empty());
        let audiences = audiences.map(|_| {
            (
                "an audience is empty".to_owned(),
                "remove it, or write the API's name at the issuer",
            )
        });
        let scopes = self.scopes.iter().filter(|scope| !is_scope_token(scope));
        let scopes = scopes.map(|scope| {
            (
                format!("{scope:?} is not a valid scope"),
                "use printable ASCII without quotes and backslashes (RFC 6749 section 3.3)",
            )
        });
        let errors = nameless.into_iter().chain(resources);
        errors.chain(audiences).chain(scopes)
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the endpoint: a URL can have a secret in its query.
        f.debug_struct("Upstream")
            .field("issuer", &self.issuer.name())
            .field("client", &self.client)
            .field("resources", &self.resources)
            .field("audiences", &self.audiences)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}
