//! How tokens are refused that nobody issued (RFC 6750 §3.1, RFC 8725).

use crate::{
    challenge::letter,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
    },
    http::{Answer, Request, Watch},
    jwt::{self, Forger},
    visit::{LONGEST_ADDRESS, Refused, Visit},
};

static GARBAGE: Check = Check::new(
    "tokens.garbage",
    Fail,
    "A token that means nothing is answered by 401.",
    "MCP 2026-07-28, Authorization: Token Handling; RFC 6750 §3.1",
    "Refuse what cannot be verified: never 200, and never 500.",
);
static ERROR: Check = Check::new(
    "tokens.error",
    Warn,
    "That 401 says `error=\"invalid_token\"`.",
    "RFC 6750 §3 and §3.1; clients refresh on it",
    "Tell a token that is bad from one that is not there.",
);
static CHALLENGE: Check = Check::new(
    "tokens.challenge",
    Fail,
    "Its challenge can be read by every client, as the one without a token.",
    "RFC 9110 §11.6.1; RFC 9728 §5.1; clients log in again by it",
    "Build every challenge in one place.",
);
static MALFORMED: Check = Check::new(
    "tokens.malformed",
    Fail,
    "A Bearer header without a token, or with two, is answered by 400 or 401.",
    "RFC 6750 §2.1 and §3.1",
    "What is malformed is never taken for none, and never for a fault of the server.",
);
static TWO: Check = Check::new(
    "tokens.two_headers",
    Warn,
    "Two Authorization headers are refused, even if one has a good token.",
    "RFC 6750 §2 (not more than one method); RFC 9110 §11.6.2",
    "Refuse: two readers of the request may take different ones.",
);
static LONG: Check = Check::new(
    "tokens.long",
    Warn,
    "A token of 16 KiB is answered by a 4xx.",
    "RFC 9110 §15.5.1 and §15.6.1; RFC 6585 §5",
    "Bound the header, and answer 401, 400 or 431.",
);
static QUERY: Check = Check::new(
    "tokens.query",
    Fail,
    "A token in the query string opens nothing.",
    "MCP 2026-07-28, Authorization: Token Requirements; OAuth 2.1 §5.1",
    "Read tokens from the Authorization header alone; answer 400 or 401.",
);
static UNSIGNED: Check = Check::new(
    "tokens.alg_none",
    Fail,
    "A JWT with `alg: none`, in any spelling, is answered by 401.",
    "RFC 8725 §2.1 and §3.1",
    "Allow the issuer's algorithms by a list.",
);
static FORGED: Check = Check::new(
    "tokens.forged",
    Fail,
    "A JWT with right claims and a signature made of chance is answered by 401.",
    "RFC 8725 §3.3",
    "Verify the signature before anything in the token is believed.",
);
static EXPIRED: Check = Check::new(
    "tokens.expired",
    Fail,
    "The same that has expired is answered by 401, not by 403.",
    "MCP 2026-07-28, Authorization: Token Handling; RFC 9068 §4",
    "Judge validity first and scopes second.",
);
static AUDIENCE: Check = Check::new(
    "tokens.audience",
    Fail,
    "The same that was issued for another server is answered by 401.",
    "MCP 2026-07-28, Authorization: Token Handling; RFC 8707 §2; RFC 9068 §4",
    "Demand the server's own URI in `aud`.",
);
static OWN_KEY: Check = Check::new(
    "tokens.own_key",
    Fail,
    "A JWT that brings its own key is answered by 401.",
    "RFC 8725 §3.10; CVE-2018-0114",
    "Take keys from the issuer's key set, never from `jwk`, `jku`, `x5c` or `x5u`.",
);
static SECRET: Check = Check::new(
    "tokens.known_secret",
    Fail,
    "A JWT by HS256 with an empty secret, a usual one or the issuer's public key is answered by 401.",
    "RFC 8725 §2.1 and §3.1; CVE-2016-5431",
    "Allow asymmetric algorithms only, and bind each key to its algorithm.",
);
static TAMPERED: Check = Check::new(
    "tokens.tampered",
    Fail,
    "A good token with other claims, or without its signature, is answered by 401.",
    "RFC 8725 §3.3",
    "Verify the signature over the very bytes that came.",
);

pub(super) static CHECKS: &[&Check] = &[
    &GARBAGE, &ERROR, &CHALLENGE, &MALFORMED, &TWO, &LONG, &QUERY, &UNSIGNED, &FORGED, &EXPIRED,
    &AUDIENCE, &OWN_KEY, &SECRET, &TAMPERED,
];

/// What a bad token may be answered by.
const REFUSED: &[u16] = &[401];

/// What a request may be answered by whose credentials cannot be read.
const UNREADABLE: &[u16] = &[400, 401];

pub(super) async fn run(visit: &Visit) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let Some(refused) = &visit.facts.refused else {
        return section.close("nothing is refused without a token");
    };
    let asked = Asked { visit, refused };
    asked.garbage(&mut section).await;
    let malformed = [
        ("an empty one", "Bearer "),
        ("the scheme alone", "Bearer"),
        ("two in a header", "Bearer a, Bearer b"),
    ];
    let requests =
        malformed.map(|(what, value)| (what, asked.request().header("authorization", value)));
    section.judge(&MALFORMED, asked.all(requests.into(), UNREADABLE).await);
    asked.two(&mut section).await;
    asked.long(&mut section).await;
    section.judge(&QUERY, asked.query().await);

    let issuer = visit.facts.issuer.as_ref();
    let listed = visit.facts.metadata.as_ref();
    let named = listed.and_then(|listed| listed.get("authorization_servers")?.get(0)?.as_str());
    let named = named.filter(|named| named.len() <= LONGEST_ADDRESS);
    let forger = Forger {
        issuer: named.unwrap_or("https://toolgate-check.invalid").to_owned(),
        audience: visit.resource().to_owned(),
        scope: visit.first_scope().unwrap_or_default(),
        keys: issuer.map(|issuer| issuer.keys.clone()).unwrap_or_default(),
    };
    section.judge(&UNSIGNED, asked.tokens(forger.unsigned()).await);
    section.judge(&FORGED, asked.tokens(vec![forger.forged()]).await);
    section.judge(&EXPIRED, asked.tokens(vec![forger.expired()]).await);
    section.judge(&AUDIENCE, asked.tokens(vec![forger.for_another()]).await);
    section.judge(&SECRET, asked.tokens(forger.by_known_secret()).await);
    match forger.with_own_key() {
        Some(token) => section.judge(&OWN_KEY, asked.tokens(vec![token]).await),
        None => section.skip(&OWN_KEY, "no key could be made"),
    }
    let first = visit.tokens.first();
    let changed = first.and_then(|token| Some(vec![jwt::tampered(token)?, jwt::stripped(token)?]));
    match changed {
        Some(tokens) => section.judge(&TAMPERED, asked.tokens(tokens).await),
        None => section.skip(&TAMPERED, "there is no token, or none that is a JWT"),
    }
    section.close("not judged")
}

/// The request that needs a token, to be asked with many.
struct Asked<'a> {
    visit: &'a Visit,
    refused: &'a Refused,
}

impl Asked<'_> {
    fn request(&self) -> Request {
        self.refused.request.clone()
    }

    async fn garbage(&self, section: &mut Section) {
        // Chance, so that no answer can have it by accident.
        let token = jwt::random_text().unwrap_or_else(|_| "toolgate-check-garbage".to_owned());
        self.visit.http.watch(Watch::Token, "a bad token", &token);
        let answer = match self.visit.http.send(self.request().bearer(&token)).await {
            Ok(answer) if answer.status == 401 => answer,
            Ok(answer) => return section.judge(&GARBAGE, Err(answer.brief())),
            Err(fault) => return section.judge(&GARBAGE, Err(fault)),
        };
        section.judge(&GARBAGE, Ok(answer.brief()));
        match letter::well_formed(&answer.values("www-authenticate")) {
            Err(fault) => {
                section.judge(&CHALLENGE, Err(fault));
                section.skip(&ERROR, "the challenge is not well formed");
            }
            Ok(bearer) => {
                section.judge(&CHALLENGE, Ok("well formed".to_owned()));
                section.judge(
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
        let Some(good) = self.visit.tokens.first() else {
            section.skip(&TWO, "no token was given by --token or --login");
            return;
        };
        let requests = vec![
            (
                "good, then bad",
                self.request().bearer(good).bearer("nonsense"),
            ),
            (
                "bad, then good",
                self.request().bearer("nonsense").bearer(good),
            ),
        ];
        section.judge(&TWO, self.all(requests, UNREADABLE).await);
    }

    async fn long(&self, section: &mut Section) {
        let token = "a".repeat(16 << 10);
        let answer = self.visit.http.send(self.request().bearer(&token)).await;
        section.judge(
            &LONG,
            answer.and_then(|answer| match answer.status {
                400..=499 => Ok(answer.brief()),
                _ => Err(answer.brief()),
            }),
        );
    }

    /// A good token, if there is one: a bad one would be refused wherever it stood.
    async fn query(&self) -> Result<String, String> {
        let (what, token) = match self.visit.tokens.first() {
            Some(token) => ("a good token", &**token),
            None => ("a bad token", "nonsense"),
        };
        let url = self.visit.target.with_query("access_token", token);
        let answer = self.visit.http.send(self.request().to(url)).await?;
        judge(what, &answer, UNREADABLE)
    }

    async fn tokens(&self, tokens: Vec<String>) -> Result<String, String> {
        let requests = tokens
            .iter()
            .map(|token| ("a token", self.request().bearer(token)));
        self.all(requests.collect(), REFUSED).await
    }

    /// Sends all; the first answer that is not wanted is the verdict.
    async fn all(&self, requests: Vec<(&str, Request)>, wanted: &[u16]) -> Result<String, String> {
        let mut seen = String::new();
        let count = requests.len();
        for (at, (what, request)) in requests.into_iter().enumerate() {
            let answer = self.visit.http.send(request).await?;
            seen = judge(what, &answer, wanted).map_err(|fault| match count {
                1 => fault,
                _ => format!("{fault} (variant {} of {count})", at + 1),
            })?;
        }
        Ok(match count {
            1 => seen,
            _ => format!("{count} variants refused"),
        })
    }
}

fn judge(what: &str, answer: &Answer, wanted: &[u16]) -> Result<String, String> {
    let seen = format!("{what}: {}", answer.brief());
    match wanted.contains(&answer.status) {
        true => Ok(seen),
        false => Err(seen),
    }
}
