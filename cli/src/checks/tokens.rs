//! How the server refuses invalid tokens (RFC 6750 §3.1, RFC 8725).

use crate::{
    challenge::client_compatibility,
    check_context::{CheckContext, LONGEST_ADDRESS, RefusedRequest},
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
    },
    forged_tokens::{self, Forger},
    http::{Request, Response, Watch},
};

static GARBAGE: Check = Check::new(
    "tokens.garbage",
    Fail,
    "A meaningless token gets a 401.",
    "MCP 2026-07-28, Authorization: Token Handling; RFC 6750 §3.1",
    "Refuse what cannot be verified, and never with 200 or 500.",
);
static ERROR: Check = Check::new(
    "tokens.error",
    Warn,
    "The challenge of that 401 has `error=\"invalid_token\"`.",
    "RFC 6750 §3 and §3.1; clients refresh the token on it",
    "Distinguish an invalid token from a missing one.",
);
static CHALLENGE: Check = Check::new(
    "tokens.challenge",
    Fail,
    "Every client can read that challenge, like the one without a token.",
    "RFC 9110 §11.6.1; RFC 9728 §5.1; clients use it to log in again",
    "Build every challenge in one place.",
);
static MALFORMED: Check = Check::new(
    "tokens.malformed",
    Fail,
    "A Bearer header with no token, or with two, gets a 400 or 401.",
    "RFC 6750 §2.1 and §3.1",
    "Do not treat a malformed header as an absent one, or as a server error.",
);
static TWO: Check = Check::new(
    "tokens.two_headers",
    Warn,
    "Two Authorization headers are refused, even if one has a valid token.",
    "RFC 6750 §2 (not more than one method); RFC 9110 §11.6.2",
    "Refuse: two parsers of the request may use different headers.",
);
static LONG: Check = Check::new(
    "tokens.long",
    Warn,
    "A token of 16 KiB gets a 4xx.",
    "RFC 9110 §15.5.1 and §15.6.1; RFC 6585 §5",
    "Limit the header size, and send 401, 400 or 431.",
);
static QUERY: Check = Check::new(
    "tokens.query",
    Fail,
    "A token in the query string grants no access.",
    "MCP 2026-07-28, Authorization: Token Requirements; OAuth 2.1 §5.1",
    "Read tokens only from the Authorization header; send 400 or 401.",
);
static UNSIGNED: Check = Check::new(
    "tokens.alg_none",
    Fail,
    "A JWT with `alg: none`, in any spelling, gets a 401.",
    "RFC 8725 §2.1 and §3.1",
    "Accept only a list of the issuer's algorithms.",
);
static FORGED: Check = Check::new(
    "tokens.forged",
    Fail,
    "A JWT with correct claims and a random signature gets a 401.",
    "RFC 8725 §3.3",
    "Verify the signature before you use anything in the token.",
);
static EXPIRED: Check = Check::new(
    "tokens.expired",
    Fail,
    "An expired JWT of that kind gets a 401, not a 403.",
    "MCP 2026-07-28, Authorization: Token Handling; RFC 9068 §4",
    "Check validity first and scopes second.",
);
static AUDIENCE: Check = Check::new(
    "tokens.audience",
    Fail,
    "A JWT of that kind for another audience gets a 401.",
    "MCP 2026-07-28, Authorization: Token Handling; RFC 8707 §2; RFC 9068 §4",
    "Require the server's own URI in `aud`.",
);
static OWN_KEY: Check = Check::new(
    "tokens.own_key",
    Fail,
    "A JWT that contains its own key gets a 401.",
    "RFC 8725 §3.10; CVE-2018-0114",
    "Take keys from the issuer's key set, never from `jwk`, `jku`, `x5c` or `x5u`.",
);
static SECRET: Check = Check::new(
    "tokens.known_secret",
    Fail,
    "A JWT signed with HS256 and an empty secret, a common secret or the issuer's public key gets a 401.",
    "RFC 8725 §2.1 and §3.1; CVE-2016-5431",
    "Accept only asymmetric algorithms, and bind each key to its algorithm.",
);
static TAMPERED: Check = Check::new(
    "tokens.tampered",
    Fail,
    "A valid token with changed claims, or without its signature, gets a 401.",
    "RFC 8725 §3.3",
    "Verify the signature over exactly the bytes that were received.",
);

pub(super) static CHECKS: &[&Check] = &[
    &GARBAGE, &ERROR, &CHALLENGE, &MALFORMED, &TWO, &LONG, &QUERY, &UNSIGNED, &FORGED, &EXPIRED,
    &AUDIENCE, &OWN_KEY, &SECRET, &TAMPERED,
];

/// Expected statuses for an invalid token.
const REFUSED: &[u16] = &[401];

/// Expected statuses for a request with unreadable credentials.
const UNREADABLE: &[u16] = &[400, 401];

pub(super) async fn run(context: &CheckContext) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let Some(refused) = &context.facts.refused else {
        return section.close("no request without a token was refused with 401");
    };
    let asked = ProtectedRequest { context, refused };
    asked.garbage(&mut section).await;
    let malformed = [
        ("an empty token", "Bearer "),
        ("no token", "Bearer"),
        ("two tokens", "Bearer a, Bearer b"),
    ];
    let requests =
        malformed.map(|(what, value)| (what, asked.request().header("authorization", value)));
    section.record(&MALFORMED, asked.all(requests.into(), UNREADABLE).await);
    asked.two(&mut section).await;
    asked.long(&mut section).await;
    section.record(&QUERY, asked.query().await);

    let issuer = context.facts.issuer.as_ref();
    let listed = context.facts.metadata.as_ref();
    let named = listed.and_then(|listed| listed.get("authorization_servers")?.get(0)?.as_str());
    let named = named.filter(|named| named.len() <= LONGEST_ADDRESS);
    let forger = Forger {
        issuer: named.unwrap_or("https://toolgate-check.invalid").to_owned(),
        audience: context.resource().to_owned(),
        scope: context.first_scope().unwrap_or_default(),
        keys: issuer.map(|issuer| issuer.keys.clone()).unwrap_or_default(),
    };
    section.record(&UNSIGNED, asked.tokens(forger.unsigned()).await);
    section.record(&FORGED, asked.tokens(vec![forger.forged()]).await);
    section.record(&EXPIRED, asked.tokens(vec![forger.expired()]).await);
    section.record(&AUDIENCE, asked.tokens(vec![forger.for_another()]).await);
    section.record(&SECRET, asked.tokens(forger.by_known_secret()).await);
    match forger.with_own_key() {
        Some(token) => section.record(&OWN_KEY, asked.tokens(vec![token]).await),
        None => section.skip(&OWN_KEY, "no key could be generated"),
    }
    let first = context.tokens.first();
    let changed = first.and_then(|token| {
        Some(vec![
            forged_tokens::tampered(token)?,
            forged_tokens::stripped(token)?,
        ])
    });
    match changed {
        Some(tokens) => section.record(&TAMPERED, asked.tokens(tokens).await),
        None => section.skip(&TAMPERED, "there is no token, or it is not a JWT"),
    }
    section.close("not checked")
}

/// The request that needs a token, sent with many different tokens.
struct ProtectedRequest<'a> {
    context: &'a CheckContext,
    refused: &'a RefusedRequest,
}

impl ProtectedRequest<'_> {
    fn request(&self) -> Request {
        self.refused.request.clone()
    }

    async fn garbage(&self, section: &mut Section) {
        // Random, so that no response contains it by accident.
        let token =
            forged_tokens::random_text().unwrap_or_else(|_| "toolgate-check-garbage".to_owned());
        self.context.http.watch(Watch::Token, "a bad token", &token);
        let answer = match self.context.http.send(self.request().bearer(&token)).await {
            Ok(answer) if answer.status == 401 => answer,
            Ok(answer) => return section.record(&GARBAGE, Err(answer.brief())),
            Err(error) => return section.record(&GARBAGE, Err(error)),
        };
        section.record(&GARBAGE, Ok(answer.brief()));
        match client_compatibility::well_formed(&answer.values("www-authenticate")) {
            Err(error) => {
                section.record(&CHALLENGE, Err(error));
                section.skip(&ERROR, "the challenge is malformed");
            }
            Ok(bearer) => {
                section.record(&CHALLENGE, Ok("well formed".to_owned()));
                section.record(
                    &ERROR,
                    match bearer.get("error") {
                        Some("invalid_token") => Ok("invalid_token".to_owned()),
                        Some(other) => Err(format!("error=\"{other}\"")),
                        None => Err("there is no `error`".to_owned()),
                    },
                );
            }
        }
    }

    async fn two(&self, section: &mut Section) {
        let Some(good) = self.context.tokens.first() else {
            section.skip(&TWO, "there is no token; use --token or --login");
            return;
        };
        let requests = vec![
            (
                "valid, then invalid",
                self.request().bearer(good).bearer("nonsense"),
            ),
            (
                "invalid, then valid",
                self.request().bearer("nonsense").bearer(good),
            ),
        ];
        section.record(&TWO, self.all(requests, UNREADABLE).await);
    }

    async fn long(&self, section: &mut Section) {
        let token = "a".repeat(16 << 10);
        let answer = self.context.http.send(self.request().bearer(&token)).await;
        section.record(
            &LONG,
            answer.and_then(|answer| answer.brief_if(matches!(answer.status, 400..=499))),
        );
    }

    /// Sends a valid token if there is one: an invalid one would be refused anywhere.
    async fn query(&self) -> Result<String, String> {
        let (what, token) = match self.context.tokens.first() {
            Some(token) => ("a good token", &**token),
            None => ("a bad token", "nonsense"),
        };
        let url = self.context.target.with_query("access_token", token);
        let answer = self.context.http.send(self.request().to(url)).await?;
        check_status(what, &answer, UNREADABLE)
    }

    async fn tokens(&self, tokens: Vec<String>) -> Result<String, String> {
        let requests = tokens
            .iter()
            .map(|token| ("a token", self.request().bearer(token)));
        self.all(requests.collect(), REFUSED).await
    }

    /// Sends all requests. The first unexpected response is the verdict.
    async fn all(&self, requests: Vec<(&str, Request)>, wanted: &[u16]) -> Result<String, String> {
        let mut seen = String::new();
        let count = requests.len();
        for (at, (what, request)) in requests.into_iter().enumerate() {
            let answer = self.context.http.send(request).await?;
            seen = check_status(what, &answer, wanted).map_err(|error| match count {
                1 => error,
                _ => format!("{error} (variant {} of {count})", at + 1),
            })?;
        }
        Ok(match count {
            1 => seen,
            _ => format!("{count} variants refused"),
        })
    }
}

fn check_status(what: &str, answer: &Response, wanted: &[u16]) -> Result<String, String> {
    let seen = format!("{what}: {}", answer.brief());
    match wanted.contains(&answer.status) {
        true => Ok(seen),
        false => Err(seen),
    }
}
