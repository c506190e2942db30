//! Claims are typed and compared character for character, and never guessed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use crate::{
    attack_case::{Case, accepted, refused},
    fixture::Fixture,
};

/// Builds a token whose audience is this server's URL, changed.
fn aimed_at(w: &Fixture, change: fn(String) -> String) -> String {
    w.claim("aud", json!(change(w.running.resource())))
}

fn named(w: &Fixture, change: fn(&str) -> String) -> String {
    w.claim("iss", json!(change(w.issuer.url())))
}

/// Builds a token with only this scope claim.
fn scoped(w: &Fixture, name: &str, value: Value) -> String {
    w.good()
        .claim("scope", json!(null))
        .claim(name, value)
        .build()
}

/// Builds a token with a claim that is null, which differs from an absent claim.
fn null(w: &Fixture, name: &str) -> String {
    w.claims(json!({name: null}))
}

/// Builds a chain of this many actors, the current one first.
fn act(depth: usize) -> Value {
    let earlier = (1..depth).map(|number| format!("a{number}"));
    earlier.fold(
        json!({"sub": "a0"}),
        |inner, name| json!({"sub": name, "act": inner}),
    )
}

/// Changes the claims of a signed token with two actors, and keeps its signature.
fn rewritten(w: &Fixture, change: fn(&mut Map<String, Value>)) -> String {
    let token = w.claim("act", json!({"sub": "a2", "act": {"sub": "a1"}}));
    let parts: Vec<&str> = token.split('.').collect();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).expect("base64url");
    let mut claims: Map<String, Value> = serde_json::from_slice(&claims).expect("claims");
    change(&mut claims);
    let claims = BASE64_URL_SAFE_NO_PAD.encode(Value::Object(claims).to_string());
    format!("{}.{claims}.{}", parts[0], parts[2])
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("aud is a list with this server in it", "RFC 7519 §4.1.3", |w| w.claim("aud", json!(["https://other.example", w.running.resource()]))),
    accepted("scope is a list", "RFC 8693 §4.2 has text; providers differ", |w| w.claim("scope", json!(["desk:read"]))),
    accepted("scp instead of scope", "Okta, Microsoft Entra ID", |w| scoped(w, "scp", json!(["desk:read"]))),
    accepted("scopes instead of scope", "Scalekit", |w| scoped(w, "scopes", json!(["desk:read"]))),
    accepted("a client without a subject", "RFC 9068 §2.2: a client calls for itself", |w| w.claim("sub", json!(null))),
    accepted("an unknown claim", "RFC 7519 §4: ignored", |w| w.claim("https://acme.example/role", json!({"x": [1, null]}))),
    refused("iss absent", "RFC 9068 §2.2", |w| w.claim("iss", json!(null))),
    refused("iss null", "CVE-2026-25537: malformed taken for absent", |w| null(w, "iss")),
    refused("iss a number", "RFC 7519 §4.1.1", |w| w.claim("iss", json!(1))),
    refused("iss a list with the good one", "jsonwebtoken accepts it, RFC 7519 §4.1.1", |w| w.claim("iss", json!([w.issuer.url()]))),
    refused("iss a list with a bad one too", "RFC 7519 §4.1.1", |w| w.claim("iss", json!(["https://evil.example", w.issuer.url()]))),
    refused("iss with a slash", "RFC 8414 §2: character for character", |w| named(w, |iss| format!("{iss}/"))),
    refused("iss in capitals", "RFC 3986 §6.2.1", |w| named(w, str::to_uppercase)),
    refused("iss with a port in another form", "RFC 3986 §6.2.1", |w| named(w, |iss| iss.replace("127.0.0.1:", "127.0.0.1:0"))),
    refused("iss by another name of the host", "RFC 3986 §6.2.1", |w| named(w, |iss| iss.replace("127.0.0.1", "localhost"))),
    refused("iss with user information", "RFC 3986 §3.2.1", |w| named(w, |iss| iss.replace("http://", "http://evil@"))),
    refused("iss that only begins like it", "RFC 8414 §2", |w| named(w, |iss| format!("{iss}.evil.example"))),
    refused("iss with a query", "RFC 8414 §2", |w| named(w, |iss| format!("{iss}?x"))),
    refused("iss with a space after it", "RFC 7519 §4.1.1", |w| named(w, |iss| format!("{iss} "))),
    refused("iss empty", "RFC 7519 §4.1.1", |w| w.claim("iss", json!(""))),
    refused("iss of four thousand bytes", "a log line is bounded", |w| w.claim("iss", json!("x".repeat(4000)))),
    refused("aud absent", "RFC 9068 §2.2, RFC 8707: no audience", |w| w.claim("aud", json!(null))),
    refused("aud null", "CVE-2026-25537: malformed taken for absent", |w| null(w, "aud")),
    refused("aud an empty list", "RFC 7519 §4.1.3", |w| w.claim("aud", json!([]))),
    refused("aud a number", "jsonwebtoken accepts it, RFC 7519 §4.1.3", |w| w.claim("aud", json!(7))),
    refused("aud an object", "RFC 7519 §4.1.3", |w| w.claim("aud", json!({w.running.resource(): true}))),
    refused("aud a list with a number in it", "RFC 7519 §4.1.3", |w| w.claim("aud", json!([w.running.resource(), 7]))),
    refused("aud a list within a list", "RFC 7519 §4.1.3", |w| w.claim("aud", json!([[w.running.resource()]]))),
    refused("aud of another server", "RFC 9700 §2.3: token of another resource", |w| w.claim("aud", json!("https://other.example/mcp"))),
    refused("aud of the issuer", "RFC 9068 §3", |w| w.claim("aud", json!(w.issuer.url()))),
    refused("aud of the client", "an ID token's, OpenID Connect Core §2", |w| w.claim("aud", json!("client-1"))),
    refused("aud of the origin alone", "RFC 8707 §2: most specific", |w| w.claim("aud", json!(w.running.origin()))),
    refused("aud of a path below", "RFC 8707 §2", |w| aimed_at(w, |it| format!("{it}/x"))),
    refused("aud with a slash", "RFC 3986 §6.2.1", |w| aimed_at(w, |it| format!("{it}/"))),
    refused("aud in capitals", "RFC 3986 §6.2.1", |w| aimed_at(w, |it| it.to_uppercase())),
    refused("aud with a fragment", "RFC 8707 §2: none", |w| aimed_at(w, |it| format!("{it}#x"))),
    refused("aud that only begins like it", "RFC 7519 §4.1.3", |w| aimed_at(w, |it| format!("{it}.evil.example"))),
    refused("aud that only ends like it", "RFC 7519 §4.1.3", |w| aimed_at(w, |it| format!("https://evil.example/?{it}"))),
    refused("aud of everybody", "RFC 7519 §4.1.3: no patterns", |w| w.claim("aud", json!("*"))),
    refused("aud of two servers in one text", "RFC 7519 §4.1.3", |w| aimed_at(w, |it| format!("https://other.example {it}"))),
    refused("aud under another name", "RFC 7519 §4.1.3", |w| w.good().claim("aud", json!(null)).claim("resource", json!(w.running.resource())).build()),
    refused("sub a number", "RFC 7519 §4.1.2", |w| w.claim("sub", json!(1))),
    refused("sub null", "CVE-2026-25537: malformed taken for absent", |w| null(w, "sub")),
    refused("sub empty", "CVE-2026-44459: an empty subject taken for a user", |w| w.claim("sub", json!(""))),
    refused("sub a list", "RFC 7519 §4.1.2", |w| w.claim("sub", json!(["alice"]))),
    refused("neither a subject nor a client", "RFC 9068 §2.2", |w| w.good().claim("sub", json!(null)).claim("client_id", json!(null)).build()),
    accepted("act with three actors", "RFC 8693 §4.1", |w| w.claim("act", act(3))),
    accepted("act with its members in another order", "RFC 8259 §4: an object has no order", |w| w.claim("act", serde_json::from_str(r#"{"act":{"sub":"a"},"sub":"b"}"#).expect("JSON"))),
    accepted("sub equal to client_id", "RFC 9068 §2.2: a client calls for itself, and is no person", |w| w.claims(json!({"sub": "client-1", "client_id": "client-1"}))),
    refused("act nested 100 deep", "CWE-674: a chain is bounded", |w| w.claim("act", act(100))),
    refused("act with nine actors", "a chain is read whole or not at all", |w| w.claim("act", act(9))),
    refused("act null", "CVE-2026-25537: malformed taken for absent", |w| null(w, "act")),
    refused("act a text", "RFC 8693 §4.1: an object", |w| w.claim("act", json!("agent"))),
    refused("act without a party", "RFC 8693 §4.1", |w| w.claim("act", json!({"iss": "https://as.example"}))),
    refused("act with an actor that is dropped within", "RFC 8693 §4.1: the chain has a gap", |w| w.claim("act", json!({"sub": "b", "act": {"act": {"sub": "a"}}}))),
    refused("act dropped after signing", "RFC 7515 §5.2", |w| rewritten(w, |claims| { claims.remove("act"); })),
    refused("act reordered after signing", "RFC 7515 §5.2", |w| rewritten(w, |claims| { claims["act"] = json!({"sub": "a1", "act": {"sub": "a2"}}); })),
    refused("client_id a number", "RFC 8693 §4.3", |w| w.claim("client_id", json!(1))),
    refused("client_id empty", "RFC 8693 §4.3", |w| w.claim("client_id", json!(""))),
    refused("scope a number", "RFC 8693 §4.2", |w| w.claim("scope", json!(1))),
    refused("scope true", "RFC 8693 §4.2", |w| w.claim("scope", json!(true))),
    refused("scope null", "CVE-2026-25537: malformed taken for absent", |w| null(w, "scope")),
    refused("scope an object", "RFC 8693 §4.2", |w| w.claim("scope", json!({"desk:read": true}))),
    refused("scope a list with a number in it", "RFC 8693 §4.2", |w| w.claim("scope", json!(["desk:read", 1]))),
    refused("scp a number", "a claim of the wrong type is refused", |w| scoped(w, "scp", json!(1))),
    refused("scopes a list of lists", "a claim of the wrong type is refused", |w| scoped(w, "scopes", json!([["desk:read"]]))),
    refused("bound to a key", "RFC 9449 §6, RFC 7800 §3", |w| w.claim("cnf", json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}))),
    refused("bound to a certificate", "RFC 8705 §3", |w| w.claim("cnf", json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}))),
    refused("bound to something unknown", "RFC 7800 §3.1", |w| w.claim("cnf", json!({"urn:x": 1}))),
    refused("bound to nothing", "RFC 7800 §3.1", |w| w.claim("cnf", json!({}))),
    refused("bound to null", "CVE-2026-25537: malformed taken for absent", |w| null(w, "cnf")),
];
