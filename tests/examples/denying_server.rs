//! A server that denies in every way, for `cargo xtask interop denials`.

use std::{
    env,
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use support::TestClock;
use toolgate::{
    Caller, Config, Context, Environment, Server, State, ToolError,
    auth::{AuthorizeError, Remedy},
    mcp_tool, tools,
};

const PORT: u16 = 8000;

/// Reads.
#[mcp_tool(scope = "files:read")]
fn read() -> &'static str {
    "read"
}

/// Lets every token expire.
#[mcp_tool(scope = "files:read")]
fn wait(State(clock): State<TestClock>) -> &'static str {
    clock.advance(Duration::from_secs(24 * 3600));
    "waited"
}

/// Needs a further scope.
#[mcp_tool(scope = "files:write", step_up)]
fn write() -> &'static str {
    "written"
}

/// Needs a role.
#[mcp_tool(scope = "files:read", role = "editor")]
fn edit() -> &'static str {
    "edited"
}

/// Needs a second factor.
#[mcp_tool(scope = "files:read", acr = "urn:interop:second-factor")]
fn sign() -> &'static str {
    "signed"
}

fn another(_: &Caller) -> Result<(), AuthorizeError> {
    Err(AuthorizeError::denied("the file is another's").with_remedy(Remedy::AskOwner))
}

/// Is another's.
#[mcp_tool(scope = "files:read", authorize = another)]
fn open() -> &'static str {
    "opened"
}

fn upstream(caller: &Caller) -> Result<&'static str, ToolError> {
    match caller.has("files:admin") {
        true => Ok("fetched"),
        false => Err(AuthorizeError::needs_scopes(["files:admin"]))?,
    }
}

/// Finds out late that it needs a further scope.
#[mcp_tool(scope = "files:read", step_up, authorize_scopes = ["files:admin"])]
async fn fetch(caller: Caller) -> Result<&'static str, ToolError> {
    upstream(&caller)
}

/// Finds out after its first message.
#[mcp_tool(scope = "files:read", step_up, authorize_scopes = ["files:admin"])]
async fn follow(caller: Caller, context: Context) -> Result<&'static str, ToolError> {
    context.progress(1.0, Some(2.0), None).await;
    upstream(&caller)
}

/// Needs an approval on the server's page.
#[mcp_tool(scope = "files:read", destructive, approve = "Erase every file?")]
fn erase() -> &'static str {
    "no file is left"
}

/// Lets more than the five minutes of an approval pass, once the client was asked to open its page.
fn outlived(_: &Caller, State(clock): &State<TestClock>) -> Result<(), AuthorizeError> {
    static WAS_ASKED: AtomicBool = AtomicBool::new(false);
    if WAS_ASKED.swap(true, Ordering::SeqCst) {
        clock.advance(Duration::from_secs(301));
    }
    Ok(())
}

/// Needs an approval that expires.
#[mcp_tool(scope = "files:read", authorize = outlived, approve = "Format the disk?")]
fn format(State(_): State<TestClock>) -> &'static str {
    "the disk is blank"
}

/// Runs once in twenty seconds.
#[mcp_tool(scope = "files:read", rate = "3/min", burst = 1)]
fn count() -> &'static str {
    "one more"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_environment(&Environment::load()?, PORT)?;
    let clock = TestClock::default();
    let mut server = Server::with_state("files", clock.clone())
        .tools(tools![read, wait, write, edit, sign, open, fetch, follow])
        .tools(tools![erase, format, count])
        .with_clock(clock);
    if env::var_os("INTEROP_RESULTS").is_some() {
        // A client without a token has to log in.
        server = server.denials_as_tool_results(|call| call.client_id().is_some());
    }
    Ok(server.serve(config).await?)
}
