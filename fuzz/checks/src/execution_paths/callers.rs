//! Tokens of every kind, with the rights of each.

use std::sync::OnceLock;

use serde_json::{Value, json};
use toolgate::issuer::Issuer;

use crate::signing_key::{Key, NOW};

pub(super) const RESOURCE: &str = "http://127.0.0.1:8000/mcp";
const ISSUER: &str = "https://one.example";
const OTHER: &str = "https://two.example";

/// A token and its rights.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) text: String,
    /// Issuer, subject and scopes; `None` if the token is invalid.
    pub(super) holder: Option<Holder>,
}

/// The party of a valid token, and its scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) issuer: &'static str,
    pub(super) subject: Option<&'static str>,
    scopes: &'static str,
    roles: &'static [&'static str],
    /// How the user signed in, and how many seconds ago.
    login: Option<(&'static str, u64)>,
}

/// The `acr` of a sign-in with a second factor.
pub(super) const MFA: &str = "urn:example:mfa";

impl Holder {
    /// Whether two tokens belong to the same party.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        (self.issuer, self.subject) == (other.issuer, other.subject)
    }

    /// Whether the user has this role.
    pub(super) fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }

    /// Whether the user signed in with a second factor, at most 300 seconds ago.
    pub(super) fn has_recent_second_factor(&self) -> bool {
        self.login
            .is_some_and(|(acr, age)| acr == MFA && age <= 300)
    }

    /// Whether the token has this scope, or one that implies it.
    pub(super) fn has(&self, scope: &str) -> bool {
        let is_implied = matches!(scope, "desk:read" | "desk:write");
        self.scopes
            .split(' ')
            .any(|name| name == scope || (is_implied && name == "desk:root"))
    }
}

fn keys() -> [Key; 2] {
    [Key::new("k", 1), Key::new("k", 2)]
}

/// Two issuers whose keys share a key id.
pub(super) fn issuers() -> [Issuer; 2] {
    let [one, two] = keys().map(|key| json!({"keys": [key.jwk()]}).to_string());
    [
        Issuer::new(ISSUER).with_jwks(one),
        Issuer::new(OTHER).with_jwks(two),
    ]
}

/// Every token of the requests; the first is the usual one.
pub(super) fn tokens() -> &'static [Token] {
    static TOKENS: OnceLock<Vec<Token>> = OnceLock::new();
    TOKENS.get_or_init(make)
}

fn make() -> Vec<Token> {
    let [one, two] = keys();
    let holder = |issuer, subject, scopes| Holder {
        issuer,
        subject,
        scopes,
        roles: &[],
        login: None,
    };
    let good = |issuer, subject: &'static str, scopes| {
        let key = if issuer == ISSUER { &one } else { &two };
        Token {
            text: signed(key, claims(issuer, subject, scopes)),
            holder: Some(holder(issuer, Some(subject), scopes)),
        }
    };
    let user = |subject, scopes, roles, login: Option<(_, u64)>| {
        let mut claims = claims(ISSUER, subject, scopes);
        claims["roles"] = json!(roles);
        if let Some((acr, age)) = login {
            claims["acr"] = json!(acr);
            claims["auth_time"] = json!(NOW - age);
        }
        let holder = Holder {
            roles,
            login,
            ..holder(ISSUER, Some(subject), scopes)
        };
        Token {
            text: signed(&one, claims),
            holder: Some(holder),
        }
    };
    let bad = |key: &Key, change: Value| {
        let mut claims = claims(ISSUER, "alice", "desk:root desk:admin files:admin");
        let members = claims.as_object_mut().expect("an object");
        members.extend(change.as_object().expect("an object").clone());
        Token {
            text: signed(key, claims),
            holder: None,
        }
    };
    let mut forged = bad(&one, json!({})).text;
    forged.replace_range(forged.len() - 4..forged.len() - 2, "AA");
    vec![
        good(ISSUER, "alice", "desk:read desk:write files:admin"),
        good(ISSUER, "alice", "desk:read"),
        good(ISSUER, "bob", "desk:write"),
        good(ISSUER, "bob", "desk:read desk:write"),
        good(ISSUER, "bob", ""),
        good(OTHER, "alice", "desk:admin desk:read"),
        good(ISSUER, "root", "desk:root"),
        // None of these is a scope of the server.
        good(
            ISSUER,
            "alice",
            "desk:readx DESK:READ desk:read\u{a0}desk:write desk",
        ),
        Token {
            text: signed(
                &one,
                json!({"iss": ISSUER, "client_id": "robot", "aud": RESOURCE, "exp": NOW + 60, "scp": ["desk:read"]}),
            ),
            holder: Some(holder(ISSUER, None, "desk:read")),
        },
        user(
            "alice",
            "desk:root",
            &["editor", "auditor"],
            Some((MFA, 300)),
        ),
        user("bob", "desk:read desk:write", &["owner"], Some((MFA, 301))),
        user(
            "bob",
            "desk:read",
            &["editor", "Owner"],
            Some(("urn:example:pwd", 1)),
        ),
        user("carol", "desk:root", &["auditor", "editors"], None),
        bad(&one, json!({"exp": NOW - 31})),
        bad(&one, json!({"nbf": NOW + 31})),
        bad(&one, json!({"aud": "http://127.0.0.1:8000/mcp/"})),
        bad(&one, json!({"iss": OTHER})),
        bad(&one, json!({"iss": "https://three.example"})),
        bad(&two, json!({})),
        bad(&one, json!({"cnf": {"jkt": "x"}})),
        bad(&one, json!({"sub": 7})),
        bad(
            &one,
            json!({"exp": NOW - 31, "roles": ["owner", "editor"], "acr": MFA, "auth_time": NOW}),
        ),
        Token {
            text: forged,
            holder: None,
        },
        Token {
            text: "opaque".to_owned(),
            holder: None,
        },
    ]
}

fn claims(issuer: &str, subject: &str, scopes: &str) -> Value {
    json!({
        "iss": issuer, "sub": subject, "client_id": "c", "aud": RESOURCE,
        "exp": NOW + 600, "scope": scopes,
    })
}

fn signed(key: &Key, claims: Value) -> String {
    key.token(
        key.header().to_string().as_bytes(),
        claims.to_string().as_bytes(),
    )
}
