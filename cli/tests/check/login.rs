//! `--login` with a browser that agrees to everything, and the exit codes of the command.

use std::collections::BTreeSet;

use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::{
    command::{Ran, command, run},
    faulty_server::FaultyServer,
};

/// Errors that a login finds.
pub(crate) const ERRORS: &[(&str, &[&str])] = &[
    ("login.registration", &[]),
    ("login.response", &[]),
    ("login.iss/other", &[]),
    ("login.iss/none", &[]),
    ("login.token", &[]),
    ("login.audience", &[]),
    // A scope that was not granted cannot be used, so the read-only tools stay refused.
    ("login.scope", &["stepup.recover"]),
];

/// Runs with `--login` and opens every URL that is printed.
async fn log_in(server: &FaultyServer) -> Ran {
    let mut child = command(
        &[
            &server.resource(),
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
    let server = FaultyServer::open("").await;
    let ran = log_in(&server).await;
    assert_eq!(ran.violated(), [""; 0], "{ran:?}");
    assert_eq!(ran.code, Some(0));
    assert_eq!(ran.errors.matches("can be closed").count(), 2, "{ran:?}");
    // Skipped: checks that need a token before the login, or a second token in a header.
    let findings = ran.findings();
    for id in [
        "login.token",
        "lifecycle.list",
        "stepup.status",
        "stepup.recover",
    ] {
        assert_eq!(findings[id]["verdict"], "pass", "{id}");
    }
    for token in server.tokens.lock().expect("no panic").keys() {
        assert!(!ran.out.contains(token));
    }
}

#[tokio::test]
async fn login_errors_are_found() {
    for (error, shown) in ERRORS {
        let server = FaultyServer::open(error).await;
        let ran = log_in(&server).await;
        let id = error.split('/').next().expect("an id");
        let expected: BTreeSet<_> = shown.iter().copied().chain([id]).collect();
        let found = ran.violated();
        let found: BTreeSet<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{error}\n{}", ran.out);
    }
}

#[tokio::test]
async fn without_a_token_checks_that_need_one_are_skipped() {
    let server = FaultyServer::open("").await;
    let ran = run(&[&server.resource(), "--json"], &[]).await;
    assert_eq!(ran.violated(), [""; 0], "{}", ran.out);
    assert_eq!(ran.findings()["stepup.status"]["verdict"], "skipped");
    assert_eq!(ran.findings()["lifecycle.any"]["verdict"], "skipped");
}

#[tokio::test]
async fn the_text_report_says_how_to_fix_errors_and_has_no_colour_in_a_pipe() {
    let server = FaultyServer::open("challenge.scope_tokens").await;
    let ran = run(&[&server.resource()], &[]).await;
    assert_eq!(ran.code, Some(1));
    for part in [
        "fail     challenge.scope_tokens",
        "the scope is empty",
        "must ",
        "source ",
        "RFC 6749 §3.3",
        "do ",
        "1 failed",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'));
    // The report says `must` only for a MUST.
    for (error, verb) in [("challenge.scope", "should"), ("challenge.body", "could")] {
        let server = FaultyServer::open(error).await;
        let ran = run(&[&server.resource()], &[]).await;
        assert!(
            ran.out.contains(&format!("\n           {verb} ")),
            "{}",
            ran.out
        );
        assert!(!ran.out.contains("\n           must "), "{}", ran.out);
    }
}

#[tokio::test]
async fn the_text_report_ends_with_what_to_fix() {
    let server = FaultyServer::open("challenge.scope_tokens").await;
    let ran = run(&[&server.resource()], &[]).await;
    let (_, end) = ran.out.rsplit_once("\n\n").expect("a last paragraph");
    let lines: Vec<_> = end.lines().collect();
    assert_eq!(lines.len(), 2, "{end}");
    assert!(lines[0].starts_with("1 failed, 0 warned, "), "{end}");
    assert_eq!(lines[1], "to fix: challenge.scope_tokens");
    let ran = run(&[&FaultyServer::open("").await.resource()], &[]).await;
    assert!(!ran.out.contains("to fix"), "{}", ran.out);
}

/// Programs read the JSON report: its members and their names must not change.
#[tokio::test]
async fn the_json_report_matches_its_documentation() {
    let server = FaultyServer::open("challenge.scope").await;
    let ran = run(&[&server.resource(), "--json"], &[]).await;
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let names = |value: &Value| -> Vec<String> {
        let object = value.as_object().expect("an object");
        object.keys().cloned().collect()
    };
    assert_eq!(names(&report), ["findings", "ok", "summary", "url"]);
    assert_eq!(report["url"], server.resource());
    assert_eq!(report["ok"], true, "a warning is no failure");
    let summary = ["fail", "note", "pass", "skipped", "warn"];
    assert_eq!(names(&report["summary"]), summary);
    assert_eq!(report["summary"]["warn"], 1);
    let findings = report["findings"].as_array().expect("findings");
    let listed = run(&["--list", "--json"], &[]).await;
    let families: Value = serde_json::from_str(&listed.out).expect("JSON");
    let families = families.as_array().expect("families").iter();
    let all = families.map(|family| family["checks"].as_array().expect("checks").len());
    assert_eq!(findings.len(), all.sum::<usize>(), "every check, each time");
    for finding in findings {
        let members = [
            "id",
            "remedy",
            "requirement",
            "seen",
            "severity",
            "source",
            "verdict",
        ];
        assert_eq!(names(finding), members);
    }
    let document = include_str!("../../../docs/check.md");
    for name in names(&findings[0]).iter().chain(&names(&report)) {
        assert!(document.contains(&format!("`{name}`")), "{name} is missing");
    }
}

#[tokio::test]
async fn the_help_explains_the_use_of_tokens() {
    let ran = run(&["--help"], &[]).await;
    let words: Vec<_> = ran.out.split_whitespace().collect();
    let message = words.join(" ");
    for part in [
        "TOOLGATE_CHECK_TOKEN",
        "query string",
        "readOnlyHint",
        "docs/check.md",
        "exit code",
        "--list",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[tokio::test]
async fn a_url_without_a_scheme_gets_a_hint() {
    for typed in [
        "127.0.0.1:8000/mcp",
        "localhost:8000/mcp",
        "mcp.example.com/mcp",
    ] {
        let ran = run(&[typed], &[]).await;
        assert_eq!(ran.code, Some(2));
        assert!(
            ran.errors.contains(&format!("http://{typed}")),
            "{}",
            ran.errors
        );
    }
}

#[tokio::test]
async fn warnings_fail_the_command_with_the_strict_option() {
    let server = FaultyServer::open("challenge.scope").await;
    let resource = server.resource();
    assert_eq!(run(&[&resource], &[]).await.code, Some(0));
    assert_eq!(run(&[&resource, "--strict"], &[]).await.code, Some(1));
}

#[tokio::test]
async fn unusable_arguments_and_unreachable_servers_exit_with_code_2() {
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
