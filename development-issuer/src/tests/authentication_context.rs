//! `acr`, `auth_time` and roles of the tokens (RFC 9470 §5).

use super::*;

const PWD: &str = "urn:toolgate:development:pwd";
const MFA: &str = "urn:example:mfa";
const CARD: &str = "urn:example:card";
const DECISION: &str = "/development/authorize/decision";

impl World {
    /// Returns the claims of the token that the page leads to, after a change of its form.
    async fn claims_after(
        &self,
        client: &str,
        request: &[(&str, &str)],
        change: impl FnOnce(&mut Vec<(&str, &str)>),
    ) -> Value {
        let page = self.authorize(client, request).await;
        let mut form = fields(&page, "allow");
        change(&mut form);
        let code = self.post(DECISION, &form).await.redirected()["code"].clone();
        let answer = self.exchange(client, &code, &[]).await;
        self.claims(&answer)
    }
}

#[tokio::test]
async fn a_token_says_how_and_when_the_person_signed_in() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let claims = world.claims_after(&client, &[], |_| {}).await;
    assert_eq!(
        (&claims["acr"], &claims["auth_time"]),
        (&json!(PWD), &json!(START))
    );
    for (wanted, reached) in [
        (MFA, MFA),
        (CARD, CARD),
        ("urn:unknown urn:example:card urn:example:mfa", CARD),
        (PWD, PWD),
    ] {
        let request = [("acr_values", wanted), ("max_age", "60")];
        let claims = world.claims_after(&client, &request, |_| {}).await;
        assert_eq!(claims["acr"], reached, "{wanted}");
    }
}

#[tokio::test]
async fn a_second_factor_can_be_used_without_a_request_for_it() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let tick = |form: &mut Vec<(&str, &str)>| form.push(("second_factor", "imitated"));
    assert_eq!(world.claims_after(&client, &[], tick).await["acr"], MFA);
}

/// A token without the context would send the client into a loop.
#[tokio::test]
async fn a_context_that_is_not_reached_is_an_error_for_the_client() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[("acr_values", MFA)]).await;
    let mut form = fields(&page, "allow");
    form.retain(|(name, _)| *name != "second_factor");
    let back = world.post(DECISION, &form).await.redirected();
    assert_eq!(back["error"], "unmet_authentication_requirements");
    assert!(!back.contains_key("code"));
    let answer = world
        .authorize(&client, &[("acr_values", "urn:unknown")])
        .await;
    assert_eq!(
        answer.redirected()["error"],
        "unmet_authentication_requirements"
    );
    let answer = world.authorize(&client, &[("max_age", "-1")]).await;
    assert_eq!(answer.redirected()["error"], "invalid_request");
}

#[tokio::test]
async fn a_refresh_does_not_make_a_sign_in_stronger_or_younger() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world
        .code(
            &client,
            &[("scope", "todo:read offline_access"), ("acr_values", MFA)],
        )
        .await;
    let first = world.exchange(&client, &code, &[]).await;
    world.server.pass(600);
    let token = first.json()["refresh_token"].as_str().unwrap().to_owned();
    let second = world
        .refresh(&client, &token, &[("acr_values", CARD)])
        .await;
    let claims = world.claims(&second);
    assert_eq!(
        (&claims["acr"], &claims["auth_time"]),
        (&json!(MFA), &json!(START))
    );
    assert_eq!(claims["iat"], json!(START + 600));
}

#[tokio::test]
async fn the_person_has_the_roles_that_are_ticked() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let claims = world.claims_after(&client, &[], |_| {}).await;
    assert_eq!(claims["roles"], json!(["editor", "auditor"]));
    let untick = |form: &mut Vec<(&str, &str)>| form.retain(|field| *field != ("role", "editor"));
    let claims = world.claims_after(&client, &[], untick).await;
    assert_eq!(claims["roles"], json!(["auditor"]));
    // Only roles of the server's items exist here.
    let other = |form: &mut Vec<(&str, &str)>| {
        form.retain(|field| field.0 != "role");
        form.push(("role", "root"));
    };
    let claims = world.claims_after(&client, &[], other).await;
    assert!(claims.get("roles").is_none(), "{claims}");
}

#[tokio::test]
async fn introspection_and_metadata_say_the_same() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[("acr_values", MFA)]).await;
    let answer = world.exchange(&client, &code, &[]).await;
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let described = world
        .post("/development/introspect", &[("token", &token)])
        .await
        .json();
    assert_eq!(described["acr"], MFA);
    assert_eq!(described["auth_time"], json!(START));
    assert_eq!(described["roles"], json!(["editor", "auditor"]));
    let metadata = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(metadata["acr_values_supported"], json!([MFA, CARD, PWD]));
}

#[tokio::test]
async fn a_server_without_conditions_has_none_on_its_page() {
    let world = World::with(|settings| {
        settings.roles = Vec::new();
        settings.acr_values = Vec::new();
    });
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    assert!(!page.text.contains("second factor") && !page.text.contains("Your roles"));
    let claims = world.claims_after(&client, &[], |_| {}).await;
    assert_eq!(claims["acr"], PWD);
}

#[tokio::test]
async fn automatic_consent_reaches_what_is_requested() {
    let world = World::automatic();
    let client = world.client(CALLBACK).await;
    let answer = world.authorize(&client, &[("acr_values", CARD)]).await;
    let code = answer.redirected()["code"].clone();
    let claims = world.claims(&world.exchange(&client, &code, &[]).await);
    assert_eq!(claims["acr"], CARD);
    assert_eq!(claims["roles"], json!(["editor", "auditor"]));
}
