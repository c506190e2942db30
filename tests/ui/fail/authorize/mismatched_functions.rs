// errors: 8
use toolgate::{auth::AuthorizeError, mcp_tool, Caller};

fn check(_: &Caller, _: &str) -> Result<(), AuthorizeError> {
    Ok(())
}

async fn waits(_: &Caller, _: &str) -> Result<(), AuthorizeError> {
    Ok(())
}

fn alone(_: &str) -> Result<(), AuthorizeError> {
    Ok(())
}

fn keeps(_: &Caller, _: String) -> Result<(), AuthorizeError> {
    Ok(())
}

fn says(_: &Caller, _: &str) -> bool {
    true
}

/// The argument has another type.
#[mcp_tool(authenticated, authorize = check)]
fn typed(path: u32) {
    let _ = path;
}

/// There is one more argument.
#[mcp_tool(authenticated, authorize = check)]
fn more(path: String, mode: u8) {
    drop((path, mode));
}

/// The function takes no caller.
#[mcp_tool(authenticated, authorize = alone)]
fn uncalled(path: String) {
    drop(path);
}

/// The function takes a value instead of a reference.
#[mcp_tool(authenticated, authorize = keeps)]
fn kept(path: String) {
    drop(path);
}

/// The function is `async`.
#[mcp_tool(authenticated, authorize = waits)]
fn waiting(path: String) {
    drop(path);
}

/// The function returns a `bool`.
#[mcp_tool(authenticated, authorize = says)]
fn said(path: String) {
    drop(path);
}

/// A public tool may have no caller.
#[mcp_tool(public, authorize = check)]
fn public(path: String) {
    drop(path);
}

/// The function does not exist.
#[mcp_tool(authenticated, authorize = chek)]
fn missing(path: String) {
    drop(path);
}

fn main() {
    let _ = (typed, more, uncalled, kept, waiting, said, public, missing);
}
