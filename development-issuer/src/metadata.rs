//! The metadata of the issuer (RFC 8414, OpenID Connect Discovery) and its key set.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::State,
    http::header::CACHE_CONTROL,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    assertion_key, authentication_context,
    confidential_client::{AuthenticationMethod, CLIENT_CREDENTIALS, JWT_BEARER},
    issuer_state::IssuerState,
    json_response::json_body,
    jwt_bearer_grant,
    settings::OFFLINE_ACCESS,
    token_exchange,
};

pub(crate) const DOCUMENTS: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

/// Returns every path at which a client looks for the document: at the issuer, which has no
/// path; with an inserted path, by clients that take the resource as its own issuer; appended
/// to the path of the resource, as in OpenID Connect.
pub(crate) fn paths(resource: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for document in DOCUMENTS {
        paths.insert(document.to_owned());
        paths.insert(format!("{document}/{{*path}}"));
        // A path with the router's pattern characters is left out; the other paths still
        // work.
        if let Some(path) = path_of(resource).filter(|path| !path.contains(['{', '}', ':', '*'])) {
            paths.insert(format!("{path}{document}"));
        }
    }
    paths
}

/// Returns the path of a URI without a trailing slash, or `None` if it has none.
pub(crate) fn path_of(resource: &str) -> Option<&str> {
    let (_, rest) = resource.split_once("://")?;
    let path = rest.get(rest.find('/')?..)?;
    let path = path.split(['?', '#']).next()?.trim_end_matches('/');
    (!path.is_empty()).then_some(path)
}

/// Serves the same document at every path, with the only identifier of the issuer.
pub(crate) async fn document(State(issuer): State<Arc<IssuerState>>) -> Response {
    public(&describe(&issuer))
}

/// Serves the key set.
pub(crate) async fn jwks(State(issuer): State<Arc<IssuerState>>) -> Response {
    public(&issuer.key.jwks())
}

/// Not cached: keys and addresses change with each start.
fn public(body: &Value) -> Response {
    ([(CACHE_CONTROL, "no-cache")], json_body(body)).into_response()
}

fn describe(issuer: &IssuerState) -> Value {
    let settings = &issuer.settings;
    let at = |path: &str| format!("{}/development/{path}", settings.origin);
    let scopes = settings.scopes.iter().map(|(name, _)| name.as_str());
    // Public clients first: most clients take the first method that they support.
    let confidential = AuthenticationMethod::ALL.map(|(name, _)| name);
    let methods: Vec<_> = ["none"].into_iter().chain(confidential).collect();
    json!({
        "issuer": settings.origin,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "registration_endpoint": at("register"),
        "revocation_endpoint": at("revoke"),
        "introspection_endpoint": at("introspect"),
        "jwks_uri": at("jwks"),
        "scopes_supported": scopes.chain([OFFLINE_ACCESS]).collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            "authorization_code",
            "refresh_token",
            CLIENT_CREDENTIALS,
            JWT_BEARER,
            token_exchange::GRANT,
        ],
        "authorization_grant_profiles_supported": [jwt_bearer_grant::PROFILE],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": assertion_key::ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_key::ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true,
        "dpop_signing_alg_values_supported": settings.dpop_algorithms,
        "client_id_metadata_document_supported": true,
        "acr_values_supported": authentication_context::supported(issuer).collect::<Vec<_>>(),
        "prompt_values_supported": ["none", "consent"],
        "protected_resources": [settings.resource],
        // No ID token is ever issued here, but OpenID clients require these two.
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_a_path_or_none() {
        for (resource, path) in [
            ("http://127.0.0.1:1/mcp", Some("/mcp")),
            ("http://127.0.0.1:1/a/mcp/", Some("/a/mcp")),
            ("http://127.0.0.1:1/", None),
            ("http://127.0.0.1:1", None),
            ("http://127.0.0.1:1/mcp?x", Some("/mcp")),
        ] {
            assert_eq!(path_of(resource), path, "{resource}");
        }
    }
}
