//! One note, which some may read and some may replace.
use std::sync::Arc;

use tokio::sync::Mutex;
use toolgate::{Config, Error, Server, State, mcp_tool, tools};

type Note = Arc<Mutex<String>>;

/// Reads the note.
#[mcp_tool(scope = "note:read", read_only)]
async fn read_note(State(note): State<Note>) -> String {
    note.lock().await.clone()
}

/// Replaces the note.
#[mcp_tool(scope = "note:write", step_up)]
async fn write_note(
    /// What to write, at most 500 characters.
    #[arg(max_length = 500)]
    text: String,
    State(note): State<Note>,
) {
    *note.lock().await = text;
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::with_state("note", Note::default()).tools(tools![read_note, write_note]);
    server.serve(Config::from_env()?).await
}
