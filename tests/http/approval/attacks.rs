//! Attacks on the sign-in, on the decision, and on the sealed state.

use reqwest::{RequestBuilder, Url};
use support::simulated_browser::Page;

use super::*;

/// An approval of Alice, and a browser in which she has signed in at its page.
struct SignedIn {
    desk: Desk,
    alice: Client,
    asked: AskedPage,
    browser: Browser,
    page: Page,
}

async fn signed_in() -> SignedIn {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let asked = AskedPage::of(&call(&alice, &json!({"list": "a"})).await);
    let browser = Browser::default();
    let page = sign_in(&browser, &asked.url, "alice").await;
    SignedIn {
        desk,
        alice,
        asked,
        browser,
        page,
    }
}

impl SignedIn {
    /// Builds the form of the page with this token, with the cookies of the browser.
    fn form(&self, token: &str) -> RequestBuilder {
        let http = reqwest::Client::new();
        http.post(&self.asked.url)
            .header("cookie", self.browser.cookie_header())
            .form(&[
                ("form_token", token),
                ("decision", "approve"),
                ("read", "read"),
            ])
    }

    /// Checks that nothing was decided, and that the real form still works.
    async fn nothing_was_decided(&self) {
        let list = json!({"list": "a"});
        let again = AskedPage::of(&call_again(&self.alice, &list, &self.asked).await);
        assert_eq!(again.url, self.asked.url);
        assert!(self.desk.runs.all().is_empty());
        let token = self.page.field("form_token");
        let real = self.form(token).header("origin", self.desk.server.origin());
        assert_eq!(HttpResponse::of(real).await.status, 200);
    }
}

#[tokio::test]
async fn a_form_of_another_page_decides_nothing() {
    let one = signed_in().await;
    let token = one.page.field("form_token").to_owned();
    let ours = one.desk.server.origin();
    for (origin, site) in [
        (None, None),
        (Some("null"), None),
        (Some("https://evil.example"), None),
        (Some(&*ours), Some("cross-site")),
    ] {
        let mut form = one.form(&token);
        if let Some(origin) = origin {
            form = form.header("origin", origin);
        }
        if let Some(site) = site {
            form = form.header("sec-fetch-site", site);
        }
        let answer = HttpResponse::of(form).await;
        assert_eq!(answer.status, 403, "{origin:?} {site:?} {answer:?}");
    }
    one.nothing_was_decided().await;
}

#[tokio::test]
async fn a_form_without_its_token_or_with_that_of_another_page_decides_nothing() {
    let one = signed_in().await;
    let other = AskedPage::of(&call(&one.alice, &json!({"list": "b"})).await);
    let other = sign_in(&one.browser, &other.url, "alice").await;
    let origin = one.desk.server.origin();
    for token in ["", "x", other.field("form_token")] {
        let form = one.form(token).header("origin", &origin);
        let answer = HttpResponse::of(form).await;
        assert_eq!(answer.status, 403, "{token:?} {answer:?}");
    }
    // Without the cookie, and without a token at all.
    let http = reqwest::Client::new();
    let token = one.page.field("form_token");
    let bare = http.post(&one.asked.url).header("origin", &origin);
    let bare = bare.form(&[
        ("form_token", token),
        ("decision", "approve"),
        ("read", "read"),
    ]);
    assert_eq!(HttpResponse::of(bare).await.status, 403);
    for body in [
        "decision=approve",
        "form_token=a&form_token=b&decision=approve",
        "",
        "decision=maybe",
    ] {
        let form = one.form("").header("origin", &origin).body(body);
        assert_eq!(HttpResponse::of(form).await.status, 400, "{body}");
    }
    one.nothing_was_decided().await;
}

/// Another page makes the user double-click, and shows this page under the second click.
#[tokio::test]
async fn a_click_on_a_button_alone_approves_nothing() {
    let one = signed_in().await;
    let unread = one.browser.press(&one.page, "approve").await;
    assert_eq!(unread.status(), 400);
    assert!(unread.text().contains("was not checked"), "{unread:?}");
    let choices = one.page.choices();
    assert_eq!(choices.len(), 1);
    assert_eq!(choices[0].label.trim(), "I have read this");
    assert!(!choices[0].is_ticked);
    one.nothing_was_decided().await;
    let other = AskedPage::of(&call(&one.alice, &json!({"list": "b"})).await);
    let page = sign_in(&one.browser, &other.url, "alice").await;
    let declined = one.browser.press(&page, "decline").await;
    assert!(declined.text().contains("You have declined this"));
}

#[tokio::test]
async fn a_page_that_is_opened_too_often_starts_no_further_sign_in() {
    let one = signed_in().await;
    let stranger = Browser::default();
    for _ in 0..9 {
        assert_eq!(stranger.open(&one.asked.url).await.status(), 303);
    }
    let refused = stranger.open(&one.asked.url).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.text().contains("opened too often"), "{refused:?}");
    assert!(!refused.text().contains("Delete"), "{refused:?}");
    // The user who has signed in can still decide.
    one.nothing_was_decided().await;
}

/// Signs in in a browser. Returns the response of the issuer, which no browser has opened yet.
async fn callback_of(browser: &Browser, asked: &AskedPage) -> String {
    let to_callback = up_to_callback(browser, &asked.url, "alice").await;
    to_callback.leads_to().to_owned()
}

fn with(callback: &str, name: &str, value: Option<&str>) -> String {
    let mut url = Url::parse(callback).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let kept = pairs.into_iter().filter(|(key, _)| key != name);
    let kept = kept.chain(value.map(|value| (name.to_owned(), value.to_owned())));
    let kept: Vec<_> = kept.collect();
    url.query_pairs_mut().clear().extend_pairs(kept);
    url.into()
}

#[tokio::test]
async fn a_response_of_another_browser_sign_in_or_issuer_is_refused() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let one = AskedPage::of(&call(&alice, &json!({"list": "a"})).await);
    let other = AskedPage::of(&call(&alice, &json!({"list": "b"})).await);
    let browser = Browser::default();
    // A response that another browser got: login CSRF, or a stolen response.
    let callback = callback_of(&browser, &one).await;
    let stranger = Browser::default();
    assert_eq!(stranger.open(&callback).await.status(), 403);
    for (name, value) in [
        ("state", None),
        ("state", Some("")),
        ("state", Some("x.y")),
        ("iss", None),
        ("iss", Some("https://evil.example")),
        ("code", None),
        ("code", Some("guessed")),
    ] {
        let callback = callback_of(&browser, &one).await;
        let refused = browser.open(&with(&callback, name, value)).await;
        assert!([403, 502].contains(&refused.status()), "{name} {value:?}");
        assert!(!refused.has_form());
    }
    // The code of one sign-in with the state of another.
    let first = callback_of(&browser, &one).await;
    let second = callback_of(&browser, &other).await;
    let code = Url::parse(&first).unwrap();
    let code = code
        .query_pairs()
        .find(|(key, _)| key == "code")
        .unwrap()
        .1
        .into_owned();
    let refused = browser.open(&with(&second, "code", Some(&code))).await;
    assert_eq!(refused.status(), 502);
    // A response is used once.
    let callback = callback_of(&browser, &one).await;
    assert_eq!(browser.open(&callback).await.status(), 303);
    assert_eq!(browser.open(&callback).await.status(), 403);
    assert!(desk.taken().is_empty());
}

#[tokio::test]
async fn a_cookie_from_before_the_sign_in_decides_nothing() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let asked = AskedPage::of(&call(&alice, &json!({"list": "a"})).await);
    let browser = Browser::default();
    let callback = callback_of(&browser, &asked).await;
    let before = browser.cookies();
    let page = browser.open(&callback).await;
    let page = browser.follow(&page).await;
    assert!(page.has_form());
    assert_ne!(before, browser.cookies());
    // An attacker who knew the cookie before the sign-in (session fixation).
    let fixed = Browser::default();
    for (name, value) in &before {
        fixed.set_cookie(name, value);
    }
    assert_eq!(fixed.open(&asked.url).await.status(), 303);
    let page = page.tick_only(&["read"]);
    assert_eq!(fixed.press(&page, "approve").await.status(), 403);
}

#[tokio::test]
async fn no_parameter_sends_the_browser_elsewhere() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let asked = AskedPage::of(&call(&alice, &json!({"list": "a"})).await);
    let evil = "https%3A%2F%2Fevil.example";
    let browser = Browser::default();
    let names = ["redirect_uri", "return_to", "next", "url", "iss"];
    let query: Vec<_> = names.iter().map(|name| format!("{name}={evil}")).collect();
    let query = query.join("&");
    let page = browser.open(&format!("{}?{query}", asked.url)).await;
    assert!(
        page.leads_to().starts_with(&desk.server.origin()),
        "{page:?}"
    );
    assert!(!page.leads_to().contains("evil"), "{page:?}");
    for path in [
        "/approvals/callback",
        "/approvals//evil.example",
        "/approvals/%2F%2Fevil.example",
    ] {
        let url = desk.server.url(&format!("{path}?{query}"));
        let page = browser.open(&url).await;
        assert!(page.header("location").is_empty(), "{page:?}");
    }
}

#[tokio::test]
async fn an_approval_is_valid_for_its_arguments_its_item_and_its_caller() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let asked = AskedPage::of(&call(&alice, &json!({"list": "a"})).await);
    decide(&asked.url, "alice", "approve").await;
    let other_arguments = [json!({"list": "b"}), json!({"list": "a", "force": true})];
    for arguments in other_arguments {
        let told = call_again(&alice, &arguments, &asked).await;
        assert!(told.text.contains("did not issue"), "{told:?}");
    }
    let params = json!({"name": "empty", "arguments": {"list": "a"}});
    let told = alice.request("tools/call", asked.accepted(params)).await;
    assert!(told.text.contains("did not issue"), "{told:?}");
    let mallory = desk.client("mallory").await;
    let list = json!({"list": "a"});
    let told = call_again(&mallory, &list, &asked).await;
    assert!(told.text.contains("did not issue"), "{told:?}");
    // A caller who has lost the scope.
    let resource = desk.server.resource();
    let unscoped = client_of(&resource, "alice", "").await;
    assert_eq!(call_again(&unscoped, &list, &asked).await.status, 403);
    assert!(desk.taken().is_empty());
    // The approval was not used.
    let done = call_again(&alice, &list, &asked).await;
    assert_eq!(text(&done), "deleted a, false");
}

#[tokio::test]
async fn two_calls_with_one_approval_run_once() {
    let desk = Desk::start_with(|config| config.with_approval_wait(Duration::from_secs(20))).await;
    let (alice, list, asked) = desk.pending().await;
    let (one, other, _) = tokio::join!(
        call_again(&alice, &list, &asked),
        call_again(&alice, &list, &asked),
        decide(&asked.url, "alice", "approve"),
    );
    assert_eq!(desk.taken(), ["delete"], "{one:?} {other:?}");
}

#[tokio::test]
async fn a_caller_who_fills_a_share_does_not_stop_others() {
    let desk = Desk::start().await;
    let (alice, bob) = (desk.client("alice").await, desk.client("bob").await);
    for number in 0..8 {
        AskedPage::of(&call(&alice, &json!({"list": number.to_string()})).await);
    }
    let told = not_approved(&call(&alice, &json!({"list": "more"})).await);
    assert!(told.contains("too many approvals of yours"), "{told}");
    AskedPage::of(&call(&bob, &json!({"list": "a"})).await);
    desk.clock.advance(Duration::from_secs(301));
    let alice = desk.client("alice").await;
    AskedPage::of(&call(&alice, &json!({"list": "later"})).await);
}

#[tokio::test]
async fn an_argument_that_is_too_long_to_show_is_refused() {
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let told = not_approved(&call(&alice, &json!({"list": "y".repeat(4_000)})).await);
    assert!(told.contains("too long to show"), "{told}");
}
