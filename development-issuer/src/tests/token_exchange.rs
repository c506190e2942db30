use super::*;

const UPSTREAM: &str = "https://calendar.example/api";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Sends a form like a server, which sends no `Origin`.
async fn send(world: &World, authorization: Option<&str>, form: &[(&str, &str)]) -> TestResponse {
    let mut request = request("POST", "/development/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(authorization) = authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    world
        .send(request.body(Body::from(query(form))).unwrap())
        .await
}

async fn token(world: &World) -> String {
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    let answer = world.exchange(&client, &code, &[]).await;
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

async fn ask(world: &World, token: &str, changes: &[(&str, &str)]) -> TestResponse {
    let form = changed(
        &[
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("client_id", "news-server"),
            ("client_secret", "s3cr3t"),
            ("subject_token", token),
            ("subject_token_type", ACCESS_TOKEN),
            ("resource", UPSTREAM),
            ("scope", "calendar:read"),
        ],
        changes,
    );
    send(world, None, &form).await
}

#[tokio::test]
async fn a_server_gets_a_token_for_the_api_behind_it() {
    let world = World::new();
    let token = token(&world).await;
    world.server.pass(60);
    let answer = ask(&world, &token, &[("audience", "calendar")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["issued_token_type"], ACCESS_TOKEN);
    assert_eq!(body["token_type"], "Bearer");
    // Not longer than the subject token.
    assert_eq!(body["expires_in"], grant_store::TOKEN_LIFE - 60);
    let claims = world.claims(&answer);
    assert_eq!(claims["sub"], "developer");
    assert_eq!(claims["aud"], json!([UPSTREAM, "calendar"]));
    assert_eq!(claims["client_id"], "news-server");
    assert_eq!(claims["act"], json!({"sub": "news-server"}));
    assert_eq!(claims["scope"], "calendar:read");
    assert_eq!(claims["exp"], START + grant_store::TOKEN_LIFE);
}

#[tokio::test]
async fn credentials_may_be_in_the_header() {
    let world = World::new();
    let token = token(&world).await;
    let form = [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", UPSTREAM),
    ];
    // "news:server" and a secret, each encoded before they are joined.
    let answer = send(&world, Some("Basic bmV3cyUzQXNlcnZlcjpzM2NyM3Q="), &form).await;
    assert_eq!(world.claims(&answer)["client_id"], "news:server");
    for other in ["Bearer x", "Basic ", "Basic Og==", "Basic %"] {
        send(&world, Some(other), &form)
            .await
            .is_error("invalid_client");
    }
    send(&world, None, &form).await.is_error("invalid_client");
}

#[tokio::test]
async fn no_token_for_the_server_itself_is_exchanged() {
    let world = World::new();
    let token = token(&world).await;
    for changes in [
        &[("resource", RESOURCE), ("scope", "todo:delete")][..],
        &[("resource", ""), ("audience", RESOURCE)],
        &[("audience", RESOURCE)],
        &[("audience", "todo-server")],
        &[("resource", "")],
        &[("resource", "calendar")],
        &[("resource", "https://calendar.example/#x")],
    ] {
        ask(&world, &token, changes)
            .await
            .is_error("invalid_target");
    }
}

#[tokio::test]
async fn only_own_access_tokens_are_exchanged() {
    let world = World::new();
    let good = token(&world).await;
    let exchanged = ask(&world, &good, &[]).await.json()["access_token"].clone();
    let other = token(&World::new()).await;
    let refresh = {
        let client = world.client(CALLBACK).await;
        let code = world
            .code(&client, &[("scope", "todo:read offline_access")])
            .await;
        let answer = world.exchange(&client, &code, &[]).await;
        answer.json()["refresh_token"].as_str().unwrap().to_owned()
    };
    for token in ["x", "a.b.c", &other, &refresh, exchanged.as_str().unwrap()] {
        ask(&world, token, &[]).await.is_error("invalid_grant");
    }
    for changes in [
        &[("subject_token_type", "")][..],
        &[(
            "subject_token_type",
            "urn:ietf:params:oauth:token-type:id_token",
        )],
        &[(
            "requested_token_type",
            "urn:ietf:params:oauth:token-type:refresh_token",
        )],
        &[("actor_token", "x")],
        &[("subject_token", "")],
    ] {
        ask(&world, &good, changes)
            .await
            .is_error("invalid_request");
    }
    ask(&world, &good, &[("scope", "a\"b")])
        .await
        .is_error("invalid_scope");
    world.server.pass(grant_store::TOKEN_LIFE);
    ask(&world, &good, &[]).await.is_error("invalid_grant");
}

#[tokio::test]
async fn revoking_a_token_revokes_the_tokens_exchanged_for_it() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world
        .code(&client, &[("scope", "todo:read offline_access")])
        .await;
    let answer = world.exchange(&client, &code, &[]).await.json();
    let token = answer["access_token"].as_str().unwrap();
    let exchanged = ask(&world, token, &[]).await.json();
    let exchanged = exchanged["access_token"].as_str().unwrap();
    assert!(world.is_active(exchanged).await);
    let refresh = answer["refresh_token"].as_str().unwrap();
    let form = [("client_id", client.as_str()), ("token", refresh)];
    world.post("/development/revoke", &form).await;
    assert!(!world.is_active(exchanged).await);
    ask(&world, token, &[]).await.is_error("invalid_grant");
}

#[tokio::test]
async fn a_web_page_cannot_exchange_tokens() {
    let world = World::new();
    let token = token(&world).await;
    let form = [
        (
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ),
        ("client_id", "page"),
        ("subject_token", token.as_str()),
        ("subject_token_type", ACCESS_TOKEN),
        ("resource", UPSTREAM),
    ];
    // `post` sends an `Origin`, as browsers do.
    let answer = world.post("/development/token", &form).await;
    answer.is_error("unauthorized_client");
}
