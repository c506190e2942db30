//! `--explain`: why a token may or may not use a tool.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::json;
use toolgate_testing::{SigningKey, TokenBuilder};

const GUIDE: &str = include_str!("../../../docs/src/policy.md");

/// Runs the program with a token on standard input. Returns what it prints.
fn explain(item: &str, token: &str) -> (bool, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_todo"))
        .args(["--explain", item])
        .env("TOOLGATE_RESOURCE", "https://todo.example/mcp")
        .env("TOOLGATE_AUTHORIZATION_SERVERS", "https://as.example")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = program.stdin.take().expect("a pipe");
    writeln!(input, "{token}").expect("it reads");
    drop(input);
    let ended = program.wait_with_output().expect("it ends");
    let text = [ended.stdout, ended.stderr].concat();
    (
        ended.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn token(audience: &str, scope: &str) -> String {
    let key = SigningKey::p256("k");
    let token = TokenBuilder::new("https://as.example", &key);
    token
        .audience(audience)
        .scope(scope)
        .claim("sub", json!("ada"))
        .build()
}

#[test]
fn the_lines_of_the_guide_are_what_is_printed() {
    let token = token("https://todo.example/mcp", "todo:read");
    let (succeeded, printed) = explain("add_todo", &token);
    assert!(succeeded, "{printed}");
    let shown = GUIDE
        .split("$ todo --explain add_todo < token.txt\n")
        .nth(1);
    let shown = shown.and_then(|text| text.split("```").next());
    assert_eq!(Some(&*printed), shown);
    assert!(!printed.contains(&token));
}

#[test]
fn the_first_step_that_denies_is_named_with_its_values() {
    let (_, printed) = explain("add_todo", &token("https://other.example", "todo:write"));
    for part in [
        "denies  token",
        "other.example",
        "todo.example/mcp",
        "allows  scope",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let (_, printed) = explain("add_todo", "an-opaque-token");
    assert!(
        printed.contains("open    token: it is not a JWT"),
        "{printed}"
    );
    let (succeeded, printed) = explain("ping", "");
    assert!(
        succeeded && printed.contains("allows  token: it needs none"),
        "{printed}"
    );
    let (succeeded, printed) = explain("nothing", "");
    assert!(
        !succeeded && printed.contains("there is no item \"nothing\""),
        "{printed}"
    );
}
