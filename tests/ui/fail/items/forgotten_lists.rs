// errors: 5
//! What registers items is a list, a function of a block, or a function over the set.
use std::sync::Arc;

use toolgate::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools, Server, ToolSet};

/// Adds.
#[mcp_tool(public)]
fn add(a: u8, b: u8) -> u8 {
    a + b
}

/// Asks.
#[mcp_prompt(public)]
fn ask() -> String {
    String::new()
}

/// Shows.
#[mcp_resource(uri = "notes://all", public)]
fn show() -> String {
    String::new()
}

struct Desk;

#[mcp_tools]
impl Desk {
    /// Opens.
    #[mcp_tool(public)]
    fn open(&self) {}
}

fn main() {
    // `tools!` is missing.
    let _ = Server::new("desk").tools(add);
    let _ = Server::new("desk").tools([add]);
    let _ = Server::new("desk").prompts(ask);
    let _ = Server::new("desk").resources(show);
    // The server has another state.
    let _ = Server::new("desk").tools(Desk::tools);

    // Closures need no types.
    let _ = Server::with_state("desk", Arc::new(Desk))
        .tools(|set| set.add::<add>())
        .tools(|set: &mut ToolSet<_>| Desk::tools(set))
        .tools(Desk::tools);
}
