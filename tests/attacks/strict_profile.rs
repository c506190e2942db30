//! Strict settings of an issuer, and tokens that do not meet them.

use serde_json::{Value, json};
use support::{SigningKey, TokenBuilder};
use toolgate::issuer::{Algorithm, Issuer};

use crate::{
    attack_case::{Case, accepted, refused},
    fixture::Fixture,
};

/// Builds an issuer with every strict setting.
pub(crate) fn issuer(name: &str) -> Issuer {
    Issuer::new(name)
        .with_strict_profile()
        .with_single_audience()
        .with_algorithms([Algorithm::Es256])
        .with_required_claim("auth_time")
        .with_required_value("tenant", "acme")
}

/// Builds a token that meets all settings.
fn full<'a>(w: &Fixture, token: TokenBuilder<'a>) -> TokenBuilder<'a> {
    let token = w.aimed(token).claim("auth_time", json!(1));
    token.claim("tenant", json!("acme"))
}

/// Builds the same token with this claim changed; `null` removes it.
fn claim(w: &Fixture, name: &str, value: Value) -> String {
    full(w, w.second.token()).claim(name, value).build()
}

fn header(w: &Fixture, name: &str, value: Value) -> String {
    full(w, w.second.token()).header(name, value).build()
}

fn by(w: &Fixture, key: &SigningKey, alg: &str) -> String {
    full(w, TokenBuilder::new(w.second.url(), key))
        .alg(alg)
        .build()
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("all that is asked for", "RFC 9068 §2.2", |w| full(w, w.second.token()).build()),
    accepted("its audience as a list of one", "RFC 7519 §4.1.3", |w| claim(w, "aud", json!([w.running.resource()]))),
    accepted("less, of the issuer of which less is asked", "each issuer has its own settings", |w| w.good().header("typ", json!("JWT")).claim("jti", json!(null)).build()),
    refused("typ of any JWT", "RFC 9068 §4", |w| header(w, "typ", json!("JWT"))),
    refused("typ absent", "RFC 9068 §4", |w| header(w, "typ", json!(null))),
    refused("no subject", "RFC 9068 §2.2", |w| claim(w, "sub", json!(null))),
    refused("no client", "RFC 9068 §2.2", |w| claim(w, "client_id", json!(null))),
    refused("a client by another name", "RFC 9068 §2.2", |w| full(w, w.second.token()).claim("client_id", json!(null)).claim("azp", json!("client-1")).build()),
    refused("no time of issue", "RFC 9068 §2.2", |w| claim(w, "iat", json!(null))),
    refused("no name of its own", "RFC 9068 §2.2", |w| claim(w, "jti", json!(null))),
    refused("another audience besides", "RFC 7519 §4.1.3: single audience", |w| claim(w, "aud", json!([w.running.resource(), "https://other.example"]))),
    refused("another audience first", "RFC 7519 §4.1.3: single audience", |w| claim(w, "aud", json!(["https://other.example", w.running.resource()]))),
    refused("its audience twice", "RFC 7519 §4.1.3: single audience", |w| claim(w, "aud", json!([w.running.resource(), w.running.resource()]))),
    refused("no required claim", "RFC 9068 §4", |w| claim(w, "auth_time", json!(null))),
    refused("no required value", "RFC 8725 §3.9", |w| claim(w, "tenant", json!(null))),
    refused("another value", "RFC 8725 §3.9", |w| claim(w, "tenant", json!("evil"))),
    refused("the value in another case", "RFC 8725 §3.9", |w| claim(w, "tenant", json!("ACME"))),
    refused("the value in a list", "RFC 8725 §3.9", |w| claim(w, "tenant", json!(["acme"]))),
    refused("the value among others", "RFC 8725 §3.9", |w| claim(w, "tenant", json!("evil acme"))),
    refused("a good key of an algorithm that is not its own", "RFC 8725 §3.1", |w| by(w, w.second.ed25519(), "EdDSA")),
    refused("a good RSA key, where RSA is not its own", "RFC 8725 §3.1", |w| by(w, w.second.rsa(), "RS256")),
];
