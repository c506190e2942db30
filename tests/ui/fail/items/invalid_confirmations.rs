// errors: 6

use toolgate::{Round, mcp_prompt, mcp_resource, mcp_tool};

/// Deletes.
#[mcp_tool(authenticated, confirm = "Delete {nr}?")]
fn other_name(
    /// Which.
    id: u32,
) {
}

/// Deletes.
#[mcp_tool(authenticated, confirm = "Delete {id?")]
fn no_end(
    /// Which.
    id: u32,
) {
}

/// Deletes.
#[mcp_tool(authenticated, confirm = "Delete all?")]
fn second_round(#[extract] round: Round<()>) {}

/// Reads.
#[mcp_resource(authenticated, uri = "a://all", confirm = "Read {id}?")]
fn no_variable() -> String {
    String::new()
}

/// Writes.
#[mcp_prompt(authenticated, confirm = QUESTION)]
fn no_literal() -> String {
    String::new()
}

/// Writes.
#[mcp_prompt(authenticated, confirm = "")]
fn empty() -> String {
    String::new()
}

fn main() {}
