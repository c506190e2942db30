//! Keys and URLs in a token's header are never used or fetched.

use serde_json::json;
use support::SigningKey;

use crate::{
    attack_case::{Case, accepted, refused},
    fixture::Fixture,
};

/// Builds a token signed with the attacker's key that has this header parameter.
fn brings(w: &Fixture, name: &str, value: serde_json::Value) -> String {
    w.good()
        .forged_with(w.evil.p256())
        .header(name, value)
        .build()
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("typ at+jwt", "RFC 9068 §2.1", |w| w.header("typ", json!("at+jwt"))),
    accepted("typ application/at+jwt", "RFC 7515 §4.1.9", |w| w.header("typ", json!("application/at+jwt"))),
    accepted("typ JWT", "providers before RFC 9068", |w| w.header("typ", json!("JWT"))),
    accepted("typ absent", "providers before RFC 9068", |w| w.header("typ", json!(null))),
    accepted("a parameter that means nothing to anybody", "RFC 7515 §4: ignored where it is not critical", |w| w.header("x-internal", json!("1"))),
    accepted("the thumbprint of a certificate", "RFC 7515 §4.1.7: a hint, and no key", |w| w.header("x5t", json!("BBEdvqoPVeQcjrUv3UpRzaJoDZY"))),
    refused("a key of its own in jwk", "CVE-2018-0114", |w| brings(w, "jwk", w.evil.p256().jwk())),
    refused("the issuer's own key in jwk", "RFC 8725 §3.10", |w| w.header("jwk", w.issuer.p256().jwk())),
    refused("a key set of its own in jku", "RFC 8725 §3.10", |w| brings(w, "jku", json!(w.evil.jwks_uri()))),
    refused("the issuer's own key set in jku", "RFC 8725 §3.10", |w| w.header("jku", json!(w.issuer.jwks_uri()))),
    refused("a certificate's address in x5u", "RFC 8725 §3.10", |w| brings(w, "x5u", json!(format!("{}/cert", w.evil.url())))),
    refused("a certificate chain in x5c", "CVE-2026-32301", |w| brings(w, "x5c", json!(["MIIBIjANBgkq"]))),
    refused("an empty certificate chain", "RFC 7515 §4.1.6", |w| w.header("x5c", json!([]))),
    refused("crit that names what is unknown", "CVE-2025-59420", |w| w.good().header("crit", json!(["urn:x"])).header("urn:x", json!(true)).build()),
    refused("crit that names exp", "RFC 7515 §4.1.11", |w| w.good().header("crit", json!(["exp"])).header("exp", json!(1)).build()),
    refused("crit that is empty", "RFC 7515 §4.1.11: it must not be", |w| w.header("crit", json!([]))),
    refused("crit that is not a list", "RFC 7515 §4.1.11", |w| w.header("crit", json!("exp"))),
    refused("b64 false", "RFC 7797 §6", |w| w.good().header("b64", json!(false)).header("crit", json!(["b64"])).build()),
    refused("b64 false that is not critical", "RFC 7797 §6", |w| w.header("b64", json!(false))),
    refused("b64 true", "RFC 7797 §7: not in a JWT", |w| w.header("b64", json!(true))),
    refused("a compressed payload", "RFC 8725 §3.6", |w| w.header("zip", json!("DEF"))),
    refused("an encrypted payload", "RFC 7516: this is not a JWE", |w| w.header("enc", json!("A128GCM"))),
    refused("a token within the token", "RFC 7519 §5.2: nested", |w| w.header("cty", json!("JWT"))),
    refused("kid of a file", "RFC 8725 §3.10: path traversal", |w| w.header("kid", json!("../../../../dev/null"))),
    refused("kid of a query", "RFC 8725 §3.10: injection", |w| w.header("kid", json!("x' UNION SELECT 'secret' --"))),
    refused("kid of a command", "RFC 8725 §3.10: injection", |w| w.header("kid", json!("|/usr/bin/id"))),
    refused("kid of an address", "RFC 8725 §3.10: request forgery", |w| w.header("kid", json!(w.evil.jwks_uri()))),
    refused("kid of another key", "RFC 7515 §4.1.4", |w| w.header("kid", json!("ed"))),
    refused("an unknown kid", "RFC 7515 §4.1.4", |w| w.header("kid", json!("nobody"))),
    refused("kid in another case", "RFC 7515 §4.1.4: case-sensitive", |w| w.header("kid", json!("P256"))),
    refused("kid empty", "RFC 7515 §4.1.4", |w| w.header("kid", json!(""))),
    refused("kid a number", "RFC 7515 §4.1.4", |w| w.header("kid", json!(7))),
    refused("kid a list", "RFC 7515 §4.1.4", |w| w.header("kid", json!(["p256"]))),
    refused("kid null", "CVE-2026-25537: malformed taken for absent", |w| w.header_text(r#"{"alg":"ES256","kid":null}"#)),
    refused("kid of eight thousand bytes", "a log line is bounded", |w| w.header("kid", json!("k".repeat(8000)))),
    refused("kid that would break a log line", "CWE-117", |w| w.header("kid", json!("p256\r\nlevel=ERROR everything is lost"))),
    refused("typ a number", "RFC 7515 §4.1.9", |w| w.header("typ", json!(1))),
    refused("typ null", "CVE-2026-25537: malformed taken for absent", |w| w.header_text(r#"{"alg":"ES256","kid":"p256","typ":null}"#)),
    refused("two algs", "RFC 7515 §4: names are unique", |w| w.header_text(r#"{"alg":"none","alg":"ES256","kid":"p256"}"#)),
    refused("two algs, the good one first", "RFC 7515 §4", |w| w.header_text(r#"{"alg":"ES256","alg":"none","kid":"p256"}"#)),
    refused("two algs, one of them escaped", "RFC 8259 §8.3", |w| w.header_text(r#"{"\u0061lg":"none","alg":"ES256","kid":"p256"}"#)),
    refused("two kids", "RFC 7515 §4", |w| w.header_text(r#"{"alg":"ES256","kid":"x","kid":"p256"}"#)),
    refused("a repeated name in an unused member", "RFC 7515 §4", |w| w.header_text(r#"{"alg":"ES256","kid":"p256","x":{"a":1,"a":2}}"#)),
    refused("alg under a name in another case", "RFC 7515 §4: names are case-sensitive", |w| w.header_text(r#"{"ALG":"ES256","kid":"p256"}"#)),
    refused("a header that is a list", "RFC 7515 §3", |w| w.header_text(r#"[{"alg":"ES256"}]"#)),
    refused("a header that is text", "RFC 7515 §3", |w| w.header_text(r#""ES256""#)),
    refused("a header without members", "RFC 7515 §4.1.1", |w| w.header_text("{}")),
    refused("a header that is not JSON", "RFC 7515 §3", |w| w.header_text("{alg:ES256}")),
    refused("a header with something after it", "RFC 8259 §2", |w| w.header_text(r#"{"alg":"ES256","kid":"p256"}{}"#)),
    refused("a header with a byte order mark", "RFC 8259 §8.1", |w| w.header_text("\u{feff}{\"alg\":\"ES256\",\"kid\":\"p256\"}")),
    refused("a header a hundred and thirty levels deep", "a stack is bounded", |w| w.header_text(&format!(r#"{{"alg":"ES256","x":{}1{}}}"#, "[".repeat(130), "]".repeat(130)))),
    refused("the key of a secret that is in the set, as a P-256 key", "RFC 7517 §4.1", |w| w.good().forged_with(&SigningKey::p256("secret")).header("kid", json!("secret")).build()),
];
