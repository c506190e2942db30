//! Calling tools.

use serde_json::Value;
use support::{
    consenting_user::ConsentingUser,
    running_server::RunningServer,
    server_process::{Ended, Folder},
};

use crate::desk::{desk, run_with_consent, toolgate};

async fn token(desk: &RunningServer, scopes: &str) -> String {
    let person = ConsentingUser {
        name: "ada",
        allows: scopes,
    };
    person.log_in(&desk.resource()).await
}

/// Calls with a token for reading from the environment.
async fn call(desk: &RunningServer, arguments: &[&str]) -> Ended {
    let folder = Folder::new();
    let token = token(desk, "desk:read").await;
    let resource = desk.resource();
    let all: Vec<_> = ["call", &resource]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let program = toolgate(&folder, &all).var("TOOLGATE_TOKEN", &token);
    let ended = program.run().await;
    assert!(!format!("{ended:?}").contains(&token), "{ended:?}");
    ended
}

#[tokio::test]
async fn a_tool_runs_after_a_sign_in_for_its_scope() {
    let desk = desk().await;
    let folder = Folder::new();
    let program = toolgate(&folder, &["call", &desk.resource(), "write"]);
    let ended = run_with_consent(program, &["desk:write"]).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "write ran\n");
}

#[tokio::test]
async fn a_step_up_that_was_agreed_to_keeps_the_scopes_of_the_token() {
    let desk = desk().await;
    let folder = Folder::new();
    let token = token(&desk, "desk:read").await;
    let arguments = ["call", &desk.resource(), "write", "--yes"];
    let program = toolgate(&folder, &arguments).var("TOOLGATE_TOKEN", token);
    let ended = run_with_consent(program, &["desk:read desk:write"]).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert_eq!(ended.stdout, "write ran\n");
    assert!(
        ended.stderr.contains("write needs the scope desk:write"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn no_scope_is_requested_without_consent() {
    let desk = desk().await;
    let ended = call(&desk, &["write"]).await;
    assert_eq!(ended.status.code(), Some(4), "{ended:?}");
    assert!(ended.stderr.contains("desk:write"), "{ended:?}");
    assert!(ended.stderr.contains("--yes"), "{ended:?}");
    assert!(!ended.stderr.contains("Open this URL"), "{ended:?}");
}

#[tokio::test]
async fn arguments_have_the_types_of_the_schema() {
    let desk = desk().await;
    let put = [
        "put",
        "--arg",
        "what=5",
        "--arg",
        "count=3",
        "--arg",
        "is_fragile=true",
        "--arg",
        r#"place={"drawer": 7}"#,
    ];
    let ended = call(&desk, &put).await;
    assert_eq!(ended.stdout, "3 5 (true) in 7\n", "{ended:?}");
    let mixed = [
        "put",
        "--args",
        r#"{"what": "pens", "count": 1, "place": {"drawer": 1}}"#,
        "--arg",
        "is_fragile=false",
    ];
    let ended = call(&desk, &mixed).await;
    assert_eq!(ended.stdout, "1 pens (false) in 1\n", "{ended:?}");
    let ended = call(
        &desk,
        &["put", "--arg", "count=many", "--arg", "colour=red"],
    )
    .await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("count=many"), "{ended:?}");
    assert!(ended.stderr.contains("`colour`"), "{ended:?}");
    assert!(ended.stderr.contains("is_fragile"), "{ended:?}");
}

#[tokio::test]
async fn the_result_is_text_or_json_and_an_error_is_exit_code_1() {
    let desk = desk().await;
    assert_eq!(call(&desk, &["read"]).await.stdout, "read ran\n");
    let ended = call(&desk, &["read", "--json"]).await;
    let result: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(result["content"][0]["text"], "read ran");
    let ended = call(&desk, &["fail"]).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stdout.contains("broken"), "{ended:?}");
    let ended = call(&desk, &["nothing"]).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let ended = call(&desk, &["nothing", "--arg", "a=b"]).await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(ended.stderr.contains("no tool `nothing`"), "{ended:?}");
}

#[tokio::test]
async fn a_public_tool_needs_no_sign_in() {
    let desk = desk().await;
    let folder = Folder::new();
    let arguments = ["call", &desk.resource(), "ping"];
    let ended = toolgate(&folder, &arguments).run().await;
    assert_eq!(ended.stdout, "pong\n", "{ended:?}");
    assert_eq!(ended.stderr, "");
}

#[tokio::test]
async fn a_token_comes_from_a_file_or_standard_input_and_never_from_an_argument() {
    let desk = desk().await;
    let token = token(&desk, "desk:read").await;
    let folder = Folder::new();
    folder.write("token", &format!("{token}\n"));
    let resource = desk.resource();
    let from_file = ["call", &resource, "read", "--token-file", "token"];
    let ended = toolgate(&folder, &from_file).run().await;
    assert_eq!(ended.stdout, "read ran\n", "{ended:?}");

    let from_input = ["call", &resource, "read", "--token", "-"];
    let ended = toolgate(&folder, &from_input).input(&token).run().await;
    assert_eq!(ended.stdout, "read ran\n", "{ended:?}");

    let from_argument = ["call", &resource, "read", "--token", &token];
    let ended = toolgate(&folder, &from_argument).run().await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(!ended.stderr.contains(&token), "{ended:?}");
    assert!(ended.stderr.contains("TOOLGATE_TOKEN"), "{ended:?}");
}

#[tokio::test]
async fn a_token_that_is_refused_is_exit_code_3_and_starts_no_sign_in() {
    let desk = desk().await;
    let folder = Folder::new();
    let arguments = ["call", &desk.resource(), "read"];
    let program = toolgate(&folder, &arguments).var("TOOLGATE_TOKEN", "nonsense");
    let ended = program.run().await;
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(ended.stderr.contains("refuses the token"), "{ended:?}");
    assert!(!ended.stderr.contains("Open this URL"), "{ended:?}");
    let program = toolgate(&folder, &arguments).var("TOOLGATE_TOKEN", "a\x1b[2J");
    let ended = program.run().await;
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(!ended.stderr.contains('\x1b'), "{ended:?}");
}
