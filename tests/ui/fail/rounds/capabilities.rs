// errors: 8
use toolgate::{mcp_prompt, mcp_resource, mcp_tool};

const NEEDED: [&str; 1] = ["sampling"];

/// A list that is not seen here.
#[mcp_tool(public, client_capabilities = NEEDED)]
fn elsewhere() {}

/// One that is no list.
#[mcp_tool(public, client_capabilities = "sampling")]
fn single() {}

/// None.
#[mcp_tool(public, client_capabilities = [])]
fn none() {}

/// No value.
#[mcp_tool(public, client_capabilities)]
fn bare() {}

/// A name of nothing.
#[mcp_prompt(public, client_capabilities = ["tools"])]
fn unknown() -> String {
    String::new()
}

/// Twice the same.
#[mcp_prompt(public, client_capabilities = ["roots", "roots"])]
fn twice() -> String {
    String::new()
}

/// The runtime's value.
#[mcp_tool(public, client_capabilities = [toolgate::Capability::Roots])]
fn value() {}

/// A typo in the key.
#[mcp_resource(uri = "a://b", public, client_capability = ["roots"])]
fn typo() -> String {
    String::new()
}

fn main() {}
