//! The development authorization server: a login without an account, on one's own machine.
//!
//! It speaks OAuth 2.1 to the letter (authorization code with PKCE, RFC 8414, 8707,
//! 9207, 7591, 7009, 7662, 8693, 9068, 9449 and client id metadata documents), but it asks nobody for
//! a password: who reaches it is whom they say they are. So it exists on loopback alone,
//! twice over: [`DevelopmentIssuer::new`] takes no other origin, and only such requests
//! are answered as are known to come from loopback and are addressed to it ([`loopback`]).
//!
//! [`endpoints`] lists the paths.
//!
//! | what a client does | file | on the way |
//! |---|---|---|
//! | finds the endpoints | [`metadata`] | |
//! | becomes known | [`registration`], [`document`] | [`client`], [`redirect`] |
//! | sends the person here | [`authorize`] | [`request`], [`parameters`] |
//! | the person decides | [`consent`], [`page`] | [`seal`] |
//! | gets and renews tokens | [`token`], [`refresh`] | [`keys`], [`memory`], [`store`], [`possession`] |
//! | gives them up, asks about them | [`revocation`] | |
//! | a server exchanges one for an API behind it | [`exchange`] | |
//!
//! Nothing survives a restart, and nothing grows without bound.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, middleware, routing::get};

use crate::{
    clock::{Clock, UnixTime},
    error::{Faults, StartError},
    issuer::Quoted,
    verify::Proofs,
};

mod answer;
mod authorize;
mod client;
mod consent;
mod document;
mod endpoints;
mod exchange;
mod keys;
mod loopback;
mod memory;
mod metadata;
mod page;
mod parameters;
mod possession;
mod redirect;
mod refresh;
mod registration;
mod request;
mod revocation;
mod seal;
mod store;
#[cfg(test)]
mod tests;
mod token;

/// Asks for a refresh token (OpenID Connect Core §11). It is consent, not a right at the
/// resource, so it never stands in an access token.
///
/// A refresh token is issued for it alone: a client that holds one answers a lack of scope
/// with a refresh, gets the same scopes again and gives up.
const OFFLINE_ACCESS: &str = "offline_access";

/// What the development issuer is to be.
pub(crate) struct Settings {
    /// `http://` and a loopback host, with a port as a rule and without a slash at the
    /// end. It is the issuer, character for character.
    pub(crate) origin: String,
    /// The one resource that tokens are issued for (RFC 8707), character for character.
    pub(crate) resource: String,
    /// The other audiences by which the resource's server takes tokens.
    pub(crate) audiences: Vec<String>,
    /// What the person reads as the server's name.
    pub(crate) resource_name: String,
    /// The scopes that can be granted, each with what the person reads about it.
    pub(crate) scopes: Vec<(String, Option<String>)>,
    /// The scopes of a request that names none (RFC 6749 §3.3).
    pub(crate) default_scopes: Vec<String>,
    /// Who the person is until they say otherwise.
    pub(crate) subject: String,
    /// Says yes for the person, for tests. Only towards clients on loopback: any web page
    /// can register a client and send the browser here.
    pub(crate) automatic_consent: bool,
    /// How long a client may take to send a form or a registration.
    pub(crate) body_time: Duration,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
}

/// An authorization server on loopback, for one resource.
#[derive(Clone)]
pub(crate) struct DevelopmentIssuer {
    provider: Arc<Provider>,
}

impl DevelopmentIssuer {
    /// Makes one, with keys of its own that live as long as it does.
    ///
    /// # Errors
    ///
    /// An origin that is not loopback, a resource at a path of the issuer's own, a default scope that is not among the scopes, a
    /// subject that cannot be one, or a system without randomness.
    pub(crate) fn new(settings: Settings) -> Result<Self, StartError> {
        let mut faults = Faults::default();
        if !loopback::is_origin(&settings.origin) {
            faults.add(
                format!("the development issuer cannot be at {:?}", settings.origin),
                "bind to a loopback address, or configure an authorization server",
            );
        }
        if let Some(path) = endpoints::shared_with(&settings.resource) {
            faults.add(
                format!(
                    "the resource {:?} has the path {path}, at which the development issuer answers",
                    settings.resource
                ),
                "choose another path in TOOLGATE_RESOURCE, such as /mcp, or name your own issuer in TOOLGATE_AUTHORIZATION_SERVERS",
            );
        }
        for scope in &settings.default_scopes {
            if !settings.scopes.iter().any(|(known, _)| known == scope) {
                faults.add(
                    format!(
                        "the development issuer's default scope {scope:?} is none of its scopes"
                    ),
                    "name a scope that a tool asks for",
                );
            }
        }
        if consent::subject(&settings.subject).is_none() {
            faults.add(
                format!(
                    "the development issuer's subject {:?} cannot be one",
                    settings.subject
                ),
                "use 1 to 64 printable characters",
            );
        }
        if settings
            .scopes
            .iter()
            .any(|(name, _)| name == OFFLINE_ACCESS)
        {
            faults.add(
                "offline_access is a scope of the server",
                "ask for another: it is the issuer's word for a refresh token",
            );
        }
        faults.finish(())?;
        let no_keys = |_| {
            StartError::single(
                "the development issuer cannot make its keys",
                "see why this system has no randomness",
            )
        };
        Ok(Self {
            provider: Arc::new(Provider {
                key: keys::SigningKey::generate().map_err(no_keys)?,
                seal: seal::Seal::generate().map_err(no_keys)?,
                proofs: possession::proofs(&settings),
                settings,
                memory: Mutex::default(),
                documents: document::Documents::default(),
            }),
        })
    }

    /// The issuer's identifier, which is its origin.
    pub(crate) fn issuer(&self) -> &str {
        &self.provider.settings.origin
    }

    /// The key set (RFC 7517), for a verifier in the same process.
    pub(crate) fn jwks(&self) -> serde_json::Value {
        self.provider.key.jwks()
    }

    /// Every route of the issuer, with its own CORS and its own refusal of what is not
    /// loopback. None of them is the fallback, so it can be merged into any router.
    pub(crate) fn router(&self) -> Router {
        let put = |router: Router<_>, (path, endpoint)| router.route(path, endpoint);
        let mut open = endpoints::for_pages().into_iter().fold(Router::new(), put);
        for path in metadata::paths(&self.provider.settings.resource) {
            open = open.route(&path, get(metadata::document));
        }
        let others = endpoints::for_others().into_iter();
        others
            .fold(Router::new(), put)
            .merge(
                open.method_not_allowed_fallback(answer::other_method)
                    .route_layer(middleware::from_fn(answer::cors)),
            )
            .method_not_allowed_fallback(answer::other_method)
            .route_layer(middleware::from_fn(loopback::guard))
            .with_state(Arc::clone(&self.provider))
    }
}

impl fmt::Debug for DevelopmentIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentIssuer")
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

/// What the endpoints share.
struct Provider {
    settings: Settings,
    key: keys::SigningKey,
    seal: seal::Seal,
    /// Judges the proofs of keys that tokens are bound to.
    proofs: Proofs,
    memory: Mutex<memory::Memory>,
    documents: document::Documents,
}

impl Provider {
    fn now(&self) -> UnixTime {
        self.settings.clock.now()
    }

    /// What is remembered. No lock is held across an await: the guard is not `Send`.
    fn memory(&self) -> MutexGuard<'_, memory::Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scopes of the list that can be granted, each once, in the order in which they
    /// are offered. What is not known here is dropped (RFC 6749 §3.3).
    fn known<'a>(&'a self, asked: impl Iterator<Item = &'a str>) -> Vec<String> {
        let asked: BTreeSet<&str> = asked.collect();
        let offered = self.settings.scopes.iter().map(|(name, _)| name);
        offered
            .filter(|name| asked.contains(name.as_str()))
            .cloned()
            .collect()
    }
}

/// A client's or person's own words, as they belong in a log line.
fn quoted(text: &str) -> Quoted<'_> {
    Quoted(text, 120)
}
