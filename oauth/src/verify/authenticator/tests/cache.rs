//! With or without the cache, a token always gets the same result.

use std::cell::Cell;

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;
use crate::caller::Accepted;

/// An event at a server or around it.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// This token is sent, twice.
    Present(usize),
    /// This many seconds pass.
    Pass(u64),
    /// The issuer publishes these of the two keys.
    Publish(bool, bool),
    /// The issuer is down from now on.
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..TOKENS).prop_map(Step::Present),
        2 => prop::sample::select(vec![1, 29, 31, 300, 601, 3_700]).prop_map(Step::Pass),
        2 => any::<(bool, bool)>().prop_map(|(one, two)| Step::Publish(one, two)),
        1 => Just(Step::Fail),
    ]
}

const TOKENS: usize = 13;

/// Valid tokens of two keys, tokens that are valid for a while, and invalid ones.
fn tokens(one: &Mint, two: &Mint) -> [String; TOKENS] {
    let stranger = Mint::new("one");
    [
        one.token(json!({}), json!({})),
        two.token(json!({}), json!({})),
        one.token(json!({"kid": null}), json!({})),
        one.token(json!({}), json!({"exp": NOW + 9_000})),
        two.token(
            json!({}),
            json!({"exp": NOW + 9_000, "sub": "bob", "scope": "z"}),
        ),
        one.token(json!({}), json!({"nbf": NOW + 60, "exp": NOW + 9_000})),
        one.token(json!({}), json!({"exp": NOW})),
        one.token(json!({}), json!({"aud": "https://other"})),
        one.token(json!({}), json!({"cnf": {"jkt": "x"}})),
        one.token(json!({}), json!({"cnf": {"jkt": "A".repeat(43)}})),
        two.token(json!({"kid": "one"}), json!({})),
        stranger.token(json!({}), json!({"exp": NOW + 9_000})),
        "opaque".to_owned(),
    ]
}

/// Authenticates a token that is not cached.
async fn uncached(fixture: &Fixture, token: &str) -> Result<Accepted, AuthenticationError> {
    let authenticator = &fixture.authenticator;
    let issuers = authenticator.verifier.as_issuers().unwrap();
    let token = BearerToken::new(token).unwrap();
    let verified = issuers
        .verify_with_evidence(&token, &mut EvidenceKind::default())
        .await;
    let (claims, _) = verified.map_err(|error| authenticator.log_refusal(&error))?;
    authenticator.validate(authenticator.resolve_scopes(claims))
}

/// Renders the caller and the granted scopes, or the refusal.
fn verdict(result: Result<Accepted, AuthenticationError>) -> String {
    match result {
        Ok(accepted @ Accepted::Bearer(_)) => {
            let caller = caller(accepted, BearerToken::new("a").unwrap());
            format!("{:?} {:?}", caller.identity(), caller.granted())
        }
        Ok(Accepted::Bound(token)) => format!("{:?} bound to {:?}", token.identity(), token.key()),
        // `retry_after` differs with the moment.
        Err(AuthenticationError::Unavailable { .. }) => "unavailable".to_owned(),
        Err(AuthenticationError::Invalid { description, .. }) => description.into_owned(),
        Err(other) => panic!("{other:?} is not a refusal of a token"),
    }
}

/// Runs the steps. Returns how many results came from the cache, and how many did not.
async fn happen(steps: &[Step]) -> (usize, usize) {
    let (one, two) = (Mint::new("one"), Mint::new("two"));
    let tokens = tokens(&one, &two);
    let fixture = Fixture {
        mint: Mint::new("unused"),
        ..fixture()
    };
    fixture.script.publish(&jwks(&[&one, &two]));
    fixture.authenticator.start();
    let (mut hits, mut misses) = (0, 0);
    for step in steps {
        match *step {
            Step::Present(number) => {
                let token = &tokens[number];
                let expected = verdict(uncached(&fixture, token).await);
                for _ in 0..2 {
                    let key = BearerToken::new(token).unwrap();
                    let known = fixture.authenticator.cache.get(&TokenHash::new(&key));
                    let result = fixture
                        .authenticator
                        .accept(&key, &mut VerificationPath::default())
                        .await;
                    *if known.is_some() {
                        &mut hits
                    } else {
                        &mut misses
                    } += 1;
                    assert_eq!(verdict(result), expected, "token {number} in {steps:?}");
                }
            }
            Step::Pass(seconds) => {
                fixture.clock.advance(seconds);
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            Step::Publish(with_one, with_two) => {
                let keys = [(with_one, &one), (with_two, &two)];
                let keys: Vec<_> = keys
                    .into_iter()
                    .filter_map(|(is_there, key)| is_there.then_some(key))
                    .collect();
                fixture.script.publish(&jwks(&keys));
            }
            Step::Fail => fixture.script.fail(),
        }
    }
    (hits, misses)
}

#[test]
fn no_verdict_depends_on_the_cache() {
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let (hits, misses) = (Cell::new(0), Cell::new(0));
    TestRunner::new(config)
        .run(&prop::collection::vec(step(), 1..40), |steps| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            let (hit, miss) = runtime.block_on(happen(&steps));
            hits.set(hits.get() + hit);
            misses.set(misses.get() + miss);
            Ok(())
        })
        .unwrap();
    // A cache that is never hit, or always, would prove nothing.
    let (hits, misses) = (hits.get(), misses.get());
    assert!(hits > 500 && misses > 500, "{hits} hits, {misses} misses");
}
