//! Signing in.

use serde_json::json;
use support::{
    client::{Client, Revision},
    server_process::{Ended, Folder},
};

use crate::desk::{desk, run_with_consent, toolgate};

async fn token(arguments: &[&str], scope: &str) -> String {
    let folder = Folder::new();
    let program = toolgate(&folder, arguments);
    let ended = run_with_consent(program, &[scope]).await;
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stderr.contains("signed in at http://"), "{ended:?}");
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
    ended.stdout.trim_end_matches('\n').to_owned()
}

#[tokio::test]
async fn what_is_printed_is_a_token_for_the_scopes_that_were_named() {
    let desk = desk().await;
    let resource = desk.resource();
    let arguments = ["login", &resource, "--scope", "desk:write", "--print-token"];
    let token = token(&arguments, "desk:write").await;
    let client = Client::new(desk.resource(), Revision::Stateless).with_token(token);
    let none = json!({});
    assert_eq!(
        client.call("write", none.clone()).await.tool_text(),
        "write ran"
    );
    assert_eq!(client.call("read", none).await.status, 403);
}

#[tokio::test]
async fn without_scopes_it_asks_for_those_of_the_challenge() {
    let desk = desk().await;
    let token = token(&["login", &desk.resource(), "--print-token"], "desk:read").await;
    let client = Client::new(desk.resource(), Revision::Stateless).with_token(token);
    let none = json!({});
    assert_eq!(
        client.call("read", none.clone()).await.tool_text(),
        "read ran"
    );
    assert_eq!(client.call("write", none).await.status, 403);
}

#[tokio::test]
async fn without_the_option_it_says_who_signed_in_and_prints_no_token() {
    let desk = desk().await;
    let folder = Folder::new();
    let program = toolgate(&folder, &["login", &desk.resource()]);
    let ended = run_with_consent(program, &["desk:read"]).await;
    let expected = format!("signed in at {} as ada\nscopes: desk:read\n", desk.origin());
    assert_eq!(ended.stdout, expected);
    // A JWT begins with the base64 of `{"`.
    assert!(!format!("{ended:?}").contains("eyJ"), "{ended:?}");
}

#[tokio::test]
async fn without_a_server_it_says_what_it_needs() {
    let folder = Folder::new();
    for arguments in [
        ["login"].as_slice(),
        &["login", "--nonsense"],
        &["login", "nonsense"],
        &["login", "http://mcp.example.com/mcp"],
        &["login", "http://127.0.0.1:1/mcp"],
    ] {
        let ended = toolgate(&folder, arguments).run().await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert_eq!(ended.stdout, "");
        assert!(!ended.stderr.is_empty(), "{ended:?}");
    }
}

#[tokio::test]
async fn a_sign_in_that_nobody_answers_ends() {
    let desk = desk().await;
    let folder = Folder::new();
    let arguments = ["login", &desk.resource(), "--login-timeout", "1"];
    let ended = toolgate(&folder, &arguments).run().await;
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(ended.stderr.contains("no login within 1 s"), "{ended:?}");
}

/// Answers the redirect of a sign-in with these parameters, and returns how the program ends.
/// `STATE` and `ISSUER` stand for the right values.
async fn answered(parameters: &str) -> Ended {
    let desk = desk().await;
    let folder = Folder::new();
    let process = toolgate(&folder, &["login", &desk.resource()]).start();
    let said = process.says("&resource=").await;
    let url = said.lines().find(|line| line.contains("&resource="));
    let url: reqwest::Url = url.expect("a URL").trim().parse().expect("a URL");
    let value = |name: &str| {
        let found = url.query_pairs().find(|(own, _)| own == name);
        found.expect(name).1.into_owned()
    };
    let parameters = parameters
        .replace("STATE", &value("state"))
        .replace("ISSUER", &desk.origin());
    let back = format!("{}?{parameters}", value("redirect_uri"));
    let page = reqwest::get(back).await.expect("the program waits");
    assert!(page.status().is_success(), "{page:?}");
    process.ends().await
}

#[tokio::test]
async fn a_response_that_is_not_for_this_sign_in_is_refused() {
    for (parameters, reason) in [
        // CSRF: a code of an attacker's own account (RFC 6749 §10.12).
        ("code=c&state=another&iss=ISSUER", "`state` differs"),
        ("code=c&iss=ISSUER", "`state` differs"),
        // Mix-up: the code is for another issuer (RFC 9207 §2.4).
        (
            "code=c&state=STATE&iss=https://evil.example",
            "evil.example",
        ),
        ("code=c&state=STATE", "advertised, but not present"),
        ("code=forged&state=STATE&iss=ISSUER", "invalid_grant"),
    ] {
        let ended = answered(parameters).await;
        assert_eq!(ended.status.code(), Some(3), "{parameters}: {ended:?}");
        assert!(ended.stderr.contains(reason), "{parameters}: {ended:?}");
        assert_eq!(ended.stdout, "", "{parameters}");
    }
}

#[tokio::test]
async fn a_sign_in_that_the_user_denies_says_so() {
    let denied = "error=access_denied&error_description=no%1b[2J&state=STATE&iss=ISSUER";
    let ended = answered(denied).await;
    assert_eq!(ended.status.code(), Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("access_denied no\\u{1b}"),
        "{ended:?}"
    );
}

#[tokio::test]
async fn the_help_names_every_command_and_the_exit_codes() {
    let folder = Folder::new();
    let help = toolgate(&folder, &["--help"]).run().await.stdout;
    for command in ["new", "login", "call", "check", "doctor"] {
        let name = format!("\n  {command} ");
        assert!(help.contains(&name), "{command}: {help}");
        let own = toolgate(&folder, &[command, "--help"]).run().await.stdout;
        assert!(own.to_lowercase().contains("exit code"), "{command}: {own}");
    }
    assert!(help.lines().all(|line| line.len() <= 100), "{help}");
}
