//! The server chooses the algorithm, not the token.

use serde_json::json;
use support::SigningKey;

use crate::{
    attack_case::{Case, accepted, refused},
    fixture::Fixture,
};

/// Signs a token with the issuer's public key as if it were a shared secret.
fn with_public_key(w: &Fixture, alg: &str, text: String) -> String {
    w.signed_as(&SigningKey::secret("rsa", text.as_bytes()), alg)
}

fn modulus(w: &Fixture) -> String {
    w.issuer.rsa().jwk()["n"].as_str().expect("text").to_owned()
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("RS256 with an RSA key", "RFC 7518 §3.3", |w| w.signed_as(w.issuer.rsa(), "RS256")),
    accepted("RS384 with an RSA key", "RFC 7518 §3.3", |w| w.signed_as(w.issuer.rsa(), "RS384")),
    accepted("RS512 with an RSA key", "RFC 7518 §3.3", |w| w.signed_as(w.issuer.rsa(), "RS512")),
    accepted("PS256 with an RSA key", "RFC 7518 §3.5", |w| w.signed_as(w.issuer.rsa(), "PS256")),
    accepted("PS512 with an RSA key", "RFC 7518 §3.5", |w| w.signed_as(w.issuer.rsa(), "PS512")),
    accepted("ES256 with a P-256 key", "RFC 7518 §3.4", |w| w.signed(w.issuer.p256())),
    accepted("EdDSA with an Ed25519 key", "RFC 8037 §3.1", |w| w.signed(w.issuer.ed25519())),
    accepted("Ed25519 by its full name", "RFC 9864 §2.2", |w| w.signed_as(w.issuer.ed25519(), "Ed25519")),
    refused("alg none without a signature", "RFC 8725 §3.2, CVE-2015-9235", |w| w.good().header("alg", json!("none")).signature(b"").build()),
    refused("alg none with the old signature", "RFC 8725 §3.2", |w| w.header("alg", json!("none"))),
    refused("alg None", "CVE-2015-9235, by another spelling", |w| w.good().header("alg", json!("None")).signature(b"").build()),
    refused("alg NONE", "CVE-2015-9235, by another spelling", |w| w.good().header("alg", json!("NONE")).signature(b"").build()),
    refused("alg nOnE", "CVE-2015-9235, by another spelling", |w| w.good().header("alg", json!("nOnE")).signature(b"").build()),
    refused("alg none with a space", "CVE-2015-9235, by another spelling", |w| w.good().header("alg", json!("none ")).signature(b"").build()),
    refused("alg empty", "RFC 7515 §4.1.1", |w| w.header("alg", json!(""))),
    refused("alg absent", "RFC 7515 §4.1.1: it must be there", |w| w.header("alg", json!(null))),
    refused("alg null", "CVE-2026-25537: malformed taken for absent", |w| w.header_text(r#"{"alg":null,"kid":"p256"}"#)),
    refused("alg a number", "RFC 7515 §4.1.1", |w| w.header("alg", json!(256))),
    refused("alg a list", "RFC 7515 §4.1.1", |w| w.header("alg", json!(["ES256"]))),
    refused("alg in lower case", "RFC 7515 §4.1.1: case-sensitive", |w| w.header("alg", json!("es256"))),
    refused("alg with a space", "RFC 7515 §4.1.1", |w| w.header("alg", json!("ES256 "))),
    refused("HS256 with the RSA modulus as its secret", "CVE-2016-5431", |w| with_public_key(w, "HS256", modulus(w))),
    refused("HS384 with the RSA modulus as its secret", "CVE-2016-5431", |w| with_public_key(w, "HS384", modulus(w))),
    refused("HS512 with the RSA modulus as its secret", "CVE-2016-5431", |w| with_public_key(w, "HS512", modulus(w))),
    refused("HS256 with the RSA key's JWK as its secret", "CVE-2024-54150", |w| with_public_key(w, "HS256", w.issuer.rsa().jwk().to_string())),
    refused("HS256 with the whole key set as its secret", "CVE-2024-33663", |w| with_public_key(w, "HS256", SigningKey::set(&[w.issuer.rsa()]).to_string())),
    refused("HS256 with the P-256 key's x as its secret", "CVE-2024-33663", |w| with_public_key(w, "HS256", w.issuer.p256().jwk()["x"].to_string())),
    refused("HS256 with an empty secret", "RFC 8725 §3.5", |w| with_public_key(w, "HS256", String::new())),
    refused("HS256 with the secret that the issuer published", "RFC 8725 §3.1", |w| w.signed(&w.misused.secret)),
    refused("HS256 by the kid of a P-256 key", "RFC 8725 §2.1", |w| w.good().forged_with(&w.misused.secret).header("alg", json!("HS256")).build()),
    refused("ES256 said, RS256 signed", "RFC 8725 §3.1", |w| w.good().forged_with(w.issuer.rsa()).build()),
    refused("RS256 said, ES256 signed", "RFC 8725 §3.1", |w| w.header("alg", json!("RS256"))),
    refused("RS256 said, PS256 signed", "RFC 8725 §3.1", |w| w.good().signed_with(w.issuer.rsa()).alg("PS256").header("alg", json!("RS256")).build()),
    refused("PS256 said, RS256 signed", "RFC 8725 §3.1", |w| w.good().signed_with(w.issuer.rsa()).header("alg", json!("PS256")).build()),
    refused("RS512 said, RS256 signed", "RFC 8725 §3.1", |w| w.good().signed_with(w.issuer.rsa()).header("alg", json!("RS512")).build()),
    refused("ES384 said of a P-256 key", "RFC 7518 §3.4: the curve goes with the algorithm", |w| w.header("alg", json!("ES384"))),
    refused("EdDSA said of a P-256 key", "RFC 8037 §3.1", |w| w.header("alg", json!("EdDSA"))),
    refused("ES256 said of an Ed25519 key", "RFC 8037 §3.1", |w| w.good().signed_with(w.issuer.ed25519()).header("alg", json!("ES256")).build()),
    refused("ES512", "not in the closed list, RFC 8725 §3.1", |w| w.header("alg", json!("ES512"))),
    refused("ES256K", "not in the closed list, RFC 8725 §3.1", |w| w.header("alg", json!("ES256K"))),
    refused("Ed448", "not in the closed list, RFC 8725 §3.1", |w| w.header("alg", json!("Ed448"))),
    refused("RS1", "RFC 8725 §3.2: SHA-1", |w| w.header("alg", json!("RS1"))),
    refused("RSA1_5", "an encryption algorithm, RFC 7516", |w| w.header("alg", json!("RSA1_5"))),
    refused("dir", "an encryption algorithm, RFC 7516", |w| w.header("alg", json!("dir"))),
    refused("PBES2-HS256+A128KW", "CVE-2022-36083: work without end", |w| w.good().header("alg", json!("PBES2-HS256+A128KW")).header("p2c", json!(2_147_483_647_u32)).build()),
];
