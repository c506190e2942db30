use super::*;

async fn shown(world: &World, redirect: &str) -> Answer {
    let client = world.client(redirect).await;
    world
        .authorize(&client, &[("redirect_uri", redirect)])
        .await
}

#[tokio::test]
async fn a_person_sees_who_asks_for_what_and_where_the_answer_goes() {
    let world = World::new();
    let page = shown(&world, "https://client.example/cb").await;
    for part in [
        "Allow Test client to use todo?",
        "Nobody has checked it",
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
    // RFC 8252 §8.6, MCP, Authorization: any of them can listen there.
    page.is_page(
        StatusCode::OK,
        "Any program here can say that it is this one",
    );
    let page = shown(&world, "cursor://anysphere/cb").await;
    page.is_page(StatusCode::OK, "<strong>cursor</strong>://anysphere/cb");
}

#[tokio::test]
async fn an_application_without_a_name_is_called_so() {
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
async fn nothing_can_run_on_the_page_frame_it_or_send_its_form_elsewhere() {
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
            "nor does it move on by itself"
        );
    }
}

#[tokio::test]
async fn the_style_that_is_allowed_is_the_style_that_is_sent() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let page = shown(&World::new(), CALLBACK).await;
    let (_, rest) = page.text.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = BASE64_STANDARD.encode(memory::digest(style));
    let policy = page.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.contains(&format!("'sha256-{hash}'")));
}

#[tokio::test]
async fn what_a_client_says_is_text_and_never_markup() {
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
        "<label class=\"hidden\" for=\"subject\">",
        "aria-hidden=\"true\"",
        "name=\"viewport\"",
    ] {
        page.is_page(StatusCode::OK, part);
    }
    let boxes = page.text.matches("type=\"checkbox\"").count();
    assert_eq!(page.text.matches("<label class=\"scope\">").count(), boxes);
    // Enter in the name field presses the first button, which must not be a yes.
    let first = page.text.split("<button").nth(1).unwrap();
    assert!(first.contains("value=\"switch\""));
}

/// WCAG 2.2, 1.4.3: text has a contrast of 4.5 to 1, in light and in dark.
#[test]
fn every_colour_of_a_text_can_be_read_on_its_ground() {
    let style = include_str!("../page.css");
    let colours = |name: &str| -> [f64; 2] {
        let (_, rest) = style
            .split_once(&format!("--{name}: light-dark("))
            .expect(name);
        let (pair, _) = rest.split_once(')').expect(name);
        let pair: Vec<_> = pair.split(", ").map(luminance).collect();
        pair.try_into().expect(name)
    };
    for (text, ground) in [
        ("text", "card"),
        ("quiet", "card"),
        ("quiet", "ground"),
        ("strong", "card"),
        ("on-strong", "strong"),
        ("new", "card"),
        ("error", "card"),
    ] {
        for (one, other) in colours(text).into_iter().zip(colours(ground)) {
            let contrast = (one.max(other) + 0.05) / (one.min(other) + 0.05);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast}");
        }
    }
}

/// The relative luminance of `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = u8::from_str_radix(&colour[at..at + 2], 16).expect(colour);
        let value = f64::from(value) / 255.0;
        match value <= 0.03928 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}
