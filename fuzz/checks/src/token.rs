//! Signed tokens, by the verifier of issuers and by a second reading of RFC 7515.
//!
//! The second implementation is complete: it decides for every token whether it is valid. It
//! checks signatures with another function than the library.

use std::cell::RefCell;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use serde_json::json;
use tokio::runtime::Runtime;
use toolgate::{
    auth::{BearerToken, IssuerVerifier, TokenErrorKind, TokenVerifier},
    issuer::Issuer,
};

use crate::{
    choices::Choices,
    claims::{self, Expected},
    json_parser::Node,
    signing_key::{Key, base64url},
};

const ISSUERS: [&str; 2] = ["https://one.example", "https://two.example"];
const LONGEST: usize = 16 * 1024;

struct Fixture {
    runtime: Runtime,
    verifier: IssuerVerifier,
    keys: [Key; 2],
}

thread_local! {
    static WORLD: RefCell<Fixture> = RefCell::new(Fixture::new());
}

impl Fixture {
    fn new() -> Self {
        let keys = [Key::new("k", 1), Key::new("k", 2)];
        let issuers = ISSUERS.iter().zip(&keys).map(|(name, key)| {
            Issuer::new(*name).with_jwks(json!({"keys": [key.jwk()]}).to_string())
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        Self {
            verifier: IssuerVerifier::new(issuers).expect("valid issuers"),
            runtime: runtime.expect("a runtime"),
            keys,
        }
    }
}

/// Verifies the token in these bytes.
///
/// # Panics
///
/// If the verdict differs from that of the naive implementation.
pub fn check(bytes: &[u8]) {
    WORLD.with_borrow(|fixture| {
        let text = write(&mut Choices::new(bytes), &fixture.keys);
        let Ok(token) = BearerToken::new(&text) else {
            return;
        };
        let Some(expected) = expected(&text, &fixture.keys) else {
            return;
        };
        match fixture.runtime.block_on(fixture.verifier.verify(&token)) {
            Ok(claims) => claims::compare(Some(&claims), expected.as_ref(), text.as_bytes()),
            Err(error) => {
                assert_eq!(error.kind(), TokenErrorKind::Invalid, "{text}");
                claims::compare(None, expected.as_ref(), text.as_bytes());
                let output = format!("{error} {error:?}");
                let signature = text.rsplit('.').next().unwrap_or_default();
                assert!(
                    signature.len() < 20 || !output.contains(signature),
                    "{output}"
                );
            }
        }
    });
}

/// Returns the claims of a valid token; `None` if two correct parsers may disagree about a
/// number.
fn expected(token: &str, keys: &[Key; 2]) -> Option<Option<Expected>> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Some(None);
    };
    let decoded = (decoded(header), decoded(payload), decoded(signature));
    let (Some(head), Some(body), Some(signed)) = decoded else {
        return Some(None);
    };
    let (Some(head), Some(body)) = (Node::read(&head), Node::read(&body)) else {
        return Some(None);
    };
    // As in claims, names that serde_json reserves are refused, used or not.
    let is_private = |name: &str| name.starts_with("$serde_json::private::");
    let deviates = head.repeats() || head.any_name(&is_private);
    if token.len() > LONGEST || !is_valid(&head) || deviates || is_other_token_type(&body) {
        return Some(None);
    }
    // A number that no float can hold makes the header invalid.
    let Some(claims) = Expected::read(&body)?.filter(|_| claims::is_readable(&head) != Some(false))
    else {
        return Some(None);
    };
    claims::is_readable(&head)?;
    let issuer = ISSUERS.iter().position(|issuer| *issuer == claims.issuer);
    let is_genuine = issuer.is_some_and(|number| {
        let x = decoded_key(&keys[number]);
        let message = format!("{header}.{payload}");
        UnparsedPublicKey::new(&ED25519, x)
            .verify(message.as_bytes(), &signed)
            .is_ok()
    });
    Some(is_genuine.then_some(claims))
}

fn decoded_key(key: &Key) -> Vec<u8> {
    decoded(&key.x()).expect("base64url")
}

/// Whether the header is that of an access token for this server.
fn is_valid(header: &Node) -> bool {
    const REFUSED: [&str; 9] = [
        "crit", "b64", "jku", "jwk", "x5u", "x5c", "enc", "zip", "cty",
    ];
    let is_text_or_absent = |name| {
        header
            .members(name)
            .all(|value| matches!(value, Node::Text(_)))
    };
    let typ = header
        .only("typ")
        .and_then(Node::text)
        .map(str::to_ascii_lowercase);
    header.is_object()
        && !REFUSED
            .iter()
            .any(|name| header.members(name).next().is_some())
        && matches!(
            header.only("alg").and_then(Node::text),
            Some("EdDSA" | "Ed25519")
        )
        && is_text_or_absent("kid")
        && is_text_or_absent("typ")
        && matches!(header.only("kid").and_then(Node::text), None | Some("k"))
        && matches!(
            typ.as_deref(),
            None | Some("jwt" | "at+jwt" | "application/at+jwt")
        )
}

/// Whether the claims are those of an ID token, a refresh token or an event.
fn is_other_token_type(claims: &Node) -> bool {
    let has = |name| claims.members(name).next().is_some();
    let says = |name: &str, kinds: &[&str]| {
        let kind = claims
            .only(name)
            .and_then(Node::text)
            .map(str::to_ascii_lowercase);
        kind.is_some_and(|kind| kinds.contains(&&*kind))
    };
    let has_scopes = ["scope", "scp", "scopes", "permissions"]
        .into_iter()
        .any(has);
    ["at_hash", "c_hash", "s_hash", "events"]
        .into_iter()
        .any(has)
        || (has("nonce") && !has_scopes)
        || says("token_use", &["id", "refresh"])
        || says("typ", &["id", "refresh", "offline", "logout"])
}

/// Decodes canonical base64url without padding (RFC 4648 §5 and §3.5).
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|&known| known == byte)?;
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    (count < 6 && bits == 0).then_some(bytes)
}

const HEADER: [(&str, &str); 20] = [
    ("alg", "\"none\""),
    ("alg", "\"HS256\""),
    ("alg", "\"ES256\""),
    ("alg", "\"Ed25519\""),
    ("alg", "\"eddsa\""),
    ("alg", "7"),
    ("typ", "\"JWT\""),
    ("typ", "\"id_token\""),
    ("typ", "null"),
    ("typ", "\"application/AT+JWT\""),
    ("kid", "\"j\""),
    ("kid", "7"),
    ("crit", "[\"exp\"]"),
    ("b64", "true"),
    ("jwk", "{}"),
    ("jku", "\"https://evil.example\""),
    ("cty", "\"JWT\""),
    ("x", "1e400"),
    ("x", "{\"a\":1,\"a\":1}"),
    ("$serde_json::private::Number", "\"1\""),
];

fn write(choices: &mut Choices<'_>, keys: &[Key; 2]) -> String {
    if choices.byte() == 255 {
        return String::from_utf8_lossy(choices.rest()).into_owned();
    }
    let key = &keys[usize::from(choices.deviates())];
    let mut members = vec![
        ("alg", "\"EdDSA\""),
        ("typ", "\"at+jwt\""),
        ("kid", "\"k\""),
    ];
    for _ in 0..choices.one(&[0, 0, 1, 1, 2]) {
        let at = choices.below(members.len() + 1);
        let (name, value) = choices.one(&HEADER);
        // Usually replaces the member of this name, sometimes adds a second one.
        if !choices.deviates() {
            members.retain(|(known, _)| *known != name);
        }
        members.insert(at.min(members.len()), (name, value));
    }
    if choices.deviates() {
        members.truncate(1);
    }
    let header: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    let mut header = format!("{{{}}}", header.join(","));
    if choices.deviates() {
        header = choices
            .one(&[
                "",
                "[]",
                "null",
                "{}",
                " {\"alg\":\"EdDSA\"} ",
                "\u{feff}{\"alg\":\"EdDSA\"}",
            ])
            .to_owned();
    }
    let payload = claims::write(choices);
    let mut token = key.token(header.as_bytes(), payload.as_bytes());
    if choices.deviates() {
        token = key.token(header.as_bytes(), choices.few());
    }
    if choices.deviates() {
        // The signature covers this text, however the parts are encoded.
        let message = format!(
            "{}{}.{}",
            base64url(header.as_bytes()),
            choices.one(&["=", "A", "", "."]),
            base64url(payload.as_bytes())
        );
        token = format!(
            "{message}.{}",
            base64url(&key.signature(message.as_bytes()))
        );
    }
    if choices.deviates() {
        for _ in 0..=choices.below(2) {
            spoil(choices, &mut token);
        }
    }
    token
}

fn spoil(choices: &mut Choices<'_>, token: &mut String) {
    let at = choices.below(token.len().max(1));
    let with = choices.one(&["A", "B", "=", ".", "-", "_", "/", "+", "", "AA", "~"]);
    match choices.below(4) {
        0 => token.insert_str(at.min(token.len()), with),
        1 => token.push_str(with),
        2 => token.push_str(&"A".repeat(LONGEST)),
        _ if at < token.len() => token.replace_range(at..=at, with),
        _ => {}
    }
}
