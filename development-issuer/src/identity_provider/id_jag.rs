//! The exchange of an ID token for an ID-JAG (RFC 8693,
//! draft-ietf-oauth-identity-assertion-authz-grant §4.3).

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::identifier::{ID_JAG, issuer};
use crate::{
    assertion::Assertion,
    confidential_client::ConfidentialClient,
    form_parameters::FormParameters,
    issued_tokens::text_claim,
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
    sealed_values,
};

/// The token types (RFC 8693 §3, draft-ietf-oauth-identity-assertion-authz-grant).
pub(super) const TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:id-jag";
const ID_TOKEN_TYPE: &str = "urn:ietf:params:oauth:token-type:id_token";

/// The type in the header of an ID token. The same key signs ID-JAGs, so only the type prevents the
/// use of one as the other (RFC 8725 §3.11).
pub(super) const ID_TOKEN: &str = "JWT";

/// How long an ID-JAG can be redeemed, in seconds.
const LIFE: u64 = 300;

/// Exchanges an ID token that was issued to this client.
pub(super) fn exchange(
    state: &IssuerState,
    client: &ConfidentialClient,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    let settings = &state.settings;
    if !client.registration.is_managed {
        return Err(OAuthError::new(
            "unauthorized_client",
            "the client did not register the grant type jwt-bearer",
        ));
    }
    if form.one("requested_token_type")? != Some(TOKEN_TYPE)
        || form.one("subject_token_type")? != Some(ID_TOKEN_TYPE)
        || form.all("actor_token").next().is_some()
    {
        return Err(OAuthError::new(
            "invalid_request",
            "only an ID token can be exchanged, only for an ID-JAG, and without an actor token",
        ));
    }
    let audience = form.required("audience", "audience is missing")?;
    let resource = form.required("resource", "resource is missing")?;
    if audience != settings.origin || resource != settings.resource {
        return Err(OAuthError::new(
            "invalid_target",
            "audience must be the development issuer, and resource its server",
        ));
    }
    let text = form.required("subject_token", "subject_token is missing")?;
    let now = state.now();
    let subject = Assertion::parse(state, text).filter(|token| {
        let ends = token.claims.get("exp").and_then(Value::as_u64);
        token.is_signed(|message, signature, algorithm| {
            algorithm == "ES256" && state.identity_provider.key.has_signed(message, signature)
        }) && token.has_type(&[Some(ID_TOKEN)])
            && text_claim(&token.claims, "iss") == issuer(settings)
            // The ID token of another client must not be exchanged (§4.3.2).
            && token.is_only_for(&client.id)
            && ends.is_some_and(|ends| now < ends)
    });
    let subject = subject.ok_or(OAuthError::new(
        "invalid_grant",
        "the subject token is not a current ID token of this identity provider for this client",
    ))?;
    let scopes = state.scopes_to_grant(form.one("scope")?)?.join(" ");
    let kept = |name: &str| subject.claims.get(name).cloned().unwrap_or_default();
    let mut claims = json!({
        "jti": sealed_values::random()?,
        "iss": issuer(settings),
        "sub": kept("sub"),
        "aud": settings.origin,
        "resource": settings.resource,
        "client_id": client.id,
        "exp": now.saturating_add(LIFE),
        "iat": now,
        "auth_time": kept("auth_time"),
        "acr": kept("acr"),
        "roles": kept("roles"),
    });
    let mut body = json!({
        "issued_token_type": TOKEN_TYPE,
        // An ID-JAG is not an access token (RFC 8693 §2.2.1).
        "token_type": "N_A",
        "expires_in": LIFE,
    });
    for object in [&mut claims, &mut body] {
        if let (false, Some(members)) = (scopes.is_empty(), object.as_object_mut()) {
            members.insert("scope".to_owned(), scopes.as_str().into());
        }
    }
    body["access_token"] = state.identity_provider.key.sign_as(ID_JAG, &claims)?.into();
    Ok(uncached_json(StatusCode::OK, &body))
}
