//! The items of a server that answers on standard input or over HTTP.

use std::time::Duration;

use toolgate::{
    Caller, Changes, Server, State, ToolError,
    auth::{AuthorizeError, TokenExchange},
    gate::Visibility,
    issuer::{ClientAuthentication, Upstream},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

/// The state of the server.
#[derive(Clone)]
pub(crate) struct App {
    exchange: TokenExchange,
    changes: Changes,
}

/// Says who calls.
#[mcp_tool(authenticated)]
fn whoami(caller: Caller) -> String {
    let scopes: Vec<_> = caller.scopes().collect();
    format!(
        "{} {} {scopes:?} expired={}",
        caller.claims().issuer(),
        caller.subject().unwrap_or_default(),
        caller.claims().expires_at().seconds() < 4_000_000_000
    )
}

/// Reads a note.
#[mcp_tool(scope = "notes:read")]
fn read() -> &'static str {
    "a note"
}

/// Writes a note.
#[mcp_tool(scope = "notes:write")]
fn write() -> &'static str {
    "written"
}

/// Deletes all notes.
#[mcp_tool(scope = "notes:read", role = "editor")]
fn purge() -> &'static str {
    "purged"
}

/// Signs a note.
#[mcp_tool(scope = "notes:read", person)]
fn sign() -> &'static str {
    "signed"
}

/// Reads a locked note.
#[mcp_tool(scope = "notes:read", acr = "mfa", max_age = 300)]
fn unlock() -> &'static str {
    "unlocked"
}

/// Allows even numbers, and number 9 with a further scope.
async fn is_even(_: &Caller, number: &u32) -> Result<(), AuthorizeError> {
    tokio::time::sleep(Duration::from_millis(10)).await;
    match number {
        9 => Err(AuthorizeError::needs_scopes(["notes:write"])),
        number if number % 2 == 0 => Ok(()),
        _ => Err(AuthorizeError::denied("the note is another's")),
    }
}

/// Opens a note.
#[mcp_tool(scope = "notes:read", authorize = is_even, authorize_scopes = ["notes:write"])]
fn open(number: u32) -> String {
    format!("note {number}")
}

/// Finds out while it runs that more is needed.
#[mcp_tool(scope = "notes:read", authorize_scopes = ["notes:write"])]
fn late() -> Result<String, ToolError> {
    Err(AuthorizeError::needs_scopes(["notes:write"]))?
}

/// Deletes a note.
#[mcp_tool(scope = "notes:read", confirm = "Delete the note {number}?")]
fn delete(number: u32) -> String {
    format!("deleted {number}")
}

/// Takes its time.
#[mcp_tool(scope = "notes:read")]
async fn slow(millis: u64) -> &'static str {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    "done"
}

/// Fails in the worst way.
#[mcp_tool(scope = "notes:read")]
fn boom() -> &'static str {
    panic!("boom goes the tool")
}

/// Exchanges the token of its caller.
#[mcp_tool(scope = "notes:read")]
async fn exchange(caller: Caller, State(app): State<App>) -> String {
    app.exchange.forget(&caller);
    match app.exchange.token(&caller).await {
        Ok(_) => "exchanged".to_owned(),
        Err(error) => format!("{:?}: {}", error.kind(), error.reason()),
    }
}

/// Changes the note 1.
#[mcp_tool(scope = "notes:read")]
fn touch(State(app): State<App>) -> &'static str {
    app.changes.resource_updated("notes://1");
    "touched"
}

/// A note.
#[mcp_resource(uri = "notes://{number}", scope = "notes:read")]
fn note(number: u32) -> String {
    format!("note {number}")
}

/// A secret.
#[mcp_resource(uri = "secrets://1", scope = "notes:write")]
fn secret() -> &'static str {
    "a secret"
}

/// Asks for a summary.
#[mcp_prompt(scope = "notes:write")]
fn sum_up() -> &'static str {
    "Sum it up."
}

/// Returns the server, with filtered lists.
pub(crate) fn server() -> Server<App> {
    let client = ClientAuthentication::basic("notes", "s3cr3t");
    let upstream = Upstream::new("https://as.example.com", client).with_resource("https://a.test");
    let changes = Changes::new();
    let app = App {
        exchange: TokenExchange::new(upstream).expect("good settings"),
        changes: changes.clone(),
    };
    Server::with_state("notes", app)
        .with_visibility(Visibility::Granted)
        .tools(tools![
            whoami, read, write, purge, unlock, open, late, delete, slow, boom, exchange, touch,
            sign
        ])
        .resources(resources![note, secret])
        .prompts(prompts![sum_up])
        .with_changes(&changes)
}
