//! Introspection responses are validated like token claims.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::attack_case::{Case, accepted, refused};

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("a token that its issuer calls good", "RFC 7662 §2.2", |w| w.opaque("good", json!({}))),
    accepted("an answer that does not name the issuer", "RFC 7662 §2.2: optional", |w| w.opaque("no-iss", json!({"iss": null}))),
    accepted("an answer with a list of audiences", "RFC 7662 §2.2", |w| w.opaque("auds", json!({"aud": ["x", w.running.resource()]}))),
    accepted("a token with dots that is not a JWT", "RFC 6750 §2.1", |w| w.opaque("ya29.a0AfB_by.C", json!({}))),
    refused("a token that its issuer does not know", "RFC 7662 §2.2", |_| "unknown".to_owned()),
    refused("a token that was revoked", "RFC 7009", |w| w.opaque("revoked", json!({"active": false}))),
    refused("an inactive token with claims", "RFC 7662 §2.2", |w| w.opaque("inactive", json!({"active": false, "sub": "admin"}))),
    refused("a token for another server", "RFC 7662 §4, RFC 8707", |w| w.opaque("other-aud", json!({"aud": "https://other.example/mcp"}))),
    refused("a token without an audience", "RFC 8707, RFC 9700 §2.3", |w| w.opaque("no-aud", json!({"aud": null}))),
    refused("a token for an empty list", "RFC 7662 §2.2", |w| w.opaque("empty-aud", json!({"aud": []}))),
    refused("a token of another issuer", "RFC 9700 §4.4: mix-up", |w| w.opaque("evil-iss", json!({"iss": w.evil.url()}))),
    refused("a token of the other trusted issuer", "RFC 9700 §4.4: mix-up", |w| w.opaque("first-iss", json!({"iss": w.issuer.url()}))),
    refused("an issuer of the wrong type", "RFC 7662 §2.2", |w| w.opaque("typed-iss", json!({"iss": [w.second.url()]}))),
    refused("an expired token", "RFC 7662 §4: checked again", |w| w.opaque("ended", json!({"exp": 1}))),
    refused("a token without end", "exp is required", |w| w.opaque("endless", json!({"exp": null}))),
    refused("an end that is text", "RFC 7662 §2.2", |w| w.opaque("text-exp", json!({"exp": "4000000000"}))),
    refused("a token that begins later", "RFC 7662 §4", |w| w.opaque("nbf", json!({"nbf": w.now() + 60}))),
    refused("a token of the future", "RFC 7662 §2.2", |w| w.opaque("iat", json!({"iat": w.now() + 60}))),
    refused("a refresh token by token_type", "RFC 7662 §2.1: it answers about those too", |w| w.opaque("refresh", json!({"token_type": "refresh_token"}))),
    refused("a refresh token by token_use", "RFC 7662 §2.1", |w| w.opaque("refresh-use", json!({"token_use": "refresh_token"}))),
    refused("a refresh token of Keycloak", "claim typ", |w| w.opaque("refresh-typ", json!({"typ": "Refresh"}))),
    refused("an ID token", "claim token_use", |w| w.opaque("id", json!({"token_use": "id"}))),
    refused("a bound token", "RFC 7662 §2.2, RFC 8705 §3.2", |w| w.opaque("bound", json!({"cnf": {"x5t#S256": "x"}}))),
    refused("a bound token without its binding", "RFC 9449 §6.2", |w| w.opaque("dpop", json!({"token_type": "DPoP"}))),
    refused("a token without a subject", "RFC 9068 §2.2", |w| w.opaque("nobody", json!({"sub": null, "client_id": null}))),
    refused("scopes of the wrong type", "RFC 7662 §2.2", |w| w.opaque("scope", json!({"scope": 1}))),
    refused("an unsigned JWT that introspection reports as active", "a JWT is validated as one", |w| {
        let token = w.good().header("alg", json!("none")).signature(b"").build();
        w.opaque(&token, json!({}))
    }),
    refused("a JWT with a bad signature that introspection reports as active", "a JWT is validated as one", |w| {
        let token = w.aimed(w.second.token()).signature(&[0; 64]).build();
        w.opaque(&token, json!({}))
    }),
    refused("a JWT of an untrusted issuer that introspection reports as active", "a JWT is validated as one", |w| {
        let token = w.aimed(w.evil.token()).build();
        w.opaque(&token, json!({}))
    }),
    refused("a JWT with two audiences that introspection reports as active", "a JWT is validated as one", |w| {
        let token = w.claims_begin(r#""aud":"x","#);
        w.opaque(&token, json!({}))
    }),
    refused("a JWT in sloppy base64 that introspection reports as active", "a JWT is validated as one", |w| {
        let token = w.spelled(0, |part| format!("{part}="));
        w.opaque(&token, json!({}))
    }),
    refused("a JWT in plain base64 that introspection reports as active", "RFC 4648 §4: a JWT is validated as one", |w| {
        let token = w.header("x", json!("????????????")).replacen('_', "/", 1);
        w.opaque(&token, json!({}))
    }),
    refused("a JWT with a character too many that introspection reports as active", "RFC 2045 §6.8: some readers skip it", |w| {
        let token = w.spelled(0, |part| format!("{}~{}", &part[..9], &part[9..]));
        w.opaque(&token, json!({}))
    }),
    refused("an encrypted JWT that introspection reports as active", "RFC 7519 §3: a JWT is validated as one", |w| {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"dir","enc":"A256GCM"}"#);
        w.opaque(&format!("{header}..AAAA.AAAA.AAAA"), json!({}))
    }),
];
