//! Tests the program as a user runs it: start, consent in the browser, take the token.

use support::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    running_server::RunningServer,
    server_process::{Folder, Program},
};
use toolgate::{Server, mcp_tool, tools};

/// Reads.
#[mcp_tool(scope = "desk:read")]
fn read() -> &'static str {
    "read ran"
}

/// Writes.
#[mcp_tool(scope = "desk:write", step_up)]
fn write() -> &'static str {
    "write ran"
}

async fn desk() -> RunningServer {
    let server = Server::new("desk")
        .tools(tools![read, write])
        .without_banner();
    RunningServer::start(server, |config| config).await
}

/// Runs the program, which must request `scope`, consents in the browser, and returns the token.
async fn token(arguments: &[&str], scope: &str) -> String {
    let folder = Folder::new();
    let program = Program::new(env!("CARGO_BIN_EXE_login"), &folder)
        .args(arguments)
        .start();
    let said = program.says("&resource=").await;
    let said = said.lines().find(|line| line.contains("http://"));
    let url = said.expect("a URL").trim();
    // The library also requests a refresh token, which the program does not use.
    let asked = format!("&scope={}+offline_access&", scope.replace(':', "%3A"));
    assert!(url.contains(&asked), "{url}");
    let person = ConsentingUser {
        name: "ada",
        allows: scope,
    };
    let back = person.consent(url).await;
    let page = reqwest::get(&back).await.expect("the program waits");
    assert_eq!(page.status(), 200, "{page:?}");
    let ended = program.ends().await;
    assert!(ended.status.success(), "{ended:?}");
    ended.stdout.trim().to_owned()
}

#[tokio::test]
async fn what_is_printed_is_a_token_for_the_scopes_that_were_named() {
    let desk = desk().await;
    let token = token(&[&desk.resource(), "desk:write"], "desk:write").await;
    let client = Client::new(desk.resource(), Revision::Stateless).with_token(token);
    let none = serde_json::json!({});
    assert_eq!(
        client.call("write", none.clone()).await.tool_text(),
        "write ran"
    );
    assert_eq!(client.call("read", none).await.status, 403);
}

#[tokio::test]
async fn without_scopes_it_asks_for_those_of_the_challenge() {
    let desk = desk().await;
    let token = token(&[&desk.resource()], "desk:read").await;
    let client = Client::new(desk.resource(), Revision::Stateless).with_token(token);
    let none = serde_json::json!({});
    assert_eq!(
        client.call("read", none.clone()).await.tool_text(),
        "read ran"
    );
    assert_eq!(client.call("write", none).await.status, 403);
}

#[tokio::test]
async fn without_a_server_it_says_what_it_needs() {
    let folder = Folder::new();
    for arguments in [[].as_slice(), &["--nonsense"], &["nonsense"]] {
        let ended = Program::new(env!("CARGO_BIN_EXE_login"), &folder)
            .args(arguments)
            .run()
            .await;
        assert!(!ended.status.success(), "{ended:?}");
        assert_eq!(ended.stdout, "");
        assert!(!ended.stderr.is_empty(), "{ended:?}");
    }
}
