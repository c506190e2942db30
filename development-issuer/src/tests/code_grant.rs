use super::*;

#[tokio::test]
async fn a_code_is_bound_to_client_verifier_redirect_and_resource() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let other = world.client("http://localhost/other").await;
    let wrong = format!("{}x", &VERIFIER[1..]);
    for (changes, error) in [
        (&[("client_id", other.as_str())][..], "invalid_grant"),
        (&[("code_verifier", &wrong)], "invalid_grant"),
        (&[("code_verifier", CHALLENGE)], "invalid_grant"),
        (&[("code_verifier", "short")], "invalid_grant"),
        (
            &[("redirect_uri", "http://localhost:3118/other")],
            "invalid_grant",
        ),
        (
            &[("redirect_uri", "http://localhost:3119/callback")],
            "invalid_grant",
        ),
        (&[("resource", "https://other.example")], "invalid_target"),
    ] {
        let code = world.code(&client, &[]).await;
        let answer = world.exchange(&client, &code, changes).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{changes:?}");
        answer.is_error(error);
    }
}

#[tokio::test]
async fn a_client_of_oauth_2_1_need_not_repeat_the_redirect_uri() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    let answer = world
        .exchange(&client, &code, &[("redirect_uri", "")])
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_malformed_verifier_is_refused_even_if_its_challenge_matches() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (long, spaced) = ("v".repeat(129), format!("{} ", "v".repeat(42)));
    for verifier in ["short", &long, &spaced] {
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(grant_store::digest(verifier));
        let code = world.code(&client, &[("code_challenge", &challenge)]).await;
        let answer = world
            .exchange(&client, &code, &[("code_verifier", verifier)])
            .await;
        answer.is_error("invalid_grant");
    }
}

#[tokio::test]
async fn a_code_that_another_client_sends_is_used_up() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let other = world.client("http://localhost/other").await;
    let code = world.code(&client, &[]).await;
    let stolen = world.exchange(&other, &code, &[]).await;
    stolen.is_error("invalid_grant");
    world
        .exchange(&client, &code, &[])
        .await
        .is_error("invalid_grant");
}

#[tokio::test]
async fn an_invalid_form_does_not_use_up_the_code() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    for changes in [
        &[("code_verifier", "")][..],
        &[("client_id", "")],
        &[("grant_type", "")],
        &[("code", &code), ("code", &code)],
    ] {
        let answer = world.exchange(&client, &code, changes).await;
        answer.is_error("invalid_request");
    }
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_code_expires_after_a_minute() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let (one, two) = (
        world.code(&client, &[]).await,
        world.code(&client, &[]).await,
    );
    world.server.pass(59);
    assert_eq!(
        world.exchange(&client, &one, &[]).await.status,
        StatusCode::OK
    );
    world.server.pass(1);
    world
        .exchange(&client, &two, &[])
        .await
        .is_error("invalid_grant");
}

#[tokio::test]
async fn no_refresh_token_without_offline_access() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    let answer = world.exchange(&client, &code, &[]).await;
    assert!(answer.json().get("refresh_token").is_none());
    let scope = [("scope", "todo:read offline_access")];
    let code = world.code(&client, &scope).await;
    let answer = world.exchange(&client, &code, &[]).await;
    assert!(answer.json()["refresh_token"].is_string());
    assert_eq!(answer.json()["scope"], "todo:read");
    assert_eq!(world.claims(&answer)["scope"], "todo:read");
}

#[tokio::test]
async fn unsupported_grants_are_refused() {
    let world = World::new();
    for grant in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
    ] {
        let form = [("grant_type", grant), ("client_id", "x")];
        let answer = world.post("/development/token", &form).await;
        answer.is_error("unsupported_grant_type");
    }
}

#[tokio::test]
async fn an_unknown_client_is_invalid_client() {
    let world = World::new();
    let answer = world.exchange("nobody", "code", &[]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.is_error("invalid_client");
}

#[tokio::test]
async fn a_client_with_a_secret_is_refused() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for secret in [("client_secret", "s"), ("client_assertion", "eyJ")] {
        let answer = world.exchange(&client, "code", &[secret]).await;
        answer.is_error("invalid_client");
    }
    let request = request("POST", "/development/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, "Basic eDp5");
    let answer = world.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.is_error("invalid_client");
    assert!(answer.header(header::WWW_AUTHENTICATE).starts_with("Basic"));
}

#[tokio::test]
async fn only_forms_are_read_and_only_small_ones() {
    let world = World::new();
    for media_type in ["application/json", "text/plain", "multipart/form-data", ""] {
        let request = request("POST", "/development/token")
            .header(header::CONTENT_TYPE, media_type)
            .body(Body::from("grant_type=authorization_code"));
        let answer = world.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        answer.is_error("invalid_request");
    }
    let huge = "x".repeat(65 * 1024);
    let answer = world.exchange("client", &huge, &[]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    answer.is_error("invalid_request");
    let charset = request("POST", "/development/token")
        .header(
            header::CONTENT_TYPE,
            "Application/X-WWW-Form-URLencoded ; charset=UTF-8",
        )
        .body(Body::from("grant_type=x"));
    world
        .send(charset.unwrap())
        .await
        .is_error("unsupported_grant_type");
}

#[tokio::test]
async fn another_method_is_not_allowed() {
    let world = World::new();
    for path in [
        "token",
        "register",
        "revoke",
        "introspect",
        "authorize/decision",
    ] {
        let answer = world.get(&format!("/development/{path}")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        answer.is_error("method_not_allowed");
        assert_eq!(answer.header(header::ALLOW), "POST");
    }
}

#[tokio::test]
async fn a_client_with_a_secret_learns_that_a_grant_is_unknown() {
    let world = World::new();
    let request = request("POST", "/development/token")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::AUTHORIZATION, "Basic eDp5");
    let body = Body::from("grant_type=password");
    let answer = world.send(request.body(body).unwrap()).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    answer.is_error("unsupported_grant_type");
}
