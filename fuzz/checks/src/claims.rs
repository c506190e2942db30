//! Token claims, compared with a second reading of RFC 7519 §4.1.

use toolgate::auth::{Claims, UnixTime};

use crate::{choices::Choices, json_parser::Node};

/// The last second of the year 9999.
const LATEST: f64 = 253_402_300_799.0;

/// Parses the claims in these bytes.
///
/// # Panics
///
/// If toolgate and the naive parser disagree.
pub fn check(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let text = match choices.byte() {
        255 => choices.rest().to_vec(),
        _ => write(&mut choices).into_bytes(),
    };
    let Some(expected) = Node::read(&text).map_or(Some(None), |node| Expected::read(&node)) else {
        return;
    };
    compare(
        Claims::from_json(&text).ok().as_ref(),
        expected.as_ref(),
        &text,
    );
}

/// Compares claims with the expected ones.
pub(crate) fn compare(claims: Option<&Claims>, expected: Option<&Expected>, text: &[u8]) {
    let output = claims.map(|claims| Expected {
        issuer: claims.issuer().to_owned(),
        subject: claims.subject().map(str::to_owned),
        client: claims.client_id().map(str::to_owned),
        audience: claims.audience().to_vec(),
        scopes: claims.scopes().map(str::to_owned).collect(),
        times: [
            Some(claims.expires_at()),
            claims.not_before(),
            claims.issued_at(),
        ],
    });
    assert_eq!(output.as_ref(), expected, "{}", text.escape_ascii());
}

/// The values of the claims.
#[derive(Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) issuer: String,
    subject: Option<String>,
    client: Option<String>,
    audience: Vec<String>,
    scopes: Vec<String>,
    /// `exp`, `nbf` and `iat`.
    times: [Option<UnixTime>; 3],
}

impl Expected {
    /// Returns the claims of an object; `Some(None)` if they are invalid, `None` if a number is
    /// so close to a limit that two correct parsers may disagree.
    pub(crate) fn read(node: &Node) -> Option<Option<Self>> {
        if !is_readable(node)? {
            return Some(None);
        }
        // Names that serde_json reserves are refused, and so are repeated ones.
        let is_private = |name: &str| name.starts_with("$serde_json::private::");
        let deviates = node.repeats() || node.any_name(&is_private);
        Some(Self::of(node).filter(|_| !deviates))
    }

    fn of(node: &Node) -> Option<Self> {
        if !node.is_object() {
            return None;
        }
        let first = |names: &[&str]| names.iter().find_map(|name| node.members(name).next());
        let client = match first(&["client_id", "azp"]) {
            None => None,
            Some(one) => Some(filled(one)?),
        };
        let audience = match node.only("aud") {
            None => Vec::new(),
            Some(Node::Text(one)) => vec![one.clone()],
            Some(many) => texts(many)?,
        };
        let scopes = match first(&["scope", "scp", "scopes"]) {
            None => Vec::new(),
            Some(Node::Text(text)) => {
                let parts = text.split(' ').filter(|part| !part.is_empty());
                parts.map(str::to_owned).collect()
            }
            Some(many) => texts(many)?,
        };
        Some(Self {
            issuer: filled(node.only("iss")?)?,
            subject: match node.only("sub") {
                None => None,
                Some(one) => Some(filled(one)?),
            },
            client,
            audience,
            scopes,
            times: [
                Some(time(node.only("exp")?, f64::floor)?),
                optional(node.only("nbf"), f64::ceil)?,
                optional(node.only("iat"), f64::floor)?,
            ],
        })
    }
}

fn filled(node: &Node) -> Option<String> {
    node.text()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn texts(node: &Node) -> Option<Vec<String>> {
    match node {
        Node::Array(items) => items
            .iter()
            .map(|item| item.text().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn optional(node: Option<&Node>, round: fn(f64) -> f64) -> Option<Option<UnixTime>> {
    node.map_or(Some(None), |node| time(node, round).map(Some))
}

/// Drops fractions of a second to the token's disadvantage.
fn time(node: &Node, round: fn(f64) -> f64) -> Option<UnixTime> {
    let Node::Number(text) = node else {
        return None;
    };
    let number: f64 = text.parse().ok()?;
    (0.0..=LATEST)
        .contains(&number)
        .then(|| UnixTime::from_seconds(round(number) as u64))
}

/// Whether a float can hold every number. Returns `None` if a number has so many digits that
/// correct parsers may round differently.
pub(crate) fn is_readable(node: &Node) -> Option<bool> {
    let all: Vec<_> = match node {
        Node::Number(text) => {
            let number: f64 = text.parse().unwrap_or(f64::INFINITY);
            let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
            let digits = text.bytes().filter(u8::is_ascii_digit).count();
            return match number.abs() {
                f64::INFINITY => Some(false),
                1e307.. => None,
                _ if digits > 15 && !is_whole => None,
                _ => Some(true),
            };
        }
        Node::Array(items) => items.iter().map(is_readable).collect(),
        Node::Object(members) => members
            .iter()
            .map(|(_, value)| is_readable(value))
            .collect(),
        _ => return Some(true),
    };
    let both = |all: Option<bool>, one| Some(all? && one?);
    all.into_iter().fold(Some(true), both)
}

const NAMES: [&str; 18] = [
    "scope",
    "scp",
    "scopes",
    "aud",
    "sub",
    "client_id",
    "azp",
    "nbf",
    "iat",
    "exp",
    "iss",
    "jti",
    "nonce",
    "token_use",
    "typ",
    "events",
    "at_hash",
    "$serde_json::private::RawValue",
];

const VALUES: [&str; 32] = [
    "\"a b\"",
    "\"\"",
    "\"a  b \"",
    "\"a\\u00a0b\"",
    "\" \"",
    "[]",
    "[\"a\",\"b\"]",
    "[\"a\",7]",
    "[\"a b\"]",
    "[[\"a\"]]",
    "null",
    "true",
    "7",
    "{}",
    "{\"a\":1,\"a\":2}",
    "1800000000",
    "1799999969.5",
    "1800000030.5",
    "-1",
    "-0",
    "-0.0",
    "1.8e9",
    "253402300799",
    "253402300800",
    "253402300799.5",
    "18446744073709551616",
    "1e400",
    "\"1800000000\"",
    "\"access\"",
    "\"ID\"",
    "\"\\ud83d\\ude00\"",
    "0",
];

/// Writes an object of claims, usually a valid one.
pub(crate) fn write(choices: &mut Choices<'_>) -> String {
    let mut members = vec![
        (
            "iss".to_owned(),
            choices
                .mostly(
                    "\"https://one.example\"",
                    &[
                        "\"https://two.example\"",
                        "\"https://one.example/\"",
                        "\"\"",
                        "7",
                    ],
                )
                .to_owned(),
        ),
        (
            "exp".to_owned(),
            choices.mostly("1800000600", &VALUES).to_owned(),
        ),
        (
            "aud".to_owned(),
            choices.mostly("\"r\"", &VALUES).to_owned(),
        ),
        (
            "sub".to_owned(),
            choices.mostly("\"alice\"", &VALUES).to_owned(),
        ),
        (
            "scope".to_owned(),
            choices.mostly("\"a b\"", &VALUES).to_owned(),
        ),
    ];
    for _ in 0..choices.below(4) {
        let name = match choices.byte() {
            255 => String::from_utf8_lossy(choices.few())
                .escape_debug()
                .to_string(),
            _ => choices.one(&NAMES).to_owned(),
        };
        let value = choices.one(&VALUES).to_owned();
        let at = choices.below(members.len() + 1);
        members.insert(at, (name, value));
    }
    if choices.deviates() {
        let at = choices.below(members.len());
        members.remove(at);
    }
    if choices.deviates() {
        let depth = 100 + choices.below(60);
        members.push((
            "deep".to_owned(),
            format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
        ));
    }
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}
