//! Each test is named after the attack.

use super::*;

const DECISION: &str = "/development/authorize/decision";

#[tokio::test]
async fn replaying_a_code_revokes_its_tokens() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let scope = [("scope", "todo:read offline_access")];
    let code = world.code(&client, &scope).await;
    let first = world.exchange(&client, &code, &[]).await.json();
    let access = first["access_token"].as_str().unwrap();
    let refresh = first["refresh_token"].as_str().unwrap();
    assert!(world.is_active(access).await);
    // Long after the code expires, for as long as a token from it can live.
    world.server.pass(800);
    world
        .exchange(&client, &code, &[])
        .await
        .is_error("invalid_grant");
    assert!(!world.is_active(access).await);
    world
        .refresh(&client, refresh, &[])
        .await
        .is_error("invalid_grant");
}

#[tokio::test]
async fn guessing_a_code_finds_none() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let code = world.code(&client, &[]).await;
    for guess in [&code[1..], &code[..42], &code.to_ascii_uppercase(), "x"] {
        let answer = world.exchange(&client, guess, &[]).await;
        answer.is_error("invalid_grant");
    }
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn an_unregistered_redirect_uri_is_an_error_page_without_a_redirect() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for redirect in [
        "https://evil.example/cb",
        "http://localhost:3118/callback/",
        "http://localhost:3118/callback?x=1",
        "http://localhost:3118/callback#x",
        "http://localhost:3118/callback/../evil",
        "http://127.0.0.1:3118/callback",
        "http://localhost:3118@evil.example/callback",
        "http://localhost:3118\\@evil.example/callback",
        "//evil.example",
        "javascript:alert(1)",
    ] {
        let answer = world
            .authorize(&client, &[("redirect_uri", redirect)])
            .await;
        answer.is_page(StatusCode::BAD_REQUEST, "did not register the redirect URI");
        assert!(!answer.text.contains("evil.example"));
    }
    let twice = [
        ("redirect_uri", CALLBACK),
        ("redirect_uri", "https://evil.example"),
    ];
    let answer = world.authorize(&client, &twice).await;
    answer.is_page(StatusCode::BAD_REQUEST, "Nothing was sent there");
}

#[tokio::test]
async fn an_unknown_client_is_an_error_page_without_a_redirect() {
    let world = World::new();
    for client in [
        "",
        "nobody",
        "dev-AAAA",
        "http://client.example/c",
        "https://client.example",
    ] {
        let answer = world.authorize(client, &[]).await;
        answer.is_page(StatusCode::BAD_REQUEST, "not known here");
    }
    let client = world.client(CALLBACK).await;
    let twice = [("client_id", client.as_str()), ("client_id", "x")];
    let answer = world.authorize(&client, &twice).await;
    answer.is_page(StatusCode::BAD_REQUEST, "not known here");
}

#[tokio::test]
async fn an_error_redirects_to_a_remote_site_only_by_a_click() {
    let world = World::new();
    let evil = "https://evil.example/phish?x=1";
    let client = world.client(evil).await;
    for changes in [
        &[("redirect_uri", evil), ("scope", "unknown")][..],
        &[("redirect_uri", evil), ("prompt", "none")],
        &[("redirect_uri", evil), ("state", "a"), ("state", "b")],
    ] {
        let answer = world.authorize(&client, changes).await;
        answer.is_page(
            StatusCode::BAD_REQUEST,
            "follow it only if you know that address",
        );
        assert!(
            answer
                .text
                .contains("href=\"https://evil.example/phish?x=1&amp;error=")
        );
    }
}

#[tokio::test]
async fn a_decision_sent_by_another_page_decides_nothing() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let form = query(&fields(&page, "allow"));
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:10000",
        "http://127.0.0.1:10001",
        "https://127.0.0.1:10000",
        "http://127.0.0.1:10000.evil.example",
    ] {
        let request = request("POST", DECISION)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, origin)
            .body(Body::from(form.clone()));
        let answer = world.send(request.unwrap()).await;
        answer.is_page(StatusCode::BAD_REQUEST, "Another page sent this");
    }
}

#[tokio::test]
async fn a_request_that_was_not_sealed_here_cannot_be_decided() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let foreign = World::new().authorize(&client, &[]).await;
    let sealed = fields(&page, "allow")
        .into_iter()
        .find(|(name, _)| *name == "request")
        .unwrap()
        .1
        .to_owned();
    let (payload, proof) = sealed.split_once('.').unwrap();
    let longer = format!("{payload}AAAA.{proof}");
    let refresh = issued_tokens::refresh_token(&world.issuer.state, "grant", 0);
    let other = fields(&foreign, "allow")
        .into_iter()
        .find(|(name, _)| *name == "request")
        .unwrap()
        .1
        .to_owned();
    for forged in ["x", payload, &longer, &refresh, &other] {
        let form = changed(&fields(&page, "allow"), &[("request", forged)]);
        let answer = world.post(DECISION, &form).await;
        answer.is_page(StatusCode::BAD_REQUEST, "has expired");
    }
}

#[tokio::test]
async fn every_response_names_the_issuer_against_mix_up() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    let denied = world.post(DECISION, &fields(&page, "deny")).await;
    let page = world.authorize(&client, &[]).await;
    let allowed = world.allow(&page).await;
    let faulty = world.authorize(&client, &[("scope", "unknown")]).await;
    for answer in [denied, allowed, faulty] {
        assert_eq!(answer.redirected()["iss"], ORIGIN);
    }
}

#[tokio::test]
async fn a_flood_of_requests_keeps_the_stores_bounded() {
    let world = World::automatic();
    let client = world.client(CALLBACK).await;
    for number in 0..2_500 {
        let subject = format!("user {number}");
        let flood = [
            ("login_hint", subject.as_str()),
            ("scope", "offline_access"),
        ];
        world.authorize(&client, &flood).await.redirected();
    }
    assert_eq!(world.issuer.state.memory().sizes(), [2_000, 0, 1_000]);
    let code = world.authorize(&client, &[]).await.redirected()["code"].clone();
    let answer = world.exchange(&client, &code, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn unanswered_requests_take_no_memory() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    for _ in 0..100 {
        world.client("http://localhost/another").await;
        let page = world.authorize(&client, &[]).await;
        assert_eq!(page.status, StatusCode::OK);
    }
    assert_eq!(world.issuer.state.memory().sizes(), [0, 0, 0]);
}

#[tokio::test]
async fn no_input_causes_a_server_error() {
    let world = World::new();
    let client = world.client(CALLBACK).await;
    let odd = [
        "%",
        "%00",
        "\u{0}",
        "a=b",
        "&&&",
        "\u{1F600}",
        "'\"<>",
        "../..",
        "{}",
        "[]",
        "\r\n",
    ];
    for text in odd {
        for name in [
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "resource",
            "code_challenge",
            "prompt",
            "login_hint",
            "response_type",
            "request",
        ] {
            let answer = world.authorize(&client, &[(name, text)]).await;
            assert!(!answer.status.is_server_error(), "{name}={text:?}");
        }
        for name in [
            "grant_type",
            "client_id",
            "code",
            "code_verifier",
            "redirect_uri",
            "resource",
            "refresh_token",
            "scope",
            "token",
        ] {
            for path in ["token", "revoke", "introspect", "authorize/decision"] {
                let path = format!("/development/{path}");
                let answer = world.post(&path, &[(name, text)]).await;
                assert!(!answer.status.is_server_error(), "{path} {name}={text:?}");
            }
        }
    }
}
