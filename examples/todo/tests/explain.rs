//! `--explain`: why a token may or may not use a tool.

use serde_json::json;
use support::server_process::{Folder, Program};
use toolgate_testing::{SigningKey, TokenBuilder};

const GUIDE: &str = include_str!("../../../docs/src/policy.md");

/// Runs the program with a token on standard input. Returns what it prints.
async fn explain(item: &str, token: &str) -> (bool, String) {
    let folder = Folder::new();
    let ended = Program::new(env!("CARGO_BIN_EXE_todo"), &folder)
        .args(&["--explain", item])
        .var("TOOLGATE_RESOURCE", "https://todo.example/mcp")
        .var("TOOLGATE_AUTHORIZATION_SERVERS", "https://as.example")
        .input(&format!("{token}\n"))
        .run()
        .await;
    (ended.status.success(), ended.stdout + &ended.stderr)
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

#[tokio::test]
async fn the_lines_of_the_guide_are_what_is_printed() {
    let token = token("https://todo.example/mcp", "todo:read");
    let (succeeded, printed) = explain("add_todo", &token).await;
    assert!(succeeded, "{printed}");
    let shown = GUIDE
        .split("$ todo --explain add_todo < token.txt\n")
        .nth(1);
    let shown = shown.and_then(|text| text.split("```").next());
    assert_eq!(Some(&*printed), shown);
    assert!(!printed.contains(&token));
}

#[tokio::test]
async fn the_first_step_that_denies_is_named_with_its_values() {
    let (_, printed) = explain("add_todo", &token("https://other.example", "todo:write")).await;
    for part in [
        "denies  token",
        "other.example",
        "todo.example/mcp",
        "allows  scope",
    ] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    let (_, printed) = explain("add_todo", "an-opaque-token").await;
    assert!(
        printed.contains("open    token: it is not a JWT"),
        "{printed}"
    );
    let (succeeded, printed) = explain("ping", "").await;
    assert!(
        succeeded && printed.contains("allows  token: it needs none"),
        "{printed}"
    );
    let (succeeded, printed) = explain("nothing", "").await;
    assert!(
        !succeeded && printed.contains("there is no item \"nothing\""),
        "{printed}"
    );
}
