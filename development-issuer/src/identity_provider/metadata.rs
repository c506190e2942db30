//! The metadata of the identity provider (OpenID Connect Discovery, RFC 8414) and its key set.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header::CACHE_CONTROL,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    id_jag,
    identifier::{PATH, issuer},
};
use crate::{
    assertion_key, confidential_client::AuthenticationMethod, issuer_state::IssuerState,
    json_response::json_body, token_exchange,
};

/// Returns every path of the document: after the identifier as in OpenID Connect, and inserted
/// before its path (RFC 8414 §3.1).
pub(crate) fn paths() -> Vec<String> {
    let names = ["openid-configuration", "oauth-authorization-server"].into_iter();
    let both = names.flat_map(|name| {
        [
            format!("{PATH}/.well-known/{name}"),
            format!("/.well-known/{name}{PATH}"),
        ]
    });
    both.collect()
}

pub(crate) async fn document(State(state): State<Arc<IssuerState>>) -> Response {
    let settings = &state.settings;
    let at = |path: &str| format!("{}{PATH}/{path}", settings.origin);
    let methods = AuthenticationMethod::ALL.map(|(name, _)| name);
    public(&json!({
        "issuer": issuer(settings),
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("jwks"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", token_exchange::GRANT],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": assertion_key::ALGORITHMS,
        // draft-ietf-oauth-identity-chaining §3.
        "identity_chaining_requested_token_types_supported": [id_jag::TOKEN_TYPE],
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

pub(crate) async fn jwks(State(state): State<Arc<IssuerState>>) -> Response {
    public(&state.identity_provider.key.jwks())
}

/// Not cached: keys and addresses change with each start.
fn public(body: &Value) -> Response {
    ([(CACHE_CONTROL, "no-cache")], json_body(body)).into_response()
}
