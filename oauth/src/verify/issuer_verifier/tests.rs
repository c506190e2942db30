use std::time::Duration;

use serde_json::json;

use super::{
    super::tests::tokens::{Mint, jwks},
    *,
};
use crate::{
    issuer::{
        Algorithm, ClientAuthentication, Introspection, tests::scripted_fetcher::ScriptedFetcher,
    },
    verify::TokenErrorKind,
};

fn issuer(name: &str, mint: &Mint) -> Issuer {
    Issuer::new(name).with_jwks(jwks(&[mint]))
}

async fn reason(verifier: &IssuerVerifier, token: &str) -> Option<String> {
    let token = BearerToken::new(token).unwrap();
    let verified = verifier.verify(&token).await;
    verified.err().map(|error| error.reason().to_owned())
}

#[tokio::test]
async fn a_token_goes_to_the_issuer_that_it_names_and_to_no_other() {
    // Both publish a key with the same `kid`.
    let (i, j) = (Mint::new("k"), Mint::new("k"));
    let verifier = IssuerVerifier::new([issuer("https://i", &i), issuer("https://j", &j)]).unwrap();
    for (mint, name, good) in [
        (&i, "https://i", true),
        (&j, "https://j", true),
        (&i, "https://j", false),
        (&j, "https://i", false),
        (&i, "https://i/", false),
        (&i, "HTTPS://I", false),
    ] {
        let token = mint.token(json!({}), json!({"iss": name}));
        assert_eq!(reason(&verifier, &token).await.is_none(), good, "{name}");
    }
    for iss in [json!(null), json!(["https://i"]), json!(1), json!({})] {
        let token = i.sign(
            r#"{"alg":"ES256","kid":"k"}"#,
            &json!({"iss": iss, "exp": 9}).to_string(),
        );
        assert!(reason(&verifier, &token).await.unwrap().contains("iss"));
    }
}

#[tokio::test]
async fn a_further_spelling_of_an_issuer_has_the_same_keys() {
    let mint = Mint::new("k");
    let issuer = issuer("https://i", &mint).with_spelling("https://i/resources/1");
    let verifier = IssuerVerifier::new([issuer]).unwrap();
    let token = mint.token(json!({}), json!({"iss": "https://i/resources/1"}));
    assert_eq!(reason(&verifier, &token).await, None);
    assert_eq!(verifier.issuers().count(), 2);
}

#[tokio::test]
async fn an_issuer_has_its_own_list_of_algorithms() {
    let mint = Mint::new("k");
    let narrowed = issuer("https://i", &mint).with_algorithms([Algorithm::Rs256]);
    let verifier = IssuerVerifier::new([narrowed]).unwrap();
    let told = reason(&verifier, &mint.token(json!({}), json!({})))
        .await
        .unwrap();
    assert!(told.contains("algorithm"), "{told}");
}

#[tokio::test]
async fn a_wrong_claim_is_refused_after_the_signature() {
    let (mint, stranger) = (Mint::new("k"), Mint::new("k"));
    let verifier = IssuerVerifier::new([issuer("https://i", &mint)]).unwrap();
    for (claims, expected) in [
        (json!({"scope": {"a": 1}}), "scope"),
        (json!({"exp": "1"}), "exp"),
        (json!({"aud": 1}), "aud"),
        (json!({"at_hash": "x"}), "ID token"),
    ] {
        let told = reason(&verifier, &mint.token(json!({}), claims.clone()))
            .await
            .unwrap();
        assert!(told.contains(expected), "{told}");
        let told = reason(&verifier, &stranger.token(json!({}), claims))
            .await
            .unwrap();
        assert!(told.contains("signature"), "{told}");
    }
    let twice = mint.sign(
        r#"{"alg":"ES256","kid":"k"}"#,
        r#"{"iss":"https://i","exp":9,"scope":"a","scope":"b"}"#,
    );
    assert!(reason(&verifier, &twice).await.unwrap().contains("once"));
}

#[tokio::test]
async fn a_reason_helps_and_does_not_run_away_with_the_log() {
    let mint = Mint::new("k");
    let verifier = IssuerVerifier::new([issuer("https://i", &mint)]).unwrap();
    for (header, claims) in [
        (json!({"kid": "\n".repeat(2000)}), json!({})),
        (json!({"typ": "x".repeat(2000)}), json!({})),
        (json!({"alg": "x".repeat(2000)}), json!({})),
        (json!({}), json!({"iss": "\u{202e}".repeat(500)})),
    ] {
        let told = reason(&verifier, &mint.token(header, claims))
            .await
            .unwrap();
        assert!(
            told.len() <= 512 && !told.contains(['\n', '\u{202e}']),
            "{told}"
        );
    }
    let told = reason(&verifier, &mint.token(json!({"kid": "z"}), json!({})))
        .await
        .unwrap();
    for part in ["https://i", "ES256", "\"z\""] {
        assert!(told.contains(part), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_is_down_makes_its_tokens_unverifiable_and_not_invalid() {
    let (mint, script) = (Mint::new("k"), ScriptedFetcher::default());
    let verifier = IssuerVerifier::with_keys([(Issuer::new("https://i"), script.keys())]);
    let token = BearerToken::new(&mint.token(json!({}), json!({}))).unwrap();
    let error = verifier.verify(&token).await.unwrap_err();
    assert!(matches!(error.kind(), TokenErrorKind::Unavailable { .. }));
    // A token that no key could verify is refused immediately.
    let bad = BearerToken::new(&mint.token(json!({"alg": "none"}), json!({}))).unwrap();
    let error = verifier.verify(&bad).await.unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Invalid);
    // It recovers by itself.
    script.publish(&jwks(&[&mint]));
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(verifier.readiness(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_token_without_a_key_id_survives_a_rotation() {
    let (old, new, script) = (Mint::new("a"), Mint::new("b"), ScriptedFetcher::default());
    script.publish(&jwks(&[&old]));
    let verifier = IssuerVerifier::with_keys([(Issuer::new("https://i"), script.keys())]);
    assert_eq!(
        reason(&verifier, &old.token(json!({"kid": null}), json!({}))).await,
        None
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    script.publish(&jwks(&[&old, &new]));
    assert_eq!(
        reason(&verifier, &new.token(json!({"kid": null}), json!({}))).await,
        None
    );
}

#[tokio::test(start_paused = true)]
async fn the_background_ends_with_the_verifier() {
    let script = ScriptedFetcher::default();
    let verifier = IssuerVerifier::with_keys([(Issuer::new("https://i"), script.keys())]);
    verifier.start();
    verifier.start();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let loads = script.loads();
    assert!(loads > 1);
    drop(verifier);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(script.loads(), loads);
}

#[test]
fn every_error_of_the_settings_is_reported_together() {
    let errors = IssuerVerifier::new([
        Issuer::new("http://as.example"),
        Issuer::new("https://i"),
        Issuer::new("https://j").with_spelling("https://i"),
        Issuer::new("https://k").with_jwks("{}"),
    ])
    .unwrap_err();
    assert_eq!(errors.errors().len(), 3, "{errors}");
    assert!(IssuerVerifier::new([]).is_err());
}

#[test]
fn outside_of_a_runtime_nothing_starts_and_nothing_panics() {
    IssuerVerifier::new([Issuer::new("https://i")])
        .unwrap()
        .start();
}

fn asked(name: &str, prefix: &str) -> Issuer {
    let client = ClientAuthentication::basic("me", "s3cr3t");
    Issuer::new(name).with_introspection(Introspection::new(client).with_token_prefix(prefix))
}

#[tokio::test(start_paused = true)]
async fn what_rests_on_an_answer_stands_until_the_answers_end_and_not_at_it() {
    let verifier = IssuerVerifier::new([asked("https://a.example", "")]).unwrap();
    let now = Instant::now();
    let is_current = |issuer, generation, until| {
        verifier.is_current(VerificationEvidence {
            issuer,
            generation,
            until,
        })
    };
    assert!(is_current(0, None, Some(now + Duration::from_millis(1))));
    assert!(!is_current(0, None, Some(now)));
    assert!(!is_current(
        0,
        None,
        now.checked_sub(Duration::from_millis(1))
    ));
    // No evidence, keys that do not exist, an issuer that does not exist.
    assert!(!is_current(0, None, None));
    assert!(!is_current(0, Some(7), None));
    assert!(!is_current(1, None, Some(now + Duration::from_millis(1))));
}

#[tokio::test]
async fn a_token_longer_than_any_real_one_is_shown_to_nobody() {
    // The issuer does not exist, which is found out quickly.
    let client = ClientAuthentication::basic("me", "s3cr3t");
    let introspection = Introspection::new(client).with_endpoint("http://127.0.0.1:1/");
    let issuer = Issuer::new("http://127.0.0.1:1").with_introspection(introspection);
    let verifier = IssuerVerifier::new([issuer]).unwrap();
    for (length, told) in [
        (MAX_TOKEN, "connection"),
        (MAX_TOKEN + 1, "too long"),
        (MAX_TOKEN * 2, "too long"),
    ] {
        let reason = reason(&verifier, &"x".repeat(length)).await.unwrap();
        assert!(reason.contains(told), "{length}: {reason}");
    }
}

#[test]
fn two_issuers_that_are_asked_must_be_distinguished() {
    let verifier = |one: &str, two: &str| {
        IssuerVerifier::new([
            asked("https://a.example", one),
            asked("https://b.example", two),
        ])
    };
    let told = verifier("", "").unwrap_err().to_string();
    assert!(
        told.contains("https://a.example") && told.contains("with_token_prefix"),
        "{told}"
    );
    assert!(verifier("x_", "x_").is_err());
    assert!(verifier("", "x_").is_ok());
    assert!(verifier("x_", "x_y").is_ok());
}

#[test]
fn what_cannot_be_asked_is_reported_at_the_start_and_no_secret_with_it() {
    let told = |introspection| {
        let issuer = Issuer::new("https://a.example").with_introspection(introspection);
        let told = IssuerVerifier::new([issuer]).unwrap_err().to_string();
        assert!(!told.contains("s3cr3t"), "{told}");
        told
    };
    let asked = Introspection::new(ClientAuthentication::basic("me", "s3cr3t"));
    for url in [
        "http://a.example/i",
        "/i",
        "https://10.0.0.1/i",
        "https://a:s3cr3t@b.example/",
    ] {
        assert!(
            told(asked.clone().with_endpoint(url)).contains("is misconfigured"),
            "{url}"
        );
    }
    for client in [
        ClientAuthentication::basic("", "s3cr3t"),
        ClientAuthentication::private_key_jwt("me", "s3cr3t"),
    ] {
        assert!(told(Introspection::new(client)).contains("is misconfigured"));
    }
}

#[test]
fn a_path_of_roles_that_leads_nowhere_is_an_error() {
    let client = ClientAuthentication::basic("me", "s3cr3t");
    let introspection = Introspection::new(client).without_jwks();
    // It uses no keys.
    let keyless = Issuer::new("https://a.example").with_introspection(introspection);
    for issuer in [keyless, Issuer::new("https://as.example")] {
        for path in [&[][..], &[""], &["realm_access", ""]] {
            let issuer = issuer.clone().with_role_claim(path.iter().copied());
            let error = IssuerVerifier::new([issuer]).unwrap_err();
            // Everything else is fine.
            assert_eq!(error.errors().len(), 1, "{error}");
            let error = error.to_string();
            assert!(error.contains("with_role_claim"), "{path:?}: {error}");
        }
    }
}
