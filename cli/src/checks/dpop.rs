//! Tokens that are bound to a key (RFC 9449): a valid proof, and invalid ones.

use std::cell::RefCell;

use crate::{
    bound_token::BoundToken,
    challenge,
    check_context::{CheckContext, RefusedRequest},
    dpop_proof::{Proof, ProofKey, token_hash},
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Warn},
        count,
    },
    http::{Request, Response},
};

/// A check that sends invalid proofs, each of which must get a 401.
macro_rules! refusals {
    ($($name:ident = $id:literal, $severity:ident: $requirement:literal, $source:literal, $remedy:literal;)+) => {
        $(static $name: Check = Check::new($id, $severity, $requirement, $source, $remedy);)+
    };
}

refusals! {
    ACCEPTED = "dpop.accepted", Fail:
        "A bound token with a valid proof is accepted.",
        "RFC 9449 §4.3 and §7.1",
        "Look at the response, and at the server's log. `htu` is the URL on the command line.";
    CHALLENGE = "dpop.challenge", Fail:
        "The 401 has a `DPoP` challenge with `error` and `algs`.",
        "RFC 9449 §7.1; RFC 6750 §3",
        "Add `DPoP error=\"invalid_dpop_proof\", algs=\"ES256\"` after the `Bearer` challenge.";
    METADATA = "dpop.metadata", Warn:
        "`dpop_signing_alg_values_supported` of the resource lists asymmetric algorithms only.",
        "RFC 9728 §2; RFC 9449 §5.1",
        "Publish the algorithms whose proofs are accepted.";
    BEARER = "dpop.bearer", Fail:
        "A bound token without a proof gets a 401, with the scheme `Bearer` and with `DPoP`.",
        "RFC 9449 §7.2: a stolen token must not be usable as a bearer token",
        "Require a proof for every token with `cnf.jkt`.";
    TWO = "dpop.two_proofs", Fail:
        "Two `DPoP` headers get a 400 or 401.",
        "RFC 9449 §4.3, check 1",
        "Count the headers before reading one.";
    TYPE = "dpop.type", Fail:
        "A proof whose `typ` is not `dpop+jwt` gets a 401.",
        "RFC 9449 §4.3, check 4; RFC 8725 §3.11",
        "Compare `typ`: otherwise any JWT of the key is a proof.";
    ALGORITHM = "dpop.algorithm", Fail:
        "A proof with `alg` `none` or HS256 gets a 401.",
        "RFC 9449 §4.3, check 5",
        "Accept only asymmetric algorithms that you list.";
    SIGNATURE = "dpop.signature", Fail:
        "A proof that was changed after it was signed, or that another key signed, gets a 401.",
        "RFC 9449 §4.3, check 6",
        "Verify the signature with the key in the header.";
    PRIVATE = "dpop.private_key", Fail:
        "A proof whose `jwk` contains a private key gets a 401.",
        "RFC 9449 §4.3, check 7",
        "Refuse the private members: such a key is no secret any more.";
    CLAIMS = "dpop.claims", Fail:
        "A proof without `jti`, `htm`, `htu`, `iat` or `ath` gets a 401.",
        "RFC 9449 §4.3, checks 3 and 12",
        "Require all five claims.";
    METHOD = "dpop.method", Fail:
        "A proof for another HTTP method gets a 401.",
        "RFC 9449 §4.3, check 8",
        "Compare `htm` with the method.";
    URL = "dpop.url", Fail:
        "A proof for another URL gets a 401.",
        "RFC 9449 §4.3, check 9",
        "Compare `htu` with the configured URL, not with the `Host` header.";
    TIME = "dpop.time", Fail:
        "A proof that is 10 minutes old, or 10 minutes ahead, gets a 401.",
        "RFC 9449 §4.3, check 11 and §11.1; SEP-1932: at most 5 minutes",
        "Compare `iat` with the clock.";
    TOKEN = "dpop.token", Fail:
        "A proof for another token gets a 401.",
        "RFC 9449 §4.3, check 12",
        "Compare `ath` with the hash of the token.";
    KEY = "dpop.key", Fail:
        "A valid proof of another key gets a 401.",
        "RFC 9449 §4.3, check 12 and §6",
        "Compare the thumbprint of the proof's key with `cnf.jkt` of the token.";
    REPLAY = "dpop.replay", Warn:
        "A proof that was used before gets a 401.",
        "RFC 9449 §11.1 (optional)",
        "Store each `jti` as long as its proof is valid.";
}

pub(super) static CHECKS: &[&Check] = &[
    &ACCEPTED, &CHALLENGE, &METADATA, &BEARER, &TWO, &TYPE, &ALGORITHM, &SIGNATURE, &PRIVATE,
    &CLAIMS, &METHOD, &URL, &TIME, &TOKEN, &KEY, &REPLAY,
];

pub(super) async fn run(context: &CheckContext, bound: Option<BoundToken>) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let Some(bound) = bound else {
        return section.close("there is no bound token; use `bound` of --credentials, or --grants");
    };
    let Some(refused) = &context.facts.refused else {
        return section.close("no request without a token was refused with 401");
    };
    let Ok(other) = ProofKey::generate() else {
        return section.close("no key could be generated");
    };
    let client = DpopClient {
        context,
        refused,
        bound: &bound,
        nonce: RefCell::default(),
    };
    section.record(&METADATA, metadata(context));
    let accepted = client.send(&client.proof()).await;
    let is_accepted = matches!(&accepted, Ok(answer) if answer.status != 401);
    section.record(
        &ACCEPTED,
        accepted.and_then(|answer| answer.brief_if(is_accepted)),
    );
    if !is_accepted {
        // Then the refusal of an invalid proof shows nothing.
        return section.close("the bound token is not accepted with a valid proof");
    }
    client.without_proof(&mut section).await;
    client.refusals(&other, &mut section).await;
    section.record(&REPLAY, client.replay().await);
    section.close("not checked")
}

fn metadata(context: &CheckContext) -> Result<String, String> {
    let document = context.facts.metadata.as_ref();
    let listed = document.and_then(|all| all.get("dpop_signing_alg_values_supported")?.as_array());
    let listed = listed.ok_or("there is no `dpop_signing_alg_values_supported`")?;
    let is_asymmetric = |name: &str| {
        ["ES", "RS", "PS", "Ed"]
            .iter()
            .any(|start| name.starts_with(start))
    };
    let bad = listed
        .iter()
        .find(|name| !name.as_str().is_some_and(is_asymmetric));
    match bad {
        _ if listed.is_empty() => Err("the list is empty".to_owned()),
        Some(bad) => Err(format!("it lists {bad}")),
        None => Ok(count(listed.len(), "algorithm")),
    }
}

/// A client with a bound token and its key.
struct DpopClient<'a> {
    context: &'a CheckContext,
    refused: &'a RefusedRequest,
    bound: &'a BoundToken,
    /// The latest nonce of the server, if it sends any (RFC 9449 §9).
    nonce: RefCell<Option<String>>,
}

impl DpopClient<'_> {
    /// Returns a valid proof for the request that needs a token.
    fn proof(&self) -> Proof<'_> {
        self.proof_of(&self.bound.key)
    }

    fn proof_of<'a>(&self, key: &'a ProofKey) -> Proof<'a> {
        key.proof("POST", self.context.target.typed())
            .with_token(&self.bound.token)
            .with_nonce(self.nonce.borrow().as_deref())
    }

    fn request(&self, scheme: &str) -> Request {
        let request = self.refused.request.clone();
        request.header("authorization", format!("{scheme} {}", self.bound.token))
    }

    /// Sends a proof. Repeats a request that only lacks a nonce.
    async fn send(&self, proof: &Proof<'_>) -> Result<Response, String> {
        let send = |proof: String| {
            self.context
                .http
                .send(self.request("DPoP").header("dpop", proof))
        };
        let answer = send(proof.build()).await?;
        let Some(nonce) = answer.header("dpop-nonce") else {
            return Ok(answer);
        };
        let is_wanted = dpop_error(&answer).is_some_and(|error| error == "use_dpop_nonce");
        *self.nonce.borrow_mut() = Some(nonce);
        match is_wanted && proof.claims.get("nonce").is_none() {
            false => Ok(answer),
            true => {
                let again = self.proof();
                send(again.build()).await
            }
        }
    }

    /// Sends the token alone, with each scheme, and checks the challenge.
    async fn without_proof(&self, section: &mut Section) {
        let mut seen = Vec::new();
        let mut is_refused = true;
        for scheme in ["Bearer", "DPoP"] {
            match self.context.http.send(self.request(scheme)).await {
                Ok(answer) => {
                    is_refused &= answer.status == 401;
                    seen.push(format!("{scheme}: {}", answer.brief()));
                }
                Err(error) => return section.record(&BEARER, Err(error)),
            }
        }
        let seen = seen.join("; ");
        section.record(&BEARER, if is_refused { Ok(seen) } else { Err(seen) });
        let request = self.request("DPoP");
        let (first, second) = (self.proof().build(), self.proof().build());
        let answer = self
            .context
            .http
            .send(request.header("dpop", first).header("dpop", second));
        section.record(
            &TWO,
            answer
                .await
                .and_then(|answer| answer.brief_if(matches!(answer.status, 400 | 401))),
        );
    }

    async fn refusals(&self, other: &ProofKey, section: &mut Section) {
        let own = &self.bound.key;
        let private = |mut jwk: serde_json::Value| {
            // Any value: the member alone is refused.
            jwk["d"] = token_hash("private").into();
            jwk
        };
        let cases: [(&'static Check, Vec<Proof<'_>>); 11] = [
            (&TYPE, vec![self.proof().with_header("typ", "JWT")]),
            (
                &ALGORITHM,
                vec![
                    self.proof().with_header("alg", "none").unsigned(),
                    self.proof().with_header("alg", "HS256"),
                ],
            ),
            (
                &SIGNATURE,
                vec![self.proof().changed(), self.proof().signed_with(other)],
            ),
            (
                &PRIVATE,
                vec![self.proof().with_header("jwk", private(own.jwk()))],
            ),
            (
                &CLAIMS,
                ["jti", "htm", "htu", "iat", "ath"]
                    .map(|claim| self.proof().without(claim))
                    .into(),
            ),
            (&METHOD, vec![self.proof().with_claim("htm", "GET")]),
            (
                &URL,
                vec![
                    self.proof()
                        .with_claim("htu", "https://toolgate-check.invalid/mcp"),
                ],
            ),
            (
                &TIME,
                vec![self.proof().moved(-600), self.proof().moved(600)],
            ),
            (&TOKEN, vec![self.proof().with_token("another")]),
            (&KEY, vec![self.proof_of(other)]),
            (&CHALLENGE, vec![self.proof().with_token("another")]),
        ];
        for (check, proofs) in cases {
            let mut verdict = Ok(String::new());
            let number = proofs.len();
            for (at, proof) in proofs.iter().enumerate() {
                verdict = match self.send(proof).await {
                    Ok(answer) if *check == CHALLENGE => challenge(&answer),
                    Ok(answer) => answer.brief_if(answer.status == 401),
                    Err(error) => Err(error),
                };
                if let Err(error) = &mut verdict {
                    if number > 1 {
                        *error = format!("{error} (variant {} of {number})", at + 1);
                    }
                    break;
                }
            }
            section.record(check, verdict);
        }
    }

    async fn replay(&self) -> Result<String, String> {
        let proof = self.proof();
        let first = self.send(&proof).await?;
        let again = self.send(&proof).await?;
        match (first.status, again.status) {
            (401, _) => Err(format!("already the first use: {}", first.brief())),
            (_, 401) => Ok(again.brief()),
            _ => Err(again.brief()),
        }
    }
}

fn dpop_error(answer: &Response) -> Option<String> {
    let all = challenge::read(&answer.values("www-authenticate")).ok()?;
    let dpop = all
        .iter()
        .find(|one| one.scheme.eq_ignore_ascii_case("DPoP"))?;
    dpop.get("error").map(str::to_owned)
}

/// Checks the challenge of a refused proof.
fn challenge(answer: &Response) -> Result<String, String> {
    let all = challenge::read(&answer.values("www-authenticate"))?;
    let dpop = all
        .iter()
        .find(|one| one.scheme.eq_ignore_ascii_case("DPoP"));
    let dpop = dpop.ok_or("there is no `DPoP` challenge")?;
    let error = dpop.get("error").ok_or("there is no `error`")?;
    if !matches!(error, "invalid_dpop_proof" | "invalid_token") {
        return Err(format!("error=\"{error}\""));
    }
    match dpop.get("algs") {
        Some(algs) => Ok(format!("{error}, algs=\"{algs}\"")),
        None => Err("there is no `algs`".to_owned()),
    }
}
