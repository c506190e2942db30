//! A replica as a process, for `cargo xtask interop redis`: it writes a line for each call that runs.

use std::{env, fs::OpenOptions, io::Write, time::Duration};

use toolgate::{Config, Error, Server, State, ToolError, mcp_tool, tools};

/// Writes a mark.
#[mcp_tool(scope = "desk:read")]
fn mark(
    /// The mark.
    text: String,
    State(path): State<String>,
) -> Result<String, ToolError> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    let written = file.and_then(|mut file| file.write_all(format!("{text}\n").as_bytes()));
    written.map_err(|error| ToolError::new("the mark was not written").with_source(error))?;
    Ok(text)
}

/// Writes a mark when it has waited.
#[mcp_tool(scope = "desk:read")]
async fn wait(
    /// The mark.
    text: String,
    /// How long to wait, in milliseconds.
    millis: u64,
    state: State<String>,
) -> Result<String, ToolError> {
    tokio::time::sleep(Duration::from_millis(millis)).await;
    mark(text, state)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    toolgate::logging::init()?;
    let marks = env::var("MARKS").unwrap_or_default();
    let server = Server::with_state("marks", marks).tools(tools![mark, wait]);
    server.serve(Config::from_env()?).await
}
