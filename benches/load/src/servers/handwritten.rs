//! rmcp behind a typical hand-written token layer: jsonwebtoken, the issuer's keys fetched at
//! start, scopes compared as strings. Every request is verified again.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use serde::Deserialize;

use super::{SCOPE, unprotected::service};
use crate::Fault;

struct Guard {
    keys: JwkSet,
    validation: Validation,
}

#[derive(Clone, Deserialize)]
struct Claims {
    #[serde(default)]
    scope: String,
}

pub(super) async fn router(issuer: &str, audience: &str) -> Result<Router, Fault> {
    let keys = reqwest::get(format!("{issuer}/keys")).await?.json().await?;
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    let guard = Arc::new(Guard { keys, validation });
    let stateless = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    Ok(Router::new()
        .route_service("/mcp", service(stateless))
        .layer(middleware::from_fn_with_state(guard, check)))
}

async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    match guard.claims(request.headers()) {
        Some(claims) if claims.scope.split(' ').any(|scope| scope == SCOPE) => {
            request.extensions_mut().insert(claims);
            next.run(request).await
        }
        Some(_) => refuse(StatusCode::FORBIDDEN, "Bearer error=\"insufficient_scope\""),
        None => refuse(StatusCode::UNAUTHORIZED, "Bearer"),
    }
}

impl Guard {
    fn claims(&self, headers: &HeaderMap) -> Option<Claims> {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let token = header.strip_prefix("Bearer ")?;
        let kid = decode_header(token).ok()?.kid?;
        let key = DecodingKey::from_jwk(self.keys.find(&kid)?).ok()?;
        let token = decode::<Claims>(token, &key, &self.validation).ok()?;
        Some(token.claims)
    }
}

fn refuse(status: StatusCode, challenge: &'static str) -> Response {
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}
