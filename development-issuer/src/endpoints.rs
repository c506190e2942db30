//! The endpoints with their paths, in one list for the router and for the check that the
//! resource uses none of these paths.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::{
    Provider, TOKEN_PATH, authorization_endpoint, consent, metadata, registration,
    revocation_and_introspection, token_endpoint,
};

type Endpoint = (&'static str, MethodRouter<Arc<Provider>>);

/// The endpoints that any web page may call: public clients also run in pages, and no
/// endpoint uses cookies. Pages may call the metadata documents too ([`metadata::paths`]).
pub(super) fn for_pages() -> [Endpoint; 4] {
    [
        ("/development/jwks", get(metadata::jwks)),
        ("/development/register", post(registration::register)),
        (TOKEN_PATH, post(token_endpoint::token)),
        (
            "/development/revoke",
            post(revocation_and_introspection::revoke),
        ),
    ]
}

/// The endpoints for the person's browser and for resource servers.
pub(super) fn for_others() -> [Endpoint; 3] {
    [
        (
            "/development/authorize",
            get(authorization_endpoint::authorize),
        ),
        ("/development/authorize/decision", post(consent::decide)),
        (
            "/development/introspect",
            post(revocation_and_introspection::introspect),
        ),
    ]
}

/// Returns the path that this resource shares with the issuer, if any. A router panics if a
/// path is added twice.
pub(super) fn shared_with(resource: &str) -> Option<String> {
    let endpoints = for_pages().into_iter().chain(for_others());
    let mut own = metadata::paths(resource);
    own.extend(endpoints.map(|(path, _)| path.to_owned()));
    own.take(metadata::path_of(resource)?)
}
