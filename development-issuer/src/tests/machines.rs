//! Programs without a person: credentials, assertions of an enterprise, and chains of actors.

use super::*;
use crate::signing_key::SigningKey;

mod actor_chain;
mod client_credentials;
mod enterprise;
mod private_key_jwt;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const JWT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// A client with credentials.
struct Machine {
    id: String,
    secret: String,
}

impl Machine {
    async fn register(world: &World, metadata: Value) -> Self {
        let answer = world.register_as(&metadata).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        let body = answer.json();
        Self {
            id: body["client_id"].as_str().unwrap().to_owned(),
            secret: body["client_secret"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    async fn program(world: &World, method: &str) -> Self {
        let metadata = json!({
            "client_name": "nightly",
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": method,
        });
        Self::register(world, metadata).await
    }

    /// Returns the header of `client_secret_basic`.
    fn basic(&self) -> String {
        let pair = format!("{}:{}", self.id, self.secret);
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    }
}

/// Sends a form like a program, which sends no `Origin`.
async fn send(
    world: &World,
    path: &str,
    authorization: Option<&str>,
    form: &[(&str, &str)],
) -> TestResponse {
    let mut request =
        request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    world
        .send(request.body(Body::from(query(form))).unwrap())
        .await
}
