//! A board of notes, as MCP tools behind OAuth.

use std::process::ExitCode;

use toolgate::Server;

mod tools;

use tools::Board;

fn server() -> Server<Board> {
    Server::with_state(env!("CARGO_PKG_NAME"), Board::default())
        .with_version(env!("CARGO_PKG_VERSION"))
        .declared_scopes(tools::scope::ALL)
        .tools(tools::tools)
}

/// Serves, or prints what an argument asks for: see `--help`.
#[tokio::main]
async fn main() -> ExitCode {
    toolgate::cli::run(server()).await
}

#[cfg(test)]
mod access_tests;
