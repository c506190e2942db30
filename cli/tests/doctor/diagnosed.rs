//! The program that the tests diagnose: one tool that reads and one that writes.

use std::process::ExitCode;

use toolgate::{Server, mcp_tool, tools};

/// Reads.
#[mcp_tool(scope = "desk:read")]
fn read() -> &'static str {
    "read ran"
}

/// Writes.
#[mcp_tool(scope = "desk:write", step_up)]
fn write() -> &'static str {
    "write ran"
}

#[tokio::main]
async fn main() -> ExitCode {
    toolgate::cli::run(Server::new("desk").tools(tools![read, write])).await
}
