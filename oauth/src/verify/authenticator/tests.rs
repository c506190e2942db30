use serde_json::{Value, json};

use super::{
    super::tests::{
        settable_clock::SettableClock,
        tokens::{Mint, NOW, jwks},
    },
    *,
};
use crate::{
    caller::Caller,
    clock::UnixTime,
    credentials::{Credentials, Scheme},
    issuer::{
        ClientAuthentication, Introspection, Issuer, tests::scripted_fetcher::ScriptedFetcher,
    },
    scope::Scope,
};

mod cache;

struct Fixture {
    mint: Mint,
    script: ScriptedFetcher,
    clock: SettableClock,
    authenticator: Authenticator,
}

fn fixture() -> Fixture {
    let mint = Mint::new("k");
    let script = ScriptedFetcher::default();
    script.publish(&jwks(&[&mint]));
    let verifier = IssuerVerifier::with_keys([(Issuer::new("https://i"), script.keys())]);
    let clock = SettableClock::at(NOW);
    let authenticator = authenticator(verifier, &clock);
    Fixture {
        mint,
        script,
        clock,
        authenticator,
    }
}

fn authenticator(verifier: impl TokenVerifier, clock: &SettableClock) -> Authenticator {
    let table = ScopeTable::with_hierarchy([Scope::new("a"), Scope::new("z")], &[]).unwrap();
    let token_policy = TokenPolicy::new(["https://i"], ["https://r/mcp"]);
    Authenticator::new(
        verifier,
        token_policy,
        Arc::new(table),
        Arc::new(clock.clone()),
    )
}

/// Returns the caller of a token that is not bound.
fn caller(accepted: Accepted, token: BearerToken) -> Caller {
    let Accepted::Bearer(accepted) = accepted else {
        panic!("the token is bound");
    };
    let scheme = Scheme::Bearer;
    accepted.sent_with(Credentials { scheme, token })
}

async fn accepts(authenticator: &Authenticator, token: &BearerToken) -> bool {
    let mut path = VerificationPath::default();
    authenticator.accept(token, &mut path).await.is_ok()
}

impl Fixture {
    async fn says(&self, token: &str) -> Result<Caller, String> {
        let token = BearerToken::new(token).unwrap();
        let said = self
            .authenticator
            .accept(&token, &mut VerificationPath::default())
            .await;
        said.map(|accepted| caller(accepted, token))
            .map_err(|error| match error {
                AuthenticationError::Invalid { description, .. } => description.into_owned(),
                AuthenticationError::Unavailable { retry_after, .. } => format!("{retry_after:?}"),
                other => format!("{other:?}"),
            })
    }

    fn token(&self, claims: Value) -> String {
        self.mint.token(json!({}), claims)
    }
}

#[tokio::test(start_paused = true)]
async fn a_good_token_has_a_principal_cached_or_not() {
    let fixture = fixture();
    let token = fixture.token(json!({}));
    for _ in 0..3 {
        let caller = fixture.says(&token).await.unwrap();
        assert_eq!(caller.claims().subject(), Some("alice"));
        assert_eq!(caller.granted().len(), 1);
    }
    assert_eq!(fixture.authenticator.cache.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cached_token_is_answered_without_waiting() {
    let fixture = fixture();
    let token = fixture.token(json!({}));
    fixture.says(&token).await.unwrap();
    // The keys are old and the issuer never responds: the cached result needs neither.
    fixture.script.delay(Duration::from_secs(9999));
    let mut again = std::pin::pin!(fixture.says(&token));
    let first =
        std::future::poll_fn(|context| std::task::Poll::Ready(again.as_mut().poll(context)));
    assert!(first.await.is_ready());
}

#[tokio::test(start_paused = true)]
async fn a_cached_token_expires_all_the_same() {
    let fixture = fixture();
    let token = fixture.token(json!({}));
    assert!(fixture.says(&token).await.is_ok());
    fixture.clock.set(NOW + 629);
    assert!(fixture.says(&token).await.is_ok());
    fixture.clock.set(NOW + 630);
    assert_eq!(
        fixture.says(&token).await.unwrap_err(),
        "the token has expired"
    );
    assert_eq!(fixture.authenticator.cache.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cached_token_goes_with_the_key_that_verified_it() {
    let fixture = fixture();
    fixture.authenticator.start();
    let token = fixture.token(json!({}));
    assert!(fixture.says(&token).await.is_ok());
    let other = Mint::new("other");
    fixture.script.publish(&jwks(&[&other]));
    tokio::time::sleep(Duration::from_secs(601)).await;
    assert!(
        fixture
            .says(&token)
            .await
            .unwrap_err()
            .contains("signature")
    );
    assert!(
        fixture
            .says(&other.token(json!({}), json!({})))
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_cached_token_goes_with_the_keys_of_its_own_issuer() {
    let (i, j) = (ScriptedFetcher::default(), ScriptedFetcher::default());
    let (old, other) = (Mint::new("k"), Mint::new("other"));
    i.publish(&jwks(&[&old]));
    j.publish(&jwks(&[&old]));
    let verifier = IssuerVerifier::with_keys([
        (Issuer::new("https://i"), i.keys()),
        (Issuer::new("https://j"), j.keys()),
    ]);
    let token_policy = TokenPolicy::new(["https://i", "https://j"], ["https://r/mcp"]);
    let clock = SettableClock::at(NOW);
    let authenticator = Authenticator::new(
        verifier,
        token_policy,
        Arc::default(),
        Arc::new(clock.clone()),
    );
    authenticator.start();
    let of = |issuer: &str| {
        let token = old.token(json!({}), json!({"iss": issuer, "exp": NOW + 9_000}));
        BearerToken::new(&token).unwrap()
    };
    let (of_i, of_j) = (of("https://i"), of("https://j"));
    assert!(accepts(&authenticator, &of_i).await);
    assert!(accepts(&authenticator, &of_j).await);
    assert_eq!(authenticator.cache.len(), 2);
    // Both sets are of generation one; one of them moves to generation two.
    j.publish(&jwks(&[&other]));
    tokio::time::sleep(Duration::from_secs(601)).await;
    assert!(accepts(&authenticator, &of_i).await);
    assert!(!accepts(&authenticator, &of_j).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_never_enters_the_cache() {
    let fixture = fixture();
    let stranger = Mint::new("k");
    let mut refused = vec![
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        stranger.token(json!({}), json!({})),
        fixture.mint.token(json!({"typ": "logout+jwt"}), json!({})),
    ];
    for claims in [
        json!({"iss": "https://j"}),
        json!({"aud": "https://other"}),
        json!({"exp": NOW - 31}),
        json!({"nbf": NOW + 31}),
        json!({"cnf": {"jkt": "x"}}),
        json!({"scope": 1}),
        json!({"exp": null}),
        json!({"nonce": "x", "scope": null}),
    ] {
        refused.push(fixture.token(claims));
    }
    for token in refused {
        for _ in 0..2 {
            assert!(fixture.says(&token).await.is_err());
            assert_eq!(fixture.authenticator.cache.len(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_caller_learns_a_fixed_sentence() {
    let fixture = fixture();
    let long = "x".repeat(MAX_TOKEN + 1);
    let stranger = Mint::new("k").token(json!({"kid": "scope=\"x\""}), json!({}));
    let foreign = fixture.token(json!({"iss": "error=x"}));
    let typed = fixture
        .mint
        .token(json!({"typ": "resource_metadata="}), json!({}));
    for token in ["x", &long, &stranger, &foreign, &typed] {
        let told = fixture.says(token).await.unwrap_err();
        assert!(told.is_ascii() && !told.contains('='), "{told}");
        assert!(!told.contains('"') && !told.contains('\\'), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_keys_nobody_is_called_a_forger() {
    let fixture = fixture();
    fixture.script.fail();
    let token = BearerToken::new(&fixture.token(json!({}))).unwrap();
    for _ in 0..2 {
        let said = fixture
            .authenticator
            .accept(&token, &mut VerificationPath::default())
            .await
            .unwrap_err();
        let AuthenticationError::Unavailable { retry_after, .. } = said else {
            panic!("{said:?}");
        };
        assert!(retry_after >= Duration::from_secs(1));
    }
    assert!(
        fixture
            .authenticator
            .readiness()
            .unwrap_err()
            .to_string()
            .contains("https://i")
    );
    fixture.script.publish(&jwks(&[&fixture.mint]));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(
        fixture
            .authenticator
            .accept(&token, &mut VerificationPath::default())
            .await
            .is_ok()
    );
    assert_eq!(fixture.authenticator.readiness(), Ok(()));
}

/// A verifier that checks nothing but the name.
struct Careless;

impl TokenVerifier for Careless {
    async fn verify(&self, token: &BearerToken) -> Result<Claims, TokenError> {
        match token.as_str() {
            "down" => Err(TokenError::unavailable("x").with_retry_after(Duration::ZERO)),
            "bad" => Err(TokenError::invalid("scope=x")),
            "unaimed" => {
                Ok(Claims::new("https://i", UnixTime::from_seconds(NOW)).with_subject("s"))
            }
            _ => Ok(Claims::new("https://i", UnixTime::from_seconds(NOW))
                .with_subject("s")
                .with_audience("https://r/mcp")),
        }
    }
}

#[tokio::test]
async fn a_verifier_of_ones_own_cannot_forget_audience_or_expiry() {
    let clock = SettableClock::at(NOW);
    let own = authenticator(Careless, &clock);
    let says = async |token: &str| {
        own.accept(
            &BearerToken::new(token).unwrap(),
            &mut VerificationPath::default(),
        )
        .await
    };
    assert!(says("good").await.is_ok());
    assert!(says(&"x".repeat(MAX_TOKEN)).await.is_ok());
    assert!(says(&"x".repeat(MAX_TOKEN + 1)).await.is_err());
    assert!(says("unaimed").await.is_err());
    assert!(
        matches!(says("bad").await, Err(AuthenticationError::Invalid { description, .. }) if !description.contains('='))
    );
    assert!(
        matches!(says("down").await, Err(AuthenticationError::Unavailable { retry_after, .. }) if !retry_after.is_zero())
    );
    clock.set(NOW + 30);
    assert!(says("good").await.is_err());
    assert_eq!(own.cache.len(), 0);
}

#[test]
fn a_jwt_that_is_also_introspected_is_not_verified_alone() {
    let fixture = fixture();
    let token = fixture.token(json!({}));
    let token = BearerToken::new(&token).unwrap();
    assert!(fixture.authenticator.verifies_alone(&token));
    let client = ClientAuthentication::basic("id", "secret");
    let introspection = Introspection::new(client).with_jwts();
    let issuer = Issuer::new("https://i").with_introspection(introspection);
    let verifier = IssuerVerifier::with_keys([(issuer, fixture.script.keys())]);
    let introspected = authenticator(verifier, &fixture.clock);
    assert!(!introspected.verifies_alone(&token));
}
