// errors: 10
use toolgate::{auth::AuthorizeError, mcp_prompt, mcp_resource, mcp_tool, Caller, State};

fn check(_: &Caller, _: &str) -> Result<(), AuthorizeError> {
    Ok(())
}

async fn waits(_: &Caller, _: &str) -> Result<u8, AuthorizeError> {
    Ok(7)
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

/// The function is `async`, and returns a number.
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

/// The resource takes the state, and the function does not.
#[mcp_resource(uri = "files://{path}", authenticated, authorize = check)]
fn stateful(path: String, State(_): State<u8>) -> String {
    path
}

/// The order of the parameters is another one.
#[mcp_prompt(authenticated, authorize = ordered)]
fn ordering(State(_): State<u8>, path: String) -> String {
    path
}

fn ordered(_: &Caller, _: &str, _: &State<u8>) -> Result<(), AuthorizeError> {
    Ok(())
}

fn main() {
    let _ = (typed, more, uncalled, kept, waiting, said, public, missing, stateful, ordering);
}
