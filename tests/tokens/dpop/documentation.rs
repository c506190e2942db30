//! Checks what runtime/guide/tokens.md says about bound tokens.

use std::sync::Arc;

use serde_json::json;
use support::{
    SigningKey, TokenBuilder,
    client::{Client, HttpResponse, Revision},
};
use toolgate::auth::Dpop;

use super::{Fixture, error_of};

/// Does each row of the table in runtime/guide/tokens.md.
#[tokio::test]
async fn bound_tokens_behave_as_documented() {
    let document = include_str!("../../../runtime/guide/tokens.md");
    let (_, section) = document
        .split_once("## Tokens that are bound to a key")
        .expect("the section");
    let section = section.split("\n## ").next().expect("a part");
    let rows: Vec<_> = section
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| ")?
                .strip_suffix(" |")?
                .split_once(" | ")
        })
        .skip(1)
        .collect();
    let mut done = Vec::new();
    for (what, output) in rows {
        let dpop = match what {
            _ if what.contains("with `with_nonces`") => Dpop::supported().with_nonces(),
            _ if what.contains("with `Dpop::required()`") => Dpop::required(),
            _ => Dpop::supported(),
        };
        let fixture = Fixture::with(dpop).await;
        let bound = fixture.client(Revision::Stateless, "desk:read");
        let token = fixture.token("desk:read").bound_to(&fixture.key).build();
        let plain = Client::new(fixture.running.resource(), Revision::Stateless);
        let answer = match what.split([',', ' ']).nth(1).expect("a word") {
            "bound" if what.contains("as a bearer") => plain.with_token(token),
            "bearer" => plain.with_token(fixture.token("desk:read").build()),
            "token" => {
                let certificate = fixture.token("desk:read");
                let certificate = certificate.claim("cnf", json!({"x5t#S256": "x"}));
                bound.with_token(certificate.build())
            }
            "proof" if what.contains("another key") => {
                bound.with_key(&Arc::new(SigningKey::p256("other")))
            }
            "proof" if what.contains("was used") => {
                let proof = fixture.proof(&token);
                fixture.call_with(&token, &proof).await;
                let again = fixture.call_with(&token, &proof).await;
                assert_eq!(error_of(&again).as_deref(), Some("invalid_dpop_proof"));
                fixture
                    .clock
                    .advance(std::time::Duration::from_secs(60 + 30 + 2));
                bound
            }
            "proof" if what.contains("before the server started") => {
                let resource = fixture.running.resource();
                let proof = TokenBuilder::proof(&fixture.key, "POST", &resource).about(&token);
                let iat = proof.claims()["iat"].as_u64().expect("a time") - 60;
                let proof = proof.claim("iat", json!(iat)).build();
                let answer = fixture.call_with(&token, &proof).await;
                assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
                assert!(answer.text.contains("before this server started"));
                fixture
                    .clock
                    .advance(std::time::Duration::from_secs(60 + 30 + 2));
                bound
            }
            "proof" if what.starts_with("no proof") => {
                let other = TokenBuilder::proof(&fixture.key, "GET", &fixture.running.resource());
                let other = other.about(&token).build();
                let answer = fixture.call_with(&token, &other).await;
                assert_eq!(error_of(&answer).as_deref(), Some("invalid_dpop_proof"));
                plain
            }
            _ => bound,
        };
        let answer = match what.starts_with("no proof") {
            true => {
                let message = answer.message("tools/call", json!({"name": "read"}));
                let token = fixture.token("desk:read").bound_to(&fixture.key).build();
                let request = answer.post(&message);
                let request = request.header("authorization", format!("DPoP {token}"));
                HttpResponse::of(request.body(message.to_string())).await
            }
            false => answer.call("read", json!({})).await,
        };
        let error = answer.challenge().map(|bearer| {
            let bearer = bearer.get("error").map(str::to_owned);
            error_of(&answer).or(bearer).expect("an error")
        });
        let seen = match error {
            None => answer.status.to_string(),
            Some(error) => format!("{} `{error}`", answer.status),
        };
        assert_eq!(seen, output, "{what}");
        done.push(what);
    }
    assert_eq!(done.len(), 9, "{done:?}");
}
