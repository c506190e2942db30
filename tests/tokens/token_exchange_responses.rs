//! Responses of an issuer to a token exchange, and their effects.

use serde_json::{Value, json};
use support::{Answer, ImitationIssuer};

use crate::token_exchange::World;

fn error(code: &str) -> String {
    json!({"error": code, "error_description": "call +1 555 0100"}).to_string()
}

#[tokio::test]
async fn a_refusal_says_who_can_mend_it() {
    let world = World::new().await;
    let token = world.token(1, 600);
    let refusal = |status, code: &str| Answer::Refusal(status, error(code));
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
        (Answer::Refusal(400, "<html>".to_owned()), "Refused"),
        (Answer::Refusal(400, "[1]".to_owned()), "Refused"),
        (refusal(401, "invalid_client"), "Misconfigured"),
        (refusal(400, "unauthorized_client"), "Misconfigured"),
        (refusal(400, "unsupported_grant_type"), "Misconfigured"),
        (refusal(400, "invalid_target"), "Misconfigured"),
        (Answer::Refusal(401, String::new()), "Misconfigured"),
        (Answer::Status(404), "Misconfigured"),
        (refusal(400, "temporarily_unavailable"), "Unavailable"),
        (Answer::Status(429), "Unavailable"),
        (Answer::Status(500), "Unavailable"),
        (Answer::Status(503), "Unavailable"),
        (Answer::Endless, "Unusable"),
    ] {
        world.issuer.answer_exchanges(answer.clone());
        let said = world.says(&token).await;
        assert!(said.starts_with(expected), "{answer:?}: {said}");
        // The issuer's description is not shown: it may contain anything.
        assert!(!said.contains("555"), "{said}");
    }
    // None of it is cached.
    world.issuer.answer_exchanges(Answer::Good);
    world
        .issuer
        .exchange(&token, ImitationIssuer::exchanged("t"));
    assert_eq!(world.says(&token).await, "t []");
}

#[tokio::test]
async fn no_redirect_takes_a_token_elsewhere() {
    let world = World::new().await;
    let elsewhere = ImitationIssuer::start().await;
    let token = world.token(1, 600);
    for place in [world.issuer.url(), elsewhere.url()] {
        let place = format!("{place}/token");
        world.issuer.answer_exchanges(Answer::Redirect(place));
        let said = world.says(&token).await;
        assert!(
            said.starts_with("Misconfigured") && said.contains("302"),
            "{said}"
        );
    }
    assert_eq!(elsewhere.exchanges().len(), 0);
    assert_eq!(world.issuer.exchanges().len(), 2);
}

#[tokio::test]
async fn an_outage_is_no_refusal_and_ends_with_itself() {
    let mut world = World::new().await;
    let token = world.token(1, 600);
    world
        .issuer
        .exchange(&token, ImitationIssuer::exchanged("t"));
    // The server has the issuer's keys; the exchange has fetched nothing yet.
    let known = world.token(2, 600);
    world.issuer.answer_exchanges(Answer::Status(500));
    assert!(world.says(&known).await.starts_with("Unavailable"));
    world.issuer.go_down().await;
    let said = world.says(&known).await;
    assert!(said.starts_with("Unavailable"), "{said}");
    assert!(!said.contains("127.0.0.1"), "{said}");
    world.issuer.come_back().await;
    world.issuer.answer_exchanges(Answer::Good);
    assert_eq!(world.says(&token).await, "t []");
}

#[tokio::test]
async fn an_issuer_without_an_endpoint_is_the_operators_matter() {
    let world = World::new().await;
    world
        .issuer
        .change_metadata(json!({"token_endpoint": null}));
    let said = world.says(&world.token(1, 600)).await;
    assert!(
        said.starts_with("Misconfigured") && said.contains("token_endpoint"),
        "{said}"
    );
    let world = World::new().await;
    let inside = json!({"token_endpoint": "https://10.0.0.1/token"});
    world.issuer.change_metadata(inside);
    let said = world.says(&world.token(1, 600)).await;
    assert!(said.contains("private"), "{said}");
}

#[tokio::test]
async fn an_answer_that_is_not_what_was_asked_for_is_not_used() {
    let world = World::with(|upstream| upstream.with_scopes("a b")).await;
    let token = world.token(1, 600);
    let changed = |change: Value| {
        let mut answer = ImitationIssuer::exchanged("t");
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
        world.issuer.exchange(&token, changed(change.clone()));
        let said = world.says(&token).await;
        assert!(said.starts_with(expected), "{change}: {said}");
        assert!(!said.contains(&token), "{said}");
    }
    for body in [
        "",
        "[]",
        "<html>",
        r#"{"access_token":"t","access_token":"u","token_type":"Bearer"}"#,
    ] {
        world.issuer.answer_exchanges(Answer::Body(body.to_owned()));
        let said = world.says(&token).await;
        assert!(said.starts_with("Unusable"), "{body}: {said}");
    }
}
