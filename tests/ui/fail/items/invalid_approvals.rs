// errors: 5

use toolgate::{Round, access, mcp_resource, mcp_tool};

/// Deletes.
#[mcp_tool(authenticated, approve = "Delete {nr}?")]
fn other_name() {}

/// Deletes.
#[mcp_tool(authenticated, confirm = "Sure?", approve = "Sure?")]
fn both() {}

/// Deletes.
#[mcp_tool(public, approve = "Delete all?")]
fn nobody() {}

/// Reads.
#[mcp_resource(authenticated, uri = "a://all", approve = "Read?")]
fn second_round(#[extract] _round: Round<()>) -> String {
    String::new()
}

fn main() {
    let _ = access!(authenticated, confirm = "Sure?", approve = "Sure?");
}
