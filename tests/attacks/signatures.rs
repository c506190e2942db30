//! What was signed is exactly what is read, for every algorithm.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use support::SigningKey;

use crate::{
    attack_case::{Case, refused},
    fixture::Fixture,
};

/// The order of P-256 and of Ed25519's group, big-endian and little-endian.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const ED_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// Puts the signature of one token under the message of another.
fn transplanted(w: &Fixture, name: &str, value: &str) -> String {
    let (good, other) = (w.good().build(), w.claim(name, value.into()));
    let signature = good.rsplit_once('.').expect("three parts").1;
    format!(
        "{}.{signature}",
        other.rsplit_once('.').expect("three parts").0
    )
}

/// `s` becomes `s + L`: the same point, another signature (RFC 8032 §5.1.7).
fn malleated(signature: &mut [u8]) {
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(bytes(ED_ORDER)) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_be_bytes()[1];
        carry = sum >> 8;
    }
}

/// Encodes the same two numbers as X.509 does.
fn der(signature: &mut Vec<u8>) {
    let integer = |half: &[u8]| {
        let mut out = vec![2, 33, 0];
        out.extend(half);
        out
    };
    let (r, s) = signature.split_at(32);
    let body = [integer(r), integer(s)].concat();
    let length = u8::try_from(body.len()).expect("short");
    *signature = [vec![0x30, length], body].concat();
}

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    refused("ES256 with r and s zero", "CVE-2022-21449", |w| w.resigned(w.issuer.p256(), |it| it.fill(0))),
    refused("ES256 with r zero", "CVE-2022-21449", |w| w.resigned(w.issuer.p256(), |it| it[..32].fill(0))),
    refused("ES256 with s zero", "CVE-2022-21449", |w| w.resigned(w.issuer.p256(), |it| it[32..].fill(0))),
    refused("ES256 with r and s the group's order", "CVE-2022-21449", |w| w.resigned(w.issuer.p256(), |it| *it = bytes(&ORDER.repeat(2)))),
    refused("ES256 with r and s one", "CVE-2022-21449", |w| w.resigned(w.issuer.p256(), |it| { it.fill(0); it[31] = 1; it[63] = 1; })),
    refused("ES256 with every bit set", "FIPS 186-5 §6.4.2: in range", |w| w.resigned(w.issuer.p256(), |it| it.fill(255))),
    refused("ES256 with r and s exchanged", "RFC 7518 §3.4", |w| w.resigned(w.issuer.p256(), |it| it.rotate_left(32))),
    refused("ES256 as DER", "RFC 7518 §3.4: two numbers of fixed length", |w| w.resigned(w.issuer.p256(), der)),
    refused("ES256, a byte short", "RFC 7518 §3.4", |w| w.resigned(w.issuer.p256(), |it| it.truncate(63))),
    refused("ES256, a byte long", "RFC 7518 §3.4", |w| w.resigned(w.issuer.p256(), |it| it.push(0))),
    refused("ES256, a byte long in front", "RFC 7518 §3.4", |w| w.resigned(w.issuer.p256(), |it| it.insert(0, 0))),
    refused("ES256 with the length of ES384", "RFC 7518 §3.4", |w| w.resigned(w.issuer.p256(), |it| it.resize(96, 0))),
    refused("ES256 with its first bit turned", "RFC 7515 §5.2", |w| w.resigned(w.issuer.p256(), |it| it[0] ^= 128)),
    refused("ES256 with its last bit turned", "RFC 7515 §5.2", |w| w.resigned(w.issuer.p256(), |it| it[63] ^= 1)),
    refused("RS256 with every bit zero", "RFC 8017 §8.2.2", |w| w.resigned(w.issuer.rsa(), |it| it.fill(0))),
    refused("RS256 that is one", "RFC 8017 §8.2.2", |w| w.resigned(w.issuer.rsa(), |it| { it.fill(0); it[255] = 1; })),
    refused("RS256 with every bit set", "RFC 8017 §8.2.2: smaller than the modulus", |w| w.resigned(w.issuer.rsa(), |it| it.fill(255))),
    refused("RS256 made of padding alone", "CVE-2006-4339", |w| w.resigned(w.issuer.rsa(), |it| { it.fill(255); it[0] = 0; it[1] = 1; it[200] = 0; })),
    refused("RS256, a byte short", "RFC 8017 §8.2.2", |w| w.resigned(w.issuer.rsa(), |it| it.truncate(255))),
    refused("RS256, a zero in front", "RFC 8017 §8.2.2", |w| w.resigned(w.issuer.rsa(), |it| it.insert(0, 0))),
    refused("RS256 with a bit turned", "RFC 7515 §5.2", |w| w.resigned(w.issuer.rsa(), |it| it[128] ^= 1)),
    refused("EdDSA with every bit zero", "RFC 8032 §5.1.7", |w| w.resigned(w.issuer.ed25519(), |it| it.fill(0))),
    refused("EdDSA with the neutral point", "RFC 8032 §5.1.7: small order", |w| w.resigned(w.issuer.ed25519(), |it| { it.fill(0); it[0] = 1; })),
    refused("EdDSA with the group's order added", "RFC 8032 §5.1.7: malleability", |w| w.resigned(w.issuer.ed25519(), |it| malleated(it))),
    refused("EdDSA, a byte short", "RFC 8032 §5.1.7", |w| w.resigned(w.issuer.ed25519(), |it| it.truncate(63))),
    refused("EdDSA with a bit turned", "RFC 7515 §5.2", |w| w.resigned(w.issuer.ed25519(), |it| it[5] ^= 4)),
    refused("another subject under a good signature", "RFC 7515 §5.2", |w| transplanted(w, "sub", "admin")),
    refused("more scope under a good signature", "RFC 7515 §5.2", |w| transplanted(w, "scope", "desk:read desk:admin")),
    refused("a later end under a good signature", "RFC 7515 §5.2", |w| transplanted(w, "jti", "another")),
    refused("another header under a good signature", "RFC 7515 §5.2: it is signed too", |w| w.spelled(0, |_| URL_SAFE_NO_PAD.encode(r#"{"kid":"p256","alg":"ES256"}"#))),
    refused("a signature of the payload alone", "RFC 7515 §5.1", |w| {
        let token = w.good();
        let payload = URL_SAFE_NO_PAD.encode(token.claims().to_string());
        token.signature(&w.issuer.p256().sign("ES256", payload.as_bytes())).build()
    }),
    refused("a signature of nothing", "RFC 7515 §5.1", |w| w.good().signature(&w.issuer.p256().sign("ES256", b"")).build()),
    refused("a signature of the claims as they stand", "RFC 7515 §5.1", |w| {
        let token = w.good();
        let text = token.claims().to_string();
        token.signature(&w.issuer.p256().sign("ES256", text.as_bytes())).build()
    }),
    refused("a signature by an unknown key with a known kid", "RFC 7515 §5.2", |w| w.good().forged_with(&SigningKey::p256("p256")).build()),
    refused("a signature by an unknown key, without a kid", "RFC 7515 §5.2", |w| w.good().forged_with(&SigningKey::p256("p256")).header("kid", serde_json::json!(null)).build()),
];
