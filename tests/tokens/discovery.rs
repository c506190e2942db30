//! How an issuer's keys are found, and which servers cannot impersonate it.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{IssuerResponse, MetadataLocation, MockIssuer};
use toolgate::{auth::TokenErrorKind, issuer::Issuer};

use crate::{said, verifier, verify};

/// Returns the outcome for a valid token.
async fn outcome(issuer: &MockIssuer) -> Result<(), String> {
    let verifier = verifier(Issuer::new(issuer.url()));
    match verify(&verifier, issuer.token().build()).await {
        Ok(_) => Ok(()),
        Err(error) => {
            assert!(matches!(error.kind(), TokenErrorKind::Unavailable { .. }));
            Err(verifier.readiness().expect_err("no keys").to_string())
        }
    }
}

#[tokio::test]
async fn metadata_is_found_in_each_of_three_places_with_and_without_a_path() {
    for path in ["", "/tenant/1", "/tenant/"] {
        let issuer = MockIssuer::start_at(path).await;
        for (place, asked) in [
            (MetadataLocation::OauthInserted, 1),
            (MetadataLocation::OpenIdInserted, 2),
            (
                MetadataLocation::OpenIdAppended,
                if path.is_empty() { 2 } else { 3 },
            ),
        ] {
            issuer.serve_metadata_at(&[place]);
            let before = issuer.metadata_requests();
            assert_eq!(outcome(&issuer).await, Ok(()), "{path} {place:?}");
            assert_eq!(
                issuer.metadata_requests() - before,
                asked,
                "{path} {place:?}"
            );
        }
        issuer.serve_metadata_at(&[]);
        assert!(outcome(&issuer).await.is_err());
    }
}

#[tokio::test]
async fn metadata_that_names_another_issuer_is_refused() {
    let issuer = MockIssuer::start().await;
    for other in [
        json!("https://evil.example"),
        json!(format!("{}/", issuer.url())),
        json!(issuer.url().replace("http", "HTTP")),
        json!([issuer.url()]),
        json!(null),
    ] {
        issuer.change_metadata(json!({"issuer": other}));
        let output = outcome(&issuer).await.unwrap_err();
        assert!(output.contains("character by character"), "{output}");
        assert_eq!(issuer.jwks_requests(), 0);
    }
}

#[tokio::test]
async fn keys_are_not_fetched_from_forbidden_addresses() {
    let issuer = MockIssuer::start().await;
    for uri in [
        "http://as.example/keys",
        "http://10.0.0.1/keys",
        "https://10.0.0.1/keys",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00::1]/keys",
        "https://2852039166/keys",
        "file:///etc/passwd",
        "https://user:pw@as.example/keys",
    ] {
        issuer.change_metadata(json!({"jwks_uri": uri}));
        let begin = Instant::now();
        let output = outcome(&issuer).await.unwrap_err();
        assert!(output.contains("its key set: its"), "{uri}: {output}");
        assert!(begin.elapsed() < Duration::from_secs(2), "{uri} was tried");
    }
    for broken in [json!(null), json!("/keys"), json!(7), json!("")] {
        issuer.change_metadata(json!({"jwks_uri": broken}));
        assert!(outcome(&issuer).await.unwrap_err().contains("jwks_uri"));
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (issuer, other) = (MockIssuer::start().await, MockIssuer::start().await);
    issuer.answer_jwks(IssuerResponse::Redirect(other.jwks_uri()));
    assert!(outcome(&issuer).await.unwrap_err().contains("302"));
    let well_known = format!("{}/.well-known/oauth-authorization-server", other.url());
    issuer.answer_metadata(IssuerResponse::Redirect(well_known));
    assert!(outcome(&issuer).await.unwrap_err().contains("302"));
    assert_eq!(other.jwks_requests() + other.metadata_requests(), 0);
}

#[tokio::test]
async fn garbage_and_errors_are_not_keys() {
    for (answer, expected) in [
        (IssuerResponse::Status(500), "500"),
        (IssuerResponse::Status(404), "404"),
        (IssuerResponse::Status(204), "204"),
        (IssuerResponse::Body("<html>".to_owned()), "JSON"),
        (IssuerResponse::Body("[]".to_owned()), ""),
        (IssuerResponse::Body(String::new()), "JSON"),
        (IssuerResponse::Endless, "larger"),
    ] {
        let issuer = MockIssuer::start().await;
        issuer.answer_jwks(answer.clone());
        let output = outcome(&issuer).await.unwrap_err();
        assert!(output.contains(expected), "{answer:?}: {output}");
        issuer.answer_jwks(IssuerResponse::Good);
        issuer.answer_metadata(answer.clone());
        let output = outcome(&issuer).await.unwrap_err();
        assert!(output.contains(expected), "{answer:?}: {output}");
    }
}

#[tokio::test]
async fn a_key_set_at_a_known_url_needs_no_metadata() {
    let issuer = MockIssuer::start().await;
    let verifier = verifier(Issuer::new(issuer.url()).with_jwks_uri(issuer.jwks_uri()));
    assert_eq!(said(&verifier, issuer.token().build()).await, "ok");
    assert_eq!((issuer.metadata_requests(), issuer.jwks_requests()), (0, 1));
}

#[tokio::test]
async fn the_metadata_may_use_an_alias_of_the_issuer() {
    let issuer = MockIssuer::start().await;
    let other = format!("{}/resources/res_1", issuer.url());
    issuer.change_metadata(json!({"issuer": other}));
    let verifier = verifier(Issuer::new(issuer.url()).with_spelling(&other));
    for iss in [issuer.url(), &other] {
        let token = issuer.token().claim("iss", json!(iss)).build();
        assert_eq!(said(&verifier, token).await, "ok", "{iss}");
    }
}

#[tokio::test]
async fn two_issuers_with_keys_of_one_name_do_not_mix() {
    let (one, two) = (MockIssuer::start().await, MockIssuer::start().await);
    let verifier =
        toolgate::auth::IssuerVerifier::new([Issuer::new(one.url()), Issuer::new(two.url())])
            .unwrap();
    assert_eq!(said(&verifier, one.token().build()).await, "ok");
    assert_eq!(said(&verifier, two.token().build()).await, "ok");
    let crossed = one.token().forged_with(two.p256()).build();
    assert!(said(&verifier, crossed).await.contains("signature"));
}
