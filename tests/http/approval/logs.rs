//! The log lines of this server about a sign-in, at the level TRACE.

use support::captured_log::CapturedLog;
use tracing::{Dispatch, Level, subscriber::NoSubscriber};

use super::*;

/// The runtime of the test has one thread, so its subscriber gets every log line of the server.
#[tokio::test(flavor = "current_thread")]
async fn no_token_code_cookie_or_argument_of_a_sign_in_is_logged() {
    // With a single subscriber, a thread without a subscriber can disable an event for all threads,
    // because `tracing` caches that decision.
    let other = Dispatch::new(NoSubscriber::default());
    let log = CapturedLog::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let desk = Desk::start().await;
    let alice = desk.client("alice").await;
    let list = json!({"list": "argument-of-alice"});
    let asked = AskedPage::of(&call(&alice, &list).await);
    let browser = Browser::default();
    let to_callback = up_to_callback(&browser, &asked.url, "alice").await;
    let before = browser.cookies();
    let page = browser.follow(&to_callback).await;
    let page = browser.follow(&page).await;
    let token = page.field("form_token").to_owned();
    // One sign-in that fails.
    let stranger = sign_in(&Browser::default(), &asked.url, "mallory").await;
    assert_eq!(stranger.status(), 403);
    browser.press(&page.tick_only(&["read"]), "approve").await;
    drop((guard, other));
    let log = log.lines();
    let find = |text: &str| log.iter().find(|line| line.contains(text));
    let decided = find("a user has decided about an approval").expect("the decision is logged");
    let issuer = format!("issuer=\"{}\"", desk.server.origin());
    for told in ["approval=\"", &issuer, "subject=\"alice\"", "approved=true"] {
        assert!(decided.contains(told), "{told}: {decided}");
    }
    let id = asked.id();
    assert!(!decided.contains(id), "{decided}");
    let other = find("another user has opened the page of an approval");
    assert!(other.is_some(), "{log:#?}");
    let url = reqwest::Url::parse(to_callback.leads_to()).unwrap();
    let mut secrets: Vec<String> = url
        .query_pairs()
        .filter(|(name, _)| name == "code" || name == "state")
        .map(|(_, value)| value.into_owned())
        .collect();
    assert_eq!(secrets.len(), 2);
    secrets.extend(before.into_values().chain(browser.cookies().into_values()));
    secrets.extend([token, "argument-of-alice".to_owned()]);
    // The beginning of every JWT.
    secrets.push("eyJ".to_owned());
    let toolgate = log.iter().filter(|line| line.contains("toolgate"));
    for line in toolgate {
        for secret in &secrets {
            assert!(!line.contains(secret), "{secret}: {line}");
        }
    }
}
