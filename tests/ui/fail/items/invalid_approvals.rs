// errors: 5

use toolgate::{Round, access, gate::Access, mcp_resource, mcp_tool};

/// Deletes.
#[mcp_tool(authenticated, approve = "Delete {nr}?")]
fn other_name(
    /// Which.
    id: u32,
) {
}

/// Deletes.
#[mcp_tool(authenticated, confirm = "Sure?", approve = "Sure?")]
fn both() {}

/// Deletes.
#[mcp_tool(public, approve = "Delete all?")]
fn nobody() {}

/// Reads.
#[mcp_resource(authenticated, uri = "a://all", approve = "Read?")]
fn second_round(#[extract] round: Round<()>) -> String {
    String::new()
}

const TWICE: Access = access!(authenticated, confirm = "Sure?", approve = "Sure?");

fn main() {}
