//! Key sets, compared with a second reading of RFC 7517.
//!
//! A set is tested by the tokens it verifies: one that names its key and one that does not.

use std::cell::RefCell;

use tokio::runtime::Runtime;
use toolgate::{
    auth::{BearerToken, IssuerVerifier, TokenVerifier},
    issuer::Issuer,
};

use crate::{choices::Choices, json_parser::Node, signing_key::Key, token::decoded};

const ISSUER: &str = "https://one.example";
const CLAIMS: &[u8] = br#"{"iss":"https://one.example","exp":1800000600}"#;

/// The most keys that are tried for one token.
const TRIES: usize = 4;

struct Fixture {
    runtime: Runtime,
    key: Key,
    other: Key,
    tokens: [(Option<&'static str>, BearerToken); 3],
}

thread_local! {
    static WORLD: RefCell<Fixture> = RefCell::new(Fixture::new());
}

impl Fixture {
    fn new() -> Self {
        let key = Key::new("k", 1);
        let token = |kid: Option<&'static str>| {
            let kid_member = kid.map_or(String::new(), |kid| format!(",\"kid\":{kid:?}"));
            let header = format!("{{\"alg\":\"EdDSA\"{kid_member}}}");
            let token = BearerToken::new(&key.token(header.as_bytes(), CLAIMS));
            (kid, token.expect("a token"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        Self {
            tokens: [token(Some("k")), token(Some("")), token(None)],
            runtime: runtime.expect("a runtime"),
            other: Key::new("k", 2),
            key,
        }
    }
}

/// Trusts an issuer with the key set in these bytes.
///
/// # Panics
///
/// If an invalid key verifies a token, or a valid key does not.
pub fn check(bytes: &[u8]) {
    WORLD.with_borrow(|fixture| {
        let text = write(&mut Choices::new(bytes), fixture);
        let verifier = IssuerVerifier::new([Issuer::new(ISSUER).with_jwks(text.clone())]);
        let usable = usable(text.as_bytes());
        let Ok(verifier) = verifier else {
            assert!(usable.is_none_or(|keys| keys.is_empty()), "{text}");
            return;
        };
        // Only an RSA key, which is not parsed here, may be usable in addition.
        let has_rsa = text.contains("RSA") || text.contains("\\u");
        let keys = usable.unwrap_or_else(|| panic!("no key set: {text}"));
        assert!(has_rsa || !keys.is_empty(), "{text}");
        for (kid, token) in &fixture.tokens {
            let fitting: Vec<_> = keys
                .iter()
                .filter(|key| {
                    key.x.is_some() && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
                })
                .collect();
            let signed = decoded(&fixture.key.x());
            let expected = fitting.len() <= TRIES && fitting.iter().any(|key| key.x == signed);
            let verified = fixture.runtime.block_on(verifier.verify(token)).is_ok();
            assert_eq!(verified, expected, "kid {kid:?}: {text}");
        }
    });
}

/// A key that may verify signatures.
struct Usable {
    kid: Option<String>,
    /// The Ed25519 key, or `None` for another curve.
    x: Option<Vec<u8>>,
}

/// Returns the usable keys of a set, or `None` if it is not a key set.
fn usable(text: &[u8]) -> Option<Vec<Usable>> {
    let set = Node::read(text)?;
    if set.any_name(&|name| name.starts_with("$serde_json::private::")) || is_too_large(&set) {
        return None;
    }
    let Some(Node::Array(entries)) = last(&set, "keys") else {
        return None;
    };
    Some(entries.iter().filter_map(key).collect())
}

/// RFC 7517 §4: of repeated members, the last one counts.
fn last<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.members(name).last()
}

fn is_too_large(node: &Node) -> bool {
    match node {
        Node::Number(text) => text.parse::<f64>().is_ok_and(f64::is_infinite),
        Node::Array(items) => items.iter().any(is_too_large),
        Node::Object(members) => members.iter().any(|(_, value)| is_too_large(value)),
        _ => false,
    }
}

fn key(entry: &Node) -> Option<Usable> {
    let has = |name| last(entry, name).is_some();
    if ["k", "d", "p", "q", "dp", "dq", "qi", "oth"]
        .into_iter()
        .any(has)
    {
        return None;
    }
    let text = |name| match last(entry, name) {
        None => Some(None),
        Some(Node::Text(text)) => Some(Some(text.clone())),
        Some(_) => None,
    };
    let (usage, alg, kid) = (text("use")?, text("alg")?, text("kid")?);
    if usage.is_some_and(|usage| usage != "sig") {
        return None;
    }
    match last(entry, "key_ops") {
        None => {}
        Some(Node::Array(ops)) if ops.iter().any(|op| op.text() == Some("verify")) => {}
        Some(_) => return None,
    }
    let coordinate = |name, length| {
        let text = text(name)??;
        decoded(&text).filter(|bytes| bytes.len() == length)
    };
    let is_alg = |names: &[&str]| alg.as_deref().is_none_or(|alg| names.contains(&alg));
    match (text("kty")??.as_str(), text("crv")??.as_str()) {
        ("OKP", "Ed25519") if is_alg(&["EdDSA", "Ed25519"]) => Some(Usable {
            kid,
            x: Some(coordinate("x", 32)?),
        }),
        ("EC", "P-256") if is_alg(&["ES256"]) => {
            coordinate("x", 32)?;
            coordinate("y", 32)?;
            Some(Usable { kid, x: None })
        }
        _ => None,
    }
}

const MEMBERS: [(&str, &str); 34] = [
    ("kty", "\"OKP\""),
    ("kty", "\"EC\""),
    ("kty", "\"oct\""),
    ("kty", "\"RSA\""),
    ("kty", "7"),
    ("kty", "\"okp\""),
    ("crv", "\"Ed25519\""),
    ("crv", "\"P-256\""),
    ("crv", "\"Ed448\""),
    ("crv", "null"),
    ("use", "\"sig\""),
    ("use", "\"enc\""),
    ("use", "[]"),
    ("key_ops", "[\"verify\"]"),
    ("key_ops", "[\"sign\",7,\"verify\"]"),
    ("key_ops", "[]"),
    ("key_ops", "\"verify\""),
    ("alg", "\"EdDSA\""),
    ("alg", "\"Ed25519\""),
    ("alg", "\"ES256\""),
    ("alg", "\"HS256\""),
    ("alg", "7"),
    ("kid", "\"k\""),
    ("kid", "\"\""),
    ("kid", "\"j\""),
    ("kid", "7"),
    ("k", "\"AA\""),
    ("d", "\"AA\""),
    ("oth", "[]"),
    ("x5c", "[\"AA\"]"),
    ("x", "\"AA\""),
    ("x", "7"),
    ("e", "1e400"),
    ("$serde_json::private::RawValue", "\"{}\""),
];

const ENTRIES: [&str; 6] = [
    "null",
    "7",
    "[]",
    "{}",
    "{\"kty\":\"oct\",\"k\":\"AA\",\"kid\":\"k\"}",
    "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\",\"kid\":\"k\"}",
];

fn write(choices: &mut Choices<'_>, fixture: &Fixture) -> String {
    if choices.byte() == 255 {
        return String::from_utf8_lossy(choices.rest()).into_owned();
    }
    let entries: Vec<_> = (0..choices.one(&[1, 1, 2, 2, 3, 4, 5, 6, 0]))
        .map(|_| match choices.deviates() {
            true => choices.one(&ENTRIES).to_owned(),
            false => entry(choices, fixture),
        })
        .collect();
    let keys = format!("\"keys\":[{}]", entries.join(","));
    let text = choices.mostly(
        "{K}",
        &[
            "[K]",
            "{K,\"keys\":[]}",
            "{\"keys\":[],K}",
            "{\"keys\":7,K}",
            "K",
            "{\"x\":1e400,K}",
            "{\"a\":{\"$serde_json::private::Number\":1},K}",
            "{K}{}",
            " {K}\n",
            "{\"KEYS\":[]}",
        ],
    );
    text.replace('K', &keys)
}

fn entry(choices: &mut Choices<'_>, fixture: &Fixture) -> String {
    let key = if choices.byte() < 128 {
        &fixture.key
    } else {
        &fixture.other
    };
    let mut x = key.x();
    if choices.deviates() {
        // Trailing bits, padding, the other alphabet, a byte more or less.
        x = choices
            .one(&["X=", "XA", "XAA", " X", "X\\n", "X+", "X/"])
            .replace('X', &x);
    }
    let x = format!("\"{x}\"");
    let mut members = vec![
        ("kty", "\"OKP\""),
        ("crv", "\"Ed25519\""),
        ("x", x.as_str()),
        ("kid", choices.one(&["\"k\"", "\"k\"", "\"j\"", "\"\""])),
    ];
    for _ in 0..choices.one(&[0, 0, 1, 2, 3]) {
        let at = choices.below(members.len());
        match choices.below(4) {
            0 => {
                members.remove(at);
                members.push(("y", x.as_str()));
            }
            1 => members.push(choices.one(&MEMBERS)),
            _ => members.insert(at, choices.one(&MEMBERS)),
        }
    }
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}
