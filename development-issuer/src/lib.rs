//! The development authorization server: a login without an account, on the developer's
//! machine.
//!
//! It implements OAuth 2.1 strictly (authorization code with PKCE, RFC 8414, 8707, 9207,
//! 7591, 7009, 7662, 8693, 9068, 9449 and client id metadata documents), but asks for no
//! password: a person may log in under any name. Two checks therefore keep it on loopback:
//! [`DevelopmentIssuer::new`] refuses any other origin, and each request must come from
//! loopback and be addressed to it ([`loopback_guard`]).
//!
//! [`endpoints`] lists the paths.
//!
//! | step | file | helpers |
//! |---|---|---|
//! | the client finds the endpoints | [`metadata`] | |
//! | the client registers | [`registration`], [`client_id_metadata`] | [`client_lookup`], [`redirect_uri`] |
//! | the client sends the person here | [`authorization_endpoint`] | [`authorization_request`], [`form_parameters`] |
//! | the person grants or denies | [`consent`], [`html`] | [`sealed_values`] |
//! | the client gets and refreshes tokens | [`token_endpoint`], [`refresh_tokens`] | [`signing_key`], [`grant_store`], [`expiring_map`], [`dpop`] |
//! | tokens are revoked and introspected | [`revocation_and_introspection`] | |
//! | a server exchanges a token for an upstream API | [`token_exchange`] | |
//!
//! All state is lost at a restart, and all of it is bounded.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, middleware, routing::get};

mod authorization_endpoint;
mod authorization_request;
mod client_id_metadata;
mod client_lookup;
mod consent;
mod dpop;
mod embedding_server;
mod endpoints;
mod expiring_map;
mod form_parameters;
mod grant_store;
mod html;
mod json_response;
mod loopback_guard;
mod metadata;
mod redirect_uri;
mod refresh_tokens;
mod registration;
mod revocation_and_introspection;
mod sealed_values;
mod signing_key;
#[cfg(test)]
mod tests;
mod token_endpoint;
mod token_exchange;

/// The scope that requests a refresh token (OpenID Connect Core §11). It is a consent, not a
/// right at the resource, so it is never in an access token.
///
/// A refresh token is issued only for this scope: a client with a refresh token answers
/// `insufficient_scope` with a refresh, receives the same scopes again and gives up.
const OFFLINE_ACCESS: &str = "offline_access";

pub use embedding_server::{
    DocumentLocation, EmbeddingServer, FetchError, FetchFuture, ProofError, Thumbprint,
};

/// The path of the token endpoint.
pub const TOKEN_PATH: &str = "/development/token";

/// The settings of the development issuer.
pub struct Settings {
    /// `http://` and a loopback host, usually with a port, without a trailing slash. This is
    /// the issuer identifier, compared character by character.
    pub origin: String,
    /// The only resource that tokens are issued for (RFC 8707), compared character by
    /// character.
    pub resource: String,
    /// The further audiences that the server of the resource accepts.
    pub audiences: Vec<String>,
    /// The server name that is shown to the person.
    pub resource_name: String,
    /// The scopes that can be granted, each with the description that is shown to the person.
    pub scopes: Vec<(String, Option<String>)>,
    /// The scopes of a request that names none (RFC 6749 §3.3).
    pub default_scopes: Vec<String>,
    /// The default subject, which the person can change.
    pub subject: String,
    /// Grants requests without asking the person, for tests. Only for clients on loopback:
    /// any web page can register a client and send the browser here.
    pub automatic_consent: bool,
    /// How long a client may take to send a form or a registration.
    pub body_time: Duration,
    /// The names of the algorithms that the server accepts in DPoP proofs.
    pub dpop_algorithms: Vec<&'static str>,
    /// The style of the pages.
    pub stylesheet: Stylesheet,
    /// The server that embeds the issuer.
    pub server: Arc<dyn EmbeddingServer>,
}

/// The style sheet that each page contains.
pub struct Stylesheet {
    /// The CSS. It is not escaped.
    pub text: &'static str,
    /// Its hash as a source expression of a content security policy (CSP Level 3 §2.3.1), the
    /// only style that a page may use.
    pub policy_source: String,
}

/// One error in the settings: what is wrong, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupError {
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub remedy: &'static str,
}

/// An authorization server on loopback, for one resource.
#[derive(Clone)]
pub struct DevelopmentIssuer {
    provider: Arc<Provider>,
}

impl DevelopmentIssuer {
    /// Builds an issuer with newly generated keys.
    ///
    /// # Errors
    ///
    /// Every error in the settings: the origin is not loopback, the path of the resource is a
    /// path of the issuer, a default scope is not among the scopes, or the subject is invalid.
    /// Or the system has no randomness.
    pub fn new(settings: Settings) -> Result<Self, Vec<SetupError>> {
        let mut errors = Vec::new();
        let mut add = |what: String, remedy| errors.push(SetupError { what, remedy });
        if !loopback_guard::is_origin(&settings.origin) {
            add(
                format!(
                    "the development issuer cannot run at {:?}, which is not a loopback origin",
                    settings.origin
                ),
                "bind to a loopback address, or configure an authorization server",
            );
        }
        if let Some(path) = endpoints::shared_with(&settings.resource) {
            add(
                format!(
                    "the resource {:?} has the path {path}, which the development issuer uses",
                    settings.resource
                ),
                "choose another path in TOOLGATE_RESOURCE, such as /mcp, or set TOOLGATE_AUTHORIZATION_SERVERS to your own issuer",
            );
        }
        for scope in &settings.default_scopes {
            if !settings.scopes.iter().any(|(known, _)| known == scope) {
                add(
                    format!(
                        "the default scope {scope:?} of the development issuer is not one of its scopes"
                    ),
                    "use a scope that a tool requires",
                );
            }
        }
        if consent::subject(&settings.subject).is_none() {
            add(
                format!(
                    "the development issuer's subject {:?} is not valid",
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
            add(
                "the server declares the scope offline_access, which is reserved for refresh tokens"
                    .to_owned(),
                "rename the scope",
            );
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let no_keys = |_| {
            vec![SetupError {
                what: "the development issuer cannot generate its keys".to_owned(),
                remedy: "check the random number generator of this system",
            }]
        };
        Ok(Self {
            provider: Arc::new(Provider {
                key: signing_key::SigningKey::generate().map_err(no_keys)?,
                seal: sealed_values::Seal::generate().map_err(no_keys)?,
                settings,
                memory: Mutex::default(),
                documents: client_id_metadata::Documents::default(),
            }),
        })
    }

    /// The issuer identifier, which is the origin.
    pub fn issuer(&self) -> &str {
        &self.provider.settings.origin
    }

    /// Returns the key set (RFC 7517), for a verifier in the same process.
    pub fn jwks(&self) -> serde_json::Value {
        self.provider.key.jwks()
    }

    /// Builds the routes of the issuer, with CORS and the refusal of requests that are not
    /// from loopback. None of them is a fallback, so the router can be merged into any other.
    pub fn router(&self) -> Router {
        let put = |router: Router<_>, (path, endpoint)| router.route(path, endpoint);
        let mut open = endpoints::for_pages().into_iter().fold(Router::new(), put);
        for path in metadata::paths(&self.provider.settings.resource) {
            open = open.route(&path, get(metadata::document));
        }
        let others = endpoints::for_others().into_iter();
        others
            .fold(Router::new(), put)
            .merge(
                open.method_not_allowed_fallback(json_response::other_method)
                    .route_layer(middleware::from_fn(json_response::cors)),
            )
            .method_not_allowed_fallback(json_response::other_method)
            .route_layer(middleware::from_fn(loopback_guard::guard))
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

/// The state that the endpoints share.
struct Provider {
    settings: Settings,
    key: signing_key::SigningKey,
    seal: sealed_values::Seal,
    memory: Mutex<grant_store::GrantStore>,
    documents: client_id_metadata::Documents,
}

impl Provider {
    fn now(&self) -> u64 {
        self.settings.server.now()
    }

    /// Quotes text from a client or a person for a log line.
    fn quoted(&self, text: &str) -> String {
        self.settings.server.quote_for_log(text)
    }

    /// Locks the memory. The lock is never held across an await, because the guard is not
    /// `Send`.
    fn memory(&self) -> MutexGuard<'_, grant_store::GrantStore> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the requested scopes that can be granted, each once, in the order of the
    /// settings. Unknown scopes are dropped (RFC 6749 §3.3).
    fn known<'a>(&'a self, asked: impl Iterator<Item = &'a str>) -> Vec<String> {
        let asked: BTreeSet<&str> = asked.collect();
        let offered = self.settings.scopes.iter().map(|(name, _)| name);
        offered
            .filter(|name| asked.contains(name.as_str()))
            .cloned()
            .collect()
    }
}
