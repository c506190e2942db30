// errors: 8
use toolgate::{mcp_prompt, mcp_resource, mcp_tool};

const NEEDED: [&str; 1] = ["sampling"];

/// A constant list.
#[mcp_tool(public, client_capabilities = NEEDED)]
fn elsewhere() {}

/// Not a list.
#[mcp_tool(public, client_capabilities = "sampling")]
fn single() {}

/// An empty list.
#[mcp_tool(public, client_capabilities = [])]
fn none() {}

/// No value.
#[mcp_tool(public, client_capabilities)]
fn bare() {}

/// An unknown name.
#[mcp_prompt(public, client_capabilities = ["tools"])]
fn unknown() -> String {
    String::new()
}

/// The same name twice.
#[mcp_prompt(public, client_capabilities = ["roots", "roots"])]
fn twice() -> String {
    String::new()
}

/// The runtime's value.
#[mcp_tool(public, client_capabilities = [toolgate::interaction::ClientCapability::Roots])]
fn value() {}

/// A typo in the key.
#[mcp_resource(uri = "a://b", public, client_capability = ["roots"])]
fn typo() -> String {
    String::new()
}

fn main() {}
