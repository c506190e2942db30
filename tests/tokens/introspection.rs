//! Introspection of opaque tokens (RFC 7662), over real HTTP.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use support::{IssuerResponse, MockIssuer, SigningKey};
use toolgate::{
    auth::{IssuerVerifier, TokenErrorKind},
    issuer::{ClientAuthentication, Introspection, Issuer},
};

use crate::{said, verifier, verify};

const AUDIENCE: &str = "https://api.example/mcp";

fn introspection() -> Introspection {
    Introspection::new(ClientAuthentication::basic("news", "s3cr3t"))
}

fn asking(issuer: &MockIssuer) -> IssuerVerifier {
    verifier(Issuer::new(issuer.url()).with_introspection(introspection()))
}

fn changed(mut answer: Value, change: Value) -> Value {
    let members = answer.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    members.retain(|_, value| !value.is_null());
    answer
}

#[tokio::test]
async fn an_opaque_token_has_the_claims_of_its_introspection() {
    let issuer = MockIssuer::start().await;
    issuer.know("opaque", issuer.active(AUDIENCE, "a b"));
    let verifier = asking(&issuer);
    let claims = verify(&verifier, "opaque".to_owned()).await.unwrap();
    assert_eq!(claims.subject(), Some("alice"));
    assert_eq!(claims.audience(), [AUDIENCE]);
    assert_eq!(claims.scopes().collect::<Vec<_>>(), ["a", "b"]);
    assert!(
        said(&verifier, "other".to_owned())
            .await
            .contains("not active")
    );
    let question = &issuer.questions()[0];
    assert_eq!(
        question.authorization.as_deref(),
        Some("Basic bmV3czpzM2NyM3Q=")
    );
    assert_eq!(question.form["token"], "opaque");
    assert_eq!(question.form["token_type_hint"], "access_token");
    assert_eq!(issuer.jwks_requests(), 0);
}

#[tokio::test]
async fn an_introspection_response_is_validated_like_a_token() {
    let issuer = MockIssuer::start().await;
    let verifier = asking(&issuer);
    let good = issuer.active(AUDIENCE, "a");
    for (change, expected) in [
        (json!({"iss": null}), "ok"),
        (json!({"aud": [AUDIENCE, "x"]}), "ok"),
        (json!({"token_type": null}), "ok"),
        (json!({"token_type": "bearer"}), "ok"),
        (json!({"iss": "https://evil.example"}), "answers for"),
        (json!({"iss": format!("{}/", issuer.url())}), "answers for"),
        (json!({"iss": [issuer.url()]}), "answers for"),
        (json!({"exp": null}), "exp is missing"),
        (json!({"exp": "4000000000"}), "exp has the wrong type"),
        (json!({"scope": 7}), "scope has the wrong type"),
        (json!({"sub": ["alice"]}), "sub has the wrong type"),
        (json!({"aud": 7}), "aud has the wrong type"),
        (json!({"token_type": "refresh_token"}), "refresh_token"),
        (json!({"token_use": "id_token"}), "id_token"),
        (json!({"token_type": 7}), "not a string"),
        (json!({"typ": "Refresh"}), "refresh token"),
        (json!({"typ": "ID"}), "ID token"),
        (json!({"active": false}), "not active"),
    ] {
        issuer.know("t", changed(good.clone(), change.clone()));
        let output = said(&verifier, "t".to_owned()).await;
        assert!(output.contains(expected), "{change}: {output}");
    }
}

#[tokio::test]
async fn a_response_without_audience_is_refused_unless_configured() {
    let issuer = MockIssuer::start().await;
    let answer = changed(issuer.active(AUDIENCE, "a"), json!({"aud": null}));
    issuer.know("t", answer);
    let claims = verify(&asking(&issuer), "t".to_owned()).await.unwrap();
    assert!(claims.audience().is_empty());
    let introspection = introspection().dangerous_missing_audience_means(AUDIENCE);
    let lax = verifier(Issuer::new(issuer.url()).with_introspection(introspection));
    let claims = verify(&lax, "t".to_owned()).await.unwrap();
    assert_eq!(claims.audience(), [AUDIENCE]);
    // Values in the response are not overridden.
    issuer.know("t", issuer.active("https://other.example", "a"));
    let claims = verify(&lax, "t".to_owned()).await.unwrap();
    assert_eq!(claims.audience(), ["https://other.example"]);
}

#[tokio::test]
async fn an_invalid_introspection_response_is_unavailable() {
    let issuer = MockIssuer::start().await;
    let verifier = asking(&issuer);
    issuer.know("t", issuer.active(AUDIENCE, "a"));
    for (answer, expected) in [
        (IssuerResponse::Status(500), "500"),
        (IssuerResponse::Status(503), "503"),
        (IssuerResponse::Status(401), "credentials"),
        (IssuerResponse::Status(404), "404"),
        (
            IssuerResponse::Redirect("http://127.0.0.1:9/".to_owned()),
            "302",
        ),
        (IssuerResponse::Endless, "larger"),
        (IssuerResponse::Body("<html>".to_owned()), "JSON object"),
        (IssuerResponse::Body("true".to_owned()), "JSON object"),
        (IssuerResponse::Body("{}".to_owned()), "active"),
        (
            IssuerResponse::Body(r#"{"active":"true"}"#.to_owned()),
            "active",
        ),
        (IssuerResponse::Body(r#"{"active":1}"#.to_owned()), "active"),
        (
            IssuerResponse::Body(r#"{"active":false,"active":true}"#.to_owned()),
            "once",
        ),
    ] {
        issuer.answer_questions(answer.clone());
        let error = verify(&verifier, "t".to_owned()).await.unwrap_err();
        assert!(
            matches!(error.kind(), TokenErrorKind::Unavailable { .. }),
            "{error:?}"
        );
        assert!(error.reason().contains(expected), "{answer:?}: {error}");
        assert!(!format!("{error} {error:?}").contains("s3cr3t"));
    }
    issuer.answer_questions(IssuerResponse::Good);
    assert_eq!(said(&verifier, "t".to_owned()).await, "ok");
}

#[tokio::test]
async fn every_client_authentication_method_works() {
    let issuer = MockIssuer::start().await;
    issuer.know("t", issuer.active(AUDIENCE, "a"));
    let ask = async |client| {
        let introspection = Introspection::new(client);
        let verifier = verifier(Issuer::new(issuer.url()).with_introspection(introspection));
        assert_eq!(said(&verifier, "t".to_owned()).await, "ok");
        issuer.questions().pop().unwrap()
    };
    let post = ask(ClientAuthentication::post("news", "s3cr3t")).await;
    assert_eq!(post.authorization, None);
    assert_eq!(
        (&*post.form["client_id"], &*post.form["client_secret"]),
        ("news", "s3cr3t")
    );
    let pem = SigningKey::p256_pem();
    let signed = ask(ClientAuthentication::private_key_jwt("news", pem)).await;
    assert_eq!(signed.authorization, None);
    assert_eq!(
        signed.form["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    assert_eq!(signed.form["client_assertion"].split('.').count(), 3);
}

#[tokio::test]
async fn a_configured_endpoint_needs_no_metadata() {
    let issuer = MockIssuer::start().await;
    issuer.serve_metadata_at(&[]);
    issuer.know("t", issuer.active(AUDIENCE, "a"));
    let error = verify(&asking(&issuer), "t".to_owned()).await.unwrap_err();
    assert!(matches!(error.kind(), TokenErrorKind::Unavailable { .. }));
    let introspection = introspection().with_endpoint(format!("{}/introspect", issuer.url()));
    let given = verifier(Issuer::new(issuer.url()).with_introspection(introspection));
    assert_eq!(said(&given, "t".to_owned()).await, "ok");
}

#[tokio::test]
async fn secrets_are_not_sent_to_forbidden_addresses() {
    let issuer = MockIssuer::start().await;
    for url in [
        "http://as.example/i",
        "https://10.0.0.1/i",
        "/introspect",
        "file:///etc",
    ] {
        issuer.change_metadata(json!({"introspection_endpoint": url}));
        let verifier = asking(&issuer);
        let error = verify(&verifier, "t".to_owned()).await.unwrap_err();
        assert!(
            matches!(error.kind(), TokenErrorKind::Unavailable { .. }),
            "{url}"
        );
        assert!(verifier.readiness().is_err(), "{url}");
    }
    // Another issuer's document cannot redirect the requests either.
    issuer.change_metadata(json!({"issuer": "https://evil.example"}));
    let error = verify(&asking(&issuer), "t".to_owned()).await.unwrap_err();
    assert!(matches!(error.kind(), TokenErrorKind::Unavailable { .. }));
    assert!(issuer.questions().is_empty());
}

#[tokio::test]
async fn a_jwt_is_never_taken_for_an_opaque_token() {
    let issuer = MockIssuer::start().await;
    let verifier = asking(&issuer);
    let unsigned = issuer
        .token()
        .header("alg", json!("none"))
        .signature(b"")
        .build();
    let foreign = issuer
        .token()
        .claim("iss", json!("https://evil.example"))
        .build();
    let twice = issuer
        .token()
        .claims_text(r#"{"iss":"a","iss":"b"}"#)
        .build();
    for token in [unsigned, foreign, twice] {
        issuer.know(&token, issuer.active(AUDIENCE, "a"));
        assert_ne!(said(&verifier, token).await, "ok");
    }
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
    assert!(issuer.questions().is_empty());
}

#[tokio::test]
async fn a_revoked_jwt_is_refused_if_jwts_are_introspected() {
    let issuer = MockIssuer::start().await;
    let both = introspection().with_jwts();
    let both = verifier(Issuer::new(issuer.url()).with_introspection(both));
    let token = issuer.token().build();
    let answer = issuer.active(AUDIENCE, "a");
    issuer.know(&token, answer.clone());
    assert_eq!(said(&both, token.clone()).await, "ok");
    for other in [
        json!({"sub": "mallory"}),
        json!({"iss": "https://evil.example"}),
        json!({"client_id": 7}),
    ] {
        issuer.know(&token, changed(answer.clone(), other));
        assert!(said(&both, token.clone()).await.contains("another token"));
    }
    issuer.revoke(&token);
    assert!(said(&both, token.clone()).await.contains("not active"));
    // Introspection does not make an invalid signature valid.
    let forged = issuer.token().signature(&[0; 64]).build();
    issuer.know(&forged, answer);
    let asked = issuer.questions().len();
    assert!(said(&both, forged).await.contains("signature"));
    assert_eq!(issuer.questions().len(), asked);
    // A failed introspection does not count as an active token.
    issuer.answer_questions(IssuerResponse::Status(500));
    let error = verify(&both, token).await.unwrap_err();
    assert!(matches!(error.kind(), TokenErrorKind::Unavailable { .. }));
}

#[tokio::test]
async fn a_jwt_that_its_introspection_contradicts_is_refused() {
    let issuer = MockIssuer::start().await;
    let both = introspection().with_jwts();
    let both = verifier(Issuer::new(issuer.url()).with_introspection(both));
    let (one, two) = (SigningKey::p256("1"), SigningKey::p256("2"));
    let unbound = issuer.token().build();
    let bound = issuer.token().bound_to(&one).build();
    let cnf = |key: &SigningKey| json!({"jkt": key.thumbprint()});
    for (token, answer, expected) in [
        (&unbound, json!({"token_type": "Bearer"}), "ok"),
        (
            &unbound,
            json!({"token_type": "refresh_token"}),
            "its token_type is",
        ),
        (
            &unbound,
            json!({"token_use": "id_token"}),
            "its token_use is",
        ),
        (&unbound, json!({"token_type": 7}), "its token_type is"),
        // RFC 9449 §6.2: bound, whatever the token itself says.
        (&unbound, json!({"token_type": "DPoP"}), "bound to a key"),
        (&unbound, json!({"cnf": cnf(&one)}), "another token"),
        (&unbound, json!({"cnf": null}), "another token"),
        (&bound, json!({"token_type": "DPoP"}), "ok"),
        (
            &bound,
            json!({"token_type": "DPoP", "cnf": cnf(&one)}),
            "ok",
        ),
        (&bound, json!({"cnf": cnf(&two)}), "another token"),
        (&bound, json!({"cnf": {"x5t#S256": "x"}}), "another token"),
    ] {
        let mut said_of_it = issuer.active(AUDIENCE, "a");
        let members = said_of_it.as_object_mut().unwrap();
        members.extend(answer.as_object().unwrap().clone());
        issuer.know(token, said_of_it);
        let output = said(&both, token.clone()).await;
        assert!(output.contains(expected), "{answer}: {output}");
    }
}

#[tokio::test]
async fn without_keys_jwts_are_introspected() {
    let issuer = MockIssuer::start().await;
    let introspection = introspection().without_jwks();
    let verifier = verifier(Issuer::new(issuer.url()).with_introspection(introspection));
    let token = issuer.token().signature(&[0; 64]).build();
    assert!(said(&verifier, token.clone()).await.contains("not active"));
    issuer.know(&token, issuer.active(AUDIENCE, "a"));
    assert_eq!(said(&verifier, token).await, "ok");
    assert_eq!(issuer.jwks_requests(), 0);
    // A token of another declared type is not even introspected.
    let asked = issuer.questions().len();
    let logout = issuer.token().header("typ", json!("logout+jwt")).build();
    assert!(said(&verifier, logout).await.contains("logout+jwt"));
    assert_eq!(issuer.questions().len(), asked);
}

#[tokio::test]
async fn each_issuer_sees_only_its_tokens() {
    let (one, two) = (MockIssuer::start().await, MockIssuer::start().await);
    let of = |issuer: &MockIssuer, prefix: &str| {
        let introspection = introspection().with_token_prefix(prefix);
        Issuer::new(issuer.url()).with_introspection(introspection)
    };
    let verifier = IssuerVerifier::new([of(&one, "one_"), of(&two, "")]).unwrap();
    one.know("one_t", one.active(AUDIENCE, "a"));
    two.know("t", two.active(AUDIENCE, "a"));
    assert_eq!(said(&verifier, "one_t".to_owned()).await, "ok");
    assert_eq!(said(&verifier, "t".to_owned()).await, "ok");
    assert_ne!(said(&verifier, "one_".to_owned()).await, "ok");
    assert_eq!((one.questions().len(), two.questions().len()), (2, 1));
}

#[tokio::test]
async fn two_hundred_waiting_requests_cause_one_endpoint_discovery() {
    let issuer = MockIssuer::start().await;
    issuer.answer_metadata(IssuerResponse::Slow(Duration::from_millis(300)));
    issuer.know("t", issuer.active(AUDIENCE, "a"));
    let introspection = introspection().without_jwks();
    let issuer_settings = Issuer::new(issuer.url()).with_introspection(introspection);
    let verifier = Arc::new(verifier(issuer_settings));
    let requests: Vec<_> = (0..200)
        .map(|_| {
            let verifier = Arc::clone(&verifier);
            tokio::spawn(async move { said(&verifier, "t".to_owned()).await })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), "ok");
    }
    assert_eq!(issuer.metadata_requests(), 1);
}

#[tokio::test]
async fn an_issuer_down_at_the_start_is_introspected_when_it_returns() {
    let mut issuer = MockIssuer::start().await;
    issuer.know("t", issuer.active(AUDIENCE, "a"));
    issuer.go_down().await;
    let introspection = introspection().without_jwks();
    let verifier = verifier(Issuer::new(issuer.url()).with_introspection(introspection));
    verifier.start();
    let error = verify(&verifier, "t".to_owned()).await.unwrap_err();
    assert!(
        matches!(error.kind(), TokenErrorKind::Unavailable { .. }),
        "{error:?}"
    );
    assert!(
        verifier
            .readiness()
            .unwrap_err()
            .to_string()
            .contains("is unavailable")
    );
    issuer.come_back().await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while verifier.readiness().is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("its return is noticed");
    assert_eq!(said(&verifier, "t".to_owned()).await, "ok");
}
