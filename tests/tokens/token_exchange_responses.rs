//! Responses of an issuer to a token exchange, and their effects.

use serde_json::{Value, json};
use support::{IssuerResponse, MockIssuer};

use crate::token_exchange::Fixture;

fn error(code: &str) -> String {
    json!({"error": code, "error_description": "call +1 555 0100"}).to_string()
}

#[tokio::test]
async fn a_refusal_names_who_can_fix_it() {
    let fixture = Fixture::new().await;
    let token = fixture.token(1, 600);
    let refusal = |status, code: &str| IssuerResponse::Refusal(status, error(code));
    for (answer, expected) in [
        (refusal(400, "consent_required"), "NeedsConsent"),
        (refusal(400, "interaction_required"), "NeedsConsent"),
        (refusal(400, "login_required"), "NeedsConsent"),
        (
            refusal(401, "insufficient_user_authentication"),
            "NeedsConsent",
        ),
        (refusal(403, "access_denied"), "NeedsConsent"),
        (refusal(400, "invalid_scope"), "NeedsConsent"),
        (refusal(400, "invalid_grant"), "Refused"),
        (refusal(400, "invalid_request"), "Refused"),
        (refusal(400, "made_up"), "Refused"),
        (IssuerResponse::Refusal(400, "<html>".to_owned()), "Refused"),
        (IssuerResponse::Refusal(400, "[1]".to_owned()), "Refused"),
        (refusal(401, "invalid_client"), "Misconfigured"),
        (refusal(400, "unauthorized_client"), "Misconfigured"),
        (refusal(400, "unsupported_grant_type"), "Misconfigured"),
        (refusal(400, "invalid_target"), "Misconfigured"),
        (IssuerResponse::Refusal(401, String::new()), "Misconfigured"),
        (IssuerResponse::Status(404), "Misconfigured"),
        (refusal(400, "temporarily_unavailable"), "Unavailable"),
        (IssuerResponse::Status(429), "Unavailable"),
        (IssuerResponse::Status(500), "Unavailable"),
        (IssuerResponse::Status(503), "Unavailable"),
        (IssuerResponse::Endless, "Unusable"),
    ] {
        fixture.issuer.answer_exchanges(answer.clone());
        let said = fixture.says(&token).await;
        assert!(said.starts_with(expected), "{answer:?}: {said}");
        // The issuer's description is not shown: it may contain anything.
        assert!(!said.contains("555"), "{said}");
    }
    // None of it is cached.
    fixture.issuer.answer_exchanges(IssuerResponse::Good);
    fixture.issuer.exchange(&token, MockIssuer::exchanged("t"));
    assert_eq!(fixture.says(&token).await, "t []");
}

#[tokio::test]
async fn redirects_do_not_forward_a_token() {
    let fixture = Fixture::new().await;
    let elsewhere = MockIssuer::start().await;
    let token = fixture.token(1, 600);
    for place in [fixture.issuer.url(), elsewhere.url()] {
        let place = format!("{place}/token");
        fixture
            .issuer
            .answer_exchanges(IssuerResponse::Redirect(place));
        let said = fixture.says(&token).await;
        assert!(
            said.starts_with("Misconfigured") && said.contains("302"),
            "{said}"
        );
    }
    assert_eq!(elsewhere.exchanges().len(), 0);
    assert_eq!(fixture.issuer.exchanges().len(), 2);
}

#[tokio::test]
async fn an_outage_is_not_a_refusal_and_is_not_cached() {
    let mut fixture = Fixture::new().await;
    let token = fixture.token(1, 600);
    fixture.issuer.exchange(&token, MockIssuer::exchanged("t"));
    // The server has the issuer's keys; the exchange has fetched nothing yet.
    let known = fixture.token(2, 600);
    fixture.issuer.answer_exchanges(IssuerResponse::Status(500));
    assert!(fixture.says(&known).await.starts_with("Unavailable"));
    fixture.issuer.go_down().await;
    let said = fixture.says(&known).await;
    assert!(said.starts_with("Unavailable"), "{said}");
    assert!(!said.contains("127.0.0.1"), "{said}");
    fixture.issuer.come_back().await;
    fixture.issuer.answer_exchanges(IssuerResponse::Good);
    assert_eq!(fixture.says(&token).await, "t []");
}

#[tokio::test]
async fn an_issuer_without_an_endpoint_is_a_configuration_error() {
    let fixture = Fixture::new().await;
    fixture
        .issuer
        .change_metadata(json!({"token_endpoint": null}));
    let said = fixture.says(&fixture.token(1, 600)).await;
    assert!(
        said.starts_with("Misconfigured") && said.contains("token_endpoint"),
        "{said}"
    );
    let fixture = Fixture::new().await;
    let inside = json!({"token_endpoint": "https://10.0.0.1/token"});
    fixture.issuer.change_metadata(inside);
    let said = fixture.says(&fixture.token(1, 600)).await;
    assert!(said.contains("private"), "{said}");
}

#[tokio::test]
async fn an_unexpected_exchange_response_is_not_used() {
    let fixture = Fixture::with(|upstream| upstream.with_scopes("a b")).await;
    let token = fixture.token(1, 600);
    let changed = |change: Value| {
        let mut answer = MockIssuer::exchanged("t");
        // Each is requested again.
        answer["expires_in"] = json!(0);
        let members = answer.as_object_mut().expect("an object");
        members.extend(change.as_object().expect("an object").clone());
        members.retain(|_, value| !value.is_null());
        answer
    };
    let jwt = "urn:ietf:params:oauth:token-type:jwt";
    for (change, expected) in [
        (json!({}), "t [a b]"),
        (json!({"token_type": "bEARER"}), "t [a b]"),
        (json!({"scope": "b a c"}), "t [b a c]"),
        (json!({"refresh_token": "r", "new": {"a": 1}}), "t [a b]"),
        (json!({"scope": "a"}), "NeedsConsent"),
        (json!({"scope": ""}), "NeedsConsent"),
        (json!({"scope": "A b"}), "NeedsConsent"),
        (json!({"scope": ["a", "b"]}), "Unusable"),
        // The client's own token, returned so that it would be passed on.
        (json!({"access_token": token}), "Unusable"),
        (json!({"access_token": null}), "Unusable"),
        (json!({"access_token": ""}), "Unusable"),
        (json!({"access_token": "a b"}), "Unusable"),
        (json!({"access_token": "a\r\nX-Evil: 1"}), "Unusable"),
        (
            json!({"access_token": "x".repeat(16 * 1024 + 1)}),
            "Unusable",
        ),
        (json!({"access_token": 7}), "Unusable"),
        (json!({"issued_token_type": null}), "Unusable"),
        (json!({"issued_token_type": jwt}), "Unusable"),
        (json!({"token_type": null}), "Unusable"),
        (json!({"token_type": "N_A"}), "Unusable"),
        (json!({"token_type": "DPoP"}), "Unusable"),
        (json!({"expires_in": "300"}), "Unusable"),
        (json!({"expires_in": -1}), "Unusable"),
    ] {
        fixture.issuer.exchange(&token, changed(change.clone()));
        let said = fixture.says(&token).await;
        assert!(said.starts_with(expected), "{change}: {said}");
        assert!(!said.contains(&token), "{said}");
    }
    for body in [
        "",
        "[]",
        "<html>",
        r#"{"access_token":"t","access_token":"u","token_type":"Bearer"}"#,
    ] {
        fixture
            .issuer
            .answer_exchanges(IssuerResponse::Body(body.to_owned()));
        let said = fixture.says(&token).await;
        assert!(said.starts_with("Unusable"), "{body}: {said}");
    }
}
