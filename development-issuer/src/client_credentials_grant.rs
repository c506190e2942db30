//! The grant of a client's own credentials (RFC 6749 §4.4, MCP's extension
//! `io.modelcontextprotocol/oauth-client-credentials`): a program calls for itself.
//!
//! No person consents, so the token has no role and no sign-in, and its subject is the client
//! (RFC 9068 §2.2).

use axum::{http::HeaderMap, response::Response};

use crate::{
    client_authentication, dpop, form_parameters::FormParameters, grant_store::Grant,
    issuer_state::IssuerState, json_response::OAuthError, sealed_values,
    token_response::access_token_response,
};

/// Issues a token for the client itself. There is no refresh token (RFC 6749 §4.4.3).
pub(crate) fn issue(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let client = client_authentication::authenticate(issuer, headers, form)?;
    if !client.registration.calls_for_itself {
        return Err(OAuthError::new(
            "unauthorized_client",
            "the client did not register the grant type client_credentials",
        ));
    }
    form.check_resource(&issuer.settings.resource)?;
    let scopes = issuer.scopes_to_grant(form.one("scope")?)?;
    let key = dpop::prove(issuer, headers, &client.id)?;
    tracing::warn!(
        client = %issuer.quoted(client.registration.name.as_deref().unwrap_or_default()),
        scopes = %issuer.quoted(&scopes.join(" ")),
        "a program got a token of its own from the development issuer: no person consented"
    );
    let grant = Grant {
        id: sealed_values::random()?,
        subject: client.id.clone(),
        client: client.id,
        scopes,
        offline: false,
        roles: Vec::new(),
        login: None,
        key,
    };
    access_token_response(issuer, &grant, &grant.scopes, None)
}
