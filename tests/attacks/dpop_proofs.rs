//! A token that is bound to a key needs a proof of that key for the same request (RFC 9449).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, header::HeaderValue};
use serde_json::{Value, json};
use support::{SigningKey, TokenBuilder};

use crate::{
    attack_case::{Case, Expected, request},
    fixture::Fixture,
};

/// Builds a token that is bound to the client's key.
fn bound(w: &Fixture) -> String {
    w.good().bound_to(&w.holder).build()
}

/// Builds a valid proof with this key for a call with this token.
fn proof<'a>(w: &Fixture, key: &'a SigningKey, token: &str) -> TokenBuilder<'a> {
    TokenBuilder::proof(key, "POST", &w.running.resource()).about(token)
}

/// Sends a call with these two headers.
fn sent(r: RequestBuilder, authorization: &str, proof: &str) -> RequestBuilder {
    r.header("authorization", authorization)
        .header("dpop", proof)
}

/// Sends a call with a bound token and a proof that is valid except for this change.
fn with(
    w: &Fixture,
    r: RequestBuilder,
    change: for<'a> fn(&Fixture, TokenBuilder<'a>) -> TokenBuilder<'a>,
) -> RequestBuilder {
    let token = bound(w);
    let proof = change(w, proof(w, &w.holder, &token)).build();
    sent(r, &format!("DPoP {token}"), &proof)
}

/// Changes a claim of the proof; `null` removes it.
fn claim(w: &Fixture, r: RequestBuilder, name: &str, value: Value) -> RequestBuilder {
    let token = bound(w);
    let proof = proof(w, &w.holder, &token).claim(name, value).build();
    sent(r, &format!("DPoP {token}"), &proof)
}

/// Changes a parameter of the proof's header.
fn header(w: &Fixture, r: RequestBuilder, name: &str, value: Value) -> RequestBuilder {
    let token = bound(w);
    let proof = proof(w, &w.holder, &token).header(name, value).build();
    sent(r, &format!("DPoP {token}"), &proof)
}

/// Changes a member of the key in the proof. The token is bound to that key.
fn keyed(w: &Fixture, r: RequestBuilder, name: &str, value: Value) -> RequestBuilder {
    let mut jwk = w.holder.bare_jwk();
    jwk[name] = value;
    header(w, r, "jwk", jwk)
}

/// Changes the resource URL in the proof.
fn aimed(w: &Fixture, r: RequestBuilder, change: fn(String) -> String) -> RequestBuilder {
    claim(w, r, "htu", json!(change(w.running.resource())))
}

/// Sends a bound token and a proof with another kind of key.
fn by(w: &Fixture, r: RequestBuilder, key: &SigningKey) -> RequestBuilder {
    by_as(w, r, key, key.algorithm())
}

fn by_as(w: &Fixture, r: RequestBuilder, key: &SigningKey, alg: &str) -> RequestBuilder {
    let token = w.good().bound_to(key).build();
    let proof = proof(w, key, &token).alg(alg).build();
    sent(r, &format!("DPoP {token}"), &proof)
}

/// Sends a token with this `cnf`, and a valid proof with the client's key.
fn confirmed(w: &Fixture, r: RequestBuilder, confirmation: Value) -> RequestBuilder {
    let token = w.claims(json!({"cnf": confirmation}));
    let proof = proof(w, &w.holder, &token).build();
    sent(r, &format!("DPoP {token}"), &proof)
}

/// Sends a valid token and proof, with the `DPoP` header written like this.
fn written(w: &Fixture, r: RequestBuilder, text: &str) -> RequestBuilder {
    let token = bound(w);
    let proof = proof(w, &w.holder, &token).build();
    let value = HeaderValue::from_bytes(text.replace("{}", &proof).as_bytes());
    r.header("authorization", format!("DPoP {token}"))
        .header("dpop", value.expect("a header's value"))
}

/// Sends a valid token, and its valid proof in two headers.
fn twice(w: &Fixture, r: RequestBuilder) -> RequestBuilder {
    let token = bound(w);
    let proof = proof(w, &w.holder, &token).build();
    sent(r, &format!("DPoP {token}"), &proof).header("dpop", proof)
}

/// Sends a valid token and proof, with the credentials written like this.
fn credentials(w: &Fixture, r: RequestBuilder, text: &str) -> RequestBuilder {
    let token = bound(w);
    let proof = proof(w, &w.holder, &token).build();
    sent(r, &text.replace("{}", &token), &proof)
}

/// A modulus of 1024 bits.
fn short_modulus() -> String {
    URL_SAFE_NO_PAD.encode([0xc5; 128])
}

use Expected::{Invalid, NoProof, NoToken, Runs};

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    request("a valid request", "RFC 9449 §7.1", Runs, |w, r| with(w, r, |_, p| p)),
    request("the scheme in lower case", "RFC 9110 §11.1", Runs, |w, r| credentials(w, r, "dpop {}")),
    request("a key for ES384", "RFC 9449 §4.2", Runs, |w, r| by(w, r, &SigningKey::p384("k"))),
    request("a key for EdDSA", "RFC 9449 §4.2, RFC 8037", Runs, |w, r| by(w, r, &SigningKey::ed25519("k"))),
    request("a key for RS256", "RFC 9449 §4.2", Runs, |w, r| by(w, r, w.issuer.rsa())),
    request("a key for PS256", "RFC 9449 §4.2", Runs, |w, r| by_as(w, r, w.issuer.rsa(), "PS256")),
    request("htu with a query and a fragment", "RFC 9449 §4.3: ignored", Runs, |w, r| aimed(w, r, |it| format!("{it}?a=b#c"))),
    request("htu with the scheme in capitals", "RFC 3986 §6.2.2.1", Runs, |w, r| aimed(w, r, |it| it.replace("http:", "HTTP:"))),
    request("htu with a needless escape", "RFC 3986 §6.2.2.2", Runs, |w, r| aimed(w, r, |it| it.replace("/mcp", "/%6dcp"))),
    request("htu with a slash, where the endpoint answers too", "RFC 9449 §4.3", Runs, |w, r| aimed(w, r, |it| format!("{it}/"))),
    request("an unknown claim", "RFC 9449 §4.2: may have others", Runs, |w, r| claim(w, r, "x", json!({"y": [1]}))),
    request("an unrequested nonce", "RFC 9449 §8: optional", Runs, |w, r| claim(w, r, "nonce", json!("n"))),
    request("a clock that is ahead by a little", "RFC 9449 §11.1", Runs, |w, r| claim(w, r, "iat", json!(w.now() + 20))),
    request("a bearer token beside a proof", "RFC 9449 §6: it is not bound", Runs, |w, r| { let token = w.good().build(); sent(r, &format!("Bearer {token}"), &proof(w, &w.holder, &token).build()) }),
    request("a bound token as a bearer token", "RFC 9449 §7.2: downgrade", Invalid, |w, r| r.header("authorization", format!("Bearer {}", bound(w)))),
    request("a bound token as a bearer token beside a proof", "RFC 9449 §7.2", Invalid, |w, r| credentials(w, r, "Bearer {}")),
    request("a bearer token by the scheme DPoP", "RFC 9449 §7.1: binding is checked", Invalid, |w, r| { let token = w.good().build(); sent(r, &format!("DPoP {token}"), &proof(w, &w.holder, &token).build()) }),
    request("a proof without a token", "RFC 9449 §7.1", NoToken, |w, r| r.header("dpop", proof(w, &w.holder, "x").build())),
    request("the scheme alone", "RFC 6750 §3.1: malformed is not absent", Invalid, |w, r| credentials(w, r, "DPoP")),
    request("two tokens in one header", "RFC 9449 §7.1: token68", Invalid, |w, r| credentials(w, r, "DPoP {} {}")),
    request("no proof", "RFC 9449 §4.3, 1", NoProof, |w, r| r.header("authorization", format!("DPoP {}", bound(w)))),
    request("two proofs", "RFC 9449 §4.3, 1", NoProof, |w, r| { let again = proof(w, &w.holder, &bound(w)).build(); with(w, r, |_, p| p).header("dpop", again) }),
    request("one proof twice", "RFC 9449 §4.3, 1", NoProof, twice),
    request("two proofs with a comma", "RFC 9449 §4.3, 1: a list is two", NoProof, |w, r| written(w, r, "{}, {}")),
    request("an empty proof", "RFC 9449 §4.3, 2", NoProof, |w, r| written(w, r, "")),
    request("a proof in quotes", "RFC 9449 §4.1", NoProof, |w, r| written(w, r, "\"{}\"")),
    request("a proof with padding", "RFC 7515 §2", NoProof, |w, r| written(w, r, "{}=")),
    request("a proof that is not text", "RFC 9449 §4.1", NoProof, |w, r| written(w, r, "{}ä")),
    request("a proof with a fourth part", "RFC 7515 §3.1", NoProof, |w, r| written(w, r, "{}.e30")),
    request("a proof in JSON form", "RFC 7515 §7.2", NoProof, |w, r| written(w, r, "{\"payload\":\"e30\",\"signatures\":[]}")),
    request("a huge proof", "a proof has a kilobyte", NoProof, |w, r| claim(w, r, "x", json!("x".repeat(9000)))),
    request("the token as its own proof", "RFC 8725 §3.11: typ", NoProof, |w, r| { let token = bound(w); sent(r, &format!("DPoP {token}"), &token) }),
    request("a proof as the token", "RFC 8725 §3.11: typ", Invalid, |w, r| { let one = proof(w, &w.holder, "x").claim("iss", json!(w.issuer.url())).claim("aud", json!(w.running.resource())).claim("exp", json!(w.now() + 60)).claim("cnf", json!({"jkt": w.holder.thumbprint()})).build(); let other = proof(w, &w.holder, &one).build(); sent(r, &format!("DPoP {one}"), &other) }),
    request("a proof as a bearer token", "RFC 8725 §3.11: typ", Invalid, |w, r| r.header("authorization", format!("Bearer {}", proof(w, &w.holder, "x").build()))),
    request("typ absent", "RFC 9449 §4.3, 4", NoProof, |w, r| header(w, r, "typ", json!(null))),
    request("typ of an access token", "RFC 9449 §4.3, 4", NoProof, |w, r| header(w, r, "typ", json!("at+jwt"))),
    request("typ of any JWT", "RFC 9449 §4.3, 4", NoProof, |w, r| header(w, r, "typ", json!("JWT"))),
    request("typ in another case", "RFC 9449 §4.2: a value", NoProof, |w, r| header(w, r, "typ", json!("DPoP+jwt"))),
    request("typ a list", "RFC 7515 §4.1.9", NoProof, |w, r| header(w, r, "typ", json!(["dpop+jwt"]))),
    request("alg none", "RFC 9449 §4.3, 5; CVE-2015-9235", NoProof, |w, r| with(w, r, |_, p| p.header("alg", json!("none")).signature(b""))),
    request("alg none and the signature of another alg", "RFC 9449 §4.3, 5", NoProof, |w, r| header(w, r, "alg", json!("none"))),
    request("alg HS256 with the public key as the secret", "CVE-2016-5431", NoProof, |w, r| { let token = bound(w); let secret = SigningKey::secret("s", w.holder.thumbprint().as_bytes()); let forged = proof(w, &w.holder, &token).forged_with(&secret).alg("HS256").build(); sent(r, &format!("DPoP {token}"), &forged) }),
    request("alg absent", "RFC 7515 §4.1.1", NoProof, |w, r| header(w, r, "alg", json!(null))),
    request("alg that is not on the list", "RFC 9449 §4.3, 5", NoProof, |w, r| header(w, r, "alg", json!("ES256K"))),
    request("alg of another key", "RFC 8725 §3.1", NoProof, |w, r| header(w, r, "alg", json!("RS256"))),
    request("alg of another curve", "RFC 7518 §3.4", NoProof, |w, r| header(w, r, "alg", json!("ES384"))),
    request("crit", "RFC 7515 §4.1.11; CVE-2025-59420", NoProof, |w, r| header(w, r, "crit", json!(["x"]))),
    request("b64", "RFC 7797 §3", NoProof, |w, r| header(w, r, "b64", json!(false))),
    request("jku", "RFC 8725 §3.10", NoProof, |w, r| header(w, r, "jku", json!(format!("{}/keys", w.evil.url())))),
    request("x5u", "RFC 8725 §3.10", NoProof, |w, r| header(w, r, "x5u", json!(format!("{}/keys", w.evil.url())))),
    request("x5c", "RFC 8725 §3.10", NoProof, |w, r| header(w, r, "x5c", json!(["AA"]))),
    request("cty", "RFC 7519 §5.2: a token within", NoProof, |w, r| header(w, r, "cty", json!("JWT"))),
    request("no key", "RFC 9449 §4.3, 3", NoProof, |w, r| header(w, r, "jwk", json!(null))),
    request("a key that is text", "RFC 7515 §4.1.3", NoProof, |w, r| header(w, r, "jwk", json!("x"))),
    request("a key that is a set", "RFC 7517 §5", NoProof, |w, r| header(w, r, "jwk", json!({"keys": [w.holder.bare_jwk()]}))),
    request("a private key", "RFC 9449 §4.3, 7", NoProof, |w, r| keyed(w, r, "d", json!("AAAA"))),
    request("a private key that is null", "RFC 9449 §4.3, 7", NoProof, |w, r| keyed(w, r, "d", json!(null))),
    request("a symmetric key", "RFC 9449 §4.2", NoProof, |w, r| by(w, r, &SigningKey::secret("s", b"thirty-two bytes of no secret at all"))),
    request("a symmetric part in the key", "CVE-2024-54150", NoProof, |w, r| keyed(w, r, "k", json!("AAAA"))),
    request("a key of an unknown type", "RFC 7517 §4.1", NoProof, |w, r| keyed(w, r, "kty", json!("AKP"))),
    request("a key of another curve", "RFC 7518 §6.2.1.1", NoProof, |w, r| keyed(w, r, "crv", json!("P-384"))),
    request("a key of a curve for small devices", "RFC 8812", NoProof, |w, r| keyed(w, r, "crv", json!("secp256k1"))),
    request("a key with a point beside the curve", "invalid curve attack", NoProof, |w, r| keyed(w, r, "y", json!(URL_SAFE_NO_PAD.encode([7; 32])))),
    request("a key with the point at infinity", "CVE-2022-21449", NoProof, |w, r| { let zero = URL_SAFE_NO_PAD.encode([0; 32]); header(w, r, "jwk", json!({"kty": "EC", "crv": "P-256", "x": zero, "y": zero})) }),
    request("a key with a short coordinate", "RFC 7518 §6.2.1.2", NoProof, |w, r| keyed(w, r, "x", json!("AAAA"))),
    request("a key without a coordinate", "RFC 7518 §6.2.1", NoProof, |w, r| keyed(w, r, "y", json!(7))),
    request("a key for encryption", "RFC 7517 §4.2", NoProof, |w, r| keyed(w, r, "use", json!("enc"))),
    request("a key for wrapping", "RFC 7517 §4.3", NoProof, |w, r| keyed(w, r, "key_ops", json!(["wrapKey"]))),
    request("a key for another algorithm", "RFC 7517 §4.4", NoProof, |w, r| keyed(w, r, "alg", json!("ES384"))),
    request("a weak RSA key", "RFC 7518 §3.3", NoProof, |w, r| { let token = bound(w); let weak = json!({"kty": "RSA", "e": "AQAB", "n": short_modulus()}); sent(r, &format!("DPoP {token}"), &proof(w, w.issuer.rsa(), &token).header("jwk", weak).build()) }),
    request("an RSA key with a tiny exponent", "CVE-2006-4339", NoProof, |w, r| { let token = bound(w); let mut weak = w.issuer.rsa().bare_jwk(); weak["e"] = json!("Aw"); sent(r, &format!("DPoP {token}"), &proof(w, w.issuer.rsa(), &token).header("jwk", weak).build()) }),
    request("a proof by another key than it brings", "RFC 9449 §4.3, 6", NoProof, |w, r| { let token = bound(w); sent(r, &format!("DPoP {token}"), &proof(w, &w.holder, &token).forged_with(&SigningKey::p256("k")).build()) }),
    request("a proof by another key than the token's", "RFC 9449 §4.3, 12", Invalid, |w, r| { let token = bound(w); sent(r, &format!("DPoP {token}"), &proof(w, &SigningKey::p256("k"), &token).build()) }),
    request("a proof by the issuer's key", "RFC 9449 §4.3, 12", Invalid, |w, r| { let token = bound(w); sent(r, &format!("DPoP {token}"), &proof(w, w.issuer.p256(), &token).build()) }),
    request("a signature of zeros", "CVE-2022-21449", NoProof, |w, r| with(w, r, |_, p| p.signature(&[0; 64]))),
    request("no signature", "RFC 9449 §4.3, 6", NoProof, |w, r| with(w, r, |_, p| p.signature(b""))),
    request("claims that were changed afterwards", "RFC 9449 §4.3, 6", NoProof, |w, r| { let token = bound(w); let good = proof(w, &w.holder, &token).build(); let other = proof(w, &w.holder, &token).build(); let (head, _) = good.rsplit_once('.').expect("parts"); let (_, tail) = other.rsplit_once('.').expect("parts"); sent(r, &format!("DPoP {token}"), &format!("{head}.{tail}")) }),
    request("claims that are not an object", "RFC 9449 §4.3, 3", NoProof, |w, r| with(w, r, |_, p| p.claims_text("[]"))),
    request("a claim twice", "RFC 7519 §4; CVE-2017-12635", NoProof, |w, r| with(w, r, |_, p| { let text = p.claims().to_string(); p.claims_text(&format!("{{\"htm\":\"GET\",{}", &text[1..])) })),
    request("the key twice in the header", "RFC 7515 §4", NoProof, |w, r| with(w, r, |w, p| { let jwk = w.holder.bare_jwk(); p.header_text(&format!("{{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":{jwk},\"jwk\":{jwk}}}")) })),
    request("htm absent", "RFC 9449 §4.3, 3", NoProof, |w, r| claim(w, r, "htm", json!(null))),
    request("htm of another method", "RFC 9449 §4.3, 8", NoProof, |w, r| claim(w, r, "htm", json!("GET"))),
    request("htm in another case", "RFC 9110 §9.1: case counts", NoProof, |w, r| claim(w, r, "htm", json!("post"))),
    request("htm a list", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "htm", json!(["POST"]))),
    request("htu absent", "RFC 9449 §4.3, 3", NoProof, |w, r| claim(w, r, "htu", json!(null))),
    request("htu of another host", "RFC 9449 §4.3, 9", NoProof, |w, r| aimed(w, r, |it| it.replace("127.0.0.1", "127.0.0.2"))),
    request("htu of the host that the request names", "RFC 9449 §4.3, 9: Host is the sender's", NoProof, |w, r| aimed(w, r, |it| it.replace("127.0.0.1", "localhost")).header("host", w.running.address().to_string().replace("127.0.0.1", "localhost"))),
    request("htu of another scheme", "RFC 9449 §4.3, 9", NoProof, |w, r| aimed(w, r, |it| it.replace("http:", "https:"))),
    request("htu of another port", "RFC 9449 §4.3, 9", NoProof, |w, r| aimed(w, r, |it| it.replace("/mcp", "1/mcp"))),
    request("htu without a port", "RFC 3986 §6.2.3: 80 is meant", NoProof, |w, r| claim(w, r, "htu", json!("http://127.0.0.1/mcp"))),
    request("htu of another path", "RFC 9449 §4.3, 9", NoProof, |w, r| aimed(w, r, |it| format!("{it}/x"))),
    request("htu with the path in another case", "RFC 3986 §6.2.2.1", NoProof, |w, r| aimed(w, r, |it| it.replace("/mcp", "/MCP"))),
    request("htu of the origin alone", "RFC 9449 §4.3, 9", NoProof, |w, r| claim(w, r, "htu", json!(w.running.origin()))),
    request("htu of the path alone", "RFC 9449 §4.2: the target URI", NoProof, |w, r| claim(w, r, "htu", json!("/mcp"))),
    request("htu with user information", "RFC 3986 §3.2.1", NoProof, |w, r| aimed(w, r, |it| it.replace("//", "//a@"))),
    request("htu that only begins like it", "RFC 9449 §4.3, 9", NoProof, |w, r| aimed(w, r, |it| it.replace("/mcp", ".evil.example/mcp"))),
    request("htu of another, with ours in its query", "RFC 9449 §4.3, 9", NoProof, |w, r| aimed(w, r, |it| format!("https://evil.example/?{it}"))),
    request("htu with a space before it", "URL readers repair that", NoProof, |w, r| aimed(w, r, |it| format!(" {it}"))),
    request("htu empty", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "htu", json!(""))),
    request("htu a list", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "htu", json!([w.running.resource()]))),
    request("ath absent", "RFC 9449 §4.3, 11", NoProof, |w, r| claim(w, r, "ath", json!(null))),
    request("ath of another token", "RFC 9449 §4.3, 11", NoProof, |w, r| { let (token, other) = (bound(w), w.good().build()); sent(r, &format!("DPoP {token}"), &proof(w, &w.holder, &other).build()) }),
    request("ath with padding", "RFC 9449 §4.2", NoProof, |w, r| with(w, r, |_, p| { let ath = p.claims()["ath"].as_str().unwrap_or_default().to_owned(); p.claim("ath", json!(format!("{ath}="))) })),
    request("ath empty", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "ath", json!(""))),
    request("ath a number", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "ath", json!(1))),
    request("jti absent", "RFC 9449 §4.3, 3", NoProof, |w, r| claim(w, r, "jti", json!(null))),
    request("jti empty", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "jti", json!(""))),
    request("jti too long", "a replay table is bounded", NoProof, |w, r| claim(w, r, "jti", json!("x".repeat(257)))),
    request("jti a number", "RFC 7519 §4.1.7", NoProof, |w, r| claim(w, r, "jti", json!(1))),
    request("iat absent", "RFC 9449 §4.3, 3", NoProof, |w, r| claim(w, r, "iat", json!(null))),
    request("iat of before the server started", "RFC 9449 §11.1", NoProof, |w, r| claim(w, r, "iat", json!(w.now() - 50))),
    request("iat of the past", "RFC 9449 §4.3, 10", NoProof, |w, r| claim(w, r, "iat", json!(w.now() - 95))),
    request("iat of the future", "RFC 9449 §11.1", NoProof, |w, r| claim(w, r, "iat", json!(w.now() + 40))),
    request("iat of the end of time", "RFC 9449 §11.1", NoProof, |w, r| claim(w, r, "iat", json!(u64::MAX))),
    request("iat as text", "RFC 7519 §2: a number", NoProof, |w, r| claim(w, r, "iat", json!(w.now().to_string()))),
    request("iat below zero", "RFC 7519 §2", NoProof, |w, r| claim(w, r, "iat", json!(-1))),
    request("exp that has passed", "RFC 7519 §4.1.4: who writes it means it", NoProof, |w, r| claim(w, r, "exp", json!(w.now() - 40))),
    request("nbf that has not come", "RFC 7519 §4.1.5", NoProof, |w, r| claim(w, r, "nbf", json!(w.now() + 40))),
    request("nonce of the wrong type", "RFC 9449 §4.2", NoProof, |w, r| claim(w, r, "nonce", json!(1))),
    request("a token bound to a certificate", "RFC 8705 §3", Invalid, |w, r| confirmed(w, r, json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}))),
    request("a token bound to a key and a certificate", "RFC 7800 §3.1: both", Invalid, |w, r| confirmed(w, r, json!({"jkt": w.holder.thumbprint(), "x5t#S256": "x"}))),
    request("a token bound to a key and something unknown", "RFC 7800 §3.1: both", Invalid, |w, r| confirmed(w, r, json!({"jkt": w.holder.thumbprint(), "urn:x": 1}))),
    request("a token bound to a key by value", "RFC 7800 §3.2", Invalid, |w, r| confirmed(w, r, json!({"jwk": w.holder.bare_jwk()}))),
    request("a token bound to nothing", "RFC 7800 §3.1", Invalid, |w, r| confirmed(w, r, json!({}))),
    request("a token bound to null", "CVE-2026-25537: malformed taken for absent", Invalid, |w, r| confirmed(w, r, json!(null))),
    request("a token bound to half a thumbprint", "RFC 9449 §6.1", Invalid, |w, r| confirmed(w, r, json!({"jkt": &w.holder.thumbprint()[..22]}))),
    request("a token bound to a thumbprint with padding", "RFC 9449 §6.1", Invalid, |w, r| confirmed(w, r, json!({"jkt": format!("{}=", w.holder.thumbprint())}))),
    request("a token bound to one of two keys", "RFC 9449 §6.1", Invalid, |w, r| confirmed(w, r, json!({"jkt": [w.holder.thumbprint()]}))),
    request("an expired token with a good proof", "RFC 6750 §3.1", Invalid, |w, r| { let token = w.good().bound_to(&w.holder).expires_in(-60).build(); sent(r, &format!("DPoP {token}"), &proof(w, &w.holder, &token).build()) }),
    request("a forged token with a good proof", "RFC 9449 §6.1: anybody can write cnf", Invalid, |w, r| { let token = w.good().bound_to(&w.holder).forged_with(&SigningKey::p256("k")).build(); sent(r, &format!("DPoP {token}"), &proof(w, &w.holder, &token).build()) }),
];
