//! The headers, the cookies and the content of the pages for each user.

use super::*;

async fn asked(desk: &Desk, list: &str) -> AskedPage {
    let alice = desk.client("alice").await;
    AskedPage::of(&call(&alice, &json!({"list": list})).await)
}

#[tokio::test]
async fn nothing_is_shown_before_the_sign_in() {
    let desk = Desk::start().await;
    let asked = asked(&desk, "secret").await;
    let page = Browser::default().open(&asked.url).await;
    assert_eq!(page.status(), 303);
    assert!(!page.text().contains("secret") && !page.leads_to().contains("secret"));
    let [cookie] = page.set_cookies()[..] else {
        panic!("{:?}", page.set_cookies());
    };
    let id = asked.id();
    assert!(
        cookie.starts_with(&format!("toolgate-approval-{id}=")),
        "{cookie}"
    );
    assert!(
        cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age="),
        "{cookie}"
    );
    // The request to the issuer: PKCE, state, resource, and the scope of the item.
    let url = reqwest::Url::parse(page.leads_to()).unwrap();
    let sent = |name: &str| {
        let mut all = url.query_pairs().filter(|(key, _)| key == name);
        all.next()
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    assert_eq!(sent("code_challenge_method"), "S256");
    assert_eq!(sent("code_challenge").len(), 43);
    assert_eq!(sent("redirect_uri"), desk.server.url("/approvals/callback"));
    assert_eq!(sent("resource"), desk.server.resource());
    assert_eq!(sent("scope"), "list:write");
}

#[tokio::test]
async fn the_pages_cannot_be_framed_stored_or_scripted() {
    let desk = Desk::start().await;
    let asked = asked(&desk, "<script>alert(1)</script>\n\"x").await;
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    // Escaped twice: the line break of the argument, and the markup of the page.
    assert!(
        page.text().contains(r#""<script>alert(1)</script>\n\"x"?"#),
        "{}",
        page.text()
    );
    let other = Browser::default();
    let to_callback = up_to_callback(&other, &asked.url, "alice").await;
    assert_eq!(other.follow(&to_callback).await.status(), 303);
    let source = reqwest::Client::new().get(page.url());
    let source = HttpResponse::of(source.header("cookie", other.cookie_header())).await;
    assert!(
        source.text.contains("&lt;script&gt;alert(1)"),
        "{}",
        source.text
    );
    assert!(!source.text.contains("<script"), "{}", source.text);
    let policy = page.header("content-security-policy");
    for directive in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(
        !policy.contains("script-src") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = page.tick_only(&["read"]);
    let decided = browser.press(&page, "approve").await;
    for shown in [&page, &decided] {
        assert_eq!(shown.header("cache-control"), "no-store");
        assert_eq!(shown.header("x-frame-options"), "DENY");
        assert!(shown.header("access-control-allow-origin").is_empty());
    }
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert_eq!(decided.header("referrer-policy"), "no-referrer");
}

/// On loopback, cookies do not separate ports: a program on another port gets the cookie.
#[tokio::test]
async fn the_form_is_shown_once_for_each_sign_in() {
    let desk = Desk::start().await;
    let asked = asked(&desk, "secret").await;
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    assert!(page.has_form());
    let again = browser.open(&asked.url).await;
    assert_eq!(again.status(), 303);
    assert!(!again.text().contains("secret") && !again.has_form());
    let page = sign_in(&browser, &asked.url, "alice").await;
    let page = page.tick_only(&["read"]);
    let decided = browser.press(&page, "approve").await;
    assert!(decided.text().contains("You have approved this"));
}

#[tokio::test]
async fn another_user_sees_no_arguments_and_decides_nothing() {
    let desk = Desk::start().await;
    let asked = asked(&desk, "secret").await;
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "mallory").await;
    assert_eq!(page.status(), 403);
    assert!(
        page.text().contains("signed in as somebody else"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("secret") && !page.has_form());
    // The sign-in of the other user is not valid afterwards.
    let page = browser.open(&asked.url).await;
    assert_eq!(page.status(), 303);
    // The caller can still decide.
    let page = decide(&asked.url, "alice", "approve").await;
    assert!(page.text().contains("You have approved this"));
}

#[tokio::test]
async fn a_second_decision_changes_nothing() {
    let desk = Desk::start().await;
    let (alice, list, asked) = desk.pending().await;
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    browser.press(&page, "decline").await;
    let page = page.tick_only(&["read"]);
    let second = browser.press(&page, "approve").await;
    assert_eq!(second.status(), 409);
    assert!(second.text().contains("You have decided this before"));
    not_approved(&call_again(&alice, &list, &asked).await);
    assert!(desk.taken().is_empty());
    // The approval is removed after its use.
    let third = browser.press(&page, "approve").await;
    assert_eq!(third.status(), 404);
}

#[tokio::test]
async fn an_id_that_is_guessed_shows_nothing() {
    let desk = Desk::start().await;
    asked(&desk, "a").await;
    for id in [
        "AAAAAAAAAAAAAAAAAAAAAA",
        "callback",
        "..",
        "%00",
        "a%2Fb",
        &"a".repeat(4000),
    ] {
        let url = desk.server.url(&format!("/approvals/{id}"));
        let page = HttpResponse::of(reqwest::Client::new().get(url)).await;
        assert!((400..500).contains(&page.status), "{id}: {page:?}");
        assert!(page.header("set-cookie").is_none(), "{id}: {page:?}");
    }
}

#[tokio::test]
async fn an_approval_expires_after_five_minutes() {
    let desk = Desk::start().await;
    let (alice, list, asked) = desk.pending().await;
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    desk.clock.advance(Duration::from_secs(301));
    let page = page.tick_only(&["read"]);
    let late = browser.press(&page, "approve").await;
    assert_eq!(late.status(), 404);
    let told = call_again(&alice, &list, &asked).await;
    assert!(told.text.contains("expired"), "{told:?}");
    assert!(desk.taken().is_empty());
}
