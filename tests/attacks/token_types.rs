//! Other tokens that an issuer signs with the same keys are refused.

use serde_json::{Value, json};

use crate::{
    attack_case::{Case, accepted, refused},
    fixture::Fixture,
};

/// Builds a valid token with these claims changed; `null` removes one.
fn with(w: &Fixture, change: Value) -> String {
    let change = change.as_object().expect("a change").clone();
    let token = w.good().header("typ", json!("JWT"));
    let token = change
        .into_iter()
        .fold(token, |token, (name, value)| token.claim(&name, value));
    token.build()
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("an access token that repeats a nonce", "some providers; it has scopes", |w| with(w, json!({"nonce": "n"}))),
    accepted("an access token of Keycloak's kind", "claim typ", |w| with(w, json!({"typ": "Bearer"}))),
    accepted("an access token of Cognito's kind", "claim token_use", |w| with(w, json!({"token_use": "access"}))),
    refused("an ID token by its type", "RFC 8725 §3.11", |w| w.header("typ", json!("id_token"))),
    refused("an ID token by its access token's hash", "OpenID Connect Core §3.1.3.6", |w| with(w, json!({"at_hash": "x"}))),
    refused("an ID token by its code's hash", "OpenID Connect Core §3.3.2.11", |w| with(w, json!({"c_hash": "x"}))),
    refused("an ID token by its state's hash", "FAPI 1.0 part 2 §5.1", |w| with(w, json!({"s_hash": "x"}))),
    refused("an ID token by its nonce", "OpenID Connect Core §2", |w| with(w, json!({"nonce": "n", "scope": null}))),
    refused("an ID token of Cognito", "claim token_use", |w| with(w, json!({"token_use": "id"}))),
    refused("an ID token of Keycloak", "claim typ", |w| with(w, json!({"typ": "ID"}))),
    refused("a refresh token of Keycloak", "claim typ", |w| with(w, json!({"typ": "Refresh"}))),
    refused("an offline token of Keycloak", "claim typ", |w| with(w, json!({"typ": "Offline"}))),
    refused("a refresh token by token_use", "claim token_use", |w| with(w, json!({"token_use": "refresh"}))),
    refused("a logout token by its type", "OpenID Connect Back-Channel Logout §2.4", |w| w.header("typ", json!("logout+jwt"))),
    refused("a logout token by its event", "RFC 8417 §2.2", |w| with(w, json!({"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}))),
    refused("a logout token of Keycloak", "claim typ", |w| with(w, json!({"typ": "Logout"}))),
    refused("a security event", "RFC 8417 §2.3", |w| w.header("typ", json!("secevent+jwt"))),
    refused("a proof of possession", "RFC 9449 §4.2", |w| w.header("typ", json!("dpop+jwt"))),
    refused("a client's statement about itself", "RFC 7523bis", |w| w.header("typ", json!("client-authentication+jwt"))),
    refused("an authorization request", "RFC 9101 §10.8", |w| w.header("typ", json!("oauth-authz-req+jwt"))),
    refused("an answer about a token", "RFC 9701 §5", |w| w.header("typ", json!("token-introspection+jwt"))),
    refused("an authorization response", "JARM §2.1", |w| w.header("typ", json!("oauth-authz-resp+jwt"))),
    refused("a grant for another domain", "identity assertion grants", |w| w.header("typ", json!("oauth-id-jag+jwt"))),
    refused("a wallet's key binding", "SD-JWT §4.3", |w| w.header("typ", json!("kb+jwt"))),
    refused("a refresh token by its type", "RFC 8725 §3.11", |w| w.header("typ", json!("rt+jwt"))),
    refused("an entity's statement", "OpenID Federation §3", |w| w.header("typ", json!("entity-statement+jwt"))),
    refused("a list of revoked tokens", "Token Status List §5.1", |w| w.header("typ", json!("statuslist+jwt"))),
    refused("an access token in a wrapper", "RFC 7515 §4.1.9", |w| w.header("typ", json!("application/application/at+jwt"))),
    refused("an empty type", "RFC 7515 §4.1.9", |w| w.header("typ", json!(""))),
];
