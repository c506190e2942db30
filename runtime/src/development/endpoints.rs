//! The endpoints, each with its path: one list for the router and for the check that
//! nothing else is to be served at one of them.

use std::sync::Arc;

use axum::routing::{MethodRouter, get, post};

use super::{Provider, authorize, consent, metadata, registration, revocation, token};

type Endpoint = (&'static str, MethodRouter<Arc<Provider>>);

/// What any page may call: public clients run in pages too, and nothing here goes by
/// cookies. The documents are called by pages as well ([`metadata::paths`]).
pub(super) fn for_pages() -> [Endpoint; 4] {
    [
        ("/development/jwks", get(metadata::jwks)),
        ("/development/register", post(registration::register)),
        ("/development/token", post(token::token)),
        ("/development/revoke", post(revocation::revoke)),
    ]
}

/// What a person's browser opens, and what a resource server calls.
pub(super) fn for_others() -> [Endpoint; 3] {
    [
        ("/development/authorize", get(authorize::authorize)),
        ("/development/authorize/decision", post(consent::decide)),
        ("/development/introspect", post(revocation::introspect)),
    ]
}

/// The path of the issuer's own at which this resource would be served as well, if there is
/// one. A router takes one of two, and refuses the other by a panic.
pub(super) fn shared_with(resource: &str) -> Option<String> {
    let endpoints = for_pages().into_iter().chain(for_others());
    let mut own = metadata::paths(resource);
    own.extend(endpoints.map(|(path, _)| path.to_owned()));
    own.take(metadata::path_of(resource)?)
}
