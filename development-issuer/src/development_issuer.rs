//! The issuer as its server sees it: built from settings, it has a key set and routes.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use axum::{Router, middleware, routing::get};

use crate::{
    client_id_metadata::Documents,
    endpoints, identity_provider,
    identity_provider_state::IdentityProviderState,
    issuer_state::IssuerState,
    json_response, loopback_guard, metadata,
    sealed_values::Seal,
    settings::{OFFLINE_ACCESS, Settings, SetupError},
    signing_key::SigningKey,
    subject_name,
};

/// An authorization server on loopback, for one resource.
#[derive(Clone)]
pub struct DevelopmentIssuer {
    pub(crate) state: Arc<IssuerState>,
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
        let errors = setup_errors(&settings);
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
            state: Arc::new(IssuerState {
                key: SigningKey::generate().map_err(no_keys)?,
                identity_provider: IdentityProviderState::generate().map_err(no_keys)?,
                seal: Seal::generate().map_err(no_keys)?,
                settings,
                memory: Mutex::default(),
                documents: Documents::default(),
            }),
        })
    }

    /// Returns the issuer identifier, which is the origin.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.state.settings.origin
    }

    /// Returns the key set (RFC 7517), for a verifier in the same process.
    #[must_use]
    pub fn jwks(&self) -> serde_json::Value {
        self.state.key.jwks()
    }

    /// Builds the routes of the issuer, with CORS and the refusal of requests that are not
    /// from loopback. There is no fallback route, so the router can be merged into any other.
    pub fn router(&self) -> Router {
        let add_route = |router: Router<_>, (path, endpoint)| router.route(path, endpoint);
        let mut open = endpoints::with_cors()
            .into_iter()
            .fold(Router::new(), add_route);
        for path in metadata::paths(&self.state.settings.resource) {
            open = open.route(&path, get(metadata::document));
        }
        for path in identity_provider::paths() {
            open = open.route(&path, get(identity_provider::document));
        }
        endpoints::without_cors()
            .into_iter()
            .fold(Router::new(), add_route)
            .merge(
                open.method_not_allowed_fallback(json_response::other_method)
                    .route_layer(middleware::from_fn(json_response::cors)),
            )
            .method_not_allowed_fallback(json_response::other_method)
            .route_layer(middleware::from_fn(loopback_guard::guard))
            .with_state(Arc::clone(&self.state))
    }
}

impl fmt::Debug for DevelopmentIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DevelopmentIssuer")
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

/// Returns every error in the settings.
fn setup_errors(settings: &Settings) -> Vec<SetupError> {
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
    if subject_name::parse(&settings.subject).is_none() {
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
    errors
}
