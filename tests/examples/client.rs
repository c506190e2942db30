//! rmcp's own client against a server that is already running, for `cargo xtask interop`.
//!
//! Reads `INTEROP_URL`, `INTEROP_REVISION` and `INTEROP_CALLS`. Opens the login page with the
//! command in `INTEROP_BROWSER`, which prints the final URL. With `INTEROP_DECISION`, it opens the pages of
//! the server with it, too.

use std::{
    env,
    error::Error,
    io::{self, Write},
    process::Command,
    thread,
};

use rmcp::{
    model::{CallToolResult, Implementation},
    transport::AuthorizationRequest,
};
use serde_json::Value;
use support::{
    client::Revision,
    rmcp_client_app::{CALLBACK, RmcpClientApp},
    simulated_browser::Page,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let revision = match env::var("INTEROP_REVISION")?.as_str() {
        "2026-07-28" => Revision::Stateless,
        _ => Revision::Session("2025-11-25"),
    };
    let mut application = RmcpClientApp::new(env::var("INTEROP_URL")?, revision).await;
    if let Ok(decision) = env::var("INTEROP_DECISION") {
        let browser = env::var("INTEROP_BROWSER")?;
        application = application.opening_pages(move |url| {
            let mut command = browser_command(&browser).expect("a browser");
            command.args([url, "--decide", &decision]);
            // Like an application that does not wait for its user.
            thread::spawn(move || command.status().expect("the browser starts"));
        });
    }
    let error = application.connect().await.expect_err("a token is needed");
    let challenge = error.auth_challenge().ok_or("no challenge")?.to_owned();
    // Requests the scopes of the challenge, not all scopes of the server.
    let request = AuthorizationRequest::new(CALLBACK).with_initial_scope_selection();
    let login = application.begin_login(&challenge, request).await;
    let answer = shown(&login.url)?;
    application.end_login(login, &answer).await;
    application.connect().await?;
    // One call for the login scope, the others for step-up scopes.
    let calls: Vec<Value> = serde_json::from_str(&env::var("INTEROP_CALLS")?)?;
    for call in &calls {
        let tool = call["name"].as_str().ok_or("a call without a name")?;
        let error = match application.call(tool, call["arguments"].clone()).await {
            Ok(result) => {
                check(&result)?;
                continue;
            }
            Err(error) => error,
        };
        let challenge = error
            .auth_challenge()
            .ok_or_else(|| format!("refused without a challenge: {error}"))?;
        let url = application.begin_step_up(challenge).await;
        application.end_step_up(&shown(&url)?).await;
        check(&application.call(tool, call["arguments"].clone()).await?)?;
    }
    application.disconnect().await;
    // The name that rmcp uses unless an application sets its own.
    let version = Implementation::from_build_env().version;
    writeln!(
        io::stdout(),
        "{}",
        serde_json::json!({ "version": version })
    )?;
    Ok(())
}

/// Returns the text of a failed result as an error.
fn check(result: &CallToolResult) -> Result<(), String> {
    match result.is_error {
        Some(true) => Err(format!("the call failed: {:?}", result.content)),
        _ => Ok(()),
    }
}

/// Returns the command that opens a page for the user.
fn browser_command(browser: &str) -> Result<Command, Box<dyn Error>> {
    let mut words = browser.split(' ');
    let mut command = Command::new(words.next().ok_or("INTEROP_BROWSER is empty")?);
    command.args(words);
    Ok(command)
}

/// Lets the user log in. Returns the final URL of the browser.
fn shown(url: &str) -> Result<Page, Box<dyn Error>> {
    let browser = env::var("INTEROP_BROWSER")?;
    let printed = browser_command(&browser)?.args([url, "--print"]).output()?;
    if !printed.status.success() {
        return Err(String::from_utf8_lossy(&printed.stderr).into());
    }
    Ok(Page::leading_to(String::from_utf8(printed.stdout)?.trim()))
}
