//! The grant of an assertion of the identity provider (RFC 7523 §2.1, MCP's extension
//! `io.modelcontextprotocol/enterprise-managed-authorization`).
//!
//! The identity provider has signed the person in and names them in an ID-JAG. No page asks for
//! consent here: the enterprise has decided.

use axum::{http::HeaderMap, response::Response};
use serde_json::{Map, Value};

use crate::{
    assertion::Assertion,
    client_authentication, dpop,
    form_parameters::FormParameters,
    grant_store::{Grant, Login},
    identity_provider::identifier::{self, ID_JAG},
    issued_tokens::text_claim,
    issuer_state::IssuerState,
    json_response::OAuthError,
    sealed_values, subject_name,
    token_response::access_token_response,
};

/// The profile of the grant in the metadata (draft-ietf-oauth-identity-assertion-authz-grant §7.2).
pub(crate) const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";

/// RFC 7521 §4.1.1: one error for every assertion that is not valid.
const INVALID: OAuthError = OAuthError::new(
    "invalid_grant",
    "the assertion is not a current, unused ID-JAG of the identity provider for this issuer, its server and this client",
);

/// Redeems an ID-JAG. There is no refresh token: with a new ID-JAG the enterprise decides again.
pub(crate) fn redeem(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let client = client_authentication::authenticate(issuer, headers, form)?;
    if !client.registration.is_managed {
        return Err(OAuthError::new(
            "unauthorized_client",
            "the client did not register the grant type jwt-bearer",
        ));
    }
    let text = form.required("assertion", "assertion is missing")?;
    form.check_resource(&issuer.settings.resource)?;
    let assertion = Assertion::parse(issuer, text).ok_or(INVALID)?;
    let is_signed = assertion.is_signed(|message, signature, algorithm| {
        algorithm == "ES256" && issuer.identity_provider.key.has_signed(message, signature)
    });
    let claims = &assertion.claims;
    let is_valid = is_signed
        // RFC 8725 §3.11: the same key signs ID tokens.
        && assertion.has_type(&[Some(ID_JAG)])
        && text_claim(claims, "iss") == identifier::issuer(&issuer.settings)
        && assertion.is_only_for(&issuer.settings.origin)
        && text_claim(claims, "resource") == issuer.settings.resource
        && text_claim(claims, "client_id") == client.id
        && assertion.is_current(issuer.now());
    let subject = subject_name::parse(text_claim(claims, "sub"));
    let (true, Some(subject)) = (is_valid, subject) else {
        return Err(INVALID);
    };
    let login = Login {
        acr: text_claim(claims, "acr").to_owned(),
        time: claims
            .get("auth_time")
            .and_then(Value::as_u64)
            .ok_or(INVALID)?,
    };
    let scopes = narrowed(issuer, claims, form)?;
    // Check the proof before the assertion is used, so that the client can retry with a new proof.
    let key = dpop::prove(issuer, headers, &client.id)?;
    if !assertion.use_once(issuer) {
        return Err(INVALID);
    }
    tracing::info!(
        client = %issuer.quoted(client.registration.name.as_deref().unwrap_or_default()),
        subject = %issuer.quoted(&subject),
        scopes = %issuer.quoted(&scopes.join(" ")),
        "the imitated identity provider allowed a client at the development issuer"
    );
    let grant = Grant {
        id: sealed_values::random()?,
        client: client.id,
        subject,
        scopes,
        offline: false,
        roles: roles(issuer, claims),
        login: Some(login),
        key,
    };
    access_token_response(issuer, &grant, &grant.scopes, None)
}

/// Returns the scopes of the assertion, or those of them that the request names.
fn narrowed(
    issuer: &IssuerState,
    claims: &Map<String, Value>,
    form: &FormParameters,
) -> Result<Vec<String>, OAuthError> {
    let allowed = issuer.grantable_scopes(text_claim(claims, "scope").split(' '));
    let requested = form.one("scope")?.unwrap_or_default();
    let requested: Vec<_> = requested.split(' ').filter(|one| !one.is_empty()).collect();
    if requested.is_empty() {
        return Ok(allowed);
    }
    let is_requested = |scope: &String| requested.contains(&scope.as_str());
    Ok(allowed.into_iter().filter(is_requested).collect())
}

/// Returns the roles of the assertion that the server knows.
fn roles(issuer: &IssuerState, claims: &Map<String, Value>) -> Vec<String> {
    let named = claims.get("roles").and_then(Value::as_array);
    let named: Vec<_> = named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let known = issuer.roles().filter(|role| named.contains(role));
    known.map(str::to_owned).collect()
}
