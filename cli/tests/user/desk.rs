//! A server with tools of each kind of access, and a person who signs in to it.

use schemars::JsonSchema;
use serde::Deserialize;
use support::{
    consenting_user::ConsentingUser,
    running_server::RunningServer,
    server_process::{Ended, Folder, Program},
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

/// Where something is put.
#[derive(Debug, Deserialize, JsonSchema)]
struct Place {
    drawer: u8,
}

/// Puts something somewhere.
#[mcp_tool(scope = "desk:read")]
fn put(what: String, count: u32, is_fragile: bool, place: Place) -> String {
    format!("{count} {what} ({is_fragile}) in {}", place.drawer)
}

/// Fails.
#[mcp_tool(scope = "desk:read")]
fn fail() -> Result<String, String> {
    Err("it is \u{1b}[31mbroken".to_owned())
}

/// Answers.
#[mcp_tool(public)]
fn ping() -> &'static str {
    "pong"
}

pub(crate) async fn desk() -> RunningServer {
    let server = Server::new("desk")
        .tools(tools![read, write, put, fail, ping])
        .without_banner();
    RunningServer::start(server, |config| config).await
}

/// Starts `toolgate` with these arguments.
pub(crate) fn toolgate(folder: &Folder, arguments: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_toolgate"), folder).args(arguments)
}

/// Runs the program, and consents in the browser once for each entry of `scopes`. Each sign-in must
/// request exactly the scopes of its entry.
pub(crate) async fn run_with_consent(program: Program, scopes: &[&str]) -> Ended {
    let process = program.start();
    for (at, scope) in scopes.iter().enumerate() {
        let url = process.says_line("&resource=", at).await;
        let requested = scope.replace(':', "%3A").replace(' ', "+");
        assert!(url.ends_with(&format!("&scope={requested}")), "{url}");
        assert!(url.contains("code_challenge_method=S256"), "{url}");
        let person = ConsentingUser {
            name: "ada",
            allows: scope,
        };
        let back = person.consent(&url).await;
        let page = reqwest::get(&back).await.expect("the program waits");
        assert_eq!(page.status(), 200, "{page:?}");
    }
    process.ends().await
}
