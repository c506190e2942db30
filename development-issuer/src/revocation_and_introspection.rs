//! Token revocation (RFC 7009) and introspection (RFC 7662).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    Provider,
    form_parameters::FormParameters,
    json_response::{OAuthError, unkept},
    refresh_tokens,
    token_endpoint::{check_no_secret, known_client},
};

pub(super) async fn revoke(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    if let Err(refusal) = check_no_secret(request.headers()) {
        return refusal.into_response();
    }
    let revoked = match FormParameters::from_form(request, provider.settings.body_time).await {
        Ok(form) => end(&provider, &form),
        Err(refusal) => Err(refusal),
    };
    match revoked {
        Ok(()) => unkept(StatusCode::OK, &json!({})),
        Err(refusal) => refusal.into_response(),
    }
}

/// Revokes a refresh token with its whole family, or a single access token. An unknown token
/// counts as revoked (RFC 7009 §2.2).
fn end(provider: &Provider, form: &FormParameters) -> Result<(), OAuthError> {
    let client = known_client(form)?;
    let text = form.needed("token", "token is missing")?;
    let now = provider.now();
    if let Some((id, _)) = refresh_tokens::open(provider, text) {
        let mut memory = provider.memory();
        let owner = memory.family(&id, now).map(|grant| grant.client.clone());
        return match owner {
            Some(owner) if owner != client => Err(NOT_YOURS),
            Some(_) => {
                memory.end_grant(&id, now);
                Ok(())
            }
            None => Ok(()),
        };
    }
    let Some(claims) = provider.key.open(text) else {
        return Ok(());
    };
    if string(&claims, "client_id") != client {
        return Err(NOT_YOURS);
    }
    provider.memory().end(string(&claims, "jti"), now);
    Ok(())
}

const NOT_YOURS: OAuthError =
    OAuthError::new("invalid_grant", "the token was issued to another client");

/// Introspects a token. It requires no credentials: an access token is readable anyway, and
/// without CORS no page can read the response.
pub(super) async fn introspect(
    State(provider): State<Arc<Provider>>,
    request: Request,
) -> Response {
    let described = match FormParameters::from_form(request, provider.settings.body_time).await {
        Ok(form) => form
            .needed("token", "token is missing")
            .map(|text| describe(&provider, text)),
        Err(refusal) => Err(refusal),
    };
    match described {
        // RFC 7662 §2.2: the response does not say why a token is inactive.
        Ok(described) => unkept(
            StatusCode::OK,
            &described.unwrap_or_else(|| json!({"active": false})),
        ),
        Err(refusal) => refusal.into_response(),
    }
}

fn describe(provider: &Provider, text: &str) -> Option<Value> {
    let now = provider.now();
    let memory = provider.memory();
    if let Some((id, number)) = refresh_tokens::open(provider, text) {
        let grant = memory.renewable(&id, number, now)?;
        let mut described = json!({
            "active": true,
            "iss": provider.settings.origin,
            "sub": grant.subject,
            "aud": provider.settings.resource,
            "client_id": grant.client,
            "scope": grant.scopes.join(" "),
        });
        if let (Some(key), Some(members)) = (grant.key, described.as_object_mut()) {
            members.insert("cnf".to_owned(), json!({"jkt": key.encode()}));
        }
        return Some(described);
    }
    drop(memory);
    let mut claims = access_token(provider, text)?;
    claims.insert("active".to_owned(), json!(true));
    // RFC 9449 §6.2: the claims include the key that a token is bound to.
    let kind = if claims.contains_key("cnf") {
        "DPoP"
    } else {
        "Bearer"
    };
    claims.insert("token_type".to_owned(), json!(kind));
    Some(Value::Object(claims))
}

/// Returns the claims of an access token that was issued here and is neither expired nor
/// revoked.
pub(super) fn access_token(provider: &Provider, text: &str) -> Option<Map<String, Value>> {
    let now = provider.now();
    let claims = provider.key.open(text)?;
    let id = string(&claims, "jti");
    let (grant, _) = id.split_once('.')?;
    let expires = claims.get("exp")?.as_u64()?;
    let memory = provider.memory();
    let has_ended = expires <= now || memory.has_ended(id, now) || memory.has_ended(grant, now);
    (!has_ended).then_some(claims)
}

pub(super) fn string<'a>(claims: &'a Map<String, Value>, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}
