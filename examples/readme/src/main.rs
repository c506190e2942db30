//! One note, with one scope to read it and one to replace it.
use std::sync::Arc;
use tokio::sync::Mutex;
use toolgate::{Config, Error, Server, State, mcp_tool, tools};
type Note = Arc<Mutex<String>>;

/// Reads the note.
#[mcp_tool(scope = "note:read", read_only)]
async fn read_note(State(note): State<Note>) -> String {
    note.lock().await.clone()
}

/// Replaces the note, and returns the old text.
#[mcp_tool(scope = "note:write", step_up)]
async fn write_note(
    /// The new text, at most 500 characters.
    #[arg(max_length = 500)]
    text: String,
    State(note): State<Note>,
) -> String {
    std::mem::replace(&mut *note.lock().await, text)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    toolgate::logging::init()?;
    let note = Note::new(Mutex::new("Call the dentist.".to_owned()));
    let server = Server::with_state("note", note).tools(tools![read_note, write_note]);
    server.serve(Config::from_env()?).await
}
