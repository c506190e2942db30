use super::*;

async fn shown(world: &World, redirect: &str) -> TestResponse {
    let client = world.client(redirect).await;
    world
        .authorize(&client, &[("redirect_uri", redirect)])
        .await
}

#[tokio::test]
async fn the_page_shows_client_scopes_and_redirect_uri() {
    let world = World::new();
    let page = shown(&world, "https://client.example/cb").await;
    for part in [
        "Allow Test client to use todo?",
        "The name is not verified",
        "https://<strong>client.example</strong>/cb",
        "Be sure that you know this place",
        RESOURCE,
        "See your lists",
        "todo:read",
        "Change your lists",
        "value=\"developer\"",
    ] {
        page.is_page(StatusCode::OK, part);
    }
    let page = shown(&world, CALLBACK).await;
    page.is_page(StatusCode::OK, "A program on this computer");
    page.is_page(
        StatusCode::OK,
        "http://<strong>localhost:3118</strong>/callback",
    );
    // RFC 8252 §8.6, MCP, Authorization: any local program can listen there.
    page.is_page(StatusCode::OK, "Any program here can claim to be this one");
    let page = shown(&world, "cursor://anysphere/cb").await;
    page.is_page(StatusCode::OK, "<strong>cursor</strong>://anysphere/cb");
}

#[tokio::test]
async fn an_application_without_a_name_is_labelled() {
    let world = World::new();
    let registered = world
        .register_as(&json!({"redirect_uris": [CALLBACK]}))
        .await;
    let client = registered.json()["client_id"].as_str().unwrap().to_owned();
    let page = world.authorize(&client, &[]).await;
    page.is_page(StatusCode::OK, "Allow an application without a name to use");
    page.is_page(StatusCode::OK, "It gave itself no name");
}

#[tokio::test]
async fn the_page_has_a_strict_content_security_policy() {
    let world = World::new();
    for (redirect, target) in [
        ("https://client.example/cb", "https://client.example"),
        (CALLBACK, "http://localhost:3118"),
        ("cursor://anysphere/cb", "cursor:"),
    ] {
        let page = shown(&world, redirect).await;
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        let directives: Vec<_> = policy.split("; ").collect();
        assert_eq!(directives[0], "default-src 'none'");
        assert!(directives[1].starts_with("style-src 'sha256-"));
        assert_eq!(directives[2], format!("form-action 'self' {target}"));
        assert_eq!(directives[3], "frame-ancestors 'none'");
        assert_eq!(directives[4], "base-uri 'none'");
        assert_eq!(directives.len(), 5);
        assert_eq!(page.header(header::X_FRAME_OPTIONS), "DENY");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
        assert_eq!(page.header(header::REFERRER_POLICY), "same-origin");
        assert!(!page.text.contains("<script") && !page.text.contains(" style="));
        assert!(
            !page.text.contains("http-equiv"),
            "the page does not redirect by itself"
        );
    }
}

#[tokio::test]
async fn the_policy_allows_exactly_the_style_sheet() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let page = shown(&World::new(), CALLBACK).await;
    let (_, rest) = page.text.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = BASE64_STANDARD.encode(grant_store::digest(style));
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains(&format!("'sha256-{hash}'")));
}

#[tokio::test]
async fn client_input_is_escaped() {
    let world = World::with(|settings| settings.resource_name = "<i>todo</i>".to_owned());
    let name = "<script>alert(1)</script>\" onload=\"x\u{202e}";
    let metadata = json!({"client_name": name, "redirect_uris": [CALLBACK]});
    let registered = world.register_as(&metadata).await.json();
    let client = registered["client_id"].as_str().unwrap();
    let hint = "\"><script>";
    let page = world
        .authorize(client, &[("login_hint", hint), ("state", hint)])
        .await;
    assert_eq!(page.status, StatusCode::OK);
    for markup in ["<script", "<i>", "\" onload", "\u{202e}"] {
        assert!(!page.text.contains(markup), "{markup}");
    }
    assert!(page.text.contains("&lt;script&gt;alert(1)"));
}

#[tokio::test]
async fn every_field_has_a_label_and_the_page_its_landmarks() {
    let page = shown(&World::new(), CALLBACK).await;
    for part in [
        "<html lang=\"en\">",
        "<main>",
        "<h1>",
        "<legend>",
        "<label for=\"subject\">",
        "aria-hidden=\"true\"",
        "name=\"viewport\"",
    ] {
        page.is_page(StatusCode::OK, part);
    }
    let boxes = page.text.matches("type=\"checkbox\"").count();
    assert_eq!(page.text.matches("<label class=\"scope\">").count(), boxes);
    // Enter in the name field presses the first button, which must not allow.
    let first = page.text.split("<button").nth(1).unwrap();
    assert!(first.contains("value=\"switch\""));
}

/// The question and its buttons come before all explanations.
#[tokio::test]
async fn the_form_comes_before_the_folded_details() {
    let page = shown(&World::new(), CALLBACK).await;
    let places = [
        "<h1>",
        "The answer goes to <strong>localhost:3118</strong>, a program on this computer.",
        "id=\"subject\"",
        "Anyone on this computer can sign in as anyone",
        "type=\"checkbox\"",
        "value=\"allow\"",
        "value=\"deny\"",
        "</form>",
        "<details class=\"facts\">",
        "The name is not verified",
        "</details>",
    ];
    let places = places.map(|part| page.text.find(part).expect(part));
    assert!(places.is_sorted(), "{places:?} {}", page.text);
}

#[tokio::test]
async fn every_error_page_has_a_next_step() {
    let world = World::new();
    let client = world.client("https://client.example/cb").await;
    let unknown = world.authorize("unknown", &[]).await;
    let elsewhere = world.authorize(&client, &[("redirect_uri", "https://other.example/")]);
    let refused = world.authorize(
        &client,
        &[
            ("redirect_uri", "https://client.example/cb"),
            ("code_challenge", ""),
        ],
    );
    let ended = world.post("/development/authorize/decision", &[("request", "made up")]);
    let unread = world.post("/development/authorize/decision", &[]);
    let foreign = request("POST", "/development/authorize/decision")
        .header(header::ORIGIN, "https://other.example")
        .body(Body::empty());
    let foreign = world.send(foreign.unwrap());
    for page in [
        unknown,
        elsewhere.await,
        refused.await,
        ended.await,
        unread.await,
        foreign.await,
    ] {
        page.is_page(StatusCode::BAD_REQUEST, "What you can do: ");
    }
}
