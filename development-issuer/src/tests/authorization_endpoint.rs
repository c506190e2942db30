use super::*;

#[tokio::test]
async fn the_page_can_be_loaded_any_number_of_times() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let first = world.authorize(&client, &[]).await;
    let second = world.authorize(&client, &[]).await;
    for page in [&second, &first] {
        assert!(world.allow(page).await.redirected().contains_key("code"));
    }
}

#[tokio::test]
async fn errors_of_a_request_are_sent_to_a_client_on_loopback() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for (changes, error) in [
        (&[("response_type", "")][..], "invalid_request"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (
            &[("response_type", "code id_token")],
            "unsupported_response_type",
        ),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("request", "eyJ")], "request_not_supported"),
        (&[("request_uri", "urn:x")], "request_uri_not_supported"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "s256")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (
            &[(
                "code_challenge",
                "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM",
            )],
            "invalid_request",
        ),
        (
            &[("resource", "http://127.0.0.1:10000/mcp/")],
            "invalid_target",
        ),
        (
            &[("resource", "https://other.example/mcp")],
            "invalid_target",
        ),
        (
            &[
                ("resource", RESOURCE),
                ("resource", "https://other.example"),
            ],
            "invalid_target",
        ),
        (&[("scope", "unknown admin")], "invalid_scope"),
        (
            &[("scope", "todo:read"), ("scope", "todo:write")],
            "invalid_request",
        ),
        (&[("prompt", "none")], "consent_required"),
        (&[("prompt", "none login")], "invalid_request"),
    ] {
        let answer = world.authorize(&client, changes).await;
        assert_eq!(
            answer.status,
            StatusCode::FOUND,
            "{changes:?} {}",
            answer.text
        );
        assert!(answer.header(header::LOCATION).starts_with(CALLBACK));
        let back = answer.redirected();
        assert_eq!(back["error"], error, "{changes:?}");
        assert_eq!(back["state"], "s t&te", "{changes:?}");
        assert_eq!(back["iss"], ORIGIN, "{changes:?}");
        assert!(!back.contains_key("code"));
    }
}

#[tokio::test]
async fn a_state_that_is_repeated_or_too_long_is_refused_and_not_repeated() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let long = "s".repeat(4097);
    for changes in [&[("state", "a"), ("state", "b")][..], &[("state", &long)]] {
        let back = world.authorize(&client, changes).await.redirected();
        assert_eq!(back["error"], "invalid_request");
        assert!(!back.contains_key("state"));
    }
}

#[tokio::test]
async fn the_default_scopes_are_requested_without_a_scope() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[("scope", "")]).await;
    assert_eq!(boxes(&page), ["todo:read"]);
    let page = world
        .authorize(&client, &[("scope", "offline_access")])
        .await;
    assert_eq!(boxes(&page), ["todo:read", "offline_access"]);
}

#[tokio::test]
async fn unknown_scopes_are_dropped_and_the_token_response_names_the_rest() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let scope = [(
        "scope",
        "openid todo:write  profile\u{a0}todo:delete todo:write",
    )];
    let page = world.authorize(&client, &scope).await;
    assert_eq!(boxes(&page), ["todo:write"]);
    let code = world.code(&client, &scope).await;
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(answer.json()["scope"], "todo:write");
}

#[tokio::test]
async fn the_resource_is_the_default_target() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[("resource", "")]).await;
    let answer = world.exchange(&client, &code, &[("resource", "")]).await;
    assert_eq!(world.claims(&answer)["aud"], RESOURCE);
}

#[tokio::test]
async fn the_only_redirect_uri_can_be_left_out() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[("redirect_uri", "")]).await;
    let answer = world
        .exchange(&client, &code, &[("redirect_uri", "")])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn the_port_on_loopback_is_chosen_at_run_time() {
    let world = World::new();
    let client = world.client("http://127.0.0.1/callback").await;
    let redirect = ("redirect_uri", "http://127.0.0.1:54321/callback");
    let page = world.authorize(&client, &[redirect]).await;
    let answer = world.allow(&page).await;
    assert!(answer.header(header::LOCATION).starts_with(redirect.1));
    let code = &answer.redirected()["code"];
    let answer = world.exchange(&client, code, &[redirect]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}

#[tokio::test]
async fn automatic_consent_uses_the_login_hint() {
    let world = World::automatic();
    let client = world.client(CALLBACK).await;
    for (changes, subject) in [
        (&[][..], "developer"),
        (&[("prompt", "none")], "developer"),
        (&[("prompt", "consent"), ("login_hint", "alice")], "alice"),
        (&[("login_hint", "\u{7}")], "developer"),
    ] {
        let answer = world.authorize(&client, changes).await;
        assert_eq!(answer.status, StatusCode::FOUND);
        let code = &answer.redirected()["code"];
        let token = world.exchange(&client, code, &[]).await;
        assert_eq!(world.claims(&token)["sub"], subject);
    }
}

#[tokio::test]
async fn automatic_consent_redirects_to_loopback_only() {
    let world = World::automatic();
    for redirect in ["https://client.example/cb", "app:/cb"] {
        let client = world.client(redirect).await;
        let page = world
            .authorize(&client, &[("redirect_uri", redirect)])
            .await;
        page.is_page(StatusCode::OK, "Be sure that you know this place");
    }
}
