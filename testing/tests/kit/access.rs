//! `assert_access` passes for a server that does what it declares, and fails for one that is too
//! generous in any way.

use serde_json::{Value, json};
use toolgate::{
    Server,
    auth::{BearerToken, Claims, TokenError, TokenVerifier},
    tools,
};
use toolgate_testing::{TestServer, assert_access};

use crate::{ping, read, server};

#[tokio::test]
async fn every_item_is_as_accessible_as_it_declares() {
    let report = assert_access(&TestServer::new(server())).await;
    assert!(report.requests > 150, "{report:?}");
    assert!(report.denied > 60, "{report:?}");
    let open = Server::new("open")
        .tools(tools![ping, read])
        .with_open_handshake();
    assert_access(&TestServer::new(open)).await;
    let public = Server::new("public").tools(tools![ping]);
    assert_access(&TestServer::new(public)).await;
    let stateless = Server::new("stateless")
        .tools(tools![ping, read])
        .without_sessions();
    assert_access(&TestServer::new(stateless)).await;
}

/// A verifier that believes every token and gives it a scope that it does not have.
struct Careless;

impl TokenVerifier for Careless {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        let payload = token.as_str().split('.').nth(1).unwrap_or_default();
        let claims = base64_of(payload);
        let claims = Claims::from_json(&claims).map_err(|_| TokenError::invalid("no claims"))?;
        Ok(claims.with_scopes("desk:write"))
    }
}

fn base64_of(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .unwrap_or_default()
}

#[tokio::test]
#[should_panic(expected = "it ran, and should not")]
async fn a_server_that_lets_too_much_through_fails_the_check() {
    assert_access(&TestServer::new(server().with_verifier(Careless))).await;
}

/// A verifier that reads every token as if it had this claim.
struct Generous(&'static str, Value);

impl TokenVerifier for Generous {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        let payload = token.as_str().split('.').nth(1).unwrap_or_default();
        let claims = serde_json::from_slice::<Value>(&base64_of(payload));
        let mut claims = claims.map_err(|_| TokenError::invalid("no claims"))?;
        claims[self.0] = match self.1.is_null() {
            // Every login is a new one.
            true => claims["iat"].clone(),
            false => self.1.clone(),
        };
        let claims = Claims::from_json(claims.to_string().as_bytes());
        claims.map_err(|_| TokenError::invalid("no claims"))
    }
}

async fn check_generous(claim: &'static str, value: Value) {
    assert_access(&TestServer::new(
        server().with_verifier(Generous(claim, value)),
    ))
    .await;
}

#[tokio::test]
#[should_panic(expected = "lacking Roles: it ran, and should not")]
async fn a_server_that_ignores_roles_fails_the_check() {
    check_generous("roles", json!(["owner", "writer"])).await;
}

#[tokio::test]
#[should_panic(expected = "lacking OwnAcr: it ran, and should not")]
async fn a_server_that_ignores_the_context_of_a_login_fails_the_check() {
    check_generous("acr", json!("urn:example:mfa")).await;
}

#[tokio::test]
#[should_panic(expected = "lacking RecentLogin: it ran, and should not")]
async fn a_server_that_ignores_the_age_of_a_login_fails_the_check() {
    check_generous("auth_time", json!(null)).await;
}
