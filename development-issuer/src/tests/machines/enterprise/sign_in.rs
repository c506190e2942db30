use super::*;

#[tokio::test]
async fn a_code_of_a_sign_in_is_used_once_by_its_client_with_its_verifier() {
    let world = World::automatic();
    let application = application(&world).await;
    let code = async || {
        let answer = world.get(&sign_in_url(&application, &[])).await;
        answer.redirected()["code"].clone()
    };
    let first = code().await;
    assert_eq!(
        redeem(&world, &application, &first).await.status,
        StatusCode::OK
    );
    redeem(&world, &application, &first)
        .await
        .is_error("invalid_grant");
    let form = |code: &str| {
        [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ]
    };
    for change in [
        ("code_verifier", VERIFIER.replace('d', "e")),
        ("redirect_uri", "http://localhost:3118/other".to_owned()),
    ] {
        let code = code().await;
        let form = form(&code);
        let form: Vec<_> = form.iter().map(|(name, value)| (*name, &**value)).collect();
        let changes = [(change.0, &*change.1)];
        ask(
            &world,
            "/development/idp/token",
            &application,
            &form,
            &changes,
        )
        .await
        .is_error("invalid_grant");
        // The failed attempt has used it up.
        redeem(&world, &application, &code)
            .await
            .is_error("invalid_grant");
    }
    let code = code().await;
    // The development issuer does not take it.
    world
        .exchange(&application.id, &code, &[])
        .await
        .is_error("invalid_client");
}

#[tokio::test]
async fn the_page_signs_in_who_answers_it_once() {
    let world = World::new();
    let application = application(&world).await;
    let page = world.get(&sign_in_url(&application, &[])).await;
    page.is_page(StatusCode::OK, "imitates the identity provider");
    let path = "/development/idp/decision";
    let foreign = request("POST", path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ORIGIN, "https://evil.example");
    let form = query(&fields(&page, "allow"));
    let answer = world.send(foreign.body(Body::from(form)).unwrap()).await;
    answer.is_page(StatusCode::BAD_REQUEST, "another page");
    let denied = world.post(path, &fields(&page, "deny")).await;
    assert_eq!(denied.redirected()["error"], "access_denied");
    assert!(
        world
            .post(path, &fields(&page, "allow"))
            .await
            .status
            .is_redirection()
    );
    let again = world.post(path, &fields(&page, "allow")).await;
    again.is_page(StatusCode::BAD_REQUEST, "already answered");
    let mut nameless = fields(&page, "allow");
    nameless.retain(|(name, _)| *name != "subject");
    world
        .post(path, &nameless)
        .await
        .is_page(StatusCode::BAD_REQUEST, "Type a user name");
    for (changes, code) in [
        ([("scope", "todo:read")], "invalid_scope"),
        ([("response_type", "token")], "unsupported_response_type"),
        ([("code_challenge", "")], "invalid_request"),
        ([("code_challenge_method", "plain")], "invalid_request"),
    ] {
        let answer = world.get(&sign_in_url(&application, &changes)).await;
        assert_eq!(answer.redirected()["error"], code, "{changes:?}");
    }
    let person = world.client(CALLBACK).await;
    for changes in [
        [("client_id", &*person)],
        [("redirect_uri", "https://evil.example/callback")],
    ] {
        let answer = world.get(&sign_in_url(&application, &changes)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(!answer.headers.contains_key(header::LOCATION));
    }
}
