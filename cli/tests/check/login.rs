//! `--login`, with a browser that says yes, and the ways in which a command ends.

use std::collections::BTreeSet;

use reqwest::redirect::Policy;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::{
    command::{Ran, command, run},
    server::Shop,
};

/// Faults that a login finds.
pub(crate) const FAULTS: &[(&str, &[&str])] = &[
    ("login.registration", &[]),
    ("login.response", &[]),
    ("login.iss/other", &[]),
    ("login.iss/none", &[]),
    ("login.token", &[]),
    ("login.audience", &[]),
    // What was not granted cannot be used either, and the tools that only read say so.
    ("login.scope", &["stepup.recover"]),
];

/// Runs with `--login` and opens every address that is printed.
async fn log_in(shop: &Shop) -> Ran {
    let mut child = command(
        &[
            &shop.resource(),
            "--login",
            "--json",
            "--login-timeout",
            "60",
        ],
        &[],
    )
    .spawn()
    .expect("it runs");
    let mut lines = BufReader::new(child.stderr.take().expect("errors")).lines();
    let browser = tokio::spawn(async move {
        let http = reqwest::Client::builder()
            .redirect(Policy::limited(5))
            .build()
            .expect("a browser");
        let mut opened = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(address) = line.trim().strip_prefix("http") {
                let answer = http
                    .get(format!("http{address}"))
                    .send()
                    .await
                    .expect("an answer");
                opened += &answer.text().await.expect("a page");
            }
        }
        opened
    });
    let mut out = String::new();
    child
        .stdout
        .take()
        .expect("output")
        .read_to_string(&mut out)
        .await
        .expect("UTF-8");
    let code = child.wait().await.expect("it ends").code();
    Ran {
        code,
        out,
        errors: browser.await.expect("no panic"),
    }
}

#[tokio::test]
async fn a_login_steps_up_by_itself() {
    let shop = Shop::open("").await;
    let ran = log_in(&shop).await;
    assert_eq!(ran.violated(), [""; 0], "{ran:?}");
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.errors.matches("can be closed").count(), 2, "{ran:?}");
    // What needs a token before the login, or a second header with one, is left out.
    let findings = ran.findings();
    for id in [
        "login.token",
        "lifecycle.list",
        "stepup.status",
        "stepup.recover",
    ] {
        assert_eq!(findings[id]["verdict"], "pass", "{id}");
    }
    for token in shop.tokens.lock().expect("no panic").keys() {
        assert!(!ran.out.contains(token));
    }
}

#[tokio::test]
async fn faults_of_the_login_are_found() {
    for (fault, shown) in FAULTS {
        let shop = Shop::open(fault).await;
        let ran = log_in(&shop).await;
        let id = fault.split('/').next().expect("an id");
        let expected: BTreeSet<_> = shown.iter().copied().chain([id]).collect();
        let found = ran.violated();
        let found: BTreeSet<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{fault}\n{}", ran.out);
    }
}

#[tokio::test]
async fn without_a_token_nothing_that_needs_one_is_judged() {
    let shop = Shop::open("").await;
    let ran = run(&[&shop.resource(), "--json"], &[]).await;
    assert_eq!(ran.violated(), [""; 0], "{}", ran.out);
    assert_eq!(ran.findings()["stepup.status"]["verdict"], "skipped");
    assert_eq!(ran.findings()["lifecycle.any"]["verdict"], "skipped");
}

#[tokio::test]
async fn the_text_says_what_to_do_and_has_no_colour_in_a_pipe() {
    let shop = Shop::open("challenge.scope_tokens").await;
    let ran = run(&[&shop.resource()], &[]).await;
    assert_eq!(ran.code, Some(1));
    for part in [
        "fail     challenge.scope_tokens",
        "the scope is empty",
        "must",
        "RFC 6749 §3.3",
        "do ",
        "1 failed",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'));
}

#[tokio::test]
async fn warnings_count_where_they_are_asked_to() {
    let shop = Shop::open("challenge.scope").await;
    let resource = shop.resource();
    assert_eq!(run(&[&resource], &[]).await.code, Some(0));
    assert_eq!(run(&[&resource, "--strict"], &[]).await.code, Some(1));
}

#[tokio::test]
async fn what_cannot_be_judged_is_another_exit_code() {
    for arguments in [
        &["http://127.0.0.1:1/mcp"][..],
        &["no-url"],
        &[],
        &["http://localhost/mcp", "--arguments", "[]"],
        &["http://localhost/mcp", "--client-id", "x"],
    ] {
        let ran = run(arguments, &[]).await;
        assert_eq!(ran.code, Some(2), "{arguments:?} {ran:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
        assert!(!ran.errors.is_empty());
    }
    let ran = run(&["http://localhost/mcp", "--token", "sec\nret"], &[]).await;
    assert_eq!(ran.code, Some(2));
    assert!(!ran.errors.contains("ret"), "{ran:?}");
}
