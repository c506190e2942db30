//! Token introspection (RFC 7662).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{
    form_parameters::FormParameters, issued_tokens, issuer_state::IssuerState,
    json_response::uncached_json,
};

/// Introspects a token. It requires no credentials: an access token is readable anyway, and
/// without CORS no page can read the response.
pub(crate) async fn introspect(
    State(issuer): State<Arc<IssuerState>>,
    request: Request,
) -> Response {
    let described = match FormParameters::from_form(request, issuer.settings.body_time).await {
        Ok(form) => form
            .required("token", "token is missing")
            .map(|text| describe(&issuer, text)),
        Err(refusal) => Err(refusal),
    };
    match described {
        // RFC 7662 §2.2: the response does not say why a token is inactive.
        Ok(described) => uncached_json(
            StatusCode::OK,
            &described.unwrap_or_else(|| json!({"active": false})),
        ),
        Err(refusal) => refusal.into_response(),
    }
}

fn describe(issuer: &IssuerState, text: &str) -> Option<Value> {
    let now = issuer.now();
    let memory = issuer.memory();
    if let Some((id, number)) = issued_tokens::open_refresh_token(issuer, text) {
        let grant = memory.current_family(&id, number, now)?;
        let mut described = json!({
            "active": true,
            "iss": issuer.settings.origin,
            "sub": grant.subject,
            "aud": issuer.settings.resource,
            "client_id": grant.client,
            "scope": grant.scopes.join(" "),
        });
        if let (Some(key), Some(members)) = (grant.key, described.as_object_mut()) {
            members.insert("cnf".to_owned(), json!({"jkt": key.encode()}));
        }
        return Some(described);
    }
    drop(memory);
    let mut claims = issued_tokens::open_access_token(issuer, text)?;
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
