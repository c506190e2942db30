//! The endpoints and their paths, in one list. The router uses it, and the check that the path of
//! the resource differs from each of them.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use crate::{
    authorization_endpoint, consent, identity_provider, introspection, issuer_state::IssuerState,
    metadata, registration, revocation, token_endpoint,
};

/// The path of the token endpoint.
pub const TOKEN_PATH: &str = "/development/token";

type Endpoint = (&'static str, MethodRouter<Arc<IssuerState>>);

/// The endpoints that any web page may call: public clients also run in pages, and no
/// endpoint uses cookies. Pages may call the metadata documents too ([`metadata::paths`]).
pub(crate) fn with_cors() -> [Endpoint; 5] {
    [
        ("/development/jwks", get(metadata::jwks)),
        ("/development/register", post(registration::register)),
        (TOKEN_PATH, post(token_endpoint::token)),
        ("/development/revoke", post(revocation::revoke)),
        ("/development/idp/jwks", get(identity_provider::jwks)),
    ]
}

/// The endpoints for the person's browser and for resource servers.
pub(crate) fn without_cors() -> [Endpoint; 6] {
    [
        (
            "/development/authorize",
            get(authorization_endpoint::authorize),
        ),
        ("/development/authorize/decision", post(consent::decide)),
        ("/development/introspect", post(introspection::introspect)),
        (
            "/development/idp/authorize",
            get(identity_provider::authorize),
        ),
        ("/development/idp/decision", post(identity_provider::decide)),
        ("/development/idp/token", post(identity_provider::token)),
    ]
}

/// Returns the path that this resource shares with the issuer, if any. A router panics if a
/// path is added twice.
pub(crate) fn shared_with(resource: &str) -> Option<String> {
    let endpoints = with_cors().into_iter().chain(without_cors());
    let mut own = metadata::paths(resource);
    own.extend(identity_provider::paths());
    // Its documents would have the paths of those of the identity provider.
    own.insert(identity_provider::identifier::PATH.to_owned());
    own.extend(endpoints.map(|(path, _)| path.to_owned()));
    own.take(metadata::path_of(resource)?)
}
