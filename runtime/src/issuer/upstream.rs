//! An API that tools call on a caller's behalf, and how tokens for it are had.

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use super::{ClientAuthentication, Issuer};
use crate::clock::{Clock, SystemClock};

/// An API behind this server, and the issuer that exchanges a caller's token for one of
/// that API (RFC 8693).
///
/// ```
/// use toolgate::{ClientAuthentication, Upstream};
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
    /// Exchanges tokens at this issuer's token endpoint, which its metadata names
    /// (`token_endpoint`, RFC 8414 §2), as this client. Only tokens that this issuer has
    /// issued are shown to it.
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

    /// Names the API by its URL (`resource`, RFC 8707 §2). Can be said more than once.
    #[must_use]
    pub fn with_resource(mut self, uri: impl Into<String>) -> Self {
        self.resources.push(uri.into());
        self
    }

    /// Names the API as the issuer knows it (`audience`, RFC 8693 §2.1). Can be said more
    /// than once.
    #[must_use]
    pub fn with_audience(mut self, name: impl Into<String>) -> Self {
        self.audiences.push(name.into());
        self
    }

    /// Asks for these scopes, separated by spaces. An answer that lacks one of them is an
    /// error, so a tool never runs half. Without this the issuer chooses.
    #[must_use]
    pub fn with_scopes(mut self, scopes: &str) -> Self {
        let asked = scopes.split(' ').filter(|scope| !scope.is_empty());
        self.scopes.extend(asked.map(str::to_owned));
        self
    }

    /// Exchanges at this URL instead of the one that the metadata names.
    #[must_use]
    pub fn with_endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Shows the tokens of this other issuer as well, character for character as their
    /// `iss` has it: where the API's issuer trusts the one by which callers log in here.
    #[must_use]
    pub fn with_callers_of(mut self, iss: impl Into<String>) -> Self {
        self.callers_of.push(iss.into());
        self
    }

    /// Sets for how long a token is used at most, and so for how long after the issuer
    /// has changed its mind. By default as long as it lasts; never longer than that, nor
    /// than the caller's own token.
    #[must_use]
    pub fn with_cache(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// Takes the time of day from another clock than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    pub(crate) fn takes_tokens_of(&self, iss: &str) -> bool {
        self.issuer.is_spelled(iss) || self.callers_of.iter().any(|one| one == iss)
    }

    pub(crate) fn keep(&self) -> Duration {
        self.keep
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// What is wrong with what it asks for, and what mends it.
    pub(super) fn faults(&self) -> impl Iterator<Item = (String, &'static str)> {
        let nameless = (self.resources.is_empty() && self.audiences.is_empty()).then(|| {
            (
                "nothing says for which API a token is wanted".to_owned(),
                "name it by with_resource or with_audience: a token for anybody is one that anybody can use",
            )
        });
        // RFC 8707 §2: an absolute URI without a fragment.
        let is_resource =
            |uri: &str| Url::parse(uri).is_ok_and(|url| url.has_host() && url.fragment().is_none());
        let resources = self.resources.iter().filter(move |uri| !is_resource(uri));
        let resources = resources.map(|uri| {
            (
                format!("{uri:?} is no resource"),
                "write an absolute URL without a fragment (RFC 8707)",
            )
        });
        let audiences = self.audiences.iter().filter(|name| name.is_empty());
        let audiences = audiences.map(|_| {
            (
                "an audience is empty".to_owned(),
                "leave it out, or write the API's name at the issuer",
            )
        });
        let scopes = self.scopes.iter().filter(|scope| !is_scope(scope));
        let scopes = scopes.map(|scope| {
            (
                format!("{scope:?} is no scope"),
                "write printable ASCII without quotes and backslashes (RFC 6749 section 3.3)",
            )
        });
        let faults = nameless.into_iter().chain(resources);
        faults.chain(audiences).chain(scopes)
    }
}

/// RFC 6749 §3.3.
fn is_scope(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
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
